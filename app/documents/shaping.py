"""Which letters of a known text a stretch of glyphs stands for.

Most scripts join, reorder or stack their letters into glyphs that no character map can spell. So the question is
turned round: the text that should stand there is shaped again by HarfBuzz with the bundled font, and its glyphs are
looked for.
"""

import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache

import uharfbuzz as hb

from app.documents.fonts import FONTS, UNSEEN

# Fonts by the name a PDF gives them: the script, and whether it is written from right to left. The glyphs of all other
# bundled fonts (Latin, Greek, Cyrillic, East Asian) spell themselves.
_SCRIPTS = {
    "Arabic": ("Arab", True),
    "Armenian": ("Armn", False),
    "Bengali": ("Beng", False),
    "Devanagari": ("Deva", False),
    "Georgian": ("Geor", False),
    "Gujarati": ("Gujr", False),
    "Gurmukhi": ("Guru", False),
    "Hebrew": ("Hebr", True),
    "Kannada": ("Knda", False),
    "Malayalam": ("Mlym", False),
    "Tamil": ("Taml", False),
    "Telugu": ("Telu", False),
    "Thai": ("Thai", False),
}
_LONGEST_CLUSTER = 16  # letters that are shaped as one
_CHANGED = 6  # glyphs at either end that may look otherwise where a word is cut


@dataclass(frozen=True, slots=True)
class Stretch:
    """Glyphs of one font, in the order they are drawn, from left to right."""

    script: str
    glyphs: str  # one character a glyph, its number in the bundled font


@dataclass(frozen=True, slots=True)
class _Shaped:
    """A text as glyphs in the order of its letters, white space left out, and the letter where each begins."""

    glyphs: str
    letters: tuple[int, ...]


def script_of(font: str) -> str | None:
    """The script of a font in a PDF (``ABCDEF+Noto-Sans-Thai``), None when its glyphs spell themselves."""
    name = font.rpartition("+")[2].removeprefix("Noto-Sans-")
    return name if name in _SCRIPTS else None


def is_right_to_left(script: str) -> bool:
    return _SCRIPTS[script][1]


def parts(stretch: Stretch) -> tuple[str | Stretch, ...]:
    """The stretch with digits, signs and spaces between right-to-left letters spelled: they may stand turned round."""
    if not is_right_to_left(stretch.script):
        return (stretch,)
    plain, found, word = _plain(stretch.script), [], ""
    for glyph in stretch.glyphs:
        if glyph in plain:
            found += [Stretch(stretch.script, word), plain[glyph]]
            word = ""
        else:
            word += glyph
    found.append(Stretch(stretch.script, word))
    return tuple(part for part in found if isinstance(part, str) or part.glyphs)


def spell(stretch: Stretch, text: str, *, cut: bool = True) -> str | None:
    """The letters of ``text`` that these glyphs are, white space included; None when no stretch of it looks like this.

    Args:
        cut: a word may have been cut there by the end of a line, which changes the shapes of its letters.
    """
    script = stretch.script
    glyphs = _without_space(script, stretch.glyphs[::-1] if is_right_to_left(script) else stretch.glyphs)
    if not glyphs:
        return ""
    whole = _shape(script, text)
    at = whole.glyphs.find(glyphs)
    while at >= 0:
        end = at + len(glyphs)
        if _is_edge(whole, at) and _is_edge(whole, end):
            return text[whole.letters[at] : whole.letters[end] if end < len(whole.letters) else len(text)]
        at = whole.glyphs.find(glyphs, at + 1)
    return _spell_cut(script, glyphs, text) if cut else None


@lru_cache(maxsize=4096)
def _spell_cut(script: str, glyphs: str, text: str) -> str | None:
    if glyphs[_CHANGED:-_CHANGED] not in _shape(script, text).glyphs:
        return None
    for start in range(len(text)):
        if _shape(script, text[start : start + _LONGEST_CLUSTER]).glyphs[:1] != glyphs[:1]:
            continue
        rest = text[start : start + 4 * len(glyphs) + _LONGEST_CLUSTER]
        shaped = _shape(script, rest)
        near = (*shaped.letters, len(rest))[max(0, len(glyphs) - 4) : len(glyphs) + 5]
        for end in range(near[0] + 1, near[-1] + 1) if near else ():
            if _shape(script, rest[:end]).glyphs == glyphs:
                return rest[:end]
    return None


def _is_edge(shaped: _Shaped, at: int) -> bool:
    """Whether a cluster begins there; glyphs of one cluster stand for their letters together."""
    return at in (0, len(shaped.letters)) or shaped.letters[at] != shaped.letters[at - 1]


@lru_cache(maxsize=4096)
def _shape(script: str, text: str) -> _Shaped:
    tag, turned = _SCRIPTS[script]
    buffer = hb.Buffer()
    buffer.add_str(text)
    buffer.script, buffer.direction, buffer.language = tag, "rtl" if turned else "ltr", "en"
    hb.shape(_font(script), buffer)
    spaces = _no_letters(script)
    pairs = [(chr(info.codepoint), info.cluster) for info in buffer.glyph_infos]
    kept = [pair for pair in (reversed(pairs) if turned else pairs) if pair[0] not in spaces]
    return _Shaped("".join(glyph for glyph, _ in kept), tuple(letter for _, letter in kept))


def _without_space(script: str, glyphs: str) -> str:
    spaces = _no_letters(script)
    return "".join(glyph for glyph in glyphs if glyph not in spaces)


@cache
def _font(script: str) -> hb.Font:
    return hb.Font(hb.Face((FONTS / f"NotoSans{script}-Regular.ttf").read_bytes()))


@cache
def _no_letters(script: str) -> frozenset[str]:
    """Glyphs of no letter: white space, what HarfBuzz puts for letters that are not seen, and under lone marks."""
    found = (_font(script).get_nominal_glyph(ord(letter)) for letter in (" ", "\u00a0", "\u25cc", *UNSEEN))
    return frozenset(chr(glyph) for glyph in found if glyph)


@cache
def _plain(script: str) -> dict[str, str]:
    """Glyph to character, for what is no letter and no mark of a right-to-left script."""
    font, found = _font(script), {}
    for code in sorted(font.face.unicodes, reverse=True):
        if unicodedata.bidirectional(chr(code)) not in ("R", "AL", "NSM") and chr(code) not in UNSEEN:
            found[chr(font.get_nominal_glyph(code))] = chr(code)
    return found
