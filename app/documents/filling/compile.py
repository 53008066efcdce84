"""A blank becomes a plan: normalised once, so that filling it is joining bytes."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from pypdf.generic import (
    ArrayObject,
    ContentStream,
    DecodedStreamObject,
    DictionaryObject,
    FloatObject,
    IndirectObject,
    NameObject,
    NullObject,
    StreamObject,
    TextStringObject,
)

from app.documents.errors import BlankRefused
from app.documents.filling import boxes
from app.documents.filling.appearance import default_appearance, turned
from app.documents.filling.base_font import BASE
from app.documents.filling.boxes import Box
from app.documents.filling.extras import Extra
from app.documents.filling.graph import Key, entries, key, serialise
from app.documents.filling.normalise import Normalised, inherited, limited, look, normalise
from app.documents.filling.plan import CompiledBlank, Page, Rect, Widget
from app.documents.filling.write import number, numbers, whole

Matrix = tuple[float, float, float, float, float, float]
_MOST_CONTENT = 4 * 1024 * 1024  # bytes of one page's content, unpacked; an IRS page has 21,053 at most
_PLAIN: Matrix = (1, 0, 0, 1, 0, 0)
_CUT = frozenset({"/Resources", "/Contents", "/Annots"})
_METADATA = frozenset({"/Metadata"})
_VALUE = frozenset({"/V"})
_APPEARANCE = frozenset({"/V", "/AP"})
_STATE = frozenset({"/V", "/AS"})  # a checkbox keeps its appearances and changes only which of them holds
_PAINTS = {1: b"g", 3: b"rg", 4: b"k"}


def compile_blank(pdf: bytes, extras: Mapping[str, Extra] | None = None) -> CompiledBlank:
    """Compile a blank.

    Args:
        extras: field name to what a blank drawn by WeasyPrint could not say in the PDF.
    Raises:
        BlankRefused: ``damaged``, ``encrypted``, ``xfa_only``, ``no_fields``, ``too_large``.
        ValueError: ``extras`` name a field that the blank does not have.
    """
    with limited():
        blank = normalise(pdf)
    if extras:
        boxes.apply(blank, extras)
    with limited():
        return _Compiler(blank).compiled(hashlib.sha256(pdf).hexdigest())


class _Compiler:
    """One blank on its way: fonts and appearances are added in memory, then all is written and cut."""

    def __init__(self, blank: Normalised) -> None:
        self.blank = blank
        self.boxes = boxes.read(blank)
        self.font = blank.graph.add(NullObject())  # stands for the base font, whose objects begin the file
        self.shared: dict[bytes, IndirectObject] = {}

    def compiled(self, source_sha256: str) -> CompiledBlank:
        dropped = self._take_over_fonts()
        for box in self.boxes:
            self._dress(box)
        for _, page in self.blank.pages:
            self._wrap(page)
        unneeded = dropped - self._used(dropped)
        for _, page in self.blank.pages:
            self._add_font(page, unneeded)
        return self._written(source_sha256)

    def _take_over_fonts(self) -> frozenset[str]:
        """Let a /DA name the blank's own font where that is a simple one, otherwise ours.

        A person who edits a fillable form then writes in the form's own font. A composite font in a /DA, which is what
        WeasyPrint embeds whole, is of no use to a viewer.

        Returns:
            The resource names of the fonts that no /DA needs any longer.
        """
        resources = look(self.blank.form, "/DR")
        fonts = look(resources, "/Font") if isinstance(resources, DictionaryObject) else None
        fonts = fonts if isinstance(fonts, DictionaryObject) else DictionaryObject()
        simple = {name: fonts.raw_get(name) for name in fonts if _is_simple(look(fonts, name))}
        named = set()
        for box in self.boxes:
            text = str(inherited(box.entry, "/DA") or look(self.blank.form, "/DA") or "")
            style = default_appearance(text)
            if f"/{style.font}" not in simple and box.widget.kind != "check":
                named.add(f"/{style.font}")
                box.entry[NameObject("/DA")] = _da(style.size, style.colour)
        kept = DictionaryObject(simple)
        kept[NameObject(f"/{BASE.resource}")] = self.font
        self.blank.form[NameObject("/DR")] = DictionaryObject({NameObject("/Font"): kept})
        if default_appearance(str(look(self.blank.form, "/DA") or "")).font not in {name[1:] for name in simple}:
            self.blank.form[NameObject("/DA")] = _da(0, (0.0,))
        return frozenset(named)

    def _dress(self, box: Box) -> None:
        """Put our own appearances on a widget and take its value away; what is empty shares one empty appearance."""
        entry, widget = box.entry, box.widget
        x0, y0, x1, y1 = widget.rect
        entry[NameObject("/Rect")] = ArrayObject(FloatObject(value) for value in (x0, y0, x1, y1))
        matrix = turned(widget.rect, widget.rotation)
        off = self._form(widget.box, matrix, widget.backdrop) if widget.backdrop else self._form((1, 1), _PLAIN, b"")
        normal: Any = off
        for one in (entry, box.holder.get_object()):
            if isinstance(one, DictionaryObject) and "/V" in one:
                del one["/V"]
        if "/AS" in entry:
            del entry["/AS"]
        if widget.kind == "check":
            normal = DictionaryObject()
            normal[NameObject(f"/{widget.on_state}")] = self._form(widget.box, matrix, widget.backdrop + widget.tick)
            normal[NameObject("/Off")] = off
            entry[NameObject("/AS")] = NameObject("/Off")
        entry[NameObject("/AP")] = DictionaryObject({NameObject("/N"): normal})

    def _form(self, box: tuple[float, float], matrix: Matrix, content: bytes) -> IndirectObject:
        form = DecodedStreamObject()
        form[NameObject("/Type")] = NameObject("/XObject")
        form[NameObject("/Subtype")] = NameObject("/Form")
        form[NameObject("/BBox")] = _array(0, 0, *box)
        if matrix != _PLAIN:
            form[NameObject("/Matrix")] = _array(*matrix)
        form[NameObject("/Resources")] = DictionaryObject()
        form.set_data(content)
        return self._once(form)

    def _once(self, thing: StreamObject) -> IndirectObject:
        """The same stream, added once for all who need it."""
        written = serialise(thing, {})
        if written not in self.shared:
            self.shared[written] = self.blank.graph.add(thing)
        return self.shared[written]

    def _wrap(self, page: DictionaryObject) -> None:
        """Put the page's content between as many q and Q as it takes for what we append to start afresh."""
        streams = _streams(page)
        before, after = _imbalance(look(page, "/Contents"))
        page[NameObject("/Contents")] = ArrayObject([self._operators(before), *streams, self._operators(after)])

    def _operators(self, content: bytes) -> IndirectObject:
        made = DecodedStreamObject()
        made.set_data(content)
        return self._once(made)

    def _used(self, names: frozenset[str]) -> frozenset[str]:
        """Which of these resource names some content of the blank mentions."""
        if not names:
            return names
        contents = [ContentStream(page["/Contents"], None).get_data() for _, page in self.blank.pages]
        streams = (thing for thing in self.blank.graph.reached().values() if isinstance(thing, StreamObject))
        contents += (thing.get_data() for thing in streams if look(thing, "/Subtype") == "/Form")
        return frozenset(name for name in names if any(name.encode() in content for content in contents))

    def _add_font(self, page: DictionaryObject, unneeded: frozenset[str]) -> None:
        """Give the page our font, and take from it the fonts which only a /DA named and no content uses."""
        resources = DictionaryObject()
        old = look(page, "/Resources")
        for name in old if isinstance(old, DictionaryObject) else ():
            resources[NameObject(name)] = old.raw_get(name)
        fonts = DictionaryObject()
        listed = look(resources, "/Font")
        for name in listed if isinstance(listed, DictionaryObject) else ():
            if name not in unneeded:
                fonts[NameObject(name)] = listed.raw_get(name)
        fonts[NameObject(f"/{BASE.resource}")] = self.font
        resources[NameObject("/Font")] = fonts
        page[NameObject("/Resources")] = resources

    def _written(self, source_sha256: str) -> CompiledBlank:
        """Number every object that is reached, the base font's first, and write them."""
        base = BASE.objects(1)
        reached = self.blank.graph.reached()
        del reached[key(self.font)]
        numbered = {place: index for index, place in enumerate(reached, start=len(base) + 1)}
        numbered[key(self.font)] = 1
        root, tree = self.blank.graph.root, self.blank.graph.root.raw_get("/Pages")
        identifier = self.blank.id or bytes.fromhex(source_sha256)[:16]
        hexadecimal = identifier.hex().encode("ascii")
        pdf, startxref = whole(
            [*base, *(serialise(thing, numbered) for thing in reached.values())],
            b"/Root %d 0 R /ID [<%b> <%b>]"
            % (numbered[key(self.blank.graph.root_reference)], hexadecimal, hexadecimal),
        )
        return CompiledBlank(
            source_sha256=source_sha256,
            sha256=hashlib.sha256(pdf).hexdigest(),
            pdf=pdf,
            pages=tuple(self._pages(numbered)),
            widgets={box.widget.name: self._widget(box, numbered) for box in self.boxes},
            fields={
                numbered[key(box.holder)]: entries(box.holder.get_object(), numbered, without=_VALUE)  # type: ignore[arg-type]
                for box in self.boxes
                if box.holder != box.reference
            },
            size=len(base) + len(reached) + 1,
            startxref=startxref,
            root=numbered[key(self.blank.graph.root_reference)],
            catalogue_flat=entries(root, numbered, without=_METADATA | {"/AcroForm"}),
            catalogue_fillable=entries(root, numbered, without=_METADATA),
            tree=numbered[key(tree)],
            tree_head=entries(tree.get_object(), numbered, without=frozenset({"/Kids", "/Count"})),
            tree_kids=serialise(look(tree.get_object(), "/Kids"), numbered)[1:-1],
            base_font=1,
            pdfa=self.blank.pdfa,
            id=identifier,
        )

    def _pages(self, numbered: Mapping[Key, int]) -> Iterable[Page]:
        for index, (reference, page) in enumerate(self.blank.pages):
            widgets = {key(one) for one, _ in self.blank.widgets[index]}
            annotations = look(page, "/Annots")
            others = ArrayObject(
                one
                for one in (list.__iter__(annotations) if isinstance(annotations, ArrayObject) else ())
                if not isinstance(one, IndirectObject) or key(one) not in widgets
            )
            resources = page["/Resources"]
            head = b"%b /Resources %b /Font %b " % (
                entries(page, numbered, without=_CUT),
                entries(resources, numbered, without=frozenset({"/Font"})),  # type: ignore[arg-type]
                entries(resources["/Font"], numbered),  # type: ignore[index]
            )
            middle = b" >> >> /Contents " + serialise(page["/Contents"], numbered)[:-1] + b" "
            media_box = _box(page, "/MediaBox") or (0, 0, 612, 792)
            yield Page(
                object=numbered[key(reference)],
                media_box=media_box,
                crop_box=_box(page, "/CropBox") or media_box,
                rotation=int(look(page, "/Rotate") or 0) % 360,
                backdrop=b"".join(
                    box.widget.flat_head + box.widget.backdrop + b"Q\n"
                    for box in self.boxes
                    if box.widget.page == index and box.widget.backdrop and not box.widget.hidden
                ),
                flat=(head, middle, _closed(others, numbered)),
                fillable=(head, middle, _closed(annotations, numbered)),
            )

    def _widget(self, box: Box, numbered: Mapping[Key, int]) -> Widget:
        is_check = box.widget.kind == "check"
        return replace(
            box.widget,
            object=numbered[key(box.reference)],
            parent=None if box.holder == box.reference else numbered[key(box.holder)],
            head=entries(box.entry, numbered, without=_STATE if is_check else _APPEARANCE),
        )


