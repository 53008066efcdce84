"""What the check lets pass can be drawn: within the pages, the time and the memory. Just above it is refused."""

import random
import time
from dataclasses import replace
from decimal import Decimal
from io import BytesIO

import pytest
from pypdf import PdfReader

from app.documents import fonts
from app.documents.apart import Drawer
from app.documents.check import check
from app.documents.errors import InvalidFacts
from app.documents.examples import CUSTOMER, EXAMPLES, credit_note, sums, tax_id_evidence
from app.documents.extent import MOST_PAGES, most_pages
from app.documents.facts import MOST_ROWS, CreditNote, Notice
from app.documents.limits import MEMORY
from app.documents.page import compose
from app.documents.render import draw, identity, render
from app.queue import SOFT_LIMIT_SECONDS

LONGEST_DESCRIPTION = 500
# A word a line: two of them are just wider than the column that a long table leaves to the descriptions.
ONE_A_LINE = ("m" * 13 + " ") * 40
LATIN = "Enterprise resource planning, subscription renewal for one calendar year " * 8
TWINS = "胊脁"  # the font draws them as 朐 and 朓, so a document with both cannot be read back


def filled(description: str, rows: int) -> CreditNote:
    """A credit note whose rows all have this description."""
    facts = credit_note("fr", rows=rows)
    return replace(facts, lines=tuple(replace(line, description=description) for line in facts.lines))


def scattered(letters: int, rows: int) -> CreditNote:
    """Chinese descriptions that together use as many different characters as they can."""
    known = [chr(c) for c in sorted(fonts.drawable()) if 0x4E00 <= c < 0x9FA0 and chr(c) not in TWINS]
    facts = filled("x", rows)
    texts = ("".join(known[(n * letters + k) % len(known)] for k in range(letters)) for n in range(rows))
    return replace(facts, lines=tuple(replace(r, description=t) for r, t in zip(facts.lines, texts, strict=True)))


def longest_that_passes(text: str, rows: int) -> int:
    """How many letters of ``text`` every row may have; more are refused."""
    low, high = 1, LONGEST_DESCRIPTION
    while low < high:
        middle = (low + high + 1) // 2
        passes = most_pages(filled(text[:middle].strip(), rows)) <= MOST_PAGES
        low, high = (middle, high) if passes else (low, middle - 1)
    return low


@pytest.fixture(scope="module")
def worst() -> dict[str, CreditNote]:
    """The largest documents that pass, each the worst in its way."""
    return {
        "most lines": filled(ONE_A_LINE[: longest_that_passes(ONE_A_LINE, MOST_ROWS)].strip(), MOST_ROWS),
        "most letters": filled(LATIN[: longest_that_passes(LATIN, MOST_ROWS)].strip(), MOST_ROWS),
        "most characters": scattered(longest_that_passes("株" * LONGEST_DESCRIPTION, MOST_ROWS), MOST_ROWS),
        "highest rows": scattered(longest_that_passes("株" * LONGEST_DESCRIPTION, 120), 120),
    }


@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", ["most lines", "most letters", "most characters", "highest rows"])
def test_the_largest_document_that_passes_is_drawn_within_pages_time_and_memory(
    worst: dict[str, CreditNote], name: str
) -> None:
    facts = worst[name]
    drawer = Drawer(MEMORY)
    try:
        began = time.monotonic()
        drawn = drawer.draw(facts.kind, check(facts.kind, facts.to_json()).to_json())
        assert time.monotonic() - began < SOFT_LIMIT_SECONDS
    finally:
        drawer.close()
    assert MOST_PAGES / 4 < drawn.pages <= most_pages(facts) <= MOST_PAGES


@pytest.mark.parametrize("text", [ONE_A_LINE, LATIN, "株" * LONGEST_DESCRIPTION])
def test_a_letter_more_is_refused_with_a_clear_problem(text: str) -> None:
    most = longest_that_passes(text, MOST_ROWS)
    check("credit_note", filled(text[:most].strip(), MOST_ROWS).to_json())
    above = filled(text[: most + 2].strip(), MOST_ROWS)  # the letter may be a space
    with pytest.raises(InvalidFacts) as raised:
        check("credit_note", above.to_json())
    (fault,) = raised.value.faults
    assert (fault.pointer, fault.code) == ("/lines", "too_many_pages")
    assert f"at most {MOST_PAGES}" in fault.detail
    assert "Shorten the descriptions" in fault.detail


def test_500_rows_of_480_letters_are_refused_before_a_number_is_taken() -> None:
    with pytest.raises(InvalidFacts) as raised:
        check("credit_note", filled(("lorem ipsum dolor " * 30)[:480], MOST_ROWS).to_json())
    assert [fault.code for fault in raised.value.faults] == ["too_many_pages"]


def test_texts_around_the_rows_count_too() -> None:
    notices = tuple(Notice(code="n", text="W" * 1000) for _ in range(400))
    for facts in (replace(credit_note(), notices=notices), replace(tax_id_evidence(), notices=notices)):
        with pytest.raises(InvalidFacts) as raised:
            check(facts.kind, facts.to_json())
        assert [fault.code for fault in raised.value.faults] == ["too_many_pages"]


def test_500_ordinary_rows_pass_with_room_to_spare() -> None:
    assert most_pages(credit_note("de", rows=MOST_ROWS)) < MOST_PAGES / 2


def test_figures_that_leave_no_room_for_the_descriptions_are_refused() -> None:
    facts = credit_note()
    huge = Decimal("999999999999999999.99") - facts.lines[0].tax
    rows = (replace(facts.lines[0], net=huge, gross=huge + facts.lines[0].tax, quantity=Decimal("123456789012.1234")),)
    tax_totals, totals = sums(rows, "FR")
    with pytest.raises(InvalidFacts) as raised:
        check("credit_note", replace(facts, lines=rows * 9, tax_totals=tax_totals, totals=totals).to_json())
    assert [(fault.pointer, fault.code) for fault in raised.value.faults] == [("/lines", "too_wide")]


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_no_example_has_more_pages_than_its_bound(name: str, language: str) -> None:
    facts = EXAMPLES[name](language)
    assert draw(facts.kind, facts.to_json()).pages <= most_pages(facts)


SCRIPTS = ("Wm iJ", "株式会社", "ขอบคุณ ", "שלום ", "شركة ", "सॉफ्टवेयर ", "তারিখ ", "m" * 15 + " ", "I-", "﷽ ", "ி", "q̃ẍ́")


@pytest.mark.timeout(180)
@pytest.mark.parametrize("seed", range(6))
def test_no_document_of_any_script_has_more_pages_than_its_bound(seed: int) -> None:
    pick = random.Random(seed)  # noqa: S311 - the same documents every time
    rows = pick.choice((5, 30, 60))
    facts = credit_note(pick.choice(("en", "de", "fr")), rows=rows)
    texts = [(pick.choice(SCRIPTS) * 300)[: pick.randint(1, 400)].strip() for _ in range(rows)]
    lines = tuple(replace(line, description=text) for line, text in zip(facts.lines, texts, strict=True))
    customer = replace(CUSTOMER, name=(pick.choice(SCRIPTS[:5]) * 300)[:300].strip())
    facts = replace(facts, lines=lines, customer=customer)
    pages = PdfReader(BytesIO(render(compose(facts), identity(facts)))).pages
    assert len(pages) <= most_pages(facts)
