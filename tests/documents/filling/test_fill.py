"""A filled form shows each value in its box, keeps all the rest, and is the same bytes for the same input."""

import hashlib
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from PIL import ImageOps

from app.documents.errors import DrawingFailed
from app.documents.filling.compile import compile_blank
from app.documents.filling.fill import Filled, fill
from app.documents.filling.marks import StrikeMark, TextMark
from app.documents.filling.plan import CompiledBlank
from app.documents.identify import find_document_id, parse
from tests.documents.filling.made import INFO, SCALE, blank, check, darkness, drawn, picture, read, text, words_in

W9 = "topmostSubform[0].Page1[0]."
BOXES = W9 + "Boxes3a-b_ReadOrder[0]."
COMPANY: dict[str, str | bool] = {
    W9 + "f1_01[0]": "Łódź Ελλάδα 東京 Zürich",
    BOXES + "c1_1[1]": True,
    W9 + "f1_05[0]": "5",
    W9 + "f1_09[0]": "Harbour Software GmbH\nHafenstraße 1\nHamburg",
    W9 + "f1_14[0]": "12",
    W9 + "f1_15[0]": "3456789",
}
SIGNED = (
    TextMark(page=0, x=122, baseline=197, width=250, text="Jörg Müller", role="signature", size=11),
    TextMark(page=0, x=406, baseline=197, width=100, text="04-01-2026", role="date"),
    StrikeMark(page=0, x0=60, y0=290, x1=570, y1=290, role="item_2"),
)
LONG = "International Consolidated Agricultural Implements Manufacturing Company of the Northwestern Territories " * 3
MODES = pytest.mark.parametrize("fillable", [False, True], ids=["flat", "fillable"])


@pytest.fixture(scope="module")
def w9(irs_blanks: Path) -> CompiledBlank:
    return compile_blank((irs_blanks / "fw9.pdf").read_bytes())


def compiled(*widgets: str, **given: Any) -> CompiledBlank:
    return compile_blank(blank(*widgets, **given))


def shown(filled: Filled, name: str) -> str:
    """What PDFium reads where the field was placed."""
    [place] = [one for one in filled.placed if one.name == name and one.kind != "continuation"]
    return words_in(filled.pdf, place.page, place.rect)


@MODES
def test_the_blank_stays_byte_for_byte_and_the_same_input_gives_the_same_file(
    w9: CompiledBlank, fillable: bool
) -> None:
    filled = fill(w9, COMPANY, info=INFO, marks=SIGNED, fillable=fillable)
    assert filled.pdf.startswith(w9.pdf)
    assert filled == fill(w9, dict(COMPANY), info=INFO, marks=SIGNED, fillable=fillable)
    assert filled.sha256 == hashlib.sha256(filled.pdf).hexdigest()
    assert filled.pages == len(read(filled.pdf).pages) == 6


def test_a_flat_form_has_the_values_on_its_page_and_no_fields(w9: CompiledBlank) -> None:
    filled = fill(w9, COMPANY, info=INFO, marks=SIGNED)
    reader = read(filled.pdf)
    assert "/AcroForm" not in reader.trailer["/Root"]  # type: ignore[operator]
    assert not [page for page in reader.pages if "/Annots" in page]
    assert shown(filled, W9 + "f1_01[0]") == "Łódź Ελλάδα 東京 Zürich"
    assert shown(filled, W9 + "f1_15[0]").replace(" ", "") == "3456789"
    assert shown(filled, W9 + "f1_09[0]") == "Harbour Software GmbH Hafenstraße 1 Hamburg"
    assert shown(filled, "signature") == "Jörg Müller"


