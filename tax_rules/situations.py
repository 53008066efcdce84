"""What decides each line of a sale: all goods that go to one place together are one consignment."""

from dataclasses import replace
from decimal import Decimal

from tax_rules.facts import GOODS, Address, Consignment, ProductKind, Sale, SaleLine, Situation, TaxBehavior
from tax_rules.money import EXACT, ZERO
from tax_rules.taxed_lines import items_of


def situations_of(sale: Sale, charged: list[Decimal]) -> list[Situation]:
    """What decides each line: all goods that go to one place together are one consignment."""
    consignments: dict[Address, Consignment] = {}
    for line, amount in zip(sale.lines, charged, strict=True):
        if line.product_kind in GOODS:
            place = _destination(sale, line)
            known = consignments.get(place, Consignment(value=ZERO, currency=sale.currency, rates=sale.exchange_rates))
            consignments[place] = _with_line(known, line, amount)
    has_own_exemptions = sale.exemption is not None and sale.exemption.lines
    if not consignments and not has_own_exemptions and not any(line.ship_to for line in sale.lines):
        return [sale.situation()] * len(sale.lines)
    situations = []
    for line in sale.lines:
        is_moved = line.product_kind in GOODS or line.product_kind is ProductKind.SHIPPING
        consignment = consignments.get(_destination(sale, line)) if is_moved else None
        situations.append(sale.situation(line, consignment=consignment))
    return situations


def _destination(sale: Sale, line: SaleLine) -> Address:
    return line.ship_to or sale.ship_to or sale.customer.address


def _with_line(consignment: Consignment, line: SaleLine, amount: Decimal) -> Consignment:
    """The consignment with one line more."""
    items = items_of(line)
    item = EXACT.divide(amount, items) if items else amount
    if line.tax_behavior is TaxBehavior.INCLUSIVE:
        value, dearest = consignment.inclusive_value + amount, max(consignment.dearest_inclusive_item, item)
        return replace(consignment, inclusive_value=value, dearest_inclusive_item=dearest)
    value, dearest = consignment.value + amount, max(consignment.dearest_item, item)
    return replace(consignment, value=value, dearest_item=dearest)
