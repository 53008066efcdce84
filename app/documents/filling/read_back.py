"""A filled form read back before it is stored: each value stands in its box, nothing is clipped, nothing else changed.

It reads the appended update alone, by its own reader, and knows the writer's work only from the bytes. What the boxes
must show is worked out again from the values. Whatever it does not understand is a failure.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.documents.errors import ReadBackFailed
from app.documents.filling import placing
from app.documents.filling.appended import Update, base_of
from app.documents.filling.drawn import IDENTITY, Block, Matrix, at, bounds, drawn, times
from app.documents.filling.expected import Expected, expected, says, stands_whole
from app.documents.filling.letters import Letters, read_font
from app.documents.filling.marks import Mark, StrikeMark
from app.documents.filling.metadata import Info
from app.documents.filling.plan import CompiledBlank, Widget
from app.documents.filling.syntax import Name, Ref, Stream, SyntaxFault

_OF_THE_VALUE = frozenset({"V", "AS", "AP"})
_OF_THE_DOCUMENT = frozenset({"Metadata", "AcroForm"})
_OF_THE_PAGE = frozenset({"Annots", "Contents", "Resources"})


def read_back(
    pdf: bytes,
    blank: CompiledBlank,
    values: Mapping[str, str | bool],
    *,
    info: Info,
    marks: Sequence[Mark] = (),
    fillable: bool = False,
) -> None:
    """Return when the document says exactly what it was to say.

    Args:
        values, info, marks, fillable: what the form was filled with.
    Raises:
        ReadBackFailed: ``missing`` names each field, mark, page or part of the file that is not as it must be, never a
            value.
    """
    try:
        wrong = tuple(dict.fromkeys(_Reading(pdf, blank, fillable=fillable).faults(values, info, marks)))
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
        reason = f"the appended update ({error})" if isinstance(error, SyntaxFault) else "the appended update"
        raise ReadBackFailed((reason,)) from error
    if wrong:
        raise ReadBackFailed(wrong)


@dataclass(slots=True)
class _Drawn:
    """What is drawn over one page of the blank, and which of it has been accounted for."""

    blocks: list[Block]

    def take(self, fits: Any) -> bool:
        """Account for the first block that fits."""
        for n, block in enumerate(self.blocks):
            if fits(block):
                del self.blocks[n]
                return True
        return False


class _Reading:
    """One document being read."""

    def __init__(self, pdf: bytes, blank: CompiledBlank, *, fillable: bool) -> None:
        self.pdf, self.blank, self.base, self.is_fillable = pdf, blank, base_of(blank), fillable
        self.update: Update  # read once the blank's own bytes are known to stand before it
        self.objects: dict[int, Any] = {}

    def faults(self, values: Mapping[str, str | bool], info: Info, marks: Sequence[Mark]) -> Iterator[str]:
        if not self.pdf.startswith(self.blank.pdf):
            yield "the form's own bytes"
            return
        self.update = Update(self.pdf, self.blank)
        self.objects = self.update.objects
        wanted = expected(self.blank, values, fillable=self.is_fillable)
        yield from self._trailer_faults(self.update.trailer, info)
        yield from self._catalogue_faults()
        pages: dict[int, _Drawn] = {}
        for number, page in enumerate(self.base.pages):
            if page in self.objects:
                yield from self._page_faults(number, self.objects[page], self.base.load(Ref(page)))
                pages[number] = _Drawn(self._drawn_on(number))
            elif not self.is_fillable and self._has_widgets(page):
                yield f"page {number + 1}: its fields"
        if self.is_fillable:
            yield from self._field_faults(wanted)
        else:
            yield from self._value_faults(wanted, pages)
        yield from _mark_faults(marks, pages)
        yield from (f"page {number + 1}: something else" for number, left in pages.items() if left.blocks)
        yield from self._sheet_faults([one for one in wanted.values() if one.is_continued])
        yield from self._other_faults(wanted)

    def _trailer_faults(self, trailer: Mapping[str, Any], info: Info) -> Iterator[str]:
        size = max(self.blank.size, max(self.objects, default=0) + 1)
        wanted = {"Size": size, "Prev": self.blank.startxref, "Root": Ref(self.blank.root)}
        if {key: trailer.get(key) for key in wanted} != wanted or set(trailer) != {*wanted, "Info", "ID"}:
            yield "the trailer"
        identifiers = trailer.get("ID")
        if not isinstance(identifiers, list) or len(identifiers) != 2 or identifiers[0] != self.blank.id:
            yield "the trailer's identifier"
        said = self.update.load(trailer.get("Info"))
        wanted_info = {
            "Title": info.title,
            "taxdeskdocument": info.document_id,
            "taxdesknumber": info.number,
            "taxdeskcode": info.code,
        }
        for key, text in wanted_info.items():
            if not isinstance(said, dict) or _text(said.get(key)) != text:
                yield f"the metadata: {key}"

    def _catalogue_faults(self) -> Iterator[str]:
        root, old = self.objects[self.blank.root], self.base.root
        dropped = {"Metadata"} if self.is_fillable else _OF_THE_DOCUMENT
        if _without(root, {"Metadata"}) != _without(old, dropped):
            yield "the catalogue"
        described = self.update.load(root.get("Metadata"))
        if not isinstance(described, Stream) or described.entries.get("Type") != "Metadata":
            yield "the metadata"

    def _has_widgets(self, page: int) -> bool:
        return self._kept_annotations(page) != self._annotations(self.base.load(Ref(page)))

    def _kept_annotations(self, page: int) -> list[Any]:
        return [one for one in self._annotations(self.base.load(Ref(page))) if not self._is_widget(one)]

    def _annotations(self, page: Mapping[str, Any]) -> list[Any]:
        return list(self.update.load(page.get("Annots")) or ())

    def _is_widget(self, annotation: Any) -> bool:
        return isinstance(annotation, Ref) and annotation.number in self.base.owners

    def _page_faults(self, number: int, new: Mapping[str, Any], old: Mapping[str, Any]) -> Iterator[str]:
        """The page's dictionary: the same but for one more content stream, more fonts, and in a flat one no fields."""
        kept = self._annotations(old) if self.is_fillable else self._kept_annotations(self.base.pages[number])
        if _without(new, _OF_THE_PAGE) != _without(old, _OF_THE_PAGE) or self._annotations(new) != kept:
            yield f"page {number + 1}: its entries"
        before = self.update.load(old.get("Contents"))
        before = before if isinstance(before, list) else [old["Contents"]]
        contents = new.get("Contents")
        if not isinstance(contents, list) or contents[:-1] != before or not self.update.is_new(contents[-1]):
            yield f"page {number + 1}: its content"
        resources, others = new["Resources"], self.update.load(old["Resources"])
        fonts, old_fonts = resources["Font"], self.update.load(others["Font"])
        ours = {key: font for key, font in fonts.items() if key not in old_fonts}
        is_ours = all(key.startswith("TdF") and self.update.is_new(font) for key, font in ours.items())
        if (
            _without(resources, {"Font"}) != _without(others, {"Font"})
            or _without(fonts, ours) != old_fonts
            or not is_ours
        ):
            yield f"page {number + 1}: its resources"

    def _fonts(self, entries: Mapping[str, Any]) -> dict[str, Letters]:
        """Our fonts by resource name; the base font is known, the others are read from the update."""
        found = {}
        for name, font in self.update.load(self.update.load(entries["Resources"])["Font"]).items():
            if font == Ref(self.blank.base_font):
                found[name] = self.base.letters
            elif self.update.is_new(font):
                found[name] = read_font(self.update.load(font), self.update.load)
        return found

    def _drawn_on(self, number: int) -> list[Block]:
        page = self.objects[self.base.pages[number]]
        content = self._content(page["Contents"][-1])
        under = b"" if self.is_fillable else self.blank.pages[number].backdrop
        if not content.startswith(under):
            raise SyntaxFault(f"page {number + 1} lacks what stands below its values")
        return drawn(content[len(under) :], self._fonts(page))

    def _content(self, reference: Any) -> bytes:
        stream = self.update.load(reference)
        if not isinstance(stream, Stream) or not self.update.is_new(reference):
            raise SyntaxFault("a content stream is missing")
        return stream.content()

    def _value_faults(self, wanted: Mapping[str, Expected], pages: Mapping[int, _Drawn]) -> Iterator[str]:
        for one in wanted.values():
            page = pages.get(one.widget.page)
            if page is None or not page.take(one.is_met_by):
                yield one.widget.name

    def _field_faults(self, wanted: Mapping[str, Expected]) -> Iterator[str]:
        """Fillable: each value in its field, with an appearance that shows it."""
        for one in wanted.values():
            widget = one.widget
            new, old = self.objects.get(widget.object), self.base.load(Ref(widget.object))
            if not isinstance(new, dict):
                yield widget.name
                continue
            holder = new if widget.parent is None else self.objects.get(widget.parent)
            if not isinstance(holder, dict) or not one.is_value(holder.get("V")):
                yield f"{widget.name}: its value"
            kept = _OF_THE_VALUE - {"AP"} if widget.kind == "check" else _OF_THE_VALUE
            if _without(new, kept) != _without(old, kept):
                yield f"{widget.name}: its entries"
            if widget.kind == "check":
                if new.get("AS") != Name(widget.on_state or ""):
                    yield widget.name
            elif not _Drawn(self._appearance(widget, new)).take(one.is_met_by):
                yield widget.name

    def _appearance(self, widget: Widget, entry: Mapping[str, Any]) -> list[Block]:
        form = self.update.load(entry["AP"]["N"])
        if not isinstance(form, Stream) or form.entries.get("Subtype") != "Form":
            raise SyntaxFault("an appearance is missing")
        content = form.content()
        if not content.startswith(widget.backdrop):
            raise SyntaxFault("an appearance lacks what stands below its value")
        matrix = _form_to_page(form.entries, widget)
        return drawn(content[len(widget.backdrop) :], self._fonts(form.entries), matrix)

    def _sheet_faults(self, continued: list[Expected]) -> Iterator[str]:
        """Continuation sheets: there are some exactly where a box names them, and they have those texts whole."""
        tree = self.objects.get(self.blank.tree)
        if tree is None:
            yield from (f"{one.widget.name}: its continuation" for one in continued)
            return
        old = self.base.load(self.base.tree["Kids"])
        kids = tree["Kids"]
        sheets = kids[len(old) :]
        is_grown = kids[: len(old)] == old and tree["Count"] == self.base.tree["Count"] + len(sheets)
        if _without(tree, {"Kids", "Count"}) != _without(self.base.tree, {"Kids", "Count"}) or not is_grown:
            yield "the page tree"
        if not continued or not sheets:
            yield "the continuation sheets"
        blocks: list[Block] = []
        for number, reference in enumerate(sheets, len(self.base.pages) + 1):
            sheet = self.update.load(reference)
            if not self.update.is_new(reference) or sheet.get("Parent") != Ref(self.blank.tree) or "Annots" in sheet:
                yield f"page {number}: its entries"
            found = drawn(self._content(sheet["Contents"]), self._fonts(sheet))
            left, bottom, right, top = sheet["MediaBox"]
            if not all(placing.is_within(block, (left, bottom, right, top)) for block in found):
                yield f"page {number}: something beyond its edge"
            blocks += found
        texts = [block.said for block in blocks]
        for one in continued:
            if not stands_whole(one.text or "", texts):
                yield f"{one.widget.name}: its continuation"

    def _other_faults(self, wanted: Mapping[str, Expected]) -> Iterator[str]:
        """Objects of the blank that were replaced although nothing of theirs was asked for."""
        allowed = {self.blank.root, self.blank.tree, *self.base.pages}
        if self.is_fillable:
            allowed |= {one.widget.object for one in wanted.values()}
            allowed |= {one.widget.parent for one in wanted.values() if one.widget.parent is not None}
        for number in sorted(self.objects):
            if number < self.blank.size and number not in allowed:
                owner = self.base.owners.get(number)
                yield owner[0].name if owner else f"object {number}"


