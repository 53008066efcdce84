"""The text of drawn pages, read from the bytes with pypdf's low level: one pass over each content stream.

It knows nothing of what was meant to be drawn. Each run is one text object with where it begins and ends, in points.
pypdf's own ``extract_text`` gives neither runs nor glyphs and takes about five times as long.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pypdf import PdfReader
from pypdf.generic import DictionaryObject, IndirectObject

from app.documents.shaping import Stretch, script_of

_TOKEN = re.compile(
    rb"<<.*?>>"  # property list of marked content
    rb"|\[[^\]]*\]"  # array of strings and numbers
    rb"|<[0-9A-Fa-f\s]*>"
    rb"|/[^\s/<>\[\]()]+"
    rb"|[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)"
    rb"|[A-Za-z'\"*]+"
    rb"|\(",
    re.DOTALL,
)
_PART = re.compile(rb"<([0-9A-Fa-f\s]*)>|([-+]?[0-9.]+)")
_BFCHAR = re.compile(rb"<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]*)>")
_WIDTHS = re.compile(r"\d+|\[[^\]]*\]")
_IDENTITY = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
Matrix = tuple[float, float, float, float, float, float]


class Unreadable(Exception):
    """The page holds something this reader does not know; ``reason`` says what, without any of its text."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Run:
    """One text object: its text, its left and right end, and its base line above the page's bottom, in points.

    Where glyphs are in it that cannot spell themselves, ``pieces`` has them between the texts that can.
    """

    text: str
    left: float
    right: float
    base: float
    pieces: tuple[str | Stretch, ...] = ()


class FontReader:
    """One embedded composite font: glyph to text, glyph to width, and which glyphs are really in it."""

    def __init__(self, font: DictionaryObject) -> None:
        descendant = font["/DescendantFonts"][0].get_object()  # type: ignore[index]
        self._descriptor = descendant["/FontDescriptor"]
        self.name = str(font["/BaseFont"])
        self.script = script_of(self.name)
        self.embedded = any(key in self._descriptor for key in ("/FontFile2", "/FontFile3"))
        cmap = font["/ToUnicode"].get_data() if "/ToUnicode" in font else b""
        body = cmap[cmap.find(b"endcodespacerange") :]
        self.text = {int(a, 16): bytes.fromhex(b.decode()).decode("utf-16-be") for a, b in _BFCHAR.findall(body)}
        self.default_width = float(descendant.get("/DW", 1000))
        self.widths = dict(_widths(descendant.get("/W", ())))

    @cached_property
    def glyphs(self) -> int:
        """How many glyphs the embedded file has; a glyph beyond them, or glyph 0, draws the box of a missing one."""
        key = "/FontFile2" if "/FontFile2" in self._descriptor else "/FontFile3"
        content = self._descriptor[key].get_data()
        for n in range(struct.unpack_from(">H", content, 4)[0]):
            tag, _, offset, _ = struct.unpack_from(">4sIII", content, 12 + 16 * n)
            if tag == b"maxp":
                return int(struct.unpack_from(">H", content, offset + 4)[0])
        raise Unreadable("an embedded font says not how many glyphs it has")


def _widths(array: Any) -> Iterator[tuple[int, float]]:
    items = iter(array)
    for first in items:
        second = next(items)
        if isinstance(second, list):
            yield from ((int(first) + n, float(width)) for n, width in enumerate(second))
        else:
            width = float(next(items))
            yield from ((glyph, width) for glyph in range(int(first), int(second) + 1))


class PageReader:
    """Reads the runs of pages; fonts are read once each, however many pages use them."""

    def __init__(self, reader: PdfReader) -> None:
        self.fonts: dict[Any, FontReader] = {}
        self.reader = reader

    def runs(self, page: DictionaryObject) -> list[Run]:
        """Every run of a page in drawing order. Raises Unreadable."""
        if "/Contents" not in page:
            return []
        fonts = {name: self._font(font) for name, font in self._fonts_of(page).items()}
        return list(_runs(page.get_contents().get_data(), fonts))  # type: ignore[attr-defined]

    def _fonts_of(self, page: DictionaryObject) -> dict[bytes, Any]:
        found: Any = page["/Resources"].get_object()
        # items() gives the references as they stand, by which a font shared by pages is known
        return {name[1:].encode("ascii"): font for name, font in found.get("/Font", {}).items()}

    def _font(self, reference: Any) -> FontReader:
        key = reference.idnum if isinstance(reference, IndirectObject) else id(reference)
        if key not in self.fonts:
            self.fonts[key] = FontReader(reference.get_object())
        return self.fonts[key]


