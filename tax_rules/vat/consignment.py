"""Whether goods on their way to one place stay within a value that the law draws."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tax_rules.facts import Consignment
from tax_rules.money import net_of_gross, percent_of
from tax_rules.rulebook import RuleBook
from tax_rules.rulefiles import Row

PER_ITEM, PER_TAX = "item", "tax"
FLOOR, CEILING = "vat.exchange_rate_floor", "vat.exchange_rate_ceiling"


@dataclass(frozen=True, slots=True)
class Measured:
    """Whether a value does not exceed a limit, None where that cannot be judged, and the rows that say so."""

    is_within: bool | None
    rows: tuple[Row, ...]


def measure(consignment: Consignment | None, limit: Row, rate: Decimal, on: date, book: RuleBook) -> Measured:
    """Compare a consignment with a limit, told in the currency of its row. Nothing is rounded.

    The row says what is measured: the consignment, ``item`` the dearest article in it, ``tax`` the tax on it. Where no
    exchange rate was stated, a value is judged only if it is on one side of the limit at every rate there has been.

    Args:
        rate: percent; the tax, also that contained in prices with tax: limits look at prices without.
    """
    currency = limit.attribute("currency")
    if consignment is None or currency is None or not isinstance(limit.value, Decimal):
        return Measured(None, (limit,))
    if limit.attribute("per") == PER_ITEM:
        net = max(consignment.dearest_item, net_of_gross(consignment.dearest_inclusive_item, rate))
    else:
        net = consignment.value + net_of_gross(consignment.inclusive_value, rate)
    value = percent_of(net, rate) if limit.attribute("per") == PER_TAX else net
    if consignment.currency == currency:
        return Measured(value <= limit.value, (limit,))
    for stated in consignment.rates:
        if stated.currency == currency:
            return Measured(value * stated.rate <= limit.value, (limit,))
    pair = f"{consignment.currency}-{currency}"
    floor, ceiling = book.find(FLOOR, pair, on), book.find(CEILING, pair, on)
    if ceiling and isinstance(ceiling.value, Decimal) and value * ceiling.value <= limit.value:
        return Measured(True, (limit, ceiling))
    if floor and isinstance(floor.value, Decimal) and value * floor.value > limit.value:
        return Measured(False, (limit, floor))
    return Measured(None, (limit,))
