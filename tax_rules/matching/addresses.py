"""How alike two addresses are: one as somebody told it, one as a register prints it, usually in one text."""

import re
from dataclasses import dataclass

from rapidfuzz import fuzz

from tax_rules.matching.fold import is_latin, plain, sounded, spellings
from tax_rules.matching.model import NOTHING_TOLD, Code, Likeness, Reason
from tax_rules.matching.vocabulary import Words, address_words

_WEIGHTS = {Code.POSTAL_CODE_DIFFERS: 30, Code.NUMBER_DIFFERS: 20, Code.STREET_DIFFERS: 50}
_PART_MISSING = 4  # taken off where one side has no postal code or no number
_SAME_WORD = 85  # per cent of the letters that make two words one
_POSTAL = re.compile(r"\d{4,}")  # digits in a row; codes with letters are joined before
_CODE_WITH_LETTERS = re.compile(r"\b([a-z]{1,2}\d[a-z\d]?) (\d[a-z]{2})\b|\b([a-z]\d[a-z]) (\d[a-z]\d)\b")
_CODE_IN_GROUPS = re.compile(r"\b(\d{3,4}) (\d{2}|[a-z]{2})\b|\b(\d{2}) (\d{3})\b")


def compare_addresses(told: str, found: str) -> Likeness:
    """Compare two addresses, each as lines or as one text.

    Words are compared whatever their order, since registers print town and street in any. A postal code or a house
    number that only one side has takes a little off; one that differs takes much.
    """
    if not any(sign.isalnum() for sign in told) or not any(sign.isalnum() for sign in found):
        return NOTHING_TOLD
    if told.split() == found.split():
        return Likeness(100, (Reason(Code.IDENTICAL),))
    one, other = plain(told), plain(found)
    sounding = is_latin(one) != is_latin(other)
    if sounding:
        one, other = sounded(one), sounded(other)
    pairs = [(_address(a), _address(b)) for a in spellings(one) for b in spellings(other)]
    best = max((_likeness(a, b) for a, b in pairs), key=lambda likeness: likeness.score)
    return Likeness(best.score, (*best.reasons, Reason(Code.OTHER_SCRIPT))) if sounding else best


@dataclass(frozen=True, slots=True)
class _Address:
    postal_codes: frozenset[str]
    numbers: frozenset[str]
    words: Words


def _address(found: Words) -> _Address:
    text = _CODE_WITH_LETTERS.sub(lambda code: code[0].replace(" ", ""), " ".join(found))
    text = _CODE_IN_GROUPS.sub(lambda code: code[0].replace(" ", ""), text)
    codes, numbers, names = set(), set(), []
    for word in text.split():
        if _POSTAL.search(word) or re.fullmatch(r"[a-z]{1,2}\d[a-z\d]?\d[a-z]{2}|[a-z]\d[a-z]\d[a-z]\d", word):
            codes.add(re.sub(r"^[a-z]{1,2}(?=\d{4,})", "", word))
        elif word[0].isdigit():
            numbers.add(word)
        elif len(word) > 1:  # one letter is a C/ or the A of 5 A
            names += _split(word)
    left_out = address_words().left_out
    return _Address(frozenset(codes), frozenset(numbers), tuple(word for word in names if word not in left_out))


def _split(word: str) -> list[str]:
    """The word as compared; a street's name apart from its ending (``hauptstr`` -> ``haupt``, ``street``)."""
    known = address_words()
    if word in known.same:
        return [known.same[word]]
    for ending in known.endings:
        if word.endswith(ending) and len(word) > len(ending) + 2:
            return [word.removesuffix(ending), known.same.get(ending, ending)]
    return [word]


def _likeness(one: _Address, other: _Address) -> Likeness:
    score, reasons = 100, []
    for code, told, found in (
        (Code.POSTAL_CODE_DIFFERS, one.postal_codes, other.postal_codes),
        (Code.NUMBER_DIFFERS, one.numbers, other.numbers),
    ):
        if told and found and not told & found:
            score -= _WEIGHTS[code]
            reasons.append(Reason(code, " ".join(sorted(told)), " ".join(sorted(found))))
        elif bool(told) != bool(found):
            score -= _PART_MISSING
            reasons.append(Reason(Code.PART_MISSING, " ".join(sorted(told)), " ".join(sorted(found))))
    fewer, more = sorted((one.words, other.words), key=len)
    if fewer:
        missed = [word for word in fewer if not any(fuzz.ratio(word, known) >= _SAME_WORD for known in more)]
        if missed:
            score -= _WEIGHTS[Code.STREET_DIFFERS] * len(missed) // len(fewer)
            told_words = [word for word in one.words if word not in other.words]
            found_words = [word for word in other.words if word not in one.words]
            reasons.append(Reason(Code.STREET_DIFFERS, " ".join(told_words), " ".join(found_words)))
        elif len(more) > len(fewer) + 2:
            score -= _PART_MISSING
            reasons.append(Reason(Code.WORDS_MORE, " ".join(one.words), " ".join(other.words)))
    return Likeness(max(score, 0), tuple(reasons) or (Reason(Code.CASE_OR_MARKS),))