def _runs(content: bytes, fonts: dict[bytes, FontReader]) -> Iterator[Run]:
    state = _State()
    for token in _TOKEN.findall(content):
        first = token[:1]
        if first.isalpha() or first in b"'\"*":
            run = state.operator(token, fonts)
            if run is not None:
                yield run
        elif first == b"(":
            raise Unreadable("a page writes text other than by glyph number")
        else:
            state.operands.append(token)


class _State:
    """The part of the graphics state that decides where text stands."""

    def __init__(self) -> None:
        self.operands: list[bytes] = []
        self.matrix: Matrix = _IDENTITY
        self.stack: list[Matrix] = []
        self.text_matrix: Matrix = _IDENTITY
        self.font: FontReader | None = None
        self.size = 0.0
        self.letters: list[str] = []
        self.pieces: list[tuple[str | None, list[str]]] = []  # the script, if glyphs of it cannot spell; what is shown
        self.advance = 0.0

    def operator(self, name: bytes, fonts: dict[bytes, FontReader]) -> Run | None:
        operands, self.operands = self.operands, []
        match name:
            case b"q":
                self.stack.append(self.matrix)
            case b"Q":
                self.matrix = self.stack.pop()
            case b"cm":
                self.matrix = _times(_numbers(operands), self.matrix)
            case b"BT":
                self.letters, self.pieces, self.advance = [], [], 0.0
            case b"Tm":
                self.text_matrix = _numbers(operands)
            case b"Tf":
                self.font, self.size = fonts[operands[0][1:]], float(operands[1])
            case b"TJ" | b"Tj":
                self._show(operands[-1])
            case b"ET":
                return self._run()
            case b"Td" | b"TD" | b"T*" | b"'" | b'"' | b"Tz" | b"Tc" | b"Tw" | b"BI":
                raise Unreadable("a page moves or spaces text in a way that is not expected")
        return None

    def _show(self, array: bytes) -> None:
        font, text = self.font, self.letters
        if font is None:
            raise Unreadable("a page writes text before it names a font")
        if not self.pieces or self.pieces[-1][0] != font.script:
            self.pieces.append((font.script, []))
        piece = self.pieces[-1][1]
        for string, number in _PART.findall(array):
            if number:
                self.advance -= float(number) * self.size / 1000
                continue
            for glyph in struct.unpack(f">{len(string) // 4}H", bytes.fromhex(string.decode("ascii"))):
                if glyph == 0 or glyph >= font.glyphs or glyph not in font.text:
                    raise Unreadable("a glyph is missing from its font")
                text.append(font.text[glyph])
                piece.append(chr(glyph) if font.script else font.text[glyph])
                self.advance += font.widths.get(glyph, font.default_width) * self.size / 1000

    def _run(self) -> Run:
        whole = _times(self.text_matrix, self.matrix)
        shown = tuple(Stretch(script, "".join(p)) if script else "".join(p) for script, p in self.pieces)
        pieces = shown if any(script for script, _ in self.pieces) else ()
        return Run("".join(self.letters), whole[4], whole[4] + self.advance * whole[0], whole[5], pieces)


def _numbers(operands: list[bytes]) -> Matrix:
    return tuple(map(float, operands))  # type: ignore[return-value]


def _times(a: Matrix, b: Matrix) -> Matrix:
    return (
        a[0] * b[0] + a[1] * b[2],
        a[0] * b[1] + a[1] * b[3],
        a[2] * b[0] + a[3] * b[2],
        a[2] * b[1] + a[3] * b[3],
        a[4] * b[0] + a[5] * b[2] + b[4],
        a[4] * b[1] + a[5] * b[3] + b[5],
    )
