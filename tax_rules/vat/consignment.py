"""Whether goods on their way to one place stay within a value that the law draws."""

from decimal import Decimal

from tax_rules.facts import Consignment
from tax_rules.rulefiles import Row

PER_ITEM = "item"


def is_within(consignment: Consignment | None, limit: Row) -> bool | None:
    """Whether the value does not exceed a limit, which is told in the currency of its row.

    Returns:
        None where that cannot be judged: no value, no rate to the currency, or no price of the single articles where
        the law looks at those. Rates are applied exactly, without rounding.
    """
    if consignment is None or not isinstance(limit.value, Decimal):
        return None
    total = in_currency(consignment, consignment.value, limit.attribute("currency") or "")
    if total is not None and total <= limit.value:
        return True
    if limit.attribute("per") != PER_ITEM:
        return None if total is None else False
    if consignment.dearest_item is None:
        return None
    dearest = in_currency(consignment, consignment.dearest_item, limit.attribute("currency") or "")
    return None if dearest is None else dearest <= limit.value


def in_currency(consignment: Consignment, amount: Decimal, currency: str) -> Decimal | None:
    """An amount of the consignment in another currency, unrounded; None where no rate leads there."""
    if consignment.currency == currency:
        return amount
    rate = next((rate.rate for rate in consignment.rates if rate.currency == currency), None)
    return None if rate is None else amount * rate
