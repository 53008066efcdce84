"""Text to glyphs: which font draws each character, in which direction, shaped by HarfBuzz."""

import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import NamedTuple

import uharfbuzz as hb

from app.documents.filling.base_font import BASE
from app.documents.filling.bidi import levels, visual_order
from app.documents.filling.breaks import JOINERS, clusters, is_drawn, refuse
from app.documents.filling.faces import Face, alphabets, face_for

# The alphabets are set as the base font sets them, letter beside letter, so that a mark changes no width.
_PLAIN = {"kern": False, "liga": False, "clig": False, "calt": False}
_LANGUAGE = "und"  # HarfBuzz would take the machine's


class Glyph(NamedTuple):
    """One glyph of a run; lengths are thousandths of the size."""

    number: int
    advance: int
    x: int  # offset of its origin from the pen
    y: int
    cluster: int  # index in the whole text of the first character it stands for


@dataclass(frozen=True, slots=True)
class Run:
    """Glyphs of one font and one direction, from left to right, and the characters they stand for in reading order."""

    face: Face
    text: str
    right_to_left: bool
    glyphs: tuple[Glyph, ...]
    texts: dict[int, str]  # of each cluster


@dataclass(frozen=True, slots=True)
class _Item:
    """A stretch of text with one font and one level. No font: nothing of it is drawn."""

    start: int
    end: int
    face: Face | None
    level: int


class PlainText:
    """A text of the base font's own letters, left to right: each character is a cluster of known width."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = self.order = range(len(text))
        self.advances = [0 if letter == "\n" else BASE.widths[letter] for letter in text]
        self.low, self.high = BASE.ink(text)


class Shaped:
    """A text that was shaped whole, so that its clusters have widths; a line of it is shaped again when drawn."""

    def __init__(self, text: str) -> None:
        """Raises DrawingFailed ``glyph_missing`` that names every character no font draws."""
        self.text = text
        self.starts = _of_one_font(text, clusters(text))
        self._items = list(_items(text, self.starts))
        self.low, self.high = 0, 0  # the lowest and highest ink, thousandths of the size
        advances: dict[int, int] = {}
        for run in filter(None, map(self._run, self._items)):
            for glyph in run.glyphs:
                start = self.starts[bisect_right(self.starts, glyph.cluster) - 1]
                advances[start] = advances.get(start, 0) + glyph.advance
                low, high = run.face.ink(glyph.number)
                self.low, self.high = min(self.low, low + glyph.y), max(self.high, high + glyph.y)
        # HarfBuzz may see several of our clusters as one (an Indic syllable): then the first has the whole width
        self.starts = [start for start in self.starts if start in advances or not is_drawn(text[start])]
        self.advances = [advances.get(start, 0) for start in self.starts]
        self.order = visual_order([self._level(start) for start in self.starts])

    def line(self, start: int, end: int) -> list[Run]:
        """The runs of the line ``text[start:end]`` from left to right."""
        parts = [
            _Item(max(item.start, start), min(item.end, end), item.face, item.level)
            for item in self._items
            if item.start < end and item.end > start
        ]
        runs = [self._run(parts[n]) for n in visual_order([part.level for part in parts])]
        return [run for run in runs if run]

    def _level(self, at: int) -> int:
        return next(item.level for item in self._items if item.start <= at < item.end)

    def _run(self, item: _Item) -> Run | None:
        if item.face is None:
            return None
        kept = [n for n in range(item.start, item.end) if is_drawn(self.text[n])]
        letters = "".join(self.text[n] for n in kept)
        backwards = item.level % 2 == 1
        glyphs = tuple(
            Glyph(info.codepoint, place.x_advance, place.x_offset, place.y_offset, kept[info.cluster])
            for info, place in _shape(item.face, letters, backwards=backwards)
        )
        if any(glyph.number == 0 for glyph in glyphs):
            refuse({self.text[glyph.cluster] for glyph in glyphs if glyph.number == 0})
        starts = sorted({glyph.cluster for glyph in glyphs})
        texts = {
            start: "".join(self.text[n] for n in kept if start <= n < end)
            for start, end in pairwise((*starts, item.end))
        }
        return Run(item.face, letters, backwards, glyphs, texts)


def _shape(face: Face, letters: str, *, backwards: bool) -> Iterator[tuple[hb.GlyphInfo, hb.GlyphPosition]]:
    buffer = hb.Buffer()
    buffer.add_codepoints([ord(letter) for letter in letters])
    buffer.guess_segment_properties()
    buffer.direction = "rtl" if backwards else "ltr"
    buffer.language = _LANGUAGE
    buffer.flags = hb.BufferFlags.REMOVE_DEFAULT_IGNORABLES
    hb.shape(face.font, buffer, _PLAIN if face is alphabets() else {})
    return zip(buffer.glyph_infos, buffer.glyph_positions, strict=True)


def _items(text: str, starts: list[int]) -> Iterator[_Item]:
    """The stretches of one font and one level, in reading order."""
    level = [n for paragraph in text.split("\n") for n in (*levels(paragraph), 0)]
    faces = _faces([text[start:end] for start, end in pairwise((*starts, len(text)))])
    placed = zip(starts, (*starts[1:], len(text)), faces, strict=True)
    for (face, level_of), group in groupby(placed, key=lambda cluster: (cluster[2], level[cluster[0]])):
        members = list(group)
        yield _Item(members[0][0], members[-1][1], face, level_of)


def _of_one_font(text: str, starts: list[int]) -> list[int]:
    """Clusters, parted where a joiner holds letters together that no one font has: they cannot join."""
    parted: list[int] = []
    for start, end in pairwise((*starts, len(text))):
        parted.append(start)
        if end - start > 1 and face_for(_drawn(text[start:end])) is None:
            parted += [n for n in range(start + 1, end) if unicodedata.category(text[n])[0] not in "MC"]
    return parted


def _drawn(part: str) -> str:
    """The characters of a cluster that must have a glyph."""
    return "".join(letter for letter in part if is_drawn(letter) and letter not in JOINERS)


def _faces(parts: list[str]) -> list[Face | None]:
    """The font of each cluster; None where nothing is drawn."""
    found: list[Face | None] = []
    missing: set[str] = set()
    for part in parts:
        drawn = _drawn(part)
        face = alphabets() if all(letter in BASE.codes for letter in drawn) else face_for(drawn)
        if face is None:
            missing |= {letter for letter in drawn if face_for(letter) is None} or set(drawn)
        found.append(face if drawn else None)
    refuse(missing)
    return found


def measure(text: str) -> PlainText | Shaped:
    """A text with its widths, measured in the simplest way that is right for it. Raises as ``Shaped``."""
    plain = all(letter in BASE.codes or letter == "\n" for letter in text)
    return PlainText(text) if plain else Shaped(text)
