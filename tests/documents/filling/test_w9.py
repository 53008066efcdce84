"""W-9s through our map: on our substitute and on the IRS's blank, drawn, read back twice, and looked at by PDFium."""

import re
import subprocess
import sys
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
import pytest

from app.documents.errors import DrawingFailed
from app.documents.filling import substitute as module
from app.documents.filling.compile import compile_blank
from app.documents.filling.extras import extras_of
from app.documents.filling.fill import Filled, Info
from app.documents.filling.fill import fill as write
from app.documents.filling.full_read_back import full_read_back
from app.documents.filling.marks import StrikeMark, TextMark, marks_of
from app.documents.filling.plan import CompiledBlank
from app.documents.filling.read_back import read_back
from app.documents.filling.substitute import HOUSE_BOXES, compose, draw
from forms.fill import Filling, fill
from tests.forms.factories import checked, company, llc, person, w9

INFO = Info(
    title="W-9",
    subject="Order ORD-1",
    author="Example Commerce Inc.",
    created=datetime(2026, 5, 1, 12, tzinfo=UTC),
    document_id="doc_" + "0" * 26,
    number="US-W9-000001",
    code="abcdefghjk",
)
FOOTER = {"document_number": "US-W9-000001", "verify_at": "https://desk.example/verify/abcdefghjk"}
SITUATIONS = {
    "company": company(requester="Exemple SARL\n1 rue de la Paix\nParis", account_numbers="ORD-1", new_address=True),
    "sole proprietor": person(business_name="Jordan's Shop"),
    "notified": person(backup_withholding_notified=True),
    "llc taxed as partnership": llc("P", has_foreign_owners=True),
    "applied for an SSN": person(tin={"kind": "applied_for"}),
    "applied for an EIN": llc("C", tin={"kind": "applied_for"}),
    "Łódź": company(name="Łódź Software Inc.", business_name="Ελληνικά Łódź"),
    "東京": company(name="東京ソフトウェア Inc."),
    "by hand": company(signature={"name": "Jane Doe", "method": "by_hand"}),
}


@cache
def official(folder: Path) -> CompiledBlank:
    return compile_blank((folder / "fw9.pdf").read_bytes())


@cache
def substitute(crossed_out: tuple[str, ...] = ()) -> CompiledBlank:
    html = compose(w9(), crossed_out=crossed_out)
    return compile_blank(draw(html), extras_of(html))


def filled(answers: dict[str, Any], blank: CompiledBlank | None = None) -> tuple[Filling, Filled, CompiledBlank]:
    """Filled and read back by both readers; on the substitute where no blank is given."""
    filling = fill(checked(answers), blank="official" if blank else "substitute")
    blank = blank or substitute(filling.crossed_out)
    values = filling.values | FOOTER if "verify_at" in blank.widgets else filling.values
    marks = marks_of(filling)
    drawn = write(blank, values, info=INFO, marks=marks, labels=filling.labels)
    read_back(drawn.pdf, blank, values, info=INFO, marks=marks)
    full_read_back(drawn.pdf, blank, values, info=INFO, marks=marks)
    return filling, drawn, blank


def text_of(pdf: bytes) -> str:
    return " ".join(pdfium.PdfDocument(pdf)[0].get_textpage().get_text_range().split())


@pytest.mark.parametrize("situation", SITUATIONS)
def test_the_substitute_says_every_value(situation: str) -> None:
    filling, drawn, _ = filled(SITUATIONS[situation])
    assert drawn.continued == ()
    said = text_of(drawn.pdf)
    texts = [value for name, value in filling.values.items() if isinstance(value, str) and not _is_comb(name)]
    assert [text for text in texts if " ".join(text.split()) not in said] == []
    assert FOOTER["verify_at"] in said


@pytest.mark.parametrize("situation", SITUATIONS)
def test_the_official_blank_says_every_value(irs_blanks: Path, situation: str) -> None:
    filling, drawn, _ = filled(SITUATIONS[situation], official(irs_blanks))
    said = text_of(drawn.pdf)
    texts = [text.text for text in filling.texts]
    texts += [value for value in filling.values.values() if isinstance(value, str) and len(value) > 9]
    assert [text for text in texts if " ".join(text.split()) not in said] == []
    assert len([mark for mark in marks_of(filling) if isinstance(mark, TextMark)]) == len(filling.texts)


def _is_comb(name: str) -> bool:
    return bool(substitute().widgets[name].cells)


def test_the_inputs_are_the_boxes_of_the_definition_and_those_of_the_house() -> None:
    assert set(substitute().widgets) == {box.name for box in w9().boxes} | HOUSE_BOXES


def test_the_substitute_is_one_letter_page_and_says_what_it_is() -> None:
    blank = substitute()
    assert [page.media_box for page in blank.pages] == [(0, 0, 612, 792)]
    said = text_of(blank.pdf)
    assert said.startswith("Substitute Form W-9 Request for Taxpayer Identification Number and Certification")
    assert not re.search(r"(?<!Substitute )(?<!In place of )Form W-9", said)
    assert "(Rev. March 2024)" not in said
    assert b"Department of the Treasury" not in blank.pdf


def test_the_certification_stands_word_for_word_above_the_only_signature_line() -> None:
    said = text_of(substitute().pdf)
    certification = w9().certification
    wanted = [certification.opening, *(f"{item.number}. {item.words}" for item in certification.items)]
    wanted += w9().quotations["instructions"].words
    wanted += [*w9().quotations["consent"].words, "Signature of U.S. person"]
    assert " ".join(wanted) in said
    assert said.count("Signature") == 1


