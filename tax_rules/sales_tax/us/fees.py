"""Flat fees of states on the delivery of goods: due beside the tax, and no tax themselves."""

from dataclasses import dataclass
from decimal import Decimal

from tax_rules.facts import Situation
from tax_rules.rulebook import RuleBook
from tax_rules.sales_tax.us.case import collects_in
from tax_rules.sales_tax.us.state import COUNTRY, find_state

RETAIL_DELIVERY = "retail_delivery_fee"


@dataclass(frozen=True, slots=True)
class Fee:
    """A fee of an order: what it is, how much in US dollars, by which law and row."""

    kind: str
    amount: Decimal
    law: str
    row: str
    confidence: str


def delivery_fees(situation: Situation, taxable_goods_total: Decimal, book: RuleBook) -> tuple[Fee, ...]:
    """The delivery fees of one order of goods.

    Args:
        taxable_goods_total: what the taxed tangible goods cost, net, in US dollars; one fee is due for all of them.
    Law:
        C.R.S. § 43-4-218 (Colorado); Minn. Stat. § 168E.03 (Minnesota).
    """
    state = find_state(situation.destination, book)
    if state is None or taxable_goods_total <= 0 or situation.is_collected_by_marketplace:
        return ()
    fee = book.find("us.delivery_fee", f"{COUNTRY}-{state}", situation.on)
    if fee is None or not isinstance(fee.value, Decimal) or not collects_in(situation, state):
        return ()
    least = book.find("us.delivery_fee_from", f"{COUNTRY}-{state}", situation.on)
    if least is not None and isinstance(least.value, Decimal) and taxable_goods_total < least.value:
        return ()
    return (Fee(RETAIL_DELIVERY, fee.value, fee.law, fee.id, fee.confidence),)
