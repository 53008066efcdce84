"""What a widget looks like apart from its text: /DA read, the frame of /MK, and marks drawn as paths."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pypdf.generic import ArrayObject, DictionaryObject

from app.documents.filling.normalise import inherited, look
from app.documents.filling.plan import Rect
from app.documents.filling.write import number, numbers

_COLOURS = {"g": 1, "rg": 3, "k": 4}
_STROKES = {1: b"G", 3: b"RG", 4: b"K"}
_FILLS = {1: b"g", 3: b"rg", 4: b"k"}
BLACK = (0.0,)


@dataclass(frozen=True, slots=True)
class DefaultAppearance:
    """A /DA: font resource without slash, size in points (0 = automatic), colour of 1, 3 or 4 components."""

    font: str
    size: float
    colour: tuple[float, ...]


def default_appearance(text: str) -> DefaultAppearance:
    """Read a /DA; its last font and its last colour hold, as a viewer would run it."""
    font, size = "", 0.0
    colour: tuple[float, ...] = BLACK
    operands: list[str] = []
    for word in text.replace("/", " /").split():
        if word == "Tf" and len(operands) >= 2:
            font, size = operands[-2].removeprefix("/"), _float(operands[-1])
        elif word in _COLOURS and len(operands) >= _COLOURS[word]:
            colour = tuple(_float(operand) for operand in operands[-_COLOURS[word] :])
        if word.isalpha() or word.endswith("*"):
            operands.clear()
        else:
            operands.append(word)
    return DefaultAppearance(font, max(size, 0.0), colour)


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def turned(rect: Rect, rotation: int) -> tuple[float, float, float, float, float, float]:
    """The matrix from box coordinates, in which the text runs upright, to the rectangle laid at the origin."""
    width, height = rect[2] - rect[0], rect[3] - rect[1]
    return {
        90: (0, 1, -1, 0, width, 0),
        180: (-1, 0, 0, -1, width, height),
        270: (0, -1, 1, 0, 0, height),
    }.get(rotation, (1, 0, 0, 1, 0, 0))


def backdrop(widget: DictionaryObject, width: float, height: float, cells: int | None) -> bytes:
    """Background and border as /MK, /BS and /Border ask for them, in box coordinates; empty where nothing shows."""
    frame = look(widget, "/MK")
    if not isinstance(frame, DictionaryObject):
        return b""
    background, border = _components(look(frame, "/BG")), _components(look(frame, "/BC"))
    line = _line_width(widget) if border else 0.0
    is_round = look(frame, "/CA") == "l" and inherited(widget, "/FT") == "/Btn"
    parts = []
    if background:
        shape = _disc(width, height, min(width, height) / 2) if is_round else b"0 0 %b re" % numbers(width, height)
        parts.append(_paint(background, _FILLS) + b" " + shape + b" f")
    if line:
        half = line / 2
        outline = numbers(half, half, width - line, height - line) + b" re"
        if is_round:
            outline = _disc(width, height, min(width, height) / 2 - half)
        step = width / cells if cells else 0.0
        dividers = b"".join(
            b" %b m %b l" % (numbers(step * cell, 0), numbers(step * cell, height)) for cell in range(1, cells or 1)
        )
        parts.append(b"%b %b w %b%b S" % (_paint(border, _STROKES), number(line), outline, dividers))
    return b"q " + b" ".join(parts) + b" Q\n" if parts else b""


def tick(widget: DictionaryObject, width: float, height: float, colour: tuple[float, ...]) -> bytes:
    """The mark of a checkbox or radio button as a path: check, cross, disc or square as /MK /CA names it."""
    frame = look(widget, "/MK")
    style = look(frame, "/CA") if isinstance(frame, DictionaryObject) else None
    side = min(width, height)
    left, low = (width - side) / 2, (height - side) / 2

    def point(x: float, y: float) -> bytes:
        return numbers(left + x * side, low + y * side)

    if style == "l":
        path = _disc(width, height, side / 4) + b" f"
    elif style == "n":
        path = b"%b %b re f" % (point(0.25, 0.25), numbers(side / 2, side / 2))
    else:
        strokes = [[(0.18, 0.52), (0.41, 0.22), (0.84, 0.82)]]
        if style == "8":
            strokes = [[(0.2, 0.2), (0.8, 0.8)], [(0.2, 0.8), (0.8, 0.2)]]
        lines = b" ".join(point(*first) + b" m " + _lines(point(*p) for p in rest) for first, *rest in strokes)
        path = b"%b w 1 J 1 j %b S" % (number(side * 0.13), lines)
    return b"q %b %b %b Q\n" % (_paint(colour, _FILLS), _paint(colour, _STROKES), path)


def _lines(points: Any) -> bytes:
    return b" ".join(point + b" l" for point in points)


def _disc(width: float, height: float, radius: float) -> bytes:
    """A circle in the middle, of four Bézier curves."""
    x, y, r, c = width / 2, height / 2, radius, radius * 0.5523
    curves = (
        (x + r, y + c, x + c, y + r, x, y + r),
        (x - c, y + r, x - r, y + c, x - r, y),
        (x - r, y - c, x - c, y - r, x, y - r),
        (x + c, y - r, x + r, y - c, x + r, y),
    )
    return numbers(x + r, y) + b" m " + b" ".join(numbers(*curve) + b" c" for curve in curves) + b" h"


def _paint(colour: Sequence[float], operators: dict[int, bytes]) -> bytes:
    return numbers(*colour) + b" " + operators[len(colour)]


def _components(value: Any) -> tuple[float, ...]:
    """A colour array; empty (nothing is painted) where it is none of 1, 3 or 4 numbers."""
    found = tuple(float(part) for part in value) if isinstance(value, ArrayObject) else ()
    return found if len(found) in _FILLS else ()


def _line_width(widget: DictionaryObject) -> float:
    style = look(widget, "/BS")
    if isinstance(style, DictionaryObject):
        width = look(style, "/W")
        return 1.0 if width is None else float(width)
    border = look(widget, "/Border")
    return float(border[2]) if isinstance(border, ArrayObject) and len(border) > 2 else 1.0
