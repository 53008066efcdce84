"""The bundled fonts: where they lie, which characters they draw, and the configuration that knows no other font."""

import hashlib
import os
import threading
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from fontTools.ttLib import TTFont

if TYPE_CHECKING:
    from weasyprint.text.fonts import FontConfiguration

FONTS = Path(__file__).parents[2] / "templates" / "fonts"
SUMS = FONTS / "SHA256SUMS"
CONFIGURATION = FONTS / "fonts.conf"

# Default-ignorable: they shape or separate what stands beside them and have no glyph of their own.
UNSEEN = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff\ufe0e\ufe0f")
_CIRCLE = 0.7  # em, the dotted circle under a mark that has no letter
_environment = threading.Lock()


def bundled() -> dict[str, str]:
    """File name to SHA-256 of every bundled font, as recorded when they were built."""
    lines = SUMS.read_text(encoding="ascii").split("\n")
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines if line)}


def faults() -> list[str]:
    """What is wrong with the bundle, one sentence a file; empty when every font is there, unchanged."""
    if not CONFIGURATION.is_file() or not SUMS.is_file():
        return ["font bundle: fonts.conf or SHA256SUMS is missing under templates/fonts"]
    found = []
    for name, digest in bundled().items():
        path = FONTS / name
        if not path.is_file():
            found.append(f"font {name}: missing under templates/fonts")
        elif _digest(path, path.stat().st_mtime_ns, path.stat().st_size) != digest:
            found.append(f"font {name}: not the file it should be (SHA-256 differs)")
    return found


@lru_cache(maxsize=64)
def _digest(path: Path, _changed_ns: int, _size: int) -> str:
    """SHA-256 of a file, read anew when it changed: readiness is asked every few seconds."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


@cache
def advances() -> dict[int, float]:
    """How wide each code point is, in em, in the bundled font that draws it widest; what none can draw is not there."""
    found: dict[int, float] = {}
    for name in bundled():
        with TTFont(FONTS / name, lazy=True) as font:
            em, metrics = font["head"].unitsPerEm, font["hmtx"].metrics
            for character, glyph in font.getBestCmap().items():
                found[character] = max(found.get(character, 0.0), metrics[glyph][0] / em)
    return found


@cache
def twins() -> dict[int, int]:
    """Code points that a bundled font draws with the glyph of another, and that other: on paper they are the same."""
    found: dict[int, int] = {}
    for name in bundled():
        with TTFont(FONTS / name, lazy=True) as font:
            firsts: dict[str, int] = {}
            for character, glyph in sorted(font.getBestCmap().items()):
                if (first := firsts.setdefault(glyph, character)) != character:
                    found[character] = found.get(first, first)
    return found


@cache
def drawable() -> frozenset[int]:
    """Every code point that some bundled font has a glyph for."""
    return frozenset(advances())


def widest(text: str) -> float:
    """At least the width of ``text`` in em, on one line and in any bundled font.

    Kerning and joined letters only make it narrower; a mark may have to stand on a circle of its own.
    """
    known = advances()
    marks = sum(_CIRCLE for letter in text if unicodedata.category(letter)[0] == "M")
    return marks + sum(known.get(ord(letter), 1.0) for letter in text)


def nominal(content: bytes, index: int) -> dict[int, str]:
    """Glyph number to character, for the glyphs of a font that its character map gives to exactly one character.

    Ligatures that have a code point of their own (U+FB01) are left out: they stand for their letters.
    """
    with TTFont(BytesIO(content), fontNumber=index, lazy=True) as font:
        found: dict[int, list[int]] = {}
        for character, name in font.getBestCmap().items():
            if not unicodedata.decomposition(chr(character)).startswith("<"):
                found.setdefault(font.getGlyphID(name), []).append(character)
    return {glyph: chr(characters[0]) for glyph, characters in found.items() if len(characters) == 1}


def undrawable(text: str | Iterable[str]) -> tuple[str, ...]:
    """The characters of ``text`` that no bundled font can draw, sorted, each once."""
    known = drawable()
    letters = {letter for letter in "".join(text) if not letter.isspace() and letter not in UNSEEN}
    return tuple(sorted(letter for letter in letters if ord(letter) not in known))


def name_character(letter: str) -> str:
    """A character as an error names it: ``U+1F389 PARTY POPPER``."""
    return f"U+{ord(letter):04X} {unicodedata.name(letter, '(no name)')}"


def prepare() -> None:
    """Load the renderer's libraries; the import itself looks for fonts and warns on a machine that has none."""
    configuration()


@cache
def configuration() -> "FontConfiguration":
    """The one font configuration of this process: fontconfig reads our file and never the machine's.

    Fontconfig takes the file from the environment at the moment of making, so it is set for just that moment.
    """
    with _environment:
        before = os.environ.get("FONTCONFIG_FILE")
        os.environ["FONTCONFIG_FILE"] = str(CONFIGURATION)
        try:
            from weasyprint.text.fonts import FontConfiguration

            return FontConfiguration()
        finally:
            if before is None:
                del os.environ["FONTCONFIG_FILE"]
            else:
                os.environ["FONTCONFIG_FILE"] = before