def test_a_fillable_form_has_values_states_and_appearances(w9: CompiledBlank) -> None:
    filled = fill(w9, COMPANY, info=INFO, fillable=True)
    reader = read(filled.pdf)
    fields: Any = reader.get_fields()
    values = {name: field.get("/V") for name, field in fields.items() if field.get("/V") is not None}
    assert values == {**COMPANY, BOXES + "c1_1[1]": "/2"}
    widgets = {one.get_object()["/T"]: one.get_object() for one in reader.pages[0]["/Annots"]}  # type: ignore[attr-defined]
    assert widgets["c1_1[1]"]["/AS"] == "/2"
    assert widgets["c1_1[0]"]["/AS"] == "/Off"
    assert b"BT" in widgets["f1_01[0]"]["/AP"]["/N"].get_data()
    assert "/NeedAppearances" not in reader.trailer["/Root"]["/AcroForm"]  # type: ignore[index]


@MODES
def test_a_tick_is_seen_in_its_box_and_in_no_other(w9: CompiledBlank, fillable: bool) -> None:
    filled = fill(w9, {BOXES + "c1_1[1]": True}, info=INFO, fillable=fillable)
    dark = {name: darkness(filled.pdf, 0, widget.rect) for name, widget in w9.widgets.items() if widget.kind == "check"}
    ticked = dark.pop(BOXES + "c1_1[1]")
    assert ticked > max(dark.values()) + 0.1


def test_a_comb_puts_each_digit_into_its_own_cell(w9: CompiledBlank) -> None:
    filled = fill(w9, COMPANY, info=INFO)
    x0, y0, x1, y1 = w9.widgets[W9 + "f1_15[0]"].rect
    cell = (x1 - x0) / 7
    digits = [words_in(filled.pdf, 0, (x0 + n * cell, y0, x0 + (n + 1) * cell, y1)) for n in range(7)]
    assert digits == list("3456789")


@MODES
def test_text_without_room_goes_on_on_a_sheet_that_has_all_of_it(w9: CompiledBlank, fillable: bool) -> None:
    name = W9 + "f1_01[0]"
    labels = {name: "1 Name of entity/individual"}
    filled = fill(w9, {name: LONG.strip()}, info=INFO, labels=labels, fillable=fillable)
    assert (filled.pages, filled.continued) == (7, (name,))
    in_box, on_sheet = filled.placed
    assert in_box.text.endswith(" … (see continuation sheet)")
    assert LONG.startswith(in_box.text.removesuffix(" … (see continuation sheet)"))
    assert in_box.size >= 6
    if not fillable:
        assert shown(filled, name) == in_box.text
    assert (on_sheet.page, on_sheet.text) == (6, LONG.strip())
    assert words_in(filled.pdf, 6, on_sheet.rect) == LONG.strip()
    sheet = read(filled.pdf).pages[6].extract_text()
    for words in ("Continuation sheet", INFO.title, INFO.number, labels[name]):
        assert words in sheet
    if fillable:
        assert read(filled.pdf).get_fields()[name]["/V"] == LONG.strip()  # type: ignore[index]


def test_a_text_longer_than_a_sheet_takes_several_and_loses_no_word() -> None:
    words = " ".join(f"word{number}" for number in range(1200))
    filled = fill(compiled(text("a", 50, 600, 250, 700, more="/Ff 4096")), {"a": words}, info=INFO)
    parts = [place for place in filled.placed if place.kind == "continuation"]
    assert filled.pages == 1 + len({part.page for part in parts}) > 2
    assert " ".join(part.text for part in parts).split() == words.split()
    assert " ".join(words_in(filled.pdf, part.page, part.rect) for part in parts).split() == words.split()


def test_a_box_too_small_even_for_three_dots_is_an_error() -> None:
    with pytest.raises(DrawingFailed) as failure:
        fill(compiled(text("a", 50, 700, 54, 716)), {"a": "too long"}, info=INFO)
    assert [(fault.pointer, fault.code) for fault in failure.value.faults] == [("/a", "text_too_long")]