def test_the_lines_stand_in_the_order_of_the_form() -> None:
    blank = substitute()
    by_line: dict[str, list[tuple[float, float]]] = {}
    for box in w9().boxes:
        rect = blank.widgets[box.name].rect
        by_line.setdefault(box.line, []).append((rect[1], rect[3]))
    lines = ["1", "2", "3a", "3b", "4", "5", "6", "7", "Part I", "Part II"]
    by_line["5"] = [place for place in by_line["5"] if place[1] < 700]  # NEW stands at the top
    for above, below in pairwise(lines):
        assert min(y0 for y0, _ in by_line[above]) >= max(y1 for _, y1 in by_line[below]), (above, below)


def test_no_input_lies_over_another_or_off_the_page_and_each_is_named_to_a_screen_reader() -> None:
    widgets = list(substitute().widgets.values())
    for n, one in enumerate(widgets):
        assert one.label
        assert 36 <= one.rect[0] < one.rect[2] <= 577
        assert 20 <= one.rect[1] < one.rect[3] <= 770
        for other in widgets[n + 1 :]:
            apart = one.rect[2] <= other.rect[0] or other.rect[2] <= one.rect[0]
            assert apart or one.rect[3] <= other.rect[1] or other.rect[3] <= one.rect[1], (one.name, other.name)


def test_what_html_cannot_say_to_weasyprint_arrives() -> None:
    widgets = substitute().widgets
    cells = {name: widget.cells for name, widget in widgets.items() if widget.cells}
    assert cells == {"ssn_area": 3, "ssn_group": 2, "ssn_serial": 4, "ein_prefix": 2, "ein_serial": 7}
    assert {name for name, widget in widgets.items() if widget.read_only} == HOUSE_BOXES
    assert widgets["llc_classification"].align == 1
    assert widgets["requester"].multiline
    assert {name for name, widget in widgets.items() if widget.kind == "check"} == {
        box.name for box in w9().boxes if box.tick
    }


def test_the_same_form_is_the_same_bytes_in_every_process() -> None:
    html = compose(w9())
    assert draw(html) == draw(html)
    program = """
from hashlib import sha256
from app.documents.filling.substitute import compose, draw
from forms.load import find_definition
print(sha256(draw(compose(find_definition("w9", "2024-03")))).hexdigest())
"""
    root = Path(module.__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == substitute().source_sha256


def test_what_is_crossed_out_is_struck_and_nothing_else_differs() -> None:
    plain, struck = (_picture(substitute(names).pdf) for names in ((), ("item_2",)))
    changed = _changed_lines(plain, struck)
    top, bottom = _extent(substitute().pdf, "I am not subject", "subject to backup withholding; and")
    assert changed
    assert top <= 792 - max(changed) / 2
    assert 792 - min(changed) / 2 <= bottom
    assert text_of(substitute().pdf) == text_of(substitute(("item_2",)).pdf)


def test_on_the_official_blank_the_lines_go_through_the_three_lines_of_item_2(irs_blanks: Path) -> None:
    filling, _, blank = filled(person(backup_withholding_notified=True), official(irs_blanks))
    strikes = [mark for mark in marks_of(filling) if isinstance(mark, StrikeMark)]
    page = pdfium.PdfDocument(blank.pdf)[0].get_textpage()
    assert len(strikes) == 3
    for strike, words in zip(strikes, ["I am not", "Service (IRS) that", "no longer subject"], strict=True):
        assert strike.y0 == strike.y1
        first = " ".join(page.get_text_bounded(strike.x0, strike.y0 - 1, strike.x1, strike.y0 + 1).split())
        assert words in first
        # the whole line, and nothing above or below it
        wide = " ".join(page.get_text_bounded(30, strike.y0 - 1, 582, strike.y0 + 1).split())
        assert first == wide


def test_applied_for_touches_no_printed_sign_of_the_official_blank(irs_blanks: Path) -> None:
    blank = official(irs_blanks)
    page = pdfium.PdfDocument(blank.pdf)[0].get_textpage()
    for box in (w9().box["ssn_applied_for"], w9().box["ein_applied_for"]):
        assert box.place is not None
        place = box.place
        over = page.get_text_bounded(place.x, place.baseline - 3, place.x + place.width, place.baseline + place.size)
        assert over.strip() == ""


def test_a_page_that_runs_over_is_refused() -> None:
    with pytest.raises(DrawingFailed, match="2 pages") as refused:
        draw('<form><input name="a"><p style="height: 800pt">x</p></form>')
    assert refused.value.code == "render_failed"


def test_a_template_may_fetch_nothing_from_outside() -> None:
    with pytest.raises(DrawingFailed) as refused:
        draw('<form><input name="a"><img src="file:///etc/passwd"></form>')
    assert refused.value.code == "resource_refused"


def _picture(pdf: bytes) -> Any:
    return pdfium.PdfDocument(pdf)[0].render(scale=2).to_pil().convert("L")


def _changed_lines(one: Any, other: Any) -> list[int]:
    """The rows of pixels in which two pictures differ, from the top."""
    width, height = one.size
    first, second = one.tobytes(), other.tobytes()
    return [y for y in range(height) if first[y * width : (y + 1) * width] != second[y * width : (y + 1) * width]]


def _extent(pdf: bytes, begins: str, ends: str) -> tuple[float, float]:
    """Lowest and highest y of the words from one phrase to another, in points."""
    page = pdfium.PdfDocument(pdf)[0].get_textpage()
    first, _ = page.search(begins).get_next()
    last, count = page.search(ends, index=first).get_next()
    boxes = [page.get_charbox(n) for n in range(first, last + count)]
    return min(box[1] for box in boxes) - 2, max(box[3] for box in boxes) + 2
