"""Texts folded for comparison: capitals, marks, dots and widths gone, words apart, other scripts by their sound."""

import re
import unicodedata
from collections.abc import Iterator

from anyascii import anyascii

LONGEST = 400  # characters of a text that are compared; the rest is not read

_INITIALS = re.compile(r"(?<![^\W_])(?:[^\W_][./]){1,}[^\W_]?(?![^\W_])")
_WORD = re.compile(r"[^\W_]+")
# Letters that lose more than a mark, and the way German and the Nordic languages write them without it.
_SPELLED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "æ": "ae", "œ": "oe"})
_BARE = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h"})
_QUOTES = str.maketrans(dict.fromkeys("'’‘`´״\"„“”«»"))


def plain(text: str) -> str:
    """``text`` in one width and case, without signs nobody sees and without quotation marks; marks stay."""
    normal = unicodedata.normalize("NFKC", text[:LONGEST]).casefold()
    seen = "".join(sign if unicodedata.category(sign) not in {"Cf", "Cs", "Co", "Cn"} else "" for sign in normal)
    return unicodedata.normalize("NFC", seen).translate(_QUOTES)


def words(text: str, *, spelled: bool = False) -> tuple[str, ...]:
    """The words of a plain text without marks; initials are one word (``s.à r.l.`` -> ``sarl``).

    Args:
        spelled: write ä as ae and ø as oe, as typewriters do, instead of dropping the mark.
    """
    letters = text.translate(_SPELLED) if spelled else text
    bare = _unmarked(letters.translate(_BARE))
    joined = _INITIALS.sub(lambda found: re.sub(r"[./]", "", found[0]), bare)
    return tuple(_together(_WORD.findall(joined)))


def spellings(text: str) -> tuple[tuple[str, ...], ...]:
    """The words of a plain text in each way its marked letters are written without marks."""
    return tuple(dict.fromkeys((words(text), words(text, spelled=True))))


def is_latin(text: str) -> bool:
    """Whether no letter of ``text`` is of another script."""
    return all(unicodedata.name(sign, "LATIN").startswith("LATIN") for sign in text if sign.isalpha())


def sounded(text: str) -> str:
    """``text`` in Latin letters by its sound, script by script; for comparing only."""
    return plain(anyascii(text))


def _unmarked(text: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFD", text) if unicodedata.category(sign) != "Mn")


def _together(found: list[str]) -> Iterator[str]:
    """Single letters in a row are initials: ``z o o`` -> ``zoo``."""
    letters = ""
    for word in found:
        if len(word) == 1 and word.isalpha():
            letters += word
            continue
        if letters:
            yield letters
            letters = ""
        yield word
    if letters:
        yield letters