REFUSED: dict[str, tuple[dict[str, str | bool], str, str]] = {
    "a field that is not there": ({"b": "x"}, "unknown_field", "/b"),
    "a name with a slash": ({"b/~": "x"}, "unknown_field", "/b~1~0"),
    "a signature": ({"sign": "x"}, "unknown_field", "/sign"),
    "a hidden field on paper": ({"hidden": "x"}, "unknown_field", "/hidden"),
    "a text for a box": ({"box": "yes"}, "not_a_state", "/box"),
    "a state for a text": ({"a": True}, "not_a_state", "/a"),
    "no option of a list": ({"list": "Italy"}, "not_a_state", "/list"),
    "true for a group": ({"kind": True}, "not_a_state", "/kind"),
    "two of a group": ({"kind#0": True, "kind#1": True}, "not_a_state", "/kind#1"),
    "more characters than the field takes": ({"a": "123456789"}, "text_too_long", "/a"),
    "a character without a glyph": ({"a": "\U0001f600"}, "glyph_missing", "/a"),
}


@pytest.fixture(scope="module")
def odd() -> CompiledBlank:
    button = "<</Type/Annot/Subtype/Widget/Rect[50 {0} 60 {1}]/Parent 13 0 R/AS/Off/AP<</N<</{2} 4 0 R>>>>>>"
    return compiled(
        text("a", more="/MaxLen 8"),
        check("box"),
        text("list", 50, 500, 150, 516, more="/Opt[[(DE)(Germany)][(FR)(France)]]/Ff 131072").replace("/Tx", "/Ch"),
        "<</Type/Annot/Subtype/Widget/FT/Sig/T(sign)/Rect[50 400 150 420]/F 4>>",
        text("hidden", 50, 300, 150, 316).replace("/F 4", "/F 2"),
        button.format(200, 210, "0"),
        button.format(180, 190, "1"),
        others=("<</T(kind)/FT/Btn/Ff 49152/Kids[11 0 R 12 0 R]/Opt[(person)(company)]>>",),
        fields=(6, 7, 8, 9, 10, 13),
    )


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit_the_form_is_named_by_field_and_never_quoted(odd: CompiledBlank, name: str) -> None:
    values, code, pointer = REFUSED[name]
    with pytest.raises(DrawingFailed) as failure:
        fill(odd, values, info=INFO)
    assert failure.value.code == code
    assert [(fault.pointer, fault.code) for fault in failure.value.faults] == [(pointer, code)]
    assert not any(str(value) in failure.value.detail for value in values.values() if value not in (True, "x"))


def test_all_faults_are_told_at_once_and_a_missing_glyph_is_named(odd: CompiledBlank) -> None:
    with pytest.raises(DrawingFailed) as failure:
        fill(odd, {"a": "\U0001f600", "list": "FR"}, info=INFO, marks=[replace(SIGNED[0], text="\U0001f601")])
    assert [fault.pointer for fault in failure.value.faults] == ["/a", "/signature"]
    assert "U+1F600" in failure.value.faults[0].detail
    with pytest.raises(DrawingFailed) as failure:
        fill(odd, {"b": "x", "box": "yes"}, info=INFO)
    assert [fault.pointer for fault in failure.value.faults] == ["/b", "/box"]


@pytest.mark.parametrize("value", ["1", "company"])
@pytest.mark.parametrize("name", ["kind", "kind#1"])
def test_a_radio_group_takes_a_state_or_its_export_value(odd: CompiledBlank, name: str, value: str) -> None:
    filled = fill(odd, {name: value}, info=INFO, fillable=True)
    reader: Any = read(filled.pdf)
    assert reader.get_fields()["kind"]["/V"] == "/1"
    assert [one.get_object().get("/AS") for one in reader.pages[0]["/Annots"]][5:] == ["/Off", "/1"]
    assert [place.name for place in filled.placed] == ["kind#1"]


