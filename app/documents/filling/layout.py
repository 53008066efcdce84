"""Where text stands in a box: size, line ends, base lines, cells. Pure geometry, no fonts.

Sizes and coordinates are points in the box's own system, its lower left corner at (0, 0). Widths and heights of glyphs
are thousandths of the size.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

SMALLEST = 6.0  # points; smaller is not legible on paper, what does not fit goes to a continuation sheet
_LARGEST_AUTOMATIC = 12.0  # points
_STEP = 0.1  # points between two sizes tried
_LINE_STEP = 0.5  # the same in a multi-line box, where each size is wrapped anew
_PADDING = 2.0  # points left and right, as Acrobat leaves
_TOP = 1.0  # points above the first and below the last line
_CAP_HEIGHT = 714  # of the base font: a single line is centred on its capitals
_LINE = 1362  # ascent and descent of the base font together
_ASCENT, _DESCENT = 950, 240  # a first line leaves room for Å, a last one for g, whatever it holds
_LEADING = 1200  # base line to base line


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a box wants its text.

    ``size`` in points, 0 is automatic; ``colour`` has 1 (grey), 3 (RGB) or 4 (CMYK) components from 0 to 1, none is
    black; ``align`` is 0 left, 1 centre, 2 right; ``cells`` is the number of cells of a comb.
    """

    size: float = 0.0
    colour: tuple[float, ...] = (0.0,)
    align: int = 0
    multiline: bool = False
    cells: int | None = None


@dataclass(frozen=True, slots=True)
class Laid:
    """A text as drawn: operators in box coordinates, the fonts they name, and what had no room.

    ``fitted`` and ``remainder`` are the text in normal form C; where it was parted, spaces at the parting are dropped.
    """

    content: bytes
    resources: tuple[str, ...]
    size: float  # points
    fitted: str
    remainder: str


# Whether a line of a text may end before an index, the beginning of a cluster.
Breaks = Callable[[str, int], bool]


