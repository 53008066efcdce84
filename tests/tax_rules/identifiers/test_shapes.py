"""The data files of the offline check: strictly read, complete, and agreeing with python-stdnum."""

from pathlib import Path

import pytest
from stdnum.eu.vat import MEMBER_STATES

from tax_rules.identifiers import shapes as module
from tax_rules.identifiers.shapes import DATA, ShapeFileError, labels, never_issued, same_numbers, shapes

ROW = """
sources: {X: {name: "a law", confidence: high}}
same_numbers: []
shapes:
  - {country: DE, prefix: DE, module: de.vat, lengths: [9], shape: "[0-9]{9}", expected: "DE + 9 digits", source: X}
"""


@pytest.fixture
def read_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Read the shapes from a file of the test's own."""

    def read(text: str):
        (tmp_path / "vat.yaml").write_text(text)
        monkeypatch.setattr(module, "DATA", tmp_path)
        monkeypatch.setattr(module, "read_data", module.read_data.__wrapped__)
        return shapes.__wrapped__()

    return read


def test_a_row_that_is_as_described_is_read(read_from) -> None:
    assert read_from(ROW)["DE"].expected == "DE + 9 digits"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("lengths: [9], ", ""),
        ("prefix: DE,", "prefix: DE, colour: red,"),
        ("source: X}", "source: Y}"),
        ("country: DE,", "country: DE, country: AT,"),
        ("same_numbers: []", "more: []"),
    ],
    ids=["missing column", "unknown column", "unknown source", "key twice", "unknown member"],
)
def test_a_row_that_is_not_as_described_is_refused(read_from, before: str, after: str) -> None:
    assert before in ROW
    with pytest.raises(ShapeFileError):
        read_from(ROW.replace(before, after))


def test_a_country_has_one_row(read_from) -> None:
    with pytest.raises(ShapeFileError, match="two rows"):
        read_from(ROW + ROW.rpartition("shapes:\n")[2])


def test_every_member_state_and_its_neighbours_have_a_shape() -> None:
    wanted = {"EL" if code == "gr" else code.upper() for code in MEMBER_STATES} | {"XI", "GB", "CH", "NO"}
    assert wanted <= set(shapes())
    assert {shapes()[code].confidence for code in wanted} == {"medium"}


@pytest.mark.parametrize("country", sorted(shapes()))
def test_every_shape_says_what_is_expected_and_who_knows_the_check_digits(country: str) -> None:
    shape = shapes()[country]
    assert shape.expected
    assert shape.lengths
    assert shape.kinds
    assert shape.module is not None or country == "OM"


def test_what_stands_for_another_country_leads_to_a_shape() -> None:
    assert set(same_numbers().values()) <= set(shapes())
    assert not set(same_numbers()) & set(shapes())


def test_no_label_could_be_a_number() -> None:
    assert all(label.isalpha() and label.isupper() for label in labels())


def test_ranges_never_issued_are_in_order() -> None:
    assert never_issued("GB")
    assert all(len(r.first) == len(r.last) == 7 and r.first <= r.last for r in never_issued("GB"))
    assert {path.name for path in DATA.iterdir()} == {"vat.yaml", "slips.yaml", "never_issued.yaml", "us_tin.yaml"}
