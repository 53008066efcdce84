"""The sample of local rates that ships: found by ZIP+4, ZIP code or city, where no official table was imported."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tax_rules.facts import Address, AddressLevel, LocalStack, LocalTax
from tax_rules.rulebook import RuleBook
from tax_rules.sales_tax.us.street import read_zip

TABLE = "us.local_rates"


@dataclass(frozen=True, slots=True)
class SampleRate:
    """One row of the sample. Without ``valid_from`` it holds for any earlier date too, with low confidence."""

    tax: LocalTax
    law: str
    valid_from: date | None
    valid_to: date | None
    has_plus4: bool

    def is_in_force(self, on: date) -> bool:
        """Whether the row may be used on the date."""
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or on <= self.valid_to)


Places = dict[tuple[str, str], tuple[SampleRate, ...]]


@dataclass(frozen=True, slots=True)
class Sample:
    """The rows of every place, by state and ZIP+4, state and ZIP code, state and city."""

    by_zip9: Places
    by_zip5: Places
    by_city: Places
    laws: dict[str, str]


def sample_of(book: RuleBook) -> Sample:
    """The sample, indexed once a book."""
    return book.derive(_read)


def find_in_sample(address: Address, state: str, on: date, book: RuleBook) -> LocalStack | None:
    """The local taxes of an address; None where the sample does not know the place on the date.

    A ZIP code of which the sample knows one ZIP+4 only, and a city, may have other stacks: ``is_ambiguous``.
    """
    sample, zip_code = sample_of(book), read_zip(address)
    if zip_code is not None:
        five, plus4 = f"{zip_code[0]:05d}", f"{zip_code[1]:04d}" if zip_code[1] is not None else ""
        if plus4 and (found := _in_force(sample.by_zip9.get((state, five + plus4), ()), on)):
            return _stack(address, AddressLevel.ZIP9, found, is_ambiguous=False)
        if found := _in_force(sample.by_zip5.get((state, five), ()), on):
            return _stack(address, AddressLevel.ZIP5, found, is_ambiguous=any(rate.has_plus4 for rate in found))
    city = (address.city or "").strip().upper()
    if city and (found := _in_force(sample.by_city.get((state, city), ()), on)):
        return _stack(address, AddressLevel.CITY, found, is_ambiguous=True)
    return None


def _in_force(rates: Iterable[SampleRate], on: date) -> tuple[SampleRate, ...]:
    return tuple(rate for rate in rates if rate.is_in_force(on))


def _stack(address: Address, level: AddressLevel, rates: tuple[SampleRate, ...], *, is_ambiguous: bool) -> LocalStack:
    taxes = tuple(rate.tax for rate in rates if rate.tax.rate)
    return LocalStack(address=address, level=level, taxes=taxes, is_ambiguous=is_ambiguous)


def _read(book: RuleBook) -> Sample:
    locations: dict[str, list[dict[str, str]]] = {}
    for row in book.table(TABLE):
        locations.setdefault(row["location"], []).append(row)
    by_zip9: Places = {}
    by_zip5: Places = {}
    cities: dict[tuple[str, str], dict[frozenset[tuple[str, Decimal]], tuple[SampleRate, ...]]] = {}
    laws: dict[str, str] = {}
    for rows in locations.values():
        first, rates = rows[0], tuple(map(_rate, rows))
        laws.setdefault(first["state"], first["law"])
        if first["zip5"]:
            by_zip5[first["state"], first["zip5"]] = rates
            if first["zip4"]:
                by_zip9[first["state"], first["zip5"] + first["zip4"]] = rates
        same = frozenset((f"{rate.tax.level}{rate.valid_from}", rate.tax.rate) for rate in rates)
        cities.setdefault((first["state"], first["city"].upper()), {})[same] = rates
    by_city = {key: next(iter(found.values())) for key, found in cities.items() if len(found) == 1}
    return Sample(by_zip9, by_zip5, by_city, laws)


def _rate(row: dict[str, str]) -> SampleRate:
    valid_from, valid_to = (date.fromisoformat(row[name]) if row[name] else None for name in ("from", "until"))
    tax = LocalTax(
        level=row["level"],
        name=row["name"],
        rate=Decimal(row["value"]),
        code=row["code"] or None,
        row=row["row"],
        valid_from=valid_from,
        source=row["source"],
        confidence=row["confidence"],
    )
    return SampleRate(tax, row["law"], valid_from, valid_to, bool(row["zip4"]))
