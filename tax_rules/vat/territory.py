"""Where a customer is in the eyes of VAT: the state, the special territory, and whose rates apply there."""

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from tax_rules.decision import Jurisdiction, RowRead
from tax_rules.facts import Address
from tax_rules.rulebook import RuleBook
from tax_rules.rulefiles import Row
from tax_rules.vat.rows import row_read

OUTSIDE = "outside"
SERVICES, GOODS = "vat.territory_for_services", "vat.territory_for_goods"
CODES = {"EL": "GR"}  # VAT writes Greece EL (Directive 2006/112/EC Art. 215), the rest of the world GR


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxPlace:
    """A place on a date, for services or for goods.

    ``given``: the country as the facts have it; ``territory``: the special territory, if it is one; ``state``: whose
    VAT applies, None where that of no state does; ``rates``: whose rate rows are read, ``arriving_rates`` for goods
    that come from elsewhere; ``local``: whose local tax may be collected where no state's VAT applies; ``is_eu``:
    whether EU VAT law applies; ``category``: the EN 16931 code of a local tax that has one of its own.
    """

    given: str
    state: str | None
    rates: str
    is_eu: bool
    territory: str | None = None
    territory_name: str | None = None
    local: tuple[str, ...] = ()
    law: str | None = None
    rows: tuple[RowRead, ...] = ()
    arriving_rates: str | None = None
    category: str | None = None

    @property
    def code(self) -> str:
        """The narrowest code we have for the place."""
        return self.territory or self.state or self.given


@dataclass(frozen=True, slots=True)
class _Detector:
    territory: str
    country: str
    postal: re.Pattern[str]
    city: str


@dataclass(frozen=True, slots=True)
class _Territories:
    names: dict[str, str]
    states: dict[str, str]
    iso_codes: dict[str, tuple[str, ...]]
    by_iso: dict[str, str]
    by_subdivision: dict[str, str]
    categories: dict[str, str | None]
    detectors: dict[str, tuple[_Detector, ...]]


def tax_place(address: Address, on: date, book: RuleBook) -> TaxPlace:
    """Find the place of an address for services on a civil date.

    Law:
        Directive 2006/112/EC Art. 5 to 7 and the acts named by the rows.
    """
    return _tax_place(address.country, address.state, address.city, address.postal_code, on, book, SERVICES)


def goods_place(address: Address, on: date, book: RuleBook) -> TaxPlace:
    """Find the place of an address for goods on a civil date; Northern Ireland is the state XI there.

    Law:
        Directive 2006/112/EC Art. 5 to 7; Windsor Framework Art. 8; the acts named by the rows.
    """
    return _tax_place(address.country, address.state, address.city, address.postal_code, on, book, GOODS)


@lru_cache(maxsize=4096)  # one sale asks several times for the same place
def _tax_place(
    country: str, state: str | None, city: str | None, postal_code: str | None, on: date, book: RuleBook, status: str
) -> TaxPlace:
    given = "US" if state in _FORCES_STATES and (city or "").strip().upper() in _FORCES_CITIES else country
    given = CODES.get(given, given)
    territory = _find_territory(given, state, city, postal_code, book.derive(_read_territories))
    if territory is None:
        membership = book.find("vat.eu_membership", given, on)
        rows = (row_read(membership, book),) if membership else ()
        return TaxPlace(given=given, state=given, rates=given, is_eu=membership is not None, rows=rows)
    return _special_place(given, territory, on, book, status)


def jurisdiction_of(place: TaxPlace, book: RuleBook) -> Jurisdiction:
    """Whose tax a place bears, with the name that people know it by."""
    country = place.state or place.given
    name = place.territory_name or book.countries.get(country, {}).get("name", country)
    return Jurisdiction(country=country, name=name, code=place.territory)


def is_eu_state(country: str, on: date, book: RuleBook) -> bool:
    """Whether EU VAT law applies in a state on a civil date; Greece under either of its codes, Monaco as France."""
    return tax_place(Address(country=country), on, book).is_eu


def _special_place(given: str, territory: str, on: date, book: RuleBook, status: str) -> TaxPlace:
    known = book.derive(_read_territories)
    row = book.find(status, territory, on)
    if row is None:  # before the territory had a status of its own it was part of its state
        state = known.states[territory] or given
        is_eu = _membership(state, on, book, status) is not None
        return TaxPlace(given=given, state=state, rates=state, is_eu=is_eu)
    local = row.attribute("local")
    vat_of = None if row.value == OUTSIDE else str(row.value)
    membership = _membership(vat_of, on, book, status)
    return TaxPlace(
        given=given,
        territory=territory,
        territory_name=known.names[territory],
        state=vat_of,
        rates=row.attribute("rates") or local or territory,
        is_eu=membership is not None,
        local=(local,) if local else (territory, *known.iso_codes[territory]),
        law=row.law,
        rows=(row_read(row, book), *((row_read(membership, book),) if membership else ())),
        arriving_rates=row.attribute("arriving_rates"),
        category=known.categories[territory],
    )


def _membership(state: str | None, on: date, book: RuleBook, status: str) -> Row | None:
    """The row that puts a state under EU VAT law, for goods also where only the law on goods applies."""
    if state is None:
        return None
    member = book.find("vat.eu_membership", state, on)
    return member or (book.find("vat.eu_law_on_goods", state, on) if status == GOODS else None)


def _find_territory(
    country: str, state: str | None, city: str | None, postal_code: str | None, known: _Territories
) -> str | None:
    """By the country's own code, by postal code and city, then by subdivision; the file's order decides overlaps."""
    if country in known.by_iso:
        return known.by_iso[country]
    if postal_code and country in known.detectors:
        postal, town = _plain_postal(postal_code, country), (city or "").casefold()
        for detector in known.detectors[country]:
            if detector.postal.search(postal) and detector.city in town:
                return detector.territory
    if state is None:
        return None
    code = state.strip().upper()
    return known.by_subdivision.get(code if "-" in code else f"{country}-{code}")


_FORCES_STATES = frozenset({"AA", "AE", "AP"})  # forces' post of the United States: Domestic Mail Manual 608
_FORCES_CITIES = frozenset({"APO", "FPO", "DPO"})


def _plain_postal(text: str, country: str) -> str:
    """A postal code without blanks and without the country that people write before it (``F-97100``, ``AT-6991``)."""
    plain = "".join(text.split()).upper()
    if plain[:1].isdigit():
        return plain
    for prefix in (f"{country}-", country, f"{country[0]}-"):
        if plain.startswith(prefix) and plain[len(prefix) : len(prefix) + 1].isdigit():
            return plain[len(prefix) :]
    return plain


def _read_territories(book: RuleBook) -> _Territories:
    table = book.table("vat.territories")
    detectors: dict[str, tuple[_Detector, ...]] = {}
    for row in book.table("vat.territory_places"):
        detector = _Detector(row["territory"], row["country"], re.compile(row["postal_pattern"]), row["city"])
        detectors[row["country"]] = (*detectors.get(row["country"], ()), detector)
    return _Territories(
        names={row["code"]: row["name"] for row in table},
        states={row["code"]: row["state"] for row in table},
        iso_codes={row["code"]: tuple(row["iso_codes"].split()) for row in table},
        by_subdivision={row["state"]: row["territory"] for row in book.table("vat.territory_states")},
        categories={row["code"]: row["category"] or None for row in table},
        by_iso={code: row["code"] for row in table for code in row["iso_codes"].split()},
        detectors=detectors,
    )
