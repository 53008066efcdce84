"""Streets as postal files write them: upper case, abbreviated, without punctuation."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tax_rules.facts import Address
from tax_rules.rulebook import RuleBook

_UNIT = re.compile(r"[ ,]+(?:#|(?:APT|APARTMENT|UNIT|STE|SUITE|FL|FLOOR|RM|ROOM|BLDG|BUILDING|LOT|TRLR)\b\.?).*$")
_HOUSE = re.compile(r"([0-9]{1,7}[A-Z]?(?:-[0-9]{1,5})?) +(\S.*)", re.ASCII)
_ZIP = re.compile(r"([0-9]{5})(?:[- ]?([0-9]{4}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class StreetAddress:
    """A house number and the key of its street."""

    number: str
    street: str


def read_street_address(line: str | None, book: RuleBook) -> StreetAddress | None:
    """The house and the street of an address line; None where it has no house number in front."""
    match = _HOUSE.fullmatch(_UNIT.sub("", (line or "").upper().strip()))
    return StreetAddress(match[1], street_key(match[2].split(), book)) if match else None


def street_key(words: Iterable[str], book: RuleBook) -> str:
    """The words of a street so that all ways of writing it give the same: ``SW 10th Avenue`` is ``SW 10TH AVE``."""
    known = book.derive(_abbreviations)
    plain = (re.sub(r"[^A-Z0-9]", "", part) for word in words for part in word.upper().split())
    return " ".join(known.get(word, word) for word in plain if word)


def read_zip(address: Address) -> tuple[int, int | None] | None:
    """ZIP code and plus4 of an address; None where there is no ZIP code."""
    match = _ZIP.fullmatch((address.postal_code or "").strip())
    return (int(match[1]), int(match[2]) if match[2] else None) if match else None


def _abbreviations(book: RuleBook) -> dict[str, str]:
    return {row["word"]: row["abbreviation"] for row in book.table("codes.us_street_words")}
