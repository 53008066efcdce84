"""The font every compiled blank carries: the letters of Latin, Greek and Cyrillic as they stand in names and addresses.

It is cut once a process. Its tables are made for speed: a form has dozens of values, and filling it takes less than a
millisecond.
"""

import unicodedata
from functools import cached_property

from app.documents.filling.embedded_font import EmbeddedFont, embed
from app.documents.filling.faces import Face, alphabets

# Every filled document carries these glyphs, so the set is what living languages write. Rarer letters that the bundled
# font has (phonetic, polytonic, medieval) are embedded in the documents that need them.
_CHARACTERS = (
    (0x0020, 0x007E),  # ASCII
    (0x00A0, 0x00AC),  # Latin-1 without the soft hyphen, which is not drawn
    (0x00AE, 0x00FF),
    (0x0100, 0x017F),  # Latin Extended-A
    (0x0186, 0x0186),  # Africa, Azerbaijan, Vietnam, pinyin, Romania: of Latin Extended-B
    (0x0189, 0x0192),
    (0x0197, 0x019D),
    (0x01A0, 0x01A1),
    (0x01AF, 0x01B4),
    (0x01B7, 0x01B7),
    (0x01CD, 0x01DC),
    (0x01E2, 0x01EB),
    (0x01F4, 0x01F5),
    (0x01FA, 0x021B),
    (0x021E, 0x021F),
    (0x0226, 0x0233),
    (0x0254, 0x025B),
    (0x0268, 0x0269),
    (0x0272, 0x0272),
    (0x0292, 0x0292),
    (0x02B9, 0x02BC),  # modifier apostrophes
    (0x02C6, 0x02C7),
    (0x02D8, 0x02DD),
    (0x0300, 0x0338),  # combining marks, for the pairs that have no letter of their own
    (0x0370, 0x03E1),  # Greek
    (0x0400, 0x045F),  # Cyrillic
    (0x048A, 0x0513),
    (0x1E00, 0x1EFF),  # Latin Extended Additional, Vietnamese among them
    (0x2010, 0x2015),
    (0x2018, 0x2022),
    (0x2026, 0x2026),
    (0x2030, 0x203A),
    (0x2044, 0x2044),
    (0x2070, 0x208E),
    (0x20A0, 0x20C0),  # currency signs
    (0x2113, 0x2113),
    (0x2116, 0x2117),
    (0x2120, 0x2122),
    (0x212E, 0x212E),
    (0x2150, 0x215E),
    (0x2190, 0x2193),
    (0x2212, 0x2212),
    (0x2260, 0x2265),
)


class BaseFont:
    """The base font's tables. Lengths are thousandths of the font's size."""

    resource = "TdF0"

    @cached_property
    def face(self) -> Face:
        return alphabets()

    @cached_property
    def embedded(self) -> EmbeddedFont:
        """As it is written into a compiled blank."""
        return embed(self.resource, self.face, self.letters)

    def objects(self, first: int) -> tuple[bytes, ...]:
        """The bodies of its PDF objects from number ``first`` on; the font itself is the first."""
        return self.embedded.objects(first)

    @cached_property
    def glyphs(self) -> dict[str, int]:
        """Every character it draws, combining marks too, to the glyph's number."""
        known = self.face.characters
        codes = (code for first, last in _CHARACTERS for code in range(first, last + 1) if code in known)
        return {letter: self.face.glyph(letter) for letter in map(chr, codes)}

    @cached_property
    def codes(self) -> dict[str, str]:
        """The characters that can be drawn one by one, side by side, to their code in hexadecimal.

        Whatever text consists of them alone is in normal form C as it stands: what is composed otherwise is left out,
        and so are combining marks, which are placed by the shaper.
        """
        return {
            letter: f"{glyph:04X}"
            for letter, glyph in self.glyphs.items()
            if not unicodedata.category(letter).startswith("M") and unicodedata.normalize("NFC", letter) == letter
        }

    @cached_property
    def widths(self) -> dict[str, int]:
        """The advance of each character of ``codes``."""
        return {letter: self.face.advance(self.glyphs[letter]) for letter in self.codes}

    def ink(self, text: str) -> tuple[int, int]:
        """Lowest and highest point of a text of ``codes``, from the base line."""
        extents = [self.face.ink(self.glyphs[letter]) for letter in set(text) if letter in self.codes]
        return min((low for low, _ in extents), default=0), max((high for _, high in extents), default=0)

    @cached_property
    def reach(self) -> tuple[int, int]:
        """The lowest and highest point of any of its characters."""
        return self.ink("".join(self.codes))

    @cached_property
    def letters(self) -> dict[int, str]:
        """Glyph number to character."""
        return {glyph: letter for letter, glyph in reversed(self.glyphs.items())}


BASE = BaseFont()
