"""The sample of local taxes that ships: found by ZIP+4, ZIP5 or city, each row with the days it is known for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tax_rules.facts import Address, AddressLevel, LocalStack, LocalTax
from tax_rules.money import ZERO
from tax_rules.rulebook import RuleBook
from tax_rules.sales_tax.us.place import UsPlace

SOURCE = "secondary compilation"


@dataclass(frozen=True, slots=True)
class _Row:
    location: str
    tax: LocalTax
    valid_from: date | None
    valid_to: date | None

    def is_in_force(self, on: date) -> bool:
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or on <= self.valid_to)


def find_sample(place: UsPlace, address: Address, on: date, book: RuleBook) -> LocalStack | None:
    """The local taxes of an address on a civil date, at the most precise level that the sample has; None if at none.

    Of several places with one postal code the one with the lowest rate is taken.

    Law:
        SSUTA s. 305 (the lowest rate of a postal code).
    """
    by_key = book.derive(_index)
    keys = (
        (AddressLevel.ZIP9, f"{place.zip5}-{place.plus4}" if place.zip5 and place.plus4 else None),
        (AddressLevel.ZIP5, place.zip5),
        (AddressLevel.CITY, place.city),
    )
    for level, key in keys:
        rows = [row for row in by_key.get(f"{place.state}/{key}", ()) if row.is_in_force(on)] if key else []
        if rows:
            stacks: dict[str, list[LocalTax]] = {}
            for row in rows:
                stacks.setdefault(row.location, []).append(row.tax)
            taxes = min(stacks.values(), key=lambda stack: sum((tax.rate for tax in stack), ZERO))
            taken = tuple(tax for tax in taxes if tax.rate)
            return LocalStack(address=address, level=level, taxes=taken, is_ambiguous=len(stacks) > 1)
    return None


def _index(book: RuleBook) -> Mapping[str, Sequence[_Row]]:
    found: dict[str, list[_Row]] = {}
    for record in book.table("us.local_rates"):
        row = _row(record)
        state, zip5, zip4 = record["state"], record["zip5"], record["zip4"]
        keys = [record["city"].casefold()] + ([zip5] if zip5 else []) + ([f"{zip5}-{zip4}"] if zip5 and zip4 else [])
        for key in keys:
            found.setdefault(f"{state}/{key}", []).append(row)
    return found


def _row(record: Mapping[str, str]) -> _Row:
    begins, ends = (date.fromisoformat(record[name]) if record[name] else None for name in ("from", "to"))
    known = begins or date.fromisoformat(record["as_of"] or record["to"])
    tax = LocalTax(
        level=record["level"],
        name=record["name"],
        rate=Decimal(record["rate"]),
        code=record["code"] or None,
        row=f"us.local_rates/{record['location']}/{record['key']}",
        valid_from=known,
        source=SOURCE,
        confidence=record["confidence"],
    )
    return _Row(record["location"], tax, begins, ends)