def test_a_list_shows_the_words_and_holds_the_export_value(odd: CompiledBlank) -> None:
    for given in ("DE", "Germany"):
        assert shown(fill(odd, {"list": given}, info=INFO), "list") == "Germany"
    reader: Any = read(fill(odd, {"list": "DE"}, info=INFO, fillable=True).pdf)
    assert reader.get_fields()["list"]["/V"] == "DE"


@MODES
def test_a_field_at_two_places_shows_its_value_at_both(fillable: bool) -> None:
    kid = "<</Type/Annot/Subtype/Widget/Rect[50 {0} 250 {1}]/F 4/Parent 8 0 R>>"
    form = compiled(
        kid.format(700, 716),
        kid.format(600, 616),
        others=("<</T(name)/FT/Tx/DA(/Helv 9 Tf 0 g)/Kids[6 0 R 7 0 R]>>",),
        fields=(8,),
    )
    filled = fill(form, {"name": "Acme"}, info=INFO, fillable=fillable)
    assert [place.name for place in filled.placed] == ["name", "name#2"]
    assert all(darkness(filled.pdf, 0, place.rect) > 0.005 for place in filled.placed)
    if fillable:
        assert read(filled.pdf).get_fields()["name"]["/V"] == "Acme"  # type: ignore[index]


def test_what_the_blank_presets_is_drawn_unless_something_else_is_given() -> None:
    form = compiled(text("a", more="/V(preset)"), check("b").replace("/AS/Off/V/Off", "/AS/On/V/On"))
    assert [(place.name, place.text) for place in fill(form, {}, info=INFO).placed] == [("a", "preset"), ("b", "")]
    assert [place.text for place in fill(form, {"a": "given", "b": False}, info=INFO).placed] == ["given"]


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@MODES
def test_a_turned_field_on_a_turned_page_reads_upright(rotation: int, fillable: bool) -> None:
    right, top = (130, 250) if rotation % 180 else (250, 130)
    field = text("a", 100, 100, right, top, more=f"/MK<</R {rotation}>>")
    plain = compiled(text("a", 100, 100, 250, 130), content=b"")
    turned = compiled(field, page=f"/Rotate {rotation}", content=b"")
    filled = fill(turned, {"a": "Upright"}, info=INFO, fillable=fillable)
    assert read(filled.pdf).pages[0].rotation == rotation
    assert upright(filled.pdf) == upright(fill(plain, {"a": "Upright"}, info=INFO).pdf)


def upright(pdf: bytes) -> tuple[int, int]:
    """Width and height of the ink on the drawn page, in points."""
    left, upper, right, lower = ImageOps.invert(picture(pdf, 0)).getbbox() or (0, 0, 0, 0)
    return round((right - left) / SCALE), round((lower - upper) / SCALE)


def test_frames_of_empty_fields_stay_on_a_flat_form() -> None:
    framed = compiled(text("a", more="/MK<</BC[0]/BG[.9]>>/BS<</W 2>>"), content=b"")
    assert darkness(fill(framed, {}, info=INFO).pdf, 0, framed.widgets["a"].rect) > 0.1


def test_marks_stand_on_their_base_line_and_lines_are_drawn(w9: CompiledBlank) -> None:
    filled = fill(w9, {}, info=INFO, marks=SIGNED)
    assert words_in(filled.pdf, 0, (118, 190, 200, 210)) == "Jörg Müller"
    capital_m = (150, 197, 156, 204)
    assert darkness(filled.pdf, 0, capital_m) > 0.1 > darkness(filled.pdf, 0, (150, 194, 156, 196.5))
    assert darkness(filled.pdf, 0, (60, 289.4, 570, 290.6)) > 0.4
    assert [place.kind for place in filled.placed] == ["mark", "mark", "strike"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda mark: replace(mark, width=10), "text_too_long"),
        (lambda mark: replace(mark, page=6), "unknown_field"),
    ],
)
def test_a_mark_without_room_or_page_is_an_error(w9: CompiledBlank, change: Callable[[Any], Any], code: str) -> None:
    with pytest.raises(DrawingFailed) as failure:
        fill(w9, {}, info=INFO, marks=[change(SIGNED[0])])
    assert [(fault.pointer, fault.code) for fault in failure.value.faults] == [("/signature", code)]


