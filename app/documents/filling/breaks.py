"""Text made ready for a box: which characters may stand in it, and where a line may end.

The rules of line breaking are those of Unicode's annex 14 that names, addresses and explanations meet: after spaces,
hyphens and long words' slashes, between ideographs but not before closing punctuation. Thai, which has no spaces
between words, is broken where the letters alone show that a syllable begins; a dictionary would know more.
"""

import re
import unicodedata
from itertools import pairwise

from app.documents.errors import DrawingFailed
from app.documents.fonts import UNSEEN, name_character

JOINERS = frozenset("\u200c\u200d")  # they choose the shape of their neighbours, so the shaper must see them
DROPPED = UNSEEN - JOINERS  # they say where a line may end, or nothing at all
_LINE_BREAK = re.compile("\r\n|[\n\v\f\r\x85\u2028\u2029]")
# Embeddings, overrides and isolates let a text read otherwise than it is stored: not in a tax document.
_REORDERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_MARKS = frozenset("\u200e\u200f\u061c")  # direction marks: heeded, never drawn
_GLUE = frozenset("\u00a0\u2007\u202f\u2060\ufeff")
_HYPHENS = frozenset("-\u2010\u2012\u2013\u2014\u00ad")
_NOT_FIRST = frozenset("!%,.:;?\u2026\u3001\u3002\u3005\u303b\u30fb\u30fc\uff01\uff05\uff0c\uff0e\uff1a\uff1b\uff1f"
    "\u3041\u3043\u3045\u3047\u3049\u3063\u3083\u3085\u3087\u308e\u30a1\u30a3\u30a5\u30a7\u30a9\u30c3\u30e3\u30e5\u30e7\u30ee"
    "\u0e2f\u0e30\u0e32\u0e33\u0e45\u0e46")  # fmt: skip
_THAI_LEADING = frozenset("\u0e40\u0e41\u0e42\u0e43\u0e44")  # vowels written before their consonant begin a syllable
_THAI_AM = frozenset("\u0e33\u0eb3")  # written beside and above its consonant
_VIRAMA = 9  # canonical combining class of the sign that joins two Indic consonants


def ready(text: str, *, multiline: bool) -> str:
    """The text as it is drawn: in normal form C, line breaks as ``\\n`` (in a single line as a space), tabs as spaces.

    Raises DrawingFailed ``glyph_missing`` for control characters and for marks that change the order of reading.
    """
    if text.isascii() and text.isprintable():
        return text
    text = unicodedata.normalize("NFC", _LINE_BREAK.sub("\n" if multiline else " ", text).replace("\t", " "))
    refuse({c for c in text if c in _REORDERING or (c != "\n" and unicodedata.category(c) == "Cc")})
    return text


def refuse(letters: set[str]) -> None:
    """Raise DrawingFailed that names each of ``letters`` by its code point; nothing when there are none."""
    if letters:
        named = ", ".join(map(name_character, sorted(letters)))
        raise DrawingFailed("glyph_missing", f"No font of the house draws {named}.")


def is_drawn(letter: str) -> bool:
    """Whether a character leaves a glyph, or shapes its neighbours."""
    return letter not in DROPPED and letter not in _MARKS and letter != "\n"


def clusters(text: str) -> list[int]:
    """Where each user-perceived character begins: a letter with its marks is never parted."""
    return [0] * bool(text) + [n for n, (a, b) in enumerate(pairwise(text), 1) if not _clings(a, b)]


def _clings(before: str, letter: str) -> bool:
    if letter == "\n" or before == "\n":
        return False
    return (
        unicodedata.category(letter) in ("Mn", "Me", "Mc")
        or letter in JOINERS
        or letter in DROPPED
        or letter in _THAI_AM
        or before == "\u200d"
        or (unicodedata.combining(before) == _VIRAMA and letter.isalpha())
        or ("\u1100" <= before <= "\u11ff" and "\u1160" <= letter <= "\u11ff")  # jamo of one syllable
    )


def may_break(text: str, at: int) -> bool:
    """Whether a line may end before the character at ``at``, the beginning of a cluster, not counting hard breaks."""
    before, letter = text[at - 1], text[at]
    if letter.isspace() or letter in _GLUE or before in _GLUE:
        return False
    if before.isspace() or before == "\u200b":
        return True
    if letter in _NOT_FIRST or unicodedata.category(letter) in ("Pe", "Pf"):
        return False
    if unicodedata.category(before) in ("Ps", "Pi"):
        return False
    if before in _HYPHENS:  # a sign before a number stays with it
        return at > 1 and not text[at - 2].isspace() and not (before == "-" and letter.isdigit())
    if before == "/":
        return at > 2 and text[at - 3 : at - 1].isalnum() and letter.isalpha()
    return _is_wide(before) or _is_wide(letter) or (_is_thai(before) and letter in _THAI_LEADING)


def _is_wide(letter: str) -> bool:
    return letter > "\u10ff" and unicodedata.east_asian_width(letter) in "WF"


def _is_thai(letter: str) -> bool:
    return "\u0e01" <= letter <= "\u0e4e"
