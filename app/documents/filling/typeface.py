"""Text into boxes: the operators that draw it and the fonts they need.

A text of Latin, Greek or Cyrillic letters that fits into its line at the size asked for takes the short way: two
look-ups a letter. Everything else is shaped, measured and placed.
"""

import unicodedata
from collections.abc import Iterator
from itertools import groupby

from app.documents.errors import DrawingFailed
from app.documents.filling import operators
from app.documents.filling.base_font import BASE
from app.documents.filling.breaks import may_break, ready
from app.documents.filling.embedded_font import EmbeddedFont, embed
from app.documents.filling.faces import Face
from app.documents.filling.layout import (
    Laid,
    Line,
    Placed,
    Style,
    place_cells,
    place_line,
    place_lines,
    place_short,
    place_short_cells,
)
from app.documents.filling.shaping import Glyph, PlainText, Run, Shaped, measure

__all__ = ["BASE", "EmbeddedFont", "Laid", "Style", "Typeface"]

_UNSPOKEN = "\u2060"  # what a glyph says whose neighbour says everything


class Typeface:
    """The fonts of one filled document: the base font, and the glyphs of others that its texts turn out to need."""

    def __init__(self) -> None:
        # Glyph number to text, by resource name; in the order of first use, which the values decide and nothing else.
        self._texts: dict[str, dict[int, str]] = {BASE.resource: BASE.letters}
        self._faces: dict[Face, str] = {}

    def lay(self, text: str, width: float, height: float, style: Style) -> Laid:
        """Draw a text into a box of ``width`` by ``height`` points, clipped to the box.

        The size is the style's or smaller, down to 6 points; what does not fit at 6 points is the ``remainder``.

        Raises DrawingFailed: ``glyph_missing`` names, by code point, every character that cannot be drawn;
        ``text_too_long`` when a comb has fewer cells than the text has characters.
        """
        if style.cells is not None or not style.multiline:
            laid = _short_way(text, width, height, style)
            if laid is not None:
                return laid
        measured = measure(ready(text, multiline=style.multiline and style.cells is None))
        if style.cells is not None:
            _check_cells(measured, style.cells)
            placed = place_cells(measured, width, height, style, style.cells)
        elif style.multiline:
            placed = place_lines(measured, width, height, style, may_break)
        else:
            placed = place_line(measured, width, height, style, may_break)
        resources: dict[str, None] = {}
        if isinstance(measured, PlainText):
            resources[BASE.resource] = None
            body = _plain_cells(measured.text, placed) if style.cells else _plain_lines(measured.text, placed)
        else:
            body = "".join(self._line(measured, line, placed.size, resources) for line in placed.lines)
        content = f"{operators.opening(width, height, style.colour)}{body}{operators.closing}"
        fitted = measured.text if placed.rest == len(measured.text) else measured.text[: placed.lines[-1].end]
        return Laid(content.encode("ascii"), tuple(resources), placed.size, fitted, measured.text[placed.rest :])

    def fallback_fonts(self) -> tuple[EmbeddedFont, ...]:
        """The fonts beside the base font that the texts laid so far need, in the order of their names."""
        return tuple(embed(resource, face, self._texts[resource]) for face, resource in self._faces.items())

    def _line(self, text: Shaped, line: Line, size: float, resources: dict[str, None]) -> str:
        parts = []
        pen = 0
        for run in text.line(line.start, line.end):
            inks, said = [], []
            for glyph, letters in _spelled(run):
                resource = self._resource(run.face, glyph.number)
                resources[resource] = None
                # a glyph keeps the text it was first given in this document
                said.append(_seen(self._texts[resource].setdefault(glyph.number, letters), letters))
                width = run.face.advance(glyph.number)
                inks.append(operators.Ink(resource, glyph.number, width, pen + glyph.x, glyph.y))
                pen += glyph.advance
            body = operators.show_run(inks, size, line.x, line.y)
            spells = "".join(reversed(said) if run.right_to_left else said) == run.text
            # readers take a mark, which stands beside the pen, for a word of its own
            has_marks = any(glyph.y or not run.face.advance(glyph.number) for glyph in run.glyphs)
            parts.append(body if spells and not has_marks else operators.spoken(run.text, body))
        return "".join(parts)

    def _resource(self, face: Face, glyph: int) -> str:
        if face is BASE.face and glyph in BASE.letters:
            return BASE.resource
        if face not in self._faces:
            self._faces[face] = resource = f"TdF{len(self._faces) + 1}"
            self._texts[resource] = {}
        return self._faces[face]


