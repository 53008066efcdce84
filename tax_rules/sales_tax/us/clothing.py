"""Clothing: tax on the part of an article's price above a threshold, and days on which it is free of tax."""

from dataclasses import replace
from decimal import Decimal

from tax_rules.decision import Reason, RowRead, Step
from tax_rules.facts import ProductKind
from tax_rules.rulefiles import Row
from tax_rules.sales_tax.us.case import Case
from tax_rules.sales_tax.us.stack import Stack

CURRENCY = "USD"


def clothing_band(case: Case, stack: Stack) -> Stack:
    """The stack with every base above the threshold of the state, where it has one for clothing."""
    row = case.find("us.clothing_exempt_up_to") if case.product is ProductKind.CLOTHING else None
    if row is None or not isinstance(row.value, Decimal):
        return stack
    facts = (*case.facts[:1], ("above", str(row.value)))
    return replace(
        stack,
        parts=tuple(replace(part, above=row.value, reason=Reason.CAPPED) for part in stack.parts),
        rows=(*stack.rows, RowRead.of(row)),
        steps=(*stack.steps, Step("us_clothing_threshold", facts, row.law, row.id)),
    )


def clothing_holiday(case: Case) -> Row | None:
    """The row of a tax-free day for clothing, if even the dearest article of the consignment is cheap enough.

    Prices are compared in US dollars without tax; of several articles one that is dearer makes the answer no.
    """
    consignment = case.situation.consignment
    row = case.find("us.clothing_holiday") if case.product is ProductKind.CLOTHING else None
    if row is None or consignment is None or consignment.currency != CURRENCY or not isinstance(row.value, Decimal):
        return None
    dearest = max(consignment.dearest_item, consignment.dearest_inclusive_item)
    is_free = dearest <= row.value if row.attribute("limit") == "up_to" else dearest < row.value
    return row if is_free else None
