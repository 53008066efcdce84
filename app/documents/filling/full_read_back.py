"""The question of ``read_back``, asked the slow way: the whole file is opened by pypdf, its fonts by fontTools.

For tests, and for one document in fifty that are issued: it sees what the fast reader and the writer have in common.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import Any

from fontTools.ttLib import TTFont
from pypdf import PageObject, PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import ContentStream, DictionaryObject, NameObject

from app.documents.errors import ReadBackFailed
from app.documents.filling.drawn import Point, at
from app.documents.filling.expected import Expected, expected, squeezed
from app.documents.filling.letters import read_cmap
from app.documents.filling.marks import Mark, StrikeMark
from app.documents.filling.metadata import Info
from app.documents.filling.plan import CompiledBlank, Rect

_PAINTING = frozenset({b"f", b"S", b"B"})
_ACTIVE = ("/OpenAction", "/AA", "/JavaScript", "/EmbeddedFiles", "/Perms", "/Collection")
_NEAR = 0.6  # points
_OURS = "/TdF"


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What pypdf sees on a page, in order: stretches of text and painted shapes, each with where it begins."""

    texts: tuple[tuple[str, Point], ...]
    shapes: tuple[Point, ...]


def full_read_back(
    pdf: bytes,
    blank: CompiledBlank,
    values: Mapping[str, str | bool],
    *,
    info: Info,
    marks: Sequence[Mark] = (),
    fillable: bool = False,
) -> None:
    """Return when the document says exactly what it was to say; takes some tenths of a second.

    Raises:
        ReadBackFailed: as ``read_back`` raises it.
    """
    try:
        reader = PdfReader(BytesIO(pdf), strict=True)
        wrong = tuple(dict.fromkeys(_faults(reader, blank, values, info, marks, fillable=fillable)))
    except (PyPdfError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ReadBackFailed(("the whole file",)) from error
    if wrong:
        raise ReadBackFailed(wrong)


def _faults(
    reader: PdfReader,
    blank: CompiledBlank,
    values: Mapping[str, str | bool],
    info: Info,
    marks: Sequence[Mark],
    *,
    fillable: bool,
) -> Iterator[str]:
    wanted = list(expected(blank, values, fillable=fillable).values())
    before = _pages_of(blank.pdf)
    root: Any = reader.trailer["/Root"]
    yield from (f"the catalogue: {name}" for name in _ACTIVE if name in root or name in root.get("/Names", {}))
    if (reader.metadata or {}).get("/taxdeskdocument") != info.document_id:
        yield "the metadata"
    sheets = "".join(page.extract_text() for page in reader.pages[len(before) :])
    for number, old in enumerate(before):
        page: Any = reader.pages[number]
        new = _drawn(page)
        if new.texts[: len(old.texts)] != old.texts or new.shapes[: len(old.shapes)] != old.shapes:
            yield f"page {number + 1}: what the form itself says"
        over = _Drawn(new.texts[len(old.texts) :], new.shapes[len(old.shapes) :])
        here = [] if fillable else [one for one in wanted if one.widget.page == number]
        yield from _page_faults(
            number, over, here, [m for m in marks if m.page == number], sheets, blank, flat=not fillable
        )
        yield from _font_faults(page["/Resources"].get("/Font", {}))
    yield from _form_faults(reader, wanted, sheets, fillable=fillable)


@lru_cache(maxsize=8)
def _pages_of(pdf: bytes) -> tuple[_Drawn, ...]:
    return tuple(_drawn(page) for page in PdfReader(BytesIO(pdf)).pages)


def _drawn(page: PageObject) -> _Drawn:
    texts: list[tuple[str, Point]] = []
    shapes: list[Point] = []

    def see_text(text: str, matrix: Any, text_matrix: Any, _font: Any, _size: Any) -> None:
        if text.strip():
            texts.append((text, at(tuple(matrix), *text_matrix[4:])))

    def see_operator(operator: bytes, _operands: Any, matrix: Any, _text_matrix: Any) -> None:
        if operator in _PAINTING:
            shapes.append((matrix[4], matrix[5]))

    page.extract_text(visitor_text=see_text, visitor_operand_before=see_operator)
    return _Drawn(tuple(texts), tuple(shapes))


def _page_faults(
    number: int,
    over: _Drawn,
    wanted: Sequence[Expected],
    marks: Sequence[Mark],
    sheets: str,
    blank: CompiledBlank,
    *,
    flat: bool,
) -> Iterator[str]:
    """Each text where its box is, each tick in its own, and nothing left over."""
    left = list(over.texts)
    for one in (one for one in wanted if one.text is not None):
        found, left = _parted(left, one.widget.rect)
        if not _is_said("".join(found), one.text or "", sheets):
            yield one.widget.name
    for mark in marks:
        if isinstance(mark, StrikeMark):
            continue
        around = (mark.x - 4, mark.baseline - 1, mark.x + mark.width + 4, mark.baseline + 1)
        found, left = _parted(left, around)
        if squeezed("".join(found)) != squeezed(mark.text):
            yield mark.role
    if left:
        yield f"page {number + 1}: another text"
    shapes = Counter((round(x, 1), round(y, 1)) for x, y in over.shapes)
    if flat:
        shapes -= Counter((round(x, 1), round(y, 1)) for x, y in _shapes_of(blank.pages[number].backdrop))
    for one in (one for one in wanted if one.text is None):
        inside = [place for place in shapes if _is_in(place, one.widget.rect)]
        if not inside:
            yield one.widget.name
        for place in inside:
            del shapes[place]
    if shapes.total() != sum(isinstance(mark, StrikeMark) for mark in marks):
        yield f"page {number + 1}: another shape, or one less"


def _shapes_of(content: bytes) -> tuple[Point, ...]:
    """The shapes of the frames that stand below the values of a flat form."""
    if not content:
        return ()
    page = PageObject.create_blank_page(None, 1, 1)
    stream = ContentStream(None, None)
    stream.set_data(content)
    page[NameObject("/Contents")] = stream
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): DictionaryObject()})
    return _drawn(page).shapes


