"""Whether what is drawn stands where it should: in its box, unclipped, aligned, cell by cell. All in points."""

from collections.abc import Iterator

from app.documents.filling.drawn import Block, Bounds, Path, Point, Shown, at, bounds
from app.documents.filling.marks import StrikeMark, TextMark
from app.documents.filling.plan import Rect, Widget

_CLOSE = 0.3  # points; coordinates are written with two decimals
_ABOVE = 0.6  # the same for the height of capitals, which a font may give rounded
_PADDING = 2.0 + _CLOSE  # between a box's edge and its text
_SMALLEST = 5.99
_LEAST_TICK = 0.4  # of the box's shorter side
_BLACK = (0.0,)


def is_text(block: Block, widget: Widget) -> bool:
    """Whether a block is text alone, legible, in the widget's colour, and all of it inside the widget, well placed."""
    shown = [one for said in block.said for one in said.shown if one.glyphs]
    if not shown or block.paths:
        return False
    if not all(one.size >= _SMALLEST and _same_colour(one.colour, widget.colour) for one in shown):
        return False
    if not is_within(block, widget.rect):
        return False
    lines = _lines(shown, widget)
    if widget.cells:
        return len(lines) == 1 and _stand_in_cells(shown, widget, widget.cells)
    if not all(_is_aligned(left, right, widget) for _, left, right in lines):
        return False
    if not widget.multiline:
        return len(lines) == 1 and _is_in_the_middle(lines[0][0], shown, widget)
    return lines[0][0] >= widget.box[1] - 2 - 2 * max(one.size for one in shown)


def is_tick(block: Block, widget: Widget) -> bool:
    """Whether a block is a mark alone, in the widget's colour, inside the widget and large enough to be seen."""
    if block.said or not block.paths or not is_within(block, widget.rect):
        return False
    if not all(_same_colour(path.colour, widget.colour) for path in block.paths):
        return False
    left, bottom, right, top = bounds([point for path in block.paths for point in path.points])
    least = _LEAST_TICK * min(widget.box)
    return right - left >= least and top - bottom >= least


def is_within(block: Block, edge: Rect) -> bool:
    """Whether all of a block lies within an edge, and within what it is itself clipped to."""
    for one in (shown for said in block.said for shown in said.shown if shown.glyphs):
        corners = _corners(one)
        if not _inside(corners, edge) or (one.clip and not _inside(corners, one.clip)):
            return False
    return all(_path_is_within(path, edge) for path in block.paths)


def writes(block: Block, mark: TextMark) -> bool:
    """Whether a block is black text on the mark's line that stays within its width."""
    shown = [one for said in block.said for one in said.shown if one.glyphs]
    if not shown or block.paths or not all(_same_colour(one.colour, _BLACK) for one in shown):
        return False
    corners = [_corners(one) for one in shown]
    if not all(one.clip is None or _inside(points, one.clip) for one, points in zip(shown, corners, strict=True)):
        return False
    left, bottom, right, _ = bounds([point for points in corners for point in points])
    is_on_line = abs(left - mark.x) <= _CLOSE and right <= mark.x + mark.width + _CLOSE
    return is_on_line and abs(bottom - mark.baseline) <= _CLOSE and all(one.size >= _SMALLEST for one in shown)


def strikes(block: Block, mark: StrikeMark) -> bool:
    """Whether a block is the mark's black line."""
    if block.said or len(block.paths) != 1:
        return False
    (path,) = block.paths
    ends = {(round(x, 1), round(y, 1)) for x, y in path.points}
    wanted = {(round(mark.x0, 1), round(mark.y0, 1)), (round(mark.x1, 1), round(mark.y1, 1))}
    is_line = path.painted == "stroke" and path.clip is None and _same_colour(path.colour, _BLACK)
    return is_line and ends == wanted


def _corners(shown: Shown) -> tuple[Point, ...]:
    """The corners of the rectangle from the base line to the height of capitals, around all glyphs."""
    left = min(start for _, start, _ in shown.glyphs)
    right = max(end for _, _, end in shown.glyphs)
    matrix, high = shown.matrix, shown.cap_height
    return at(matrix, left, 0), at(matrix, right, 0), at(matrix, left, high), at(matrix, right, high)


def _inside(points: tuple[Point, ...], edge: Bounds) -> bool:
    left, bottom, right, top = edge
    left, right, bottom, top = left - _CLOSE, right + _CLOSE, bottom - _ABOVE, top + _ABOVE
    return all(left <= x <= right and bottom <= y <= top for x, y in points)


def _path_is_within(path: Path, edge: Rect) -> bool:
    return _inside(path.points, edge) and (path.clip is None or _inside(path.points, path.clip))


def _in_box(point: Point, widget: Widget) -> Point:
    """A point of the page in the widget's own coordinates, in which its text runs upright."""
    x0, y0, x1, y1 = widget.rect
    x, y = point
    turned = {90: (y - y0, x1 - x), 180: (x1 - x, y1 - y), 270: (y1 - y, x - x0)}
    return turned.get(widget.rotation, (x - x0, y - y0))


def _lines(shown: list[Shown], widget: Widget) -> list[tuple[float, float, float]]:
    """(base line, left end, right end) of each line from the top, in the widget's coordinates."""
    found: dict[int, tuple[float, float, float]] = {}
    for one in shown:
        (left, y), (right, _) = (_in_box(corner, widget) for corner in _corners(one)[:2])
        # glyphs that stand a little above or below the line belong to it: marks, and letters of slanting scripts
        near = next((line for line in found if abs(line - y) < one.size / 2), round(y))
        known = found.get(near, (y, left, right))
        found[near] = known[0], min(known[1], left), max(known[2], right)
    return sorted(found.values(), reverse=True)


def _is_aligned(left: float, right: float, widget: Widget) -> bool:
    free = widget.box[0] - right
    if widget.align == 1:
        return abs(left - free) <= 1 + 2 * _CLOSE
    return free <= _PADDING if widget.align == 2 else left <= _PADDING


def _is_in_the_middle(line: float, shown: list[Shown], widget: Widget) -> bool:
    middle = line + max(one.cap_height for one in shown) / 2
    return abs(middle - widget.box[1] / 2) <= max(1.5, widget.box[1] / 4)


def _stand_in_cells(shown: list[Shown], widget: Widget, cells: int) -> bool:
    """Whether one cell after the other is filled, from the cell that the alignment asks for, each glyph well inside."""
    cell = widget.box[0] / cells
    middles = list(_middles(shown, widget))
    used = sorted({int(middle // cell) for middle in middles})
    first = {1: (cells - len(used)) // 2, 2: cells - len(used)}.get(widget.align, 0)
    in_order = used == list(range(first, first + len(used)))
    return in_order and all(abs(middle / cell % 1 - 0.5) <= 0.25 for middle in middles)


def _middles(shown: list[Shown], widget: Widget) -> Iterator[float]:
    for one in shown:
        for _, start, end in one.glyphs:
            if end > start:  # marks have no width of their own
                yield _in_box(at(one.matrix, (start + end) / 2, 0), widget)[0]


def _same_colour(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return len(one) == len(other) and all(abs(a - b) < 0.005 for a, b in zip(one, other, strict=True))