@MODES
def test_a_filled_form_is_recognised_as_its_document(w9: CompiledBlank, fillable: bool) -> None:
    filled = fill(w9, COMPANY, info=INFO, fillable=fillable)
    assert find_document_id(filled.pdf) == INFO.document_id
    without_info = filled.pdf.replace(b"/taxdeskdocument", b"/taxdeskdocumenu")
    assert parse(without_info) == INFO.document_id
    information: Any = read(filled.pdf).metadata
    assert (information.title, information.author, information.subject) == (INFO.title, INFO.author, INFO.subject)
    assert information.creation_date == INFO.created
    assert information["/taxdesknumber"] == INFO.number


@MODES
def test_a_blank_in_pdf_a_is_filled_to_the_basic_level_of_its_part(fillable: bool) -> None:
    html = "<html lang=en><title>F</title><form><input name=a title=A style='appearance:auto'></form></html>"
    filled = fill(compile_blank(drawn(html, "pdf/a-3a")), {"a": "Łódź"}, info=INFO, fillable=fillable)
    root: Any = read(filled.pdf).trailer["/Root"]
    xmp = root["/Metadata"].get_data().decode()
    assert "<pdfaid:part>3</pdfaid:part>\n<pdfaid:conformance>B</pdfaid:conformance>" in xmp
    assert "<xmp:CreateDate>2026-04-01T12:00:00+00:00</xmp:CreateDate>" in xmp
    assert root["/OutputIntents"]
    annotations: Any = read(filled.pdf).pages[0].get("/Annots", [])
    assert [one.get_object()["/F"] & 4 for one in annotations if "/N" in one.get_object()["/AP"]] == [4] * fillable


def test_metadata_stay_well_formed_whatever_the_names_hold(odd: CompiledBlank) -> None:
    root: Any = read(
        fill(odd, {}, info=replace(INFO, title="A & B <C> \x00\ud800(D)", author="Łódź\n東京")).pdf
    ).trailer["/Root"]
    said = "".join(ET.fromstring(root["/Metadata"].get_data()).itertext())  # noqa: S314 - our own bytes
    assert "A & B <C> (D)" in said
    assert "Łódź東京" in said


def test_every_digit_that_differs_makes_another_id_and_another_file(w9: CompiledBlank) -> None:
    one, other = (fill(w9, {W9 + "f1_15[0]": digits}, info=INFO) for digits in ("3456789", "3456780"))
    ids = [read(filled.pdf).trailer["/ID"] for filled in (one, other)]
    assert ids[0][0] == ids[1][0]  # type: ignore[index]
    assert ids[0][1] != ids[1][1]  # type: ignore[index]
    assert one.sha256 != other.sha256


def test_a_date_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        replace(INFO, created=datetime(2026, 4, 1))  # noqa: DTZ001


@MODES
def test_poppler_draws_and_reads_it_without_a_word_of_complaint(
    w9: CompiledBlank, tmp_path: Path, fillable: bool
) -> None:
    path = tmp_path / "filled.pdf"
    path.write_bytes(fill(w9, COMPANY | {W9 + "f1_02[0]": LONG}, info=INFO, marks=SIGNED, fillable=fillable).pdf)
    pages = subprocess.run(["pdftoppm", "-r", "30", "-png", path, tmp_path / "p"], capture_output=True, check=True)
    said = subprocess.run(["pdftotext", "-enc", "UTF-8", path, "-"], capture_output=True, check=True)
    assert (pages.stderr, said.stderr) == (b"", b"")
    assert len(list(tmp_path.glob("p-*.png"))) == 7
    text_read = said.stdout.decode()
    assert "Łódź Ελλάδα 東京 Zürich" in text_read
    assert "Jörg Müller" in text_read
