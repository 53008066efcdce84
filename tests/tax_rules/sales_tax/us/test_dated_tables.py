"""Every dated row of the US tables the day before and on the day: found, or not, exactly as the row says."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from tax_rules.facts import Address, AddressLevel, ProductKind
from tax_rules.rulebook import shipped_rulebook
from tax_rules.sales_tax.us.holidays import find_holiday
from tax_rules.sales_tax.us.local_sample import find_sample
from tax_rules.sales_tax.us.place import find_us_place

BOOK = shipped_rulebook()
DAY = timedelta(days=1)
ROWS = BOOK.table("us.local_rates")
DATED = [row for row in ROWS if row["from"] or row["to"]]


def rows_of(location: str, on: date) -> list[dict[str, str]]:
    """What the table says of a place on a day."""
    day = on.isoformat()
    return [r for r in ROWS if r["location"] == location and r["from"] <= day and (not r["to"] or day <= r["to"])]


def found(row: dict[str, str], on: date) -> dict[tuple[str, str], Decimal]:
    """What the look-up finds at the row's place on a day: level and name with the rate; no namesake of that place."""
    postal_code = "-".join(filter(None, (row["zip5"], row["zip4"])))
    address = Address(country="US", state=row["state"], city=row["city"], postal_code=postal_code or None)
    stack = find_sample(find_us_place(address, BOOK), address, on, BOOK)
    if stack is None or (row["zip5"] and stack.level is AddressLevel.CITY):
        return {}
    return {(tax.level, tax.name): tax.rate for tax in stack.taxes}


@pytest.mark.parametrize("row", DATED, ids=lambda row: f"{row['location']}-{row['level']}-{row['name']}-{row['from']}")
def test_a_local_rate_begins_and_ends_on_its_days(row: dict[str, str]) -> None:
    days = [date.fromisoformat(row["from"]) + n * DAY for n in (-1, 0)] if row["from"] else []
    days += [date.fromisoformat(row["to"]) + n * DAY for n in (0, 1)] if row["to"] else []
    for on in days:
        wanted = {
            (r["level"], r["name"]): Decimal(r["rate"]) for r in rows_of(row["location"], on) if Decimal(r["rate"])
        }
        assert found(row, on) == wanted, on


@pytest.mark.parametrize("row", BOOK.table("us.holidays"), ids=lambda row: row["key"])
def test_a_holiday_begins_and_ends_on_its_days(row: dict[str, str]) -> None:
    place = find_us_place(Address(country="US", state=row["state"]), BOOK)
    product = ProductKind(row["product_kind"])
    first, last = date.fromisoformat(row["first_day"]), date.fromisoformat(row["last_day"])
    assert first <= last
    held = [find_holiday(product, place, on, BOOK) is not None for on in (first - DAY, first, last, last + DAY)]
    assert held == [False, True, True, False]


def test_two_holidays_of_a_state_never_meet() -> None:
    for row in BOOK.table("us.holidays"):
        others = [r for r in BOOK.table("us.holidays") if r["state"] == row["state"] and r["key"] != row["key"]]
        same = [r for r in others if r["product_kind"] == row["product_kind"]]
        assert all(r["last_day"] < row["first_day"] or row["last_day"] < r["first_day"] for r in same)
