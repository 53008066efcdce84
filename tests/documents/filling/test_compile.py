"""A compiled blank has every field of the blank, our appearances, and nothing that acts or contradicts."""

import json
import re
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, StreamObject

from app.documents.errors import BlankRefused
from app.documents.filling.compile import compile_blank
from app.documents.filling.extras import Extra, extras_of
from app.documents.filling.graph import dictionaries
from app.documents.filling.plan import CompiledBlank
from tests.documents.filling.made import blank, check, drawn, objects, picture, read, text

IRS = ("fw9", "fw8ben", "fw8bene", "fw8eci", "fw8imy", "fw8exp--2017", "f1042s--2022")
FORBIDDEN = {
    *("/XFA", "/Perms", "/Extensions", "/NeedAppearances", "/NeedsRendering", "/SigFlags", "/OpenAction", "/AA"),
    *("/JavaScript", "/JS", "/Launch", "/EmbeddedFiles", "/DV", "/RV", "/CO"),
}
HTML = """<!DOCTYPE html><html lang="en"><head><title>Substitute</title><style>
  body { font: 10pt "Noto Sans" }
  input, textarea, select { appearance: auto; display: block; font-family: "Noto Sans Thai" }
</style></head><body><form>
<label for="name">Name</label><input id="name" name="name" maxlength="40" data-align="center">
<input name="ein" maxlength="9" data-comb="9" data-label="Employer ID"><input type="checkbox" name="agree">
<input type="radio" name="kind" value="person"><input type="radio" name="kind" value="company">
<select name="country"><option selected></option><option value="DE">Germany</option></select>
<textarea name="note" data-readonly></textarea></form></body></html>"""


@pytest.fixture(scope="module")
def drawn_blank() -> CompiledBlank:
    return compile_blank(drawn(HTML), extras_of(HTML))


@pytest.mark.parametrize("form", IRS)
def test_every_field_of_an_official_blank_is_kept(irs_blanks: Path, form: str) -> None:
    compiled = compile_blank((irs_blanks / f"{form}.pdf").read_bytes())
    expected = json.loads((irs_blanks / f"{form}.fields.json").read_text(encoding="utf-8"))
    assert list(compiled.widgets) == [field["name"] for field in expected]
    for field in expected:
        widget = compiled.widgets[field["name"]]
        assert (widget.kind, widget.page) == (field["type"], field["page"] - 1)
        assert widget.rect == pytest.approx(field["rect"], abs=0.06)
        assert widget.max_length == field.get("maxlen")
        assert widget.cells == (field.get("maxlen") if field.get("comb") else None)
        assert widget.multiline == bool(field.get("multiline"))
        assert widget.on_state == field.get("on")


@pytest.mark.parametrize("form", IRS)
def test_nothing_is_left_in_an_official_blank_that_hides_or_acts(irs_blanks: Path, form: str) -> None:
    compiled = compile_blank((irs_blanks / f"{form}.pdf").read_bytes())
    everything = [one for thing in objects(compiled.pdf) for one in dictionaries(thing)]
    actions = {str(one["/S"]) for one in everything if one.get("/Type") == "/Action"}
    assert {name for one in everything for name in one} & FORBIDDEN == set()
    assert actions <= {"/GoTo"}
    assert not re.search(rb"/ObjStm|/XRef\b", compiled.pdf)
    assert b"\nxref\n0 " in compiled.pdf


@pytest.mark.parametrize("form", IRS)
def test_an_official_blank_reads_the_same_after_compiling(irs_blanks: Path, form: str) -> None:
    pdf = (irs_blanks / f"{form}.pdf").read_bytes()
    before, after = PdfReader(BytesIO(pdf)), read(compile_blank(pdf).pdf)
    assert [page.extract_text() for page in after.pages] == [page.extract_text() for page in before.pages]
    assert set(after.get_fields() or {}) == set(before.get_fields() or {})


@pytest.mark.parametrize("form", IRS)
def test_the_pages_of_an_official_blank_look_the_same_after_compiling(irs_blanks: Path, form: str) -> None:
    pdf = (irs_blanks / f"{form}.pdf").read_bytes()
    compiled = compile_blank(pdf).pdf
    for page in range(2 if len(read(compiled).pages) > 1 else 1):
        assert picture(compiled, page, fields=False) == picture(pdf, page, fields=False)


@pytest.mark.parametrize("form", IRS)
def test_compiling_twice_gives_the_same_bytes_and_json_keeps_all(irs_blanks: Path, form: str) -> None:
    pdf = (irs_blanks / f"{form}.pdf").read_bytes()
    compiled = compile_blank(pdf)
    assert compile_blank(pdf) == compiled
    assert CompiledBlank.from_json(compiled.to_json()) == compiled


