"""From boundary records to the local taxes of an address: which record wins, and what it levies on a date."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tax_rules.facts import Address, AddressLevel, LocalStack, LocalTax
from tax_rules.money import HUNDRED, ZERO
from tax_rules.sales_tax.us.sst import COUNTY, PLACE, STATE, BoundaryRow, FileName, RateRow, TaxedBy

NOT_DISTRICTS = frozenset({STATE, COUNTY, PLACE})


@dataclass(frozen=True, slots=True, kw_only=True)
class RatesInForce:
    """The rates of one file on a date. ``is_intrastate``: the sale begins and ends in the state."""

    file: FileName
    on: date
    rows: tuple[RateRow, ...]
    is_intrastate: bool = False

    @property
    def state(self) -> RateRow | None:
        """The state's own rate; None where the file does not speak about the date."""
        return self.find(STATE, None)

    def find(self, kind: str, code: str | None) -> RateRow | None:
        """The row in force of a jurisdiction: where two overlap on a day of change, the one that begins later.

        A district may stand in the rate file with another type than in the boundary file.
        """
        same = [row for row in self.rows if row.type == kind and code in (None, row.code)]
        if not same and kind not in NOT_DISTRICTS:
            same = [row for row in self.rows if row.type not in NOT_DISTRICTS and row.code == code]
        in_force = (row for row in same if row.begins <= self.on and (row.ends is None or self.on <= row.ends))
        return max(in_force, key=lambda row: row.begins, default=None)

    def general(self, row: RateRow) -> Decimal:
        """The general rate of a row in percent."""
        return (row.intrastate if self.is_intrastate else row.interstate) * HUNDRED

    def food_drug(self, row: RateRow) -> Decimal:
        """The rate of food and drugs of a row in percent."""
        return (row.food_drug_intrastate if self.is_intrastate else row.food_drug_interstate) * HUNDRED


def lowest_stack(
    address: Address, level: AddressLevel, places: Iterable[TaxedBy], rates: RatesInForce
) -> LocalStack | None:
    """The local taxes of an address for which a table has these places.

    Returns:
        The stack with the lowest combined rate, ``is_ambiguous`` where there are several; None where the files say
        nothing about the place or the date.
    Law:
        SSUTA 305(F) to (H): the lowest combined rate where a ZIP code has several.
    """
    if rates.state is None:
        return None
    stacks = dict.fromkeys(_levied(place, rates) for place in places)
    if not stacks:
        return None
    lowest = min(stacks, key=lambda stack: _combined(stack, rates))
    return LocalStack(
        address=address,
        level=level,
        taxes=tuple(_local_tax(kind, row, rates) for kind, row in lowest[1]),
        is_ambiguous=len(stacks) > 1,
        has_state_tax=lowest[0],
    )


def is_house(row: BoundaryRow, number: str) -> bool:
    """Whether a house number lies on the stretch of a street; the street itself was compared before."""
    if not (number.isdigit() and row.low.isdigit() and row.high.isdigit()):
        return number in (row.low, row.high)
    parity = "E" if int(number) % 2 == 0 else "O"
    return int(row.low) <= int(number) <= int(row.high) and row.parity in ("B", parity)


def latest(rows: Iterable[BoundaryRow]) -> tuple[TaxedBy, ...]:
    """Where the records lead that begin last: on a day of change the old ones may still be in force."""
    rows = tuple(rows)
    begins = max((row.begins for row in rows), default=None)
    return tuple(row.taxed_by for row in rows if row.begins == begins)


_Levied = tuple[bool, tuple[tuple[str, RateRow], ...]]


def _levied(place: TaxedBy, rates: RatesInForce) -> _Levied:
    """Whether the state taxes there, and the local rows in force; a code without one levies nothing on the date."""
    wanted = [("county", COUNTY, place.county), ("city", PLACE, place.place)]
    wanted += [("district", kind, code) for kind, code in place.districts]
    found = ((level, rates.find(kind, code)) for level, kind, code in wanted if code)
    return place.has_state, tuple((level, row) for level, row in found if row is not None and _is_levied(row))


def _is_levied(row: RateRow) -> bool:
    return any((row.intrastate, row.interstate, row.food_drug_intrastate, row.food_drug_interstate))


def _combined(stack: _Levied, rates: RatesInForce) -> Decimal:
    has_state, local = stack
    state = rates.general(rates.state) if has_state and rates.state else ZERO
    return sum((rates.general(row) for _, row in local), state)


def _local_tax(level: str, row: RateRow, rates: RatesInForce) -> LocalTax:
    file = rates.file
    return LocalTax(
        level=level,
        name=f"{file.state} {level} {row.code}",
        rate=rates.general(row),
        code=row.code,
        food_drug_rate=rates.food_drug(row),
        row=f"sst.{file.quarter}/US-{file.state}/{row.type}-{row.code}/{row.begins.isoformat()}",
        valid_from=row.begins,
        source=f"Streamlined Sales Tax rate file {file.name}, line {row.line}",
        confidence="high" if rates.on <= last_day(file.quarter) else "medium",
    )


def last_day(quarter: str) -> date:
    """The last day of a quarter such as 2026Q4: up to it the file was made."""
    year, number = int(quarter[:4]), int(quarter[5])
    return date(year, 12, 31) if number == 4 else date.fromordinal(date(year, number * 3 + 1, 1).toordinal() - 1)
