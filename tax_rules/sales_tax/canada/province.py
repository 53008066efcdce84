"""In which province a supply is made: by the state of the address, else by its postal code."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from tax_rules.facts import Address
from tax_rules.rulebook import RuleBook

LAW = "New Harmonized Value-added Tax System Regulations, SOR/2010-117, Part 1; Excise Tax Act Sch. IX"
_POSTAL_CODE = re.compile(r"[A-Z][0-9][A-Z]( ?[0-9][A-Z][0-9])?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Province:
    """A province or territory.

    ``by_postal_code``: the address names none; ``is_contradicted``: its postal code lies in another one.
    """

    code: str
    name: str
    by_postal_code: bool = False
    is_contradicted: bool = False

    @property
    def jurisdiction(self) -> str:
        """The key of its rows."""
        return f"CA-{self.code}"


@dataclass(frozen=True, slots=True)
class _Provinces:
    names: dict[str, str]
    by_word: dict[str, str]
    by_prefix: dict[str, str]


def find_province(address: Address, book: RuleBook) -> Province | None:
    """The province of an address by its code or name, else by its postal code; None where neither says so."""
    return _find(address.state, address.postal_code, book)


@lru_cache(maxsize=4096)
def _find(state: str | None, postal_code: str | None, book: RuleBook) -> Province | None:
    known = book.derive(_read)
    by_state = known.by_word.get(_plain(state or ""))
    by_post = _by_postal_code(postal_code or "", known)
    if by_state is not None:
        return Province(by_state, known.names[by_state], is_contradicted=by_post not in (None, by_state))
    if by_post is None or (state or "").strip():
        return None  # a state that nobody knows is not overruled by a postal code
    return Province(by_post, known.names[by_post], by_postal_code=True)


def _by_postal_code(text: str, known: _Provinces) -> str | None:
    code = " ".join(text.upper().split())
    if not _POSTAL_CODE.fullmatch(code):
        return None
    return known.by_prefix.get(code[:3]) or known.by_prefix.get(code[0])


def _plain(text: str) -> str:
    """Letters only, without accents: ``Québec``, ``CA-QC`` and ``qc`` are written in many ways."""
    letters = unicodedata.normalize("NFKD", text).upper().strip().removeprefix("CA-")
    return "".join(letter for letter in letters if letter.isascii() and letter.isalpha())


def _read(book: RuleBook) -> _Provinces:
    table = book.table("codes.canadian_provinces")
    return _Provinces(
        names={row["code"]: row["name"] for row in table},
        by_word={
            _plain(word): row["code"]
            for row in table
            for word in (row["code"], row["name"], *row["other_names"].split(";"))
            if word
        },
        by_prefix={prefix: row["code"] for row in table for prefix in row["postal_prefixes"].split()},
    )