def _spelled(run: Run) -> Iterator[tuple[Glyph, str]]:
    """The glyphs of a run with the text each stands for.

    A right-to-left ligature (lam with alef) stands for its last letter and is followed by a glyph without ink for the
    letter before: readers turn such a line around letter by letter, and some would turn the ligature's two as well.
    """
    for cluster, group in groupby(run.glyphs, key=lambda glyph: glyph.cluster):
        glyphs, text = list(group), run.texts[cluster]
        if run.right_to_left and len(glyphs) == 1 and len(text) == 2 and run.face.blank:
            yield glyphs[0], text[1]
            yield Glyph(run.face.blank, 0, 0, 0, cluster), text[0]
        else:
            yield from _shared(run.face, glyphs, text)


def _shared(face: Face, glyphs: list[Glyph], text: str) -> Iterator[tuple[Glyph, str]]:
    """The text of a cluster shared out among its glyphs: each its own character, what is left to the first without."""
    left = text
    own = []
    for glyph in glyphs:
        letter = next((letter for letter in left if face.glyph(letter) == glyph.number), "")
        own.append(letter)
        left = left.replace(letter, "", 1)
    for glyph, letter in zip(glyphs, own, strict=True):
        if letter:
            yield glyph, letter
        else:
            yield glyph, left or _UNSPOKEN
            left = ""


def _seen(known: str, letters: str) -> str:
    """What a glyph says: of two brackets that mirror each other the one that is meant, as readers turn them too."""
    return letters if known != letters and _is_mirrored(known) and _is_mirrored(letters) else known


def _is_mirrored(letters: str) -> bool:
    return len(letters) == 1 and unicodedata.mirrored(letters) == 1


def _short_way(text: str, width: float, height: float, style: Style) -> Laid | None:
    """A single line or a comb of base letters that fits at its own size; None when it is not that simple."""
    try:
        widths = list(map(BASE.widths.__getitem__, text))
    except KeyError:
        return None
    line = place_short(0 if style.cells else sum(widths), width, height, style, BASE.reach)
    if line is None:
        return None
    codes = map(BASE.codes.__getitem__, text)
    if style.cells is None:
        body = operators.show(BASE.resource, style.size, line.x, line.y, "".join(codes))
    else:
        starts = place_short_cells(widths, width, style, style.cells)
        if starts is None:
            return None
        body = operators.show_cells(BASE.resource, style.size, line.y, list(zip(starts, widths, codes, strict=True)))
    content = f"{operators.opening(width, height, style.colour)}{body}{operators.closing}"
    return Laid(content.encode("ascii"), _BASE_ONLY, style.size, text, "")


_BASE_ONLY = (BASE.resource,)


def _check_cells(text: PlainText | Shaped, cells: int) -> None:
    if len(text.starts) > cells:
        raise DrawingFailed("text_too_long", f"{len(text.starts)} characters do not go into {cells} cells.")


def _plain_lines(text: str, placed: Placed) -> str:
    shown = []
    for line in placed.lines:
        codes = "".join(map(BASE.codes.__getitem__, text[line.start : line.end]))
        if codes:
            shown.append(operators.show(BASE.resource, placed.size, line.x, line.y, codes))
    return "".join(shown)


def _plain_cells(text: str, placed: Placed) -> str:
    letters = [(line, text[line.start]) for line in placed.lines]
    cells = [(line.x, BASE.widths[letter], BASE.codes[letter]) for line, letter in letters]
    return operators.show_cells(BASE.resource, placed.size, placed.lines[0].y if cells else 0.0, cells)
