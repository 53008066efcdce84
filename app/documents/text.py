"""What of a text is drawn: composed letters, single spaces, and no character that steers what stands beside it."""

import re
import unicodedata
from functools import lru_cache

# Zero-width joiners shape Indic and Arabic words; every other format character is invisible or turns the line around.
JOINERS = "\u200c\u200d"


@lru_cache(maxsize=4096)
def printable(text: str) -> str:
    """``text`` in NFC without control and format characters; runs of white space become one space.

    Direction overrides (U+202E and its kin) and zero-width characters go: what is read is what was stored, in its own
    order. No-break spaces stay, numbers are held together by them.
    """
    composed = unicodedata.normalize("NFC", text)
    kept = (
        " " if letter in "\t\n\r\x0b\x0c\x85\u2028\u2029" else letter
        for letter in composed
        if letter in "\t\n\r\x0b\x0c\x85" or letter in JOINERS or unicodedata.category(letter) not in ("Cc", "Cf", "Co")
    )
    return re.sub(" {2,}", " ", "".join(kept)).strip()


@lru_cache(maxsize=4096)
def is_right_to_left(text: str) -> bool:
    """Whether the first letter that has a direction runs to the left (Unicode Bidirectional Algorithm, P2 and P3)."""
    return not text.isascii() and next(filter(_STRONG.__contains__, map(unicodedata.bidirectional, text)), "L") != "L"


_STRONG = frozenset({"L", "R", "AL"})