def test_every_widget_has_an_appearance_and_a_checkbox_has_both() -> None:
    compiled = compile_blank(
        blank(text("a"), text("b", 50, 650, 250, 666), check("c", state="Yes please".replace(" ", "#20")))
    )
    first, second, box = (one.get_object() for one in read(compiled.pdf).pages[0]["/Annots"])  # type: ignore[attr-defined]
    assert first["/AP"].raw_get("/N") == second["/AP"].raw_get("/N")  # the empty ones share one
    assert set(box["/AP"]["/N"]) == {"/Yes please", "/Off"}
    assert all(
        isinstance(one, StreamObject)
        for one in (first["/AP"]["/N"], *map(box["/AP"]["/N"].__getitem__, box["/AP"]["/N"]))
    )
    assert compiled.widgets["c"].on_state == "Yes please"


def test_values_left_in_a_blank_move_from_the_file_to_the_plan() -> None:
    compiled = compile_blank(
        blank(text("a", more="/V(Erika)/DV(Erika)"), check("b").replace("/AS/Off/V/Off", "/AS/On/V/On"))
    )
    assert compiled.presets == {"a": "Erika", "b": "On"}
    assert b"Erika" not in compiled.pdf
    assert "/V" not in [name for thing in objects(compiled.pdf) for one in dictionaries(thing) for name in one]


def test_what_a_field_inherits_is_found() -> None:
    kid = "<</Type/Annot/Subtype/Widget/T(b)/Rect[250 716 50 700]/F 4/Parent 7 0 R>>"
    parent = "<</T(a)/FT/Tx/Ff 16777216/MaxLen 4/Q 2/DA(/Helv 9 Tf .5 g)/TU(The field)/Kids[6 0 R]>>"
    widget = compile_blank(blank(kid, others=(parent,), fields=(7,))).widgets["a.b"]
    assert widget.rect == (50, 700, 250, 716)
    assert (widget.cells, widget.align, widget.size, widget.colour, widget.label) == (4, 2, 9, (0.5,), "The field")


def test_a_field_at_several_places_and_a_radio_group_get_names_of_their_own() -> None:
    place = "<</Type/Annot/Subtype/Widget/Rect[50 {0} 250 {1}]/Parent 10 0 R>>"
    button = "<</Type/Annot/Subtype/Widget/Rect[50 {0} 60 {1}]/Parent 11 0 R/AS/Off/AP<</N<</{2} 4 0 R>>>>>>"
    compiled = compile_blank(
        blank(
            place.format(700, 716),
            place.format(650, 666),
            button.format(600, 610, "0"),
            button.format(580, 590, "1"),
            others=(
                "<</T(name)/FT/Tx/Kids[6 0 R 7 0 R]>>",
                "<</T(kind)/FT/Btn/Ff 49152/Kids[8 0 R 9 0 R]/Opt[(a)(b)]>>",
            ),
            fields=(10, 11),
        )
    )
    assert list(compiled.widgets) == ["name", "name#2", "kind#0", "kind#1"]
    assert [widget.radio for widget in compiled.widgets.values()] == [False, False, True, True]
    assert compiled.widgets["kind#1"].options == (("1", "b"),)


def test_a_blank_by_weasyprint_becomes_a_proper_form(drawn_blank: CompiledBlank) -> None:
    widgets = drawn_blank.widgets
    assert list(widgets) == ["name", "ein", "agree", "kind#0", "kind#1", "country", "note"]
    assert (widgets["name"].align, widgets["name"].max_length) == (1, 40)
    assert (widgets["ein"].cells, widgets["ein"].label) == (9, "Employer ID")
    assert widgets["note"].read_only
    assert widgets["note"].multiline
    assert all(widget.rect[1] < widget.rect[3] for widget in widgets.values())
    form: Any = read(drawn_blank.pdf).trailer["/Root"]["/AcroForm"]  # type: ignore[index]
    assert [field.get_object()["/T"] for field in form["/Fields"]] == [
        "name",
        "ein",
        "agree",
        "kind",
        "country",
        "note",
    ]
    assert list(form["/DR"]["/Font"]) == ["/TdF0"]


def test_the_font_that_weasyprint_embeds_for_fields_alone_is_dropped(drawn_blank: CompiledBlank) -> None:
    names = {str(thing["/BaseFont"]) for thing in objects(drawn_blank.pdf) if "/BaseFont" in dict_of(thing)}
    assert names
    assert not [name for name in names if "Thai" in name]


def test_extras_for_a_field_that_is_not_there_are_an_error() -> None:
    with pytest.raises(ValueError, match="no field ein"):
        compile_blank(blank(text("a")), {"ein": Extra(comb=9)})


@pytest.mark.parametrize(
    ("content", "before", "after"),
    [(b"q 1 0 0 1 0 0 cm", b"q\n", b"\nQ\nQ"), (b"Q Q 2 0 0 2 0 0 cm", b"q\nq\nq\n", b"\nQ"), (b"", b"q\n", b"\nQ")],
    ids=["open", "closed too often", "empty"],
)
def test_what_is_appended_starts_afresh_whatever_the_page_left_open(
    content: bytes, before: bytes, after: bytes
) -> None:
    page: Any = read(compile_blank(blank(text("a"), content=content)).pdf).pages[0]
    first, _, last = (one.get_object().get_data() for one in page["/Contents"])
    assert (first, last) == (before, after)


