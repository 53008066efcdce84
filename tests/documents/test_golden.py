"""Every example document still looks as it did when somebody last looked at it."""

import pytest

from app.documents.examples import EXAMPLES
from tests.documents import golden

TOLERANCE = 2  # points; another Pango may place a line that much elsewhere


@pytest.mark.parametrize(("name", "language"), golden.CASES)
def test_the_document_has_the_same_text_in_the_same_places(name: str, language: str) -> None:
    drawn = golden.pages_of(golden.draw_example(name, language))
    expected = golden.read(name, language)
    assert [[box.text for box in page] for page in drawn] == [[box.text for box in page] for page in expected]
    for page, expected_page in zip(drawn, expected, strict=True):
        for box, wanted in zip(page, expected_page, strict=True):
            offsets = (box.left - wanted.left, box.right - wanted.right, box.base - wanted.base)
            assert max(map(abs, offsets)) <= TOLERANCE, (box, wanted)


def test_every_example_has_a_golden_page_and_every_golden_page_an_example() -> None:
    assert set(golden.LANGUAGES) == set(EXAMPLES)
    assert {path.name for path in golden.GOLDEN.iterdir()} == {golden.path_of(*case).name for case in golden.CASES}


def test_forty_rows_fit_two_pages_and_the_head_is_repeated() -> None:
    first, second = golden.read("credit_note_long", "fr")
    assert "Désignation" in [box.text for box in first]
    assert "Désignation" in [box.text for box in second]
