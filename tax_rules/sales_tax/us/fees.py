"""Flat fees of a state on an order with taxable goods that are delivered: no tax, and a line of their own."""

from dataclasses import dataclass
from decimal import Decimal

from tax_rules.facts import RegistrationKind, Situation
from tax_rules.money import ZERO
from tax_rules.rulebook import RuleBook
from tax_rules.rulefiles import Row
from tax_rules.sales_tax.us.place import find_us_place


@dataclass(frozen=True, slots=True)
class Fee:
    """A fee in US dollars, once for an order."""

    kind: str
    amount: Decimal
    law: str
    row: str
    confidence: str


def delivery_fees(situation: Situation, taxable_goods: Decimal, book: RuleBook) -> tuple[Fee, ...]:
    """The retail delivery fee of the destination where one is in force and the seller collects there.

    Args:
        taxable_goods: net of the order's taxable tangible goods, in US dollars.
    """
    place = find_us_place(situation.destination, book)
    row = book.find("us.retail_delivery_fee", place.jurisdiction, situation.on)
    if row is None or taxable_goods <= ZERO or taxable_goods < _threshold(row):
        return ()
    is_registered = any(
        r.kind is RegistrationKind.SALES_TAX and r.state == place.state and r.is_in_force(situation.on)
        for r in situation.seller.registrations
    )
    if not is_registered or not isinstance(row.value, Decimal):
        return ()
    return (Fee("retail_delivery_fee", row.value, row.law, row.id, row.confidence),)


def _threshold(row: Row) -> Decimal:
    return Decimal(row.attribute("threshold") or ZERO)
