"""One filled document: texts, ticks and marks laid out, then the objects of the update that shows them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from app.documents.errors import DrawingFailed
from app.documents.filling import continuation, metadata
from app.documents.filling.continuation import Item, Sheets
from app.documents.filling.layout import Laid, Style, base_line, padding
from app.documents.filling.marks import Mark, StrikeMark, TextMark
from app.documents.filling.metadata import Info
from app.documents.filling.plan import CompiledBlank, Rect, Widget
from app.documents.filling.typeface import BASE, Typeface
from app.documents.filling.values import Entry, pointer, refused
from app.documents.filling.write import name, numbers, stream, update, utf16
from app.errors import Fault

_STRIKE_WIDTH = 0.75  # points
_ASCENT, _DESCENT = 0.95, 0.24  # of a mark's size: what its rectangle takes above and below the base line
_FONT = BASE.resource.encode("ascii")


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Something that was drawn, for the read-back: where it stands and what it must say.

    ``text`` is what the box shows, in normal form C, the reference to a continuation sheet included; empty for a tick
    and for a line.
    """

    name: str  # the widget's name, or the mark's role
    kind: Literal["text", "check", "choice", "mark", "strike", "continuation"]
    page: int
    rect: Rect
    text: str
    size: float  # points; 0 for a tick and for a line


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A filled form: its bytes, their SHA-256 in hexadecimal, and what stands where.

    ``pages`` counts the continuation sheets too; ``continued`` names the fields that go on there.
    """

    pdf: bytes
    sha256: str
    pages: int
    placed: tuple[Placed, ...]
    continued: tuple[str, ...]


@dataclass(slots=True)
class Drawing:
    """One document on its way: everything is laid out first, since only then the fonts are known.

    A value or mark that cannot be drawn is noted; ``flat`` and ``fillable`` raise DrawingFailed with all of them.
    """

    blank: CompiledBlank
    info: Info
    labels: Mapping[str, str]
    typeface: Typeface = field(default_factory=Typeface)
    texts: list[tuple[Entry, Laid]] = field(default_factory=list)
    ticks: list[Widget] = field(default_factory=list)
    overlays: dict[int, list[bytes]] = field(default_factory=dict)  # page to what is drawn on it
    items: list[Item] = field(default_factory=list)
    placed: list[Placed] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    objects: dict[int, bytes] = field(default_factory=dict)
    next: int = 0
    sheets: int = 0

    def write(self, entry: Entry) -> None:
        widget = entry.widget
        width, height, style = self.blank.styles[widget.name]
        try:
            laid = self.typeface.lay(entry.text, width, height, style)
        except DrawingFailed as failure:
            self.faults.append(Fault(pointer(widget.name), failure.code, failure.detail))
            return
        if laid.remainder:
            shortened = self._continue(widget, entry.text, laid)
            if shortened is None:
                return
            laid = shortened
        self.texts.append((entry, laid))
        kind: Literal["text", "choice"] = "choice" if widget.kind == "choice" else "text"
        self.placed.append(
            Placed(name=widget.name, kind=kind, page=widget.page, rect=widget.rect, text=laid.fitted, size=laid.size)
        )

    def tick(self, widget: Widget) -> None:
        self.ticks.append(widget)
        self.placed.append(
            Placed(name=widget.name, kind="check", page=widget.page, rect=widget.rect, text="", size=0.0)
        )

    def mark(self, mark: Mark) -> None:
        if not 0 <= mark.page < len(self.blank.pages):
            self.faults.append(Fault(pointer(mark.role), "unknown_field", "The form has no such page."))
        elif isinstance(mark, StrikeMark):
            self._strike(mark)
        else:
            self._write_mark(mark)

    def flat(self) -> Filled:
        """Values become page content; fields and form are gone."""
        self._check()
        pages: dict[int, list[bytes]] = {}
        for number, page in enumerate(self.blank.pages):
            if page.flat[2] != page.fillable[2]:  # it has fields, which must go
                pages[number] = [page.backdrop]
        for entry, laid in self.texts:
            widget = entry.widget
            pages[widget.page] += (widget.flat_head, laid.content, b"\nQ\n")
        for widget in self.ticks:
            pages[widget.page] += (widget.flat_head, widget.tick, b"Q\n")
        for number, overlay in self.overlays.items():
            pages.setdefault(number, []).extend(overlay)
        fonts = self._fonts()
        for number, parts in pages.items():
            page = self.blank.pages[number]
            self.objects[page.object] = self._page(page.flat, parts, fonts)
        return self._finished(self.blank.catalogue_flat)

    def fillable(self) -> Filled:
        """Values in the fields, each with its appearance; what is drawn beside them becomes page content."""
        self._check()
        fonts = self._fonts()
        resources = b" /Resources << /Font << /%b %d 0 R%b >> >>" % (
            _FONT,
            self.blank.base_font,
            fonts,
        )
        held: dict[int, bytes] = {}  # field apart from its widgets -> its value
        for entry, laid in self.texts:
            widget = entry.widget
            content = b"%b/Tx BMC\n%b\nEMC" % (widget.backdrop, laid.content)
            form = self._add(stream(widget.form_head + resources, content))
            value = b" /V " + utf16(entry.value)
            own = value if widget.parent is None else b""
            self.objects[widget.object] = b"%b%b /AP << /N %d 0 R >> >>" % (widget.head, own, form)
            if widget.parent is not None:
                held[widget.parent] = value
        for widget in self.ticks:
            state = name(widget.on_state or "")
            own = b" /V " + state if widget.parent is None else b""
            self.objects[widget.object] = b"%b%b /AS %b >>" % (widget.head, own, state)
            if widget.parent is not None:
                held[widget.parent] = b" /V " + state
        for number, value in held.items():
            self.objects[number] = b"%b%b >>" % (self.blank.fields[number], value)
        for number, overlay in self.overlays.items():
            page = self.blank.pages[number]
            self.objects[page.object] = self._page(page.fillable, overlay, fonts)
        return self._finished(self.blank.catalogue_fillable)

    def _continue(self, widget: Widget, text: str, laid: Laid) -> Laid | None:
        shortened = continuation.shorten(self.typeface, laid, *self.blank.styles[widget.name])
        if shortened is None:
            detail = "The box is too small for the text and for a reference to a continuation sheet."
            self.faults.append(Fault(pointer(widget.name), "text_too_long", detail))
        elif all(item.widget.field != widget.field for item in self.items):
            label = self.labels.get(widget.field) or widget.label or widget.field
            self.items.append(Item(widget, label, text))
        return shortened

    def _write_mark(self, mark: TextMark) -> None:
        pad = padding(mark.width)
        height = 3 * mark.size
        try:
            laid = self.typeface.lay(mark.text, mark.width + 2 * pad, height, Style(size=mark.size))
        except DrawingFailed as failure:
            self.faults.append(Fault(pointer(mark.role), failure.code, failure.detail))
            return
        if laid.remainder:
            detail = "The text is wider than the place for it, even at 6 points."
            self.faults.append(Fault(pointer(mark.role), "text_too_long", detail))
            return
        bottom = mark.baseline - base_line(height, laid.size, 0, 0)
        place = numbers(1, 0, 0, 1, mark.x - pad, bottom)
        self.overlays.setdefault(mark.page, []).append(b"q %b cm\n%b\nQ\n" % (place, laid.content))
        low, high = mark.baseline - _DESCENT * laid.size, mark.baseline + _ASCENT * laid.size
        rect = (mark.x - pad, low, mark.x + mark.width + pad, high)
        self.placed.append(
            Placed(name=mark.role, kind="mark", page=mark.page, rect=rect, text=laid.fitted, size=laid.size)
        )

    def _strike(self, mark: StrikeMark) -> None:
        line = b"q 0 G %b w %b m %b l S Q\n" % (
            numbers(_STRIKE_WIDTH),
            numbers(mark.x0, mark.y0),
            numbers(mark.x1, mark.y1),
        )
        self.overlays.setdefault(mark.page, []).append(line)
        x0, x1 = sorted((mark.x0, mark.x1))
        y0, y1 = sorted((mark.y0, mark.y1))
        self.placed.append(
            Placed(name=mark.role, kind="strike", page=mark.page, rect=(x0, y0, x1, y1), text="", size=0.0)
        )

    def _check(self) -> None:
        self.next = self.blank.size
        if self.faults:
            raise refused(self.faults)

    def _add(self, body: bytes) -> int:
        number = self.next
        self.objects[number] = body
        self.next = number + 1
        return number

    def _fonts(self) -> bytes:
        """Lay out the continuation sheets, write the fallback fonts, and return them as resource entries."""
        sheets = self._sheets()
        entries = []
        for font in self.typeface.fallback_fonts():
            entries.append(b" /%b %d 0 R" % (font.resource.encode("ascii"), self.next))
            for body in font.objects(self.next):
                self._add(body)
        fonts = b"".join(entries)
        if sheets:
            self._add_sheets(sheets, fonts)
        return fonts

    def _page(self, cut: tuple[bytes, bytes, bytes], parts: Sequence[bytes], fonts: bytes) -> bytes:
        content = self._add(stream(b"<<", b"".join(parts)))
        return b"%b%b%b%d 0 R%b" % (cut[0], fonts, cut[1], content, cut[2])

    def _sheets(self) -> Sheets | None:
        if not self.items:
            return None
        heading = f"{self.info.title} · {self.info.number}"
        return continuation.draw(self.typeface, self.blank, self.items, heading=heading)

    def _add_sheets(self, sheets: Sheets, fonts: bytes) -> None:
        first = len(self.blank.pages)
        kids = []
        for content in sheets.contents:
            stands = self._add(stream(b"<<", content))
            page = self._add(
                b"<< /Type /Page /Parent %d 0 R /MediaBox [%b] /CropBox [%b] /Rotate 0"
                b" /Resources << /Font << /%b %d 0 R%b >> >> /Contents %d 0 R >>"
                % (
                    self.blank.tree,
                    numbers(*sheets.box),
                    numbers(*sheets.box),
                    _FONT,
                    self.blank.base_font,
                    fonts,
                    stands,
                )
            )
            kids.append(b" %d 0 R" % page)
        self.objects[self.blank.tree] = b"%b /Count %d /Kids [%b%b] >>" % (
            self.blank.tree_head,
            first + len(kids),
            self.blank.tree_kids,
            b"".join(kids),
        )
        self.sheets = len(kids)
        for part in sheets.parts:
            self.placed.append(
                Placed(
                    name=part.widget.name,
                    kind="continuation",
                    page=first + part.sheet,
                    rect=part.rect,
                    text=part.text,
                    size=sheets.size,
                )
            )

    def _finished(self, catalogue: bytes) -> Filled:
        blank = self.blank
        described = self._add(metadata.xmp(self.info, blank.pdfa))
        information = self._add(metadata.information(self.info))
        self.objects[blank.root] = b"%b /Metadata %d 0 R >>" % (catalogue, described)
        appended = update(
            self.objects,
            at=len(blank.pdf),
            size=blank.size,
            previous=blank.startxref,
            trailer=b"/Root %d 0 R /Info %d 0 R" % (blank.root, information),
            first_id=blank.id,
        )
        digest = blank.hashed.copy()
        digest.update(appended)
        return Filled(
            pdf=blank.pdf + appended,
            sha256=digest.hexdigest(),
            pages=len(blank.pages) + self.sheets,
            placed=tuple(self.placed),
            continued=tuple(item.widget.field for item in self.items),
        )