def _parted(texts: Sequence[tuple[str, Point]], rect: Rect) -> tuple[list[str], list[tuple[str, Point]]]:
    """The texts that begin inside a rectangle, and the others."""
    inside = [text for text, place in texts if _is_in(place, rect)]
    return inside, [(text, place) for text, place in texts if not _is_in(place, rect)]


def _is_in(place: Point, rect: Rect) -> bool:
    return rect[0] - _NEAR <= place[0] <= rect[2] + _NEAR and rect[1] - _NEAR <= place[1] <= rect[3] + _NEAR


def _is_said(found: str, text: str, sheets: str) -> bool:
    """Whether a box says the text, or its beginning while the sheets have all of it.

    pypdf orders right-to-left text by its own means and reads no /ActualText: the letters count, not their order, and
    where glyphs cannot spell their syllables half of the letters do.
    """
    wanted, seen = squeezed(text), squeezed(found)
    if seen == wanted or Counter(seen) == Counter(wanted):
        return True
    if "…" in seen:
        return seen.split("…")[0] in wanted and not Counter(wanted) - Counter(squeezed(sheets))
    if all(ord(letter) < 0x590 for letter in wanted):
        return False
    return 2 * len(set(seen) & set(wanted)) >= len(set(wanted))


def _form_faults(reader: PdfReader, wanted: Sequence[Expected], sheets: str, *, fillable: bool) -> Iterator[str]:
    """Flat: no form at all. Fillable: the values in their fields, no others, each shown by its appearance."""
    root: Any = reader.trailer["/Root"]
    annotations = [one.get_object() for page in reader.pages for one in page.get("/Annots") or ()]
    widgets = {one.indirect_reference.idnum: one for one in annotations if one.get("/Subtype") == "/Widget"}
    if not fillable:
        if "/AcroForm" in root or widgets:
            yield "the form's fields"
        return
    fields = reader.get_fields() or {}
    held = {name: str(field["/V"]) for name, field in fields.items() if field.get("/V") not in (None, "", "/Off")}
    values = {one.widget.field: f"/{one.value}" if one.text is None else one.value for one in wanted}
    yield from (name for name in held.keys() | values.keys() if held.get(name) != values.get(name))
    ticked = {number for number, widget in widgets.items() if widget.get("/AS") not in (None, "/Off")}
    if ticked != {one.widget.object for one in wanted if one.text is None}:
        yield "the form's ticks"
    for one in (one for one in wanted if one.text is not None):
        page = PageObject.create_blank_page(None, 1, 1)
        shown: Any = widgets[one.widget.object]["/AP"]["/N"]
        page[NameObject("/Contents")] = shown
        page[NameObject("/Resources")] = shown["/Resources"]
        if not _is_said(page.extract_text(), one.text or "", sheets):
            yield one.widget.name


def _font_faults(fonts: Mapping[str, Any]) -> Iterator[str]:
    """Each of our fonts: what its tables in the PDF say is what its embedded file has."""
    for name, font in fonts.items():
        if name.startswith(_OURS) and not _is_true(font.get_object()):
            yield f"the font {name[1:]}"


def _is_true(font: Any) -> bool:
    descendant = font["/DescendantFonts"][0].get_object()
    descriptor = descendant["/FontDescriptor"].get_object()
    program = descriptor.get("/FontFile2") or descriptor["/FontFile3"]
    widths = tuple(_plain(part) for part in descendant["/W"].get_object())
    return _agrees(program.get_object().get_data(), font["/ToUnicode"].get_object().get_data(), widths)


def _plain(part: Any) -> Any:
    return tuple(map(float, part)) if isinstance(part, list) else int(part)


@lru_cache(maxsize=16)
def _agrees(program: bytes, cmap: bytes, widths: tuple[Any, ...]) -> bool:
    """Whether each glyph of the file has the width that /W says, and is the letter that /ToUnicode says."""
    file = TTFont(BytesIO(program), lazy=True)
    order, advances, letters = file.getGlyphOrder(), file["hmtx"], file.getBestCmap() or {}
    for first, listed in zip(widths[::2], widths[1::2], strict=True):
        if any(advances[order[first + n]][0] != width for n, width in enumerate(listed)):
            return False
    own: dict[int, set[str]] = {}  # glyph to the letters that the file itself gives it
    for letter, glyph in letters.items():
        # Unicode has letters of its own for the joined shapes of Arabic; composed they are the plain ones
        own.setdefault(file.getGlyphID(glyph), set()).add(unicodedata.normalize("NFKC", chr(letter)))
    # a glyph that joins or ornaments others is given to no letter: what it says cannot be looked up
    return all(
        not own[code].isdisjoint({unicodedata.normalize("NFKC", text), unicodedata.normalize("NFD", text)[0]})
        for code, text in read_cmap(cmap).items()
        if code in own and len(text) == 1 and ord(text) in letters
    )
