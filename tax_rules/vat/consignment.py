"""Whether goods on their way to one place stay within a value that the law draws."""

from decimal import Decimal

from tax_rules.facts import Consignment
from tax_rules.money import net_of_gross, percent_of
from tax_rules.rulefiles import Row

PER_ITEM, PER_TAX = "item", "tax"


def is_within(consignment: Consignment | None, limit: Row, rate: Decimal) -> bool | None:
    """Whether the value does not exceed a limit, told in the currency of its row.

    The row says what is measured: the consignment, ``item`` the dearest article in it, ``tax`` the tax on it.

    Args:
        rate: percent; the tax, also that contained in prices with tax: limits look at prices without.
    Returns:
        None where that cannot be judged: no value, or no rate to the currency. Nothing is rounded.
    """
    if consignment is None or not isinstance(limit.value, Decimal):
        return None
    if limit.attribute("per") == PER_ITEM:
        net = max(consignment.dearest_item, net_of_gross(consignment.dearest_inclusive_item, rate))
    else:
        net = consignment.value + net_of_gross(consignment.inclusive_value, rate)
    measured = percent_of(net, rate) if limit.attribute("per") == PER_TAX else net
    amount = _in_currency(consignment, measured, limit.attribute("currency") or "")
    return None if amount is None else amount <= limit.value


def _in_currency(consignment: Consignment, amount: Decimal, currency: str) -> Decimal | None:
    """An amount of the consignment in another currency, unrounded; None where no rate leads there."""
    if consignment.currency == currency:
        return amount
    rate = next((rate.rate for rate in consignment.rates if rate.currency == currency), None)
    return None if rate is None else amount * rate
