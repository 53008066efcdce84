"""How alike two names of a party are: legal forms, marks, order and scripts accounted for, each as a reason."""

import re
from dataclasses import dataclass
from itertools import product

from rapidfuzz import fuzz

from tax_rules.matching.fold import is_latin, plain, sounded, spellings
from tax_rules.matching.model import NOTHING_TOLD, SIMILAR, Code, Likeness, Reason
from tax_rules.matching.vocabulary import Words, legal_forms

# Scores of what is otherwise the same name. A typing slip alone never makes two names "alike": Muller is not Miller.
_JOINED, _ORDER, _MORE, _EACH_WORD_MORE, _LEAST_MORE = 98, 97, 94, 4, 66
_ABBREVIATED, _INITIALS, _MOST_BY_SPELLING, _MOST_WITH_OTHER_NUMBER = 85, 75, 88, 60
_LEAST_FOR_SPELLING = 78  # per cent of the letters
_FORM_MISSING, _FORM_DIFFERS, _SOUNDED = 3, 15, 5  # taken off
_SHORTEST_ABBREVIATION = 3
_SEVERAL = re.compile(
    r"\|\||[\r\n]+| / | t/a | trading as ", re.IGNORECASE
)  # registers print name and trade name in one


def compare_names(told: str, found: str) -> Likeness:
    """Compare the name that somebody told us with the one a register or a bank shows.

    Both may be in any script. Where the scripts differ and the sounds do not agree either, nothing was compared:
    a name in kanji and its romanised form may well be one.

    Returns:
        The best likeness of any of the names that ``found`` consists of.
    """
    if not _says_something(told) or not _says_something(found):
        return NOTHING_TOLD
    if told.strip() == found.strip():
        return Likeness(100, (Reason(Code.IDENTICAL),))
    parts = [part for part in (found, *_SEVERAL.split(found)) if _says_something(part)]
    return max((_compare(told, part) for part in parts), key=lambda likeness: likeness.score)


def _says_something(name: str) -> bool:
    return any(sign.isalnum() for sign in name)


def _compare(told: str, found: str) -> Likeness:
    one, other = (legal_forms().unspaced.sub(r" \g<0> ", plain(name)) for name in (told, found))
    sounding = is_latin(one) != is_latin(other)
    if sounding:
        one, other = sounded(one), sounded(other)
    pairs = product(_names(one), _names(other))
    best = max((_likeness(a, b) for a, b in pairs), key=lambda likeness: likeness.score)
    if not sounding:
        return best
    if best.score < SIMILAR:
        return Likeness(0, (Reason(Code.NOT_TOLD), Reason(Code.OTHER_SCRIPT)))
    return Likeness(best.score - _SOUNDED, (*best.reasons, Reason(Code.OTHER_SCRIPT)))


@dataclass(frozen=True, slots=True)
class _Name:
    core: Words
    forms: tuple[str, ...]
    written: Words  # the forms' own words


def _names(text: str) -> list[_Name]:
    return [_name(words) for words in spellings(text)] or [_Name((), (), ())]


def _name(words: Words) -> _Name:
    """The name without the legal forms at its end, or at its beginning where such forms stand there."""
    forms: list[str] = []
    written: Words = ()
    known = legal_forms()
    while found := _form_at_end(words):
        forms.append(found[0])
        written = words[-found[1] :] + written
        words = words[: -found[1]]
    for size in range(min(known.longest, len(words) - 1), 0, -1):
        form = known.by_words.get(words[:size])
        if form in known.leading:
            forms.append(form)
            written, words = words[:size] + written, words[size:]
            break
    core = tuple(word for word in words if word not in known.fillers)
    return _Name(core or words, tuple(sorted(forms)), written)


def _form_at_end(words: Words) -> tuple[str, int] | None:
    known = legal_forms()
    for size in range(min(known.longest, len(words) - 1), 0, -1):
        if form := known.by_words.get(words[-size:]):
            return form, size
    return None


def _likeness(one: _Name, other: _Name) -> Likeness:
    score, reason = _of_core(one.core, other.core)
    taken, about_form = _of_forms(one, other)
    reasons = tuple(part for part in (reason, about_form) if part) or (Reason(Code.CASE_OR_MARKS),)
    return Likeness(max(score - taken, 0), reasons)


def _of_core(one: Words, other: Words) -> tuple[int, Reason | None]:
    if one == other:
        return 100, None
    if "".join(one) == "".join(other):
        return _JOINED, Reason(Code.WORDS_JOINED, " ".join(one), " ".join(other))
    if sorted(one) == sorted(other):
        return _ORDER, Reason(Code.WORD_ORDER, " ".join(one), " ".join(other))
    more, fewer = (one, other) if len(one) > len(other) else (other, one)
    left = _without(one, other), _without(other, one)
    if {word for word in left[0] + left[1] if word.isdecimal()}:
        ratio = int(fuzz.ratio(" ".join(one), " ".join(other)))
        return min(ratio, _MOST_WITH_OTHER_NUMBER), Reason(Code.OTHER_WORDS, *map(" ".join, left))
    if not _without(fewer, more) and any(len(word) >= _SHORTEST_ABBREVIATION for word in fewer):
        extra = len(more) - len(fewer)
        return max(_MORE - _EACH_WORD_MORE * extra, _LEAST_MORE), Reason(Code.WORDS_MORE, *map(" ".join, left))
    if short := _abbreviation(one, other):
        return short, Reason(Code.ABBREVIATED, *map(" ".join, left))
    ratio = int(max(fuzz.ratio("".join(one), "".join(other)), fuzz.token_sort_ratio(" ".join(one), " ".join(other))))
    if ratio >= _LEAST_FOR_SPELLING:
        return min(ratio, _MOST_BY_SPELLING), Reason(Code.SPELLING, *map(" ".join, left))
    return ratio * 4 // 5, Reason(Code.OTHER_WORDS, *map(" ".join, left))


def _without(words: Words, others: Words) -> Words:
    return tuple(word for word in words if word not in others)


def _abbreviation(one: Words, other: Words) -> int | None:
    """The score when one side only shortens the other's words; None when it says anything else."""
    for short, whole in ((one, other), (other, one)):
        initials = "".join(word[0] for word in whole)
        if len(short) == 1 and len(whole) >= _SHORTEST_ABBREVIATION and short[0] == initials:
            return _INITIALS
    if len(one) == len(other) and all(map(_shortens, one, other)):
        return _ABBREVIATED
    return None


def _shortens(one: str, other: str) -> bool:
    """Whether two words are one, or one begins like the other and leaves letters out (Intl, International)."""
    if one == other:
        return True
    short, whole = sorted((one, other), key=len)
    letters = iter(whole)
    long_enough = len(short) >= _SHORTEST_ABBREVIATION and len(whole) - len(short) >= 2
    return long_enough and short[:2] == whole[:2] and all(letter in letters for letter in short)


def _of_forms(one: _Name, other: _Name) -> tuple[int, Reason | None]:
    written = " ".join(one.written), " ".join(other.written)
    if one.written == other.written:
        return 0, None
    if not one.forms or not other.forms:
        return _FORM_MISSING, Reason(Code.LEGAL_FORM_MISSING, *written)
    if any(legal_forms().are_same(a, b) for a, b in product(one.forms, other.forms)):
        return 0, Reason(Code.LEGAL_FORM_WRITTEN_OTHERWISE, *written)
    return _FORM_DIFFERS, Reason(Code.LEGAL_FORM_DIFFERS, *written)