def _is_simple(font: Any) -> bool:
    """One that a viewer can write with: of single bytes."""
    return isinstance(font, DictionaryObject) and look(font, "/Subtype") in ("/Type1", "/TrueType", "/MMType1")


def _da(size: float, colour: tuple[float, ...]) -> TextStringObject:
    text = b"/%b %b Tf %b %b" % (BASE.resource.encode(), number(size), numbers(*colour), _PAINTS[len(colour)])
    return TextStringObject(text.decode("ascii"))


def _array(*values: float) -> ArrayObject:
    return ArrayObject(FloatObject(value) for value in values)


def _streams(page: DictionaryObject) -> list[Any]:
    contents = look(page, "/Contents")
    if isinstance(contents, ArrayObject):
        return list(list.__iter__(contents))
    return [page.raw_get("/Contents")] if isinstance(contents, StreamObject) else []


def _imbalance(contents: Any) -> tuple[bytes, bytes]:
    """The operators before and after a page's content that leave the graphics state as it was."""
    depth = lowest = 0
    if contents is not None:
        content = ContentStream(contents, None)
        if len(content.get_data()) > _MOST_CONTENT:
            raise BlankRefused("too_large", "A page of the form draws more than a form does.")
        for _, operator in content.operations:
            depth += {b"q": 1, b"Q": -1}.get(operator, 0)
            lowest = min(lowest, depth)
    return b"q\n" * (1 - lowest), b"\nQ" * (1 - lowest + depth)


def _box(page: DictionaryObject, name: str) -> Rect | None:
    found = look(page, name)
    if not isinstance(found, ArrayObject) or len(found) != 4:
        return None
    x0, y0, x1, y1 = (float(value) for value in found)
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def _closed(annotations: Any, numbered: Mapping[Key, int]) -> bytes:
    return b"] /Annots %b >>" % serialise(annotations, numbered) if annotations else b"] >>"
