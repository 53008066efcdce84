"""The operators of PDF that draw placed text. Every text object sets its own matrix, so that a reader can find it.

Offsets of glyphs are thousandths of the size; the bundled fonts count in the same unit, so sums are whole numbers.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

_COLOURS = {1: "g", 3: "rg", 4: "k"}


class Ink(NamedTuple):
    """A glyph to draw: its font's resource name, its number and own width, its origin as seen from the pen's start."""

    resource: str
    number: int
    width: int
    x: int
    y: int


@lru_cache(maxsize=1024)
def opening(width: float, height: float, colour: tuple[float, ...]) -> str:
    """Clip to the box and set the colour; ``closing`` ends it."""
    if len(colour) not in (0, 1, 3, 4):
        raise ValueError(f"a colour has 1, 3 or 4 components, not {len(colour)}")
    operands = " ".join(f"{part:g}" for part in colour)
    fill = f"{operands} {_COLOURS[len(colour)]}\n" if colour else "0 g\n"
    return f"q\n0 0 {width:.2f} {height:.2f} re W n\n{fill}"


closing = "Q"


def show(resource: str, size: float, x: float, y: float, codes: str) -> str:
    """One string at its natural widths; ``codes`` is hexadecimal."""
    return f"BT\n/{resource} {size:g} Tf\n1 0 0 1 {x:.2f} {y:.2f} Tm\n<{codes}> Tj\nET\n"


def show_cells(resource: str, size: float, y: float, cells: Sequence[tuple[float, int, str]]) -> str:
    """One text object with each code at its own place: (left end in points, width in thousandths, code)."""
    if not cells:
        return ""
    array = ""
    pen = start = round(cells[0][0], 2)
    for x, width, code in cells:
        shift = round((pen - x) * 1000 / size, 1)
        array += f"{shift:g}<{code}>" if shift else f"<{code}>"
        pen += (width - shift) * size / 1000
    return f"BT\n/{resource} {size:g} Tf\n1 0 0 1 {start:.2f} {y:.2f} Tm\n[{array}] TJ\nET\n"


def show_run(glyphs: Iterable[Ink], size: float, x: float, y: float) -> str:
    """One text object with shaped glyphs, the pen's start at ``x``."""
    return f"BT\n{''.join(_strings(glyphs, size, x, y))}ET\n"


def _strings(glyphs: Iterable[Ink], size: float, x: float, y: float) -> Iterator[str]:
    resource, height, pen, array = "", 0, 0, ""
    for glyph in glyphs:
        if glyph.resource != resource or glyph.y != height:
            if array:
                yield f"[{array}>] TJ\n"
            if glyph.resource != resource:
                yield f"/{glyph.resource} {size:g} Tf\n"
            resource, height, pen = glyph.resource, glyph.y, glyph.x
            yield f"1 0 0 1 {x + pen * size / 1000:.2f} {y + height * size / 1000:.2f} Tm\n"
            array = "<"
        if glyph.x != pen:
            array += f">{pen - glyph.x}<"
        array += f"{glyph.number:04X}"
        pen = glyph.x + glyph.width
    if array:
        yield f"[{array}>] TJ\n"


def spoken(text: str, body: str) -> str:
    """A body that readers take for ``text``, whatever its glyphs say one by one (PDF 32000-1 section 14.9.4)."""
    return f"/Span<</ActualText <FEFF{text.encode('utf-16-be').hex().upper()}> >>BDC\n{body}EMC\n"
