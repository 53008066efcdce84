"""What a content stream draws, and where: text glyph by glyph, and shapes. Only what a filled form needs is known."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.documents.filling.letters import Letters
from app.documents.filling.syntax import SyntaxFault, operations

Matrix = tuple[float, float, float, float, float, float]
Point = tuple[float, float]
Bounds = tuple[float, float, float, float]  # left, bottom, right, top

IDENTITY: Matrix = (1, 0, 0, 1, 0, 0)
_COLOURS = {b"g": 1, b"rg": 3, b"k": 4, b"G": 1, b"RG": 3, b"K": 4}
_PAINTED = {b"f": "fill", b"S": "stroke", b"B": "fill and stroke"}
_WITHOUT_INK = frozenset({b"w", b"J", b"j", b"BMC"})


@dataclass(frozen=True, slots=True)
class Shown:
    """One string as it is shown: its glyphs with their left and right end along the base line, before ``matrix``."""

    glyphs: tuple[tuple[str, float, float], ...]
    cap_height: float
    size: float
    matrix: Matrix  # from text space to the page
    colour: tuple[float, ...]
    clip: Bounds | None  # page


@dataclass(frozen=True, slots=True)
class Said:
    """A stretch of text: what a reader takes it for, what its glyphs spell one by one, and how it is shown."""

    text: str
    spelled: str
    shown: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Path:
    """A painted shape: its points on the page, control points included, and how it is painted."""

    points: tuple[Point, ...]
    painted: str
    colour: tuple[float, ...]
    clip: Bounds | None


@dataclass(slots=True)
class Block:
    """What stands between an outermost q and its Q."""

    said: list[Said] = field(default_factory=list)
    paths: list[Path] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _State:
    matrix: Matrix
    fill: tuple[float, ...] = (0.0,)
    stroke: tuple[float, ...] = (0.0,)
    clip: Bounds | None = None
    font: Letters | None = None
    size: float = 0.0


def drawn(content: bytes, fonts: Mapping[str, Letters], matrix: Matrix = IDENTITY) -> list[Block]:
    """Everything a content stream draws, by outermost block, in order; blocks that draw nothing are left out.

    Args:
        fonts: resource name to font.
        matrix: from the stream's coordinates to the page's.
    Raises:
        SyntaxFault: an operator that a filled form does not need, or one that is used wrongly.
    """
    pen = _Pen(fonts, matrix)
    for operator, operands in operations(content):
        pen.run(operator, operands)
    return pen.finished()


class _Pen:
    def __init__(self, fonts: Mapping[str, Letters], matrix: Matrix) -> None:
        self.fonts = fonts
        self.state = _State(matrix)
        self.saved: list[_State] = []
        self.blocks = [Block()]
        self.points: list[Point] = []
        self.is_rectangle = self.clips = False
        self.text_matrix: Matrix | None = None
        self.spans: list[tuple[str, list[Shown]] | None] = []

    def finished(self) -> list[Block]:
        if self.saved or self.text_matrix is not None or self.spans or self.points:
            raise SyntaxFault("the content does not end what it began")
        return [block for block in self.blocks if block.said or block.paths]

    def run(self, operator: bytes, operands: list[Any]) -> None:
        if action := _ACTIONS.get(operator):
            action(self, *operands)
        elif operator in _COLOURS:
            self._paint_with(operator, operands)
        elif operator in _PAINTED:
            self._paint(_PAINTED[operator])
        elif operator not in _WITHOUT_INK:
            raise SyntaxFault(f"the content uses {operator.decode('ascii', 'replace')}")
        elif operator == b"BMC":
            self.spans.append(None)

    def save(self) -> None:
        if not self.saved:
            self.blocks.append(Block())
        self.saved.append(self.state)

    def restore(self) -> None:
        if not self.saved or self.text_matrix is not None:
            raise SyntaxFault("Q without q")
        self.state = self.saved.pop()
        if not self.saved:
            self.blocks.append(Block())

    def transform(self, *matrix: float) -> None:
        self.state = replace(self.state, matrix=times(_matrix(matrix), self.state.matrix))

    def _paint_with(self, operator: bytes, operands: list[Any]) -> None:
        if len(operands) != _COLOURS[operator]:
            raise SyntaxFault("a colour has other components")
        colour = tuple(map(float, operands))
        self.state = replace(self.state, **({"fill": colour} if operator.islower() else {"stroke": colour}))

    def move(self, x: float, y: float) -> None:
        self.is_rectangle = False
        self.points.append(at(self.state.matrix, x, y))

    def curve(self, *numbers: float) -> None:
        for x, y in zip(numbers[::2], numbers[1::2], strict=True):
            self.move(x, y)

    def rectangle(self, x: float, y: float, width: float, height: float) -> None:
        is_first = not self.points
        for corner in ((x, y), (x + width, y), (x + width, y + height), (x, y + height)):
            self.move(*corner)
        self.is_rectangle = is_first

    def clip(self) -> None:
        self.clips = True

    def end_path(self) -> None:
        if self.clips:
            a, b, c, d, _, _ = self.state.matrix
            if not self.is_rectangle or (a * d and b * c):
                raise SyntaxFault("the content is clipped to another shape than a rectangle")
            self.state = replace(self.state, clip=_common(self.state.clip, bounds(self.points)))
        self.points, self.clips = [], False

    def _paint(self, how: str) -> None:
        if self.clips:
            raise SyntaxFault("a path is painted and clips")
        colour = self.state.stroke if how == "stroke" else self.state.fill
        if self.points:
            self.blocks[-1].paths.append(Path(tuple(self.points), how, colour, self.state.clip))
        self.points = []

    def begin_text(self) -> None:
        self.text_matrix = IDENTITY

    def end_text(self) -> None:
        self.text_matrix = None

    def font(self, name: str, size: float) -> None:
        if name not in self.fonts:
            raise SyntaxFault("the content uses a font that is not ours")
        self.state = replace(self.state, font=self.fonts[name], size=size)

    def place(self, *matrix: float) -> None:
        if self.text_matrix is None:
            raise SyntaxFault("a text is placed outside of a text object")
        self.text_matrix = _matrix(matrix)

    def show(self, codes: bytes) -> None:
        self.show_all([codes])

    def show_all(self, parts: list[Any]) -> None:
        state, font = self.state, self.state.font
        if font is None or self.text_matrix is None:
            raise SyntaxFault("a text has no font or no place")
        em, x = state.size / 1000, 0.0
        glyphs = []
        for part in parts:
            if not isinstance(part, bytes):
                x -= part * em
                continue
            if len(part) % 2:
                raise SyntaxFault("a text has half a code")
            for place in range(0, len(part), 2):
                code = part[place] << 8 | part[place + 1]
                text = font.texts.get(code)
                if text is None:
                    raise SyntaxFault("a glyph says nothing")
                end = x + font.width(code) * em
                glyphs.append((text, x, end))
                x = end
        a, b, c, d, e, f = self.text_matrix
        matrix = times(self.text_matrix, state.matrix)
        self.text_matrix = (a, b, c, d, e + x * a, f + x * b)
        shown = Shown(tuple(glyphs), font.cap_height * em, state.size, matrix, state.fill, state.clip)
        if self.spans and self.spans[-1] is not None:
            self.spans[-1][1].append(shown)
        else:
            spelled = "".join([text for text, _, _ in glyphs])
            self.blocks[-1].said.append(Said(spelled, spelled, (shown,)))

    def begin_span(self, tag: str, properties: Any) -> None:
        actual = properties.get("ActualText") if isinstance(properties, dict) else None
        if tag != "Span" or not isinstance(actual, bytes) or not actual.startswith(b"\xfe\xff") or self.spans:
            raise SyntaxFault("a stretch of content is marked in an unknown way")
        self.spans.append((actual[2:].decode("utf-16-be"), []))

    def end_span(self) -> None:
        if not self.spans:
            raise SyntaxFault("EMC without a beginning")
        span = self.spans.pop()
        if span is not None:
            spelled = "".join(text for shown in span[1] for text, _, _ in shown.glyphs)
            self.blocks[-1].said.append(Said(span[0], spelled, tuple(span[1])))


_ACTIONS: dict[bytes, Any] = {
    b"q": _Pen.save,
    b"Q": _Pen.restore,
    b"cm": _Pen.transform,
    b"m": _Pen.move,
    b"l": _Pen.move,
    b"c": _Pen.curve,
    b"re": _Pen.rectangle,
    b"h": lambda _: None,
    b"W": _Pen.clip,
    b"n": _Pen.end_path,
    b"BT": _Pen.begin_text,
    b"ET": _Pen.end_text,
    b"Tf": _Pen.font,
    b"Tm": _Pen.place,
    b"Tj": _Pen.show,
    b"TJ": _Pen.show_all,
    b"BDC": _Pen.begin_span,
    b"EMC": _Pen.end_span,
}


def at(matrix: Matrix, x: float, y: float) -> Point:
    """A point after a matrix."""
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f


def times(first: Matrix, then: Matrix) -> Matrix:
    """One matrix after the other."""
    a, b, c, d, e, f = first
    p, q, r, s, t, u = then
    return a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u


def bounds(points: "list[Point] | tuple[Point, ...]") -> Bounds:
    """The smallest upright rectangle around some points."""
    across, up = [x for x, _ in points], [y for _, y in points]
    return min(across), min(up), max(across), max(up)


def _common(first: Bounds | None, second: Bounds) -> Bounds:
    if first is None:
        return second
    return max(first[0], second[0]), max(first[1], second[1]), min(first[2], second[2]), min(first[3], second[3])


def _matrix(numbers: "tuple[float, ...]") -> Matrix:
    a, b, c, d, e, f = numbers
    return a, b, c, d, e, f
