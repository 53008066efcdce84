"""Which state an address of the United States lies in, and what its postal code says."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tax_rules.facts import Address
from tax_rules.rulebook import RuleBook

MILITARY = ("AA", "AE", "AP")
_ZIP = re.compile(r"(\d{5})(?:[- ]?(\d{4}))?")


@dataclass(frozen=True, slots=True)
class UsPlace:
    """An address as far as it is known. ``is_contradicted``: its postal code lies in another state than it says."""

    state: str | None
    name: str
    zip5: str | None = None
    plus4: str | None = None
    city: str | None = None
    county: str | None = None
    is_contradicted: bool = False

    @property
    def jurisdiction(self) -> str:
        """The key of the state's rows: ``US-TX``."""
        return f"US-{self.state}"

    @property
    def is_military(self) -> bool:
        """An address of the forces' post: APO, FPO or DPO."""
        return self.state in MILITARY


def find_us_place(address: Address, book: RuleBook) -> UsPlace:
    """The state by its code or name, else by the postal code; None where neither says it."""
    names, prefixes = book.derive(_states)
    found = _ZIP.fullmatch((address.postal_code or "").strip())
    zip5, plus4 = found.groups() if found else (None, None)
    by_zip = prefixes.get(zip5[:3]) if zip5 else None
    given = (address.state or "").strip()
    stated = names.get(given.removeprefix("US-").casefold())
    state = stated or (None if given else by_zip)
    return UsPlace(
        state=state,
        name=names[f"name of {state}"] if state else "United States",
        zip5=zip5,
        plus4=plus4,
        city=(address.city or "").strip().casefold() or None,
        county=(address.county or "").strip().casefold() or None,
        is_contradicted=bool(stated and by_zip and stated != by_zip),
    )


def _states(book: RuleBook) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Code of a state by its code and its name, its name, and the code by the first three digits of a postal code."""
    names: dict[str, str] = {}
    prefixes: dict[str, str] = {}
    for row in book.table("us.states"):
        code = row["code"]
        names |= {code.casefold(): code, row["name"].casefold(): code, f"name of {code}": row["name"]}
        for span in row["zip_prefixes"].split():
            first, _, last = span.partition("-")
            prefixes |= {f"{number:03d}": code for number in range(int(first), int(last or first) + 1)}
    return names, prefixes
