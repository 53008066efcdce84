"""The bundled regular fonts as HarfBuzz sees them, each opened once a process, and which of them draws a character."""

from dataclasses import dataclass
from functools import cache, cached_property

import uharfbuzz as hb

from app.documents.fonts import FONTS, bundled

_FIRST, _LAST = "NotoSans-Regular.ttf", "NotoSansCJKjp-Regular.otf"
_GRAPHEME_JOINER = "\u034f"
_UNITS = 1000  # to the em; every bundled font has them, so font units are thousandths of the size


@dataclass(frozen=True, eq=False)
class Face:
    """One font file. Metrics are thousandths of the size."""

    file: str

    @property
    def name(self) -> str:
        """As a PDF names it: the file's name without its ending."""
        return self.file.rpartition(".")[0]

    @cached_property
    def face(self) -> hb.Face:
        face = hb.Face((FONTS / self.file).read_bytes())
        if face.upem != _UNITS:
            raise ValueError(f"{self.file} has {face.upem} units to the em, expected {_UNITS}")
        return face

    @cached_property
    def preprocessed(self) -> hb.Face:
        """The same font, arranged so that cutting it takes a fraction of a millisecond."""
        return hb.subset_preprocess(self.face)

    @cached_property
    def font(self) -> hb.Font:
        return hb.Font(self.face)

    @cached_property
    def tables(self) -> frozenset[str]:
        return frozenset(self.face.table_tags)

    @cached_property
    def characters(self) -> frozenset[int]:
        """The code points it has a glyph for."""
        return frozenset(self.face.unicodes)

    @property
    def is_cff(self) -> bool:
        return "CFF " in self.tables

    @cached_property
    def ascent(self) -> int:
        return int(self.font.get_font_extents("ltr").ascender)

    @cached_property
    def descent(self) -> int:
        """Below the base line, so negative."""
        return int(self.font.get_font_extents("ltr").descender)

    @cached_property
    def cap_height(self) -> int:
        return int(self.font.get_metric_position_with_fallback(hb.OTMetricsTag.CAP_HEIGHT))

    @cached_property
    def x_height(self) -> int:
        return int(self.font.get_metric_position_with_fallback(hb.OTMetricsTag.X_HEIGHT))

    @cached_property
    def box(self) -> tuple[int, int, int, int]:
        """The font's bounding box as its ``head`` table has it."""
        head = self.face.reference_table("head").data
        left, bottom, right, top = (int.from_bytes(head[n : n + 2], "big", signed=True) for n in range(36, 44, 2))
        return left, bottom, right, top

    def glyph(self, letter: str) -> int:
        """The number of a character's own glyph, 0 when it has none."""
        return int(self.font.get_nominal_glyph(ord(letter)) or 0)

    @cached_property
    def blank(self) -> int:
        """A glyph without width and ink that shaping never leaves in a text; 0 when the font has none."""
        glyph = self.glyph(_GRAPHEME_JOINER)
        return glyph if glyph and self.advance(glyph) == 0 and self.ink(glyph) == (0, 0) else 0

    @cache  # noqa: B019 a face lives as long as the process
    def advance(self, glyph: int) -> int:
        """A glyph's own width."""
        return int(self.font.get_glyph_h_advance(glyph))

    @cache  # noqa: B019
    def ink(self, glyph: int) -> tuple[int, int]:
        """Lowest and highest point of a glyph, from the base line; (0, 0) for one without ink."""
        extents = self.font.get_glyph_extents(glyph)
        top = int(extents.y_bearing)
        return top + int(extents.height), top


@cache
def faces() -> tuple[Face, ...]:
    """Every bundled regular font: the alphabets first, East Asia, which is large, last."""
    names = [name for name in bundled() if "-Regular." in name]
    return tuple(Face(name) for name in sorted(names, key=lambda name: (name != _FIRST, name == _LAST, name)))


@cache
def alphabets() -> Face:
    """The face of Latin, Greek and Cyrillic."""
    return faces()[0]


def face_for(letters: str) -> Face | None:
    """The first font that has every one of ``letters``, None when there is none."""
    wanted = {ord(letter) for letter in letters}
    return next((face for face in faces() if wanted <= face.characters), None)
