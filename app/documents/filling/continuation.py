"""Continuation sheets: appended pages with the whole text of each box that had no room for it."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.documents.filling.layout import SMALLEST, Laid, Style
from app.documents.filling.plan import CompiledBlank, Rect, Widget
from app.documents.filling.typeface import BASE, Typeface
from app.documents.filling.write import numbers

TITLE = "Continuation sheet"
# What the box says after as much of the text as fits; the longest that leaves room for some of the text.
_REFERENCES = (" … (see continuation sheet)", " … (see sheet)", " …", "…")
_SIZE = 9.0  # points, of text and labels
_MARGIN = 54.0  # points, three quarters of an inch
_LINE = 1.7 * _SIZE  # points a first line takes in any script
_BETWEEN = 14.0  # points between two items
_AFTER_LABEL = 2.0
_LABEL_COLOUR = (0.35,)


@dataclass(frozen=True, slots=True)
class Item:
    """One text that goes on: its box, the form's words for the line, and the whole text."""

    widget: Widget
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of an item's text as it stands on a sheet."""

    widget: Widget
    sheet: int  # from 0
    rect: Rect
    text: str


@dataclass(frozen=True, slots=True)
class Sheets:
    """The content of each sheet, the parts on them, and the box of each page in points."""

    contents: tuple[bytes, ...]
    parts: tuple[Part, ...]
    box: Rect
    size: float = _SIZE


def shorten(typeface: Typeface, whole: Laid, width: float, height: float, style: Style) -> Laid | None:
    """As much of a text as fits with a reference to the sheet.

    Args:
        whole: the text as it was laid out without one, with a remainder.

    Returns:
        None where not even three dots fit.
    """
    if BASE.widths[_REFERENCES[-1]] * SMALLEST / 1000 > width:  # a single letter is laid out however narrow the box is
        return None
    text = whole.fitted + whole.remainder[:1]
    for reference in _REFERENCES:
        fitting, room = 0, len(whole.fitted)
        while fitting < room:  # the longest beginning that leaves room for the reference
            middle = (fitting + room + 1) // 2
            if typeface.lay(text[:middle].rstrip() + reference, width, height, style).remainder:
                room = middle - 1
            else:
                fitting = middle
        beginning = _whole_words(text, fitting)
        if not beginning and reference is not _REFERENCES[-1]:
            continue
        laid = typeface.lay(beginning + reference, width, height, style)
        if not laid.remainder:
            return laid
    return None


def _whole_words(text: str, length: int) -> str:
    """The beginning of this length without the part of a word at its end, unless that is all there is."""
    beginning = text[:length]
    if length < len(text) and not text[length].isspace() and " " in beginning.rstrip():
        beginning = beginning[: beginning.rindex(" ")]
    return beginning.rstrip()


def draw(typeface: Typeface, blank: CompiledBlank, items: Sequence[Item], *, heading: str) -> Sheets:
    """Lay the items out on as many sheets as they take, of the size of the blank's first page."""
    sheet = _Sheet(typeface, blank.pages[0].crop_box, heading)
    for item in items:
        sheet.add(item)
    return sheet.finished()


class _Sheet:
    """A pen that goes down a page and on to the next."""

    def __init__(self, typeface: Typeface, box: Rect, heading: str) -> None:
        self.typeface, self.box, self.heading = typeface, box, heading
        self.left, self.bottom = box[0] + _MARGIN, box[1] + _MARGIN
        self.width, self.top = box[2] - box[0] - 2 * _MARGIN, box[3] - _MARGIN
        self.contents: list[bytes] = []
        self.parts: list[Part] = []
        self._begin()

    def add(self, item: Item) -> None:
        if self.y - self.bottom < 3 * _LINE:  # no label alone at the foot of a page
            self._begin()
        self._write(item.label, _LABEL_COLOUR)
        self.y -= _AFTER_LABEL
        rest = item.text
        while rest:
            rest, rect, written = self._write_part(rest, (0.0,))
            self.parts.append(Part(item.widget, len(self.contents) - 1, rect, written))
        self.y -= _BETWEEN

    def finished(self) -> Sheets:
        return Sheets(tuple(self.contents), tuple(self.parts), self.box)

    def _begin(self) -> None:
        self.contents.append(b"")
        self.y = self.top
        number = len(self.contents)
        title = TITLE if number == 1 else f"{TITLE} {number}"
        for text, size in ((title, 14.0), (self.heading, _SIZE)):
            height = size * 1.6
            laid = self.typeface.lay(text, self.width, height, Style(size=size))
            self.y -= height
            self._put(laid.content, 1.0)
        self.y -= _BETWEEN

    def _write(self, text: str, colour: tuple[float, ...]) -> None:
        rest = text
        while rest:
            rest, _, _ = self._write_part(rest, colour)

    def _write_part(self, text: str, colour: tuple[float, ...]) -> tuple[str, Rect, str]:
        """Write from here to the foot of the page. Returns what is left over, where it was written, and what.

        The text is laid out at the smallest size, which is never made smaller, and enlarged: what has no room is then
        left over instead of being squeezed in.
        """
        if self.y - self.bottom < _LINE:
            self._begin()
        scale = _SIZE / SMALLEST
        width, style = self.width / scale, Style(size=SMALLEST, colour=colour, multiline=True)
        room = (self.y - self.bottom) / scale
        laid = self.typeface.lay(text, width, room, style)
        if not laid.remainder:
            least, most = _LINE / scale, room  # a box takes one line however low it is
            while most - least > 0.25:
                middle = (least + most) / 2
                if self.typeface.lay(text, width, middle, style).remainder:
                    least = middle
                else:
                    most = middle
            room = most
            laid = self.typeface.lay(text, width, room, style)
        top = self.y
        self.y = self.bottom if laid.remainder else self.y - room * scale
        self._put(laid.content, scale)
        return laid.remainder, (self.left, self.y, self.left + self.width, top), laid.fitted

    def _put(self, content: bytes, scale: float) -> None:
        place = numbers(scale, 0, 0, scale, self.left, self.y)
        self.contents[-1] += b"q %b cm\n%b\nQ\n" % (place, content)
