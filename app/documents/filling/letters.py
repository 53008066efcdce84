"""What the glyphs of an embedded font say and how wide they are, read from the file: /ToUnicode and /W."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.documents.filling.syntax import Stream, SyntaxFault

Load = Callable[[Any], Any]  # a value, or what a reference stands for

_RANGES = re.compile(rb"beginbfrange(.*?)endbfrange", re.DOTALL)
_CHARACTERS = re.compile(rb"beginbfchar(.*?)endbfchar", re.DOTALL)
_CODE = rb"\s*<([0-9A-Fa-f]+)>"
_RANGE = re.compile(_CODE + _CODE + _CODE)
_CHARACTER = re.compile(_CODE + _CODE)


@dataclass(frozen=True, slots=True)
class Letters:
    """A font as a reader sees it: code to text, code to width in thousandths, and the height of its capitals."""

    texts: Mapping[int, str]
    widths: Mapping[int, float]
    usual_width: float
    cap_height: float

    def width(self, code: int) -> float:
        return self.widths.get(code, self.usual_width)


def read_font(font: Mapping[str, Any], load: Load) -> Letters:
    """A composite font of two-byte codes.

    Raises:
        SyntaxFault: it is another kind of font, its program is not embedded, or its tables are not readable.
    """
    if font.get("Subtype") != "Type0" or font.get("Encoding") != "Identity-H":
        raise SyntaxFault("a font is not of two-byte codes")
    below = load(font.get("DescendantFonts"))
    descendant = load(below[0]) if isinstance(below, list) and len(below) == 1 else None
    spoken = load(font.get("ToUnicode"))
    if not isinstance(descendant, dict) or not isinstance(spoken, Stream):
        raise SyntaxFault("a font is not complete")
    described = load(descendant.get("FontDescriptor"))
    if not isinstance(described, dict) or not any(f"FontFile{n}" in described for n in (2, 3)):
        raise SyntaxFault("a font is not embedded")
    return Letters(
        texts=read_cmap(spoken.content()),
        widths=_widths(load(descendant.get("W", []))),
        usual_width=descendant.get("DW", 1000),
        cap_height=described["CapHeight"],
    )


def read_cmap(cmap: bytes) -> dict[int, str]:
    """Code to text, as a /ToUnicode says. Raises SyntaxFault where it says nothing, or in a way we do not write."""
    found: dict[int, str] = {}
    for block in _CHARACTERS.findall(cmap):
        found |= {int(code, 16): _text(text) for code, text in _CHARACTER.findall(block)}
    for block in _RANGES.findall(cmap):
        if b"[" in block:
            raise SyntaxFault("a font's character map has lists")
        for first, last, text in _RANGE.findall(block):
            start, begin = _text(text), int(first, 16)
            for code in range(begin, int(last, 16) + 1):
                found[code] = start[:-1] + chr(ord(start[-1]) + code - begin)
    if not found:
        raise SyntaxFault("a font's character map is empty")
    return found


def _text(hexadecimal: bytes) -> str:
    return bytes.fromhex(hexadecimal.decode("ascii")).decode("utf-16-be")


def _widths(array: Any) -> dict[int, float]:
    """``first [w w w]`` and ``first last w``, as /W has them."""
    widths: dict[int, float] = {}
    items = list(array)
    while items:
        first, second = items[:2]
        if isinstance(second, list):
            widths |= dict(enumerate(second, first))
            items = items[2:]
        else:
            widths |= dict.fromkeys(range(first, second + 1), items[2])
            items = items[3:]
    return widths
