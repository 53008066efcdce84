"""Sales tax holidays: days on which an article below a price is free, and any other is taxed whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tax_rules.facts import ProductKind
from tax_rules.rulebook import RuleBook
from tax_rules.sales_tax.us.place import UsPlace


@dataclass(frozen=True, slots=True)
class Holiday:
    """``first_day`` to ``last_day``, both included; an article at ``taxed_from`` US dollars or more is taxed."""

    first_day: date
    last_day: date
    taxed_from: Decimal
    law: str
    confidence: str


def find_holiday(product: ProductKind, place: UsPlace, on: date, book: RuleBook) -> Holiday | None:
    """The holiday of a state for a kind of product on a civil date."""
    holidays = book.derive(_holidays).get(f"{place.state}/{product.value}", ())
    return next((holiday for holiday in holidays if holiday.first_day <= on <= holiday.last_day), None)


def _holidays(book: RuleBook) -> Mapping[str, Sequence[Holiday]]:
    found: dict[str, list[Holiday]] = {}
    for row in book.table("us.holidays"):
        holiday = Holiday(
            date.fromisoformat(row["first_day"]),
            date.fromisoformat(row["last_day"]),
            Decimal(row["taxed_from"]),
            row["law"],
            row["confidence"],
        )
        found.setdefault(f"{row['state']}/{row['product_kind']}", []).append(holiday)
    return found