def test_push_buttons_media_and_foreign_actions_go_and_jumps_stay() -> None:
    compiled = compile_blank(
        blank(
            text("a", more="/AA<</K<</S/JavaScript/JS(1)>>>>/A<</S/URI/URI(http://x)>>"),
            "<</Type/Annot/Subtype/Widget/FT/Btn/Ff 65536/T(print)/Rect[1 1 9 9]/A<</S/JavaScript/JS(print)>>>>",
            "<</Type/Annot/Subtype/Link/Rect[1 1 9 9]/A<</S/GoTo/D[3 0 R/Fit]/Next<</S/Launch/F(x)>>>>>>",
            "<</Type/Annot/Subtype/FileAttachment/Rect[1 1 9 9]>>",
            catalogue="/OpenAction<</S/JavaScript/JS(1)>>/Names<</JavaScript<</Names[(a)<</S/JavaScript/JS(1)>>]>>>>",
        )
    )
    assert list(compiled.widgets) == ["a"]
    kinds = [one.get_object()["/Subtype"] for one in read(compiled.pdf).pages[0]["/Annots"]]  # type: ignore[attr-defined]
    assert kinds == ["/Widget", "/Link"]
    assert not re.search(rb"JavaScript|Launch|URI|print", compiled.pdf)
    assert b"/GoTo" in compiled.pdf


def encrypted(pdf: bytes, *, password: str) -> bytes:
    writer, target = PdfWriter(clone_from=PdfReader(BytesIO(pdf))), BytesIO()
    writer.encrypt(password, owner_password="owner", algorithm="RC4-128")
    writer.write(target)
    return target.getvalue()


def bomb() -> bytes:
    """A page whose content is 300 MB of spaces, deflated."""
    packed = zlib.compressobj(9)
    content = b"".join(packed.compress(bytes([32]) * 10_000_000) for _ in range(30)) + packed.flush()
    filtered = b"<</Filter/FlateDecode/Length %d>>stream\n%b\nendstream" % (len(content), content)
    return blank(text("a"), content=b"@@").replace(b"<< /Length 2 >>\nstream\n@@\nendstream", filtered)


LOOP = "<</T(a)/FT/Tx/Type/Annot/Subtype/Widget/Rect[1 1 9 9]/Parent 6 0 R>>"
REFUSED = {
    "encrypted": encrypted(blank(text("a")), password="user"),
    "xfa_only": blank(fields=(), form="/XFA[(template) 4 0 R]"),
    "xfa_only, fields behind a page that says wait": blank(
        text("a"), form="/XFA[(template) 4 0 R]", catalogue="/NeedsRendering true"
    ),
    "no_fields": blank().replace(b"/AcroForm", b"/AcroFrom"),
    "no_fields, an empty list": blank(),
    "damaged, empty": b"",
    "damaged, no PDF": b"<html><body>not found</body></html>",
    "damaged, cut off": blank(text("a"))[:300],
    "damaged, a field is its own parent": blank(LOOP),
    "damaged, a field without a place": blank(text("a").replace("/Rect", "/Tcer")),
    "damaged, an endless page tree": blank(text("a")).replace(b"/Kids[3 0 R]", b"/Kids[2 0 R]"),
    "damaged, a bomb for a page": bomb(),
    "damaged, arrays in arrays": blank(text("a"), others=("[" * 20_000 + "]" * 20_000,), page="/Deep 7 0 R"),
    "too_large, a page that draws too much": blank(text("a"), content=b"q Q " * 1_100_000),
    "too_large, fields": blank(*[text("a")] * 5001),
    "too_large": b"%PDF-1.7\n" + bytes(10 * 1024 * 1024),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_blank_that_cannot_serve_is_refused_with_the_reason(name: str) -> None:
    with pytest.raises(BlankRefused) as refusal:
        compile_blank(REFUSED[name])
    assert refusal.value.code == name.split(",")[0]
    assert refusal.value.detail


def test_a_blank_encrypted_against_changes_alone_is_decrypted_for_good() -> None:
    compiled = compile_blank(encrypted(blank(text("a")), password=""))
    assert list(compiled.widgets) == ["a"]
    assert "/Encrypt" not in read(compiled.pdf).trailer


@pytest.mark.parametrize(
    "change", [lambda text: text[:-40], lambda text: text.replace('"compiler": ', '"compiler": 9')]
)
def test_a_plan_that_was_cut_off_or_is_of_another_compiler_is_not_read(change: Any) -> None:
    with pytest.raises(ValueError, match=r".+"):
        CompiledBlank.from_json(change(compile_blank(blank(text("a"))).to_json()))


def dict_of(thing: Any) -> DictionaryObject:
    return thing if isinstance(thing, DictionaryObject) else DictionaryObject()