def _mark_faults(marks: Sequence[Mark], pages: Mapping[int, _Drawn]) -> Iterator[str]:
    for mark in marks:
        page = pages.get(mark.page)
        if page is None or not page.take(lambda block, mark=mark: _is_mark(block, mark)):
            yield mark.role


def _is_mark(block: Block, mark: Mark) -> bool:
    if isinstance(mark, StrikeMark):
        return placing.strikes(block, mark)
    return placing.writes(block, mark) and says(block.said, mark.text)


def _without(entries: Mapping[str, Any], keys: Any) -> dict[str, Any]:
    return {key: value for key, value in entries.items() if key not in keys}


def _form_to_page(form: Mapping[str, Any], widget: Widget) -> Matrix:
    """From an appearance's coordinates to the page's: its matrix, then its box onto the rectangle (12.5.5)."""
    x0, y0, x1, y1 = form["BBox"]
    a, b, c, d, e, f = form.get("Matrix", IDENTITY)
    own: Matrix = (a, b, c, d, e, f)
    corners = [at(own, x, y) for x in (x0, x1) for y in (y0, y1)]
    left, bottom, right, top = bounds(corners)
    scale_x = (widget.rect[2] - widget.rect[0]) / (right - left)
    scale_y = (widget.rect[3] - widget.rect[1]) / (top - bottom)
    shift = (widget.rect[0] - left * scale_x, widget.rect[1] - bottom * scale_y)
    return times(own, (scale_x, 0, 0, scale_y, *shift))


def _text(string: Any) -> str | None:
    if not isinstance(string, bytes):
        return None
    return string[2:].decode("utf-16-be") if string.startswith(b"\xfe\xff") else string.decode("ascii")
