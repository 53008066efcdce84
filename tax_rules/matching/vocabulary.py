"""Legal forms and words of addresses as they are compared, read once from ``tax_rules/data/matching``."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from tax_rules.matching.fold import is_latin, plain, sounded, spellings

DATA = Path(__file__).parent.parent / "data" / "matching"

Words = tuple[str, ...]


class VocabularyError(ValueError):
    """A file of this package contradicts itself; the message names file and word."""


@dataclass(frozen=True, slots=True)
class LegalForms:
    """Writings of legal forms as folded words, and which forms stand for one another."""

    by_words: Mapping[Words, str]
    leading: frozenset[str]  # forms that stand before the name
    same: frozenset[frozenset[str]]
    longest: int  # words of the longest writing
    unspaced: re.Pattern[str]  # writings of scripts that put no blank between name and form
    fillers: frozenset[str]

    def are_same(self, one: str, other: str) -> bool:
        """Whether a company of one form may call itself by the other in another language."""
        return one == other or frozenset((one, other)) in self.same


@dataclass(frozen=True, slots=True)
class AddressWords:
    """How words of addresses are folded further."""

    same: Mapping[str, str]
    endings: tuple[str, ...]  # longest first
    left_out: frozenset[str]


@cache
def legal_forms() -> LegalForms:
    """The legal forms of ``legal_forms.yaml``. Raises VocabularyError."""
    data = _read("legal_forms.yaml")
    rows = data["legal_forms"]
    by_words: dict[Words, str] = {}
    for row in rows:
        for words in _writings(row["written"]):
            if by_words.setdefault(words, row["form"]) != row["form"]:
                raise VocabularyError(f"legal_forms.yaml: {' '.join(words)!r} is {by_words[words]} and {row['form']}")
    for row in rows:
        for words in _writings(sounded(plain(one)) for one in row["written"] if not is_latin(one)):
            by_words.setdefault(words, row["form"])
    same = {frozenset((row["form"], other)) for row in rows for other in row.get("same_as", [])}
    if unknown := {form for pair in same for form in pair} - {row["form"] for row in rows}:
        raise VocabularyError(f"legal_forms.yaml: no form is called {', '.join(sorted(unknown))}")
    return LegalForms(
        by_words=MappingProxyType(by_words),
        leading=frozenset(row["form"] for row in rows if row.get("leads")),
        same=frozenset(same),
        longest=max(map(len, by_words)),
        unspaced=re.compile("|".join(word for words in by_words for word in words if _UNSPACED.fullmatch(word))),
        fillers=frozenset(data["fillers"]),
    )


@cache
def address_words() -> AddressWords:
    """The words of ``address_words.yaml``. Raises VocabularyError."""
    data = _read("address_words.yaml")
    same: dict[str, str] = {}
    for row in data["same"]:
        for word in row:
            if same.setdefault(word, row[0]) != row[0]:
                raise VocabularyError(f"address_words.yaml: {word!r} stands in two rows")
    return AddressWords(
        same=MappingProxyType(same),
        endings=tuple(sorted(data["endings"], key=lambda ending: (-len(ending), ending))),
        left_out=frozenset(data["left_out"]),
    )


_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{3,}")  # kana, ideographs, hangul


def _writings(written: Iterable[str]) -> Iterator[Words]:
    for one in written:
        yield from spellings(plain(one))


def _read(name: str) -> dict[str, Any]:
    found = yaml.safe_load((DATA / name).read_text(encoding="utf-8"))
    if not isinstance(found, dict):
        raise VocabularyError(f"{name} is no table")
    return found