class Measured(Protocol):
    """A text with the width of each cluster (a letter with its marks)."""

    @property
    def text(self) -> str: ...
    @property
    def starts(self) -> Sequence[int]: ...
    @property
    def advances(self) -> Sequence[int]: ...
    @property
    def order(self) -> Sequence[int]: ...  # the clusters' indexes from left to right, were it one line
    @property
    def low(self) -> int: ...
    @property
    def high(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Line:
    """``text[start:end]`` with its left end at ``x`` on the base line ``y``; the next line begins at ``next``."""

    start: int
    end: int
    next: int
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Placed:
    """The lines that fit, and where in the text the rest begins."""

    size: float
    lines: tuple[Line, ...]
    rest: int


def padding(width: float) -> float:
    """Points left free at each side: two, less in a box for a letter or two."""
    return min(_PADDING, width / 8)


def nominal_size(style: Style, height: float) -> float:
    """The size to begin with: the box's own, or what its height allows, never below 6 points."""
    if style.size > 0:
        return max(SMALLEST, style.size)
    if style.multiline:
        return _LARGEST_AUTOMATIC
    return max(SMALLEST, min(_LARGEST_AUTOMATIC, _down(height * 1000 / _LINE)))


def offset(align: int, room: float, length: float) -> float:
    """How far from the left a text of this length begins."""
    return (room - length) * align / 2 if align else 0.0


def base_line(height: float, size: float, low: int, high: int) -> float:
    """The base line of a single line: capitals in the middle, moved where marks or tails would be cut off."""
    em = size / 1000
    if (high - low) * em > height:
        return (height - (high - low) * em) / 2 - low * em
    return min(max((height - _CAP_HEIGHT * em) / 2, -low * em), height - high * em)


def place_short(total: int, width: float, height: float, style: Style, reach: tuple[int, int]) -> Line | None:
    """Where a single line of the length ``total`` stands if it fits as it is; None when it needs ``place_line``.

    ``reach`` is how far below and above the base line its letters may have ink.
    """
    pad = padding(width)
    room, length = width - 2 * pad, total * style.size / 1000
    y = (height - _CAP_HEIGHT * style.size / 1000) / 2
    low, high = reach
    if style.size < SMALLEST or length > room or y < -low * style.size / 1000 or y + high * style.size / 1000 > height:
        return None
    return Line(0, 0, 0, pad + offset(style.align, room, length), y)


def place_short_cells(advances: Sequence[int], width: float, style: Style, cells: int) -> list[float] | None:
    """The left ends of a comb's characters if each fits into its cell as it is; None when it needs ``place_cells``."""
    cell, half = width / cells, style.size / 2000
    if len(advances) > cells or max(advances, default=0) * half * 2 > cell:
        return None
    first = int(offset(style.align, cells, len(advances))) + 0.5
    return [(first + n) * cell - advance * half for n, advance in enumerate(advances)]


def place_line(text: Measured, width: float, height: float, style: Style, breaks: Breaks) -> Placed:
    """One line, made smaller until it fits; at 6 points what is too long is left over, parted between words."""
    pad = padding(width)
    room, total = width - 2 * pad, sum(text.advances)
    size = min(nominal_size(style, height), _shrunk(room, total), _shrunk(height, text.high - text.low))
    line = next(_wrap(text, room * 1000 / size, breaks))
    length = _length(text, line) * size / 1000
    x = pad + offset(style.align, room, length)
    return Placed(size, (Line(*line, x, base_line(height, size, text.low, text.high)),), line[2])


def place_cells(text: Measured, width: float, height: float, style: Style, cells: int) -> Placed:
    """Each cluster in the middle of its own cell; ``style.align`` decides which cells stay empty.

    The text has at most ``cells`` clusters. The lines are the cells from left to right.
    """
    cell = width / cells
    size = min(
        nominal_size(style, height),
        _shrunk(cell, max(text.advances, default=0)),
        _shrunk(height, text.high - text.low),
    )
    first = int(offset(style.align, cells, len(text.starts)))
    y = base_line(height, size, text.low, text.high)
    ends = (*text.starts[1:], len(text.text))
    lines = tuple(
        Line(text.starts[n], ends[n], ends[n], (place + 0.5) * cell - text.advances[n] * size / 2000, y)
        for place, n in enumerate(text.order, first)
    )
    return Placed(size, lines, len(text.text))


def place_lines(text: Measured, width: float, height: float, style: Style, breaks: Breaks) -> Placed:
    """Lines from the top, made smaller until all fit; at 6 points the lines that do not are left over."""
    pad = padding(width)
    room = width - 2 * pad
    leading = max(_LEADING, text.high - text.low + 50)
    top, bottom = max(_ASCENT, text.high), max(_DESCENT, -text.low)
    size = nominal_size(style, height)
    while True:
        lines = tuple(_wrap(text, room * 1000 / size, breaks))
        fitting = max(1, int(((height - 2 * _TOP) * 1000 / size - top - bottom) // leading) + 1)
        if len(lines) <= fitting or size <= SMALLEST:
            break
        size = max(SMALLEST, size - _LINE_STEP)
    first = height - _TOP - top * size / 1000
    placed = tuple(
        Line(
            *line,
            pad + offset(style.align, room, _length(text, line) * size / 1000),
            first - n * leading * size / 1000,
        )
        for n, line in enumerate(lines[:fitting])
    )
    return Placed(size, placed, placed[-1].next)


def _wrap(text: Measured, room: float, may_break: Breaks) -> Iterator[tuple[int, int, int]]:
    """(start, end, start of the next) of each line that is at most ``room`` thousandths of the size wide.

    Spaces at a line's end take no room. A word longer than a line is parted between clusters.
    """
    letters, starts, advances = text.text, text.starts, text.advances
    start = chance = 0  # indexes into starts: the line's first cluster, and the last place it may end
    used = 0
    for n, at in enumerate(starts):
        if letters[at] == "\n":
            yield _line(letters, starts, start, n, n + 1)
            start = chance = n + 1
            used = 0
            continue
        if n > start and may_break(letters, at):
            chance = n
        is_space = letters[at : starts[n + 1] if n + 1 < len(starts) else None].isspace()  # a mark may sit on a space
        if used + advances[n] > room and not is_space and n > start:
            chance = chance if chance > start else n
            yield _line(letters, starts, start, chance, chance)
            start = chance
            used = sum(advances[start:n])
        used += advances[n]
    yield _line(letters, starts, start, len(starts), len(starts))


def _line(letters: str, starts: Sequence[int], first: int, end: int, following: int) -> tuple[int, int, int]:
    bounds = (*starts, len(letters))
    start, stop = bounds[min(first, len(starts))], bounds[end]
    return start, start + len(letters[start:stop].rstrip(" \u200b")), bounds[following]


def _length(text: Measured, line: tuple[int, int, int]) -> int:
    start, end, _ = line
    return sum(text.advances[bisect_left(text.starts, start) : bisect_left(text.starts, end)])


def _shrunk(room: float, length: int) -> float:
    """The largest size at which ``length`` thousandths fit into ``room`` points, not below 6."""
    return max(SMALLEST, _down(room * 1000 / length)) if length else float("inf")


def _down(size: float) -> float:
    """A size rounded down to the steps tried."""
    return round(int(size / _STEP + 1e-6) * _STEP, 1)
