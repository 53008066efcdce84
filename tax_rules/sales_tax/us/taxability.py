"""Whether a state taxes a kind of product for a kind of customer, and how much of its price."""

from tax_rules.facts import ProductKind
from tax_rules.rulebook import RuleBook
from tax_rules.rulefiles import Row
from tax_rules.sales_tax.us.case import Case

LIKE = {
    ProductKind.AUDIOBOOK: ProductKind.DIGITAL_MEDIA,
    ProductKind.BOOK: ProductKind.GENERAL_GOODS,
    ProductKind.CLOTHING: ProductKind.GENERAL_GOODS,
    ProductKind.SHIPPING: ProductKind.GENERAL_GOODS,
}
"""Kinds that a state taxes like another kind where it has no row of their own."""


def find_taxability(case: Case) -> Row | None:
    """The row for the product and the customer, else for the product and everybody; None where there is none.

    The value is taxable, exempt, partial (``taxable_percent`` of the price), reduced (``rate_percent`` in place of all
    rates) or undetermined.
    """
    customer = "business" if case.buys_as_business else "consumer"
    names = case.book.derive(_names)
    for name in names[case.product]:
        for parameter in (f"us.taxability.{name}.{customer}", f"us.taxability.{name}"):
            if (row := case.find(parameter)) is not None:
                return row
    return None


def _names(_: RuleBook) -> dict[ProductKind, tuple[str, ...]]:
    return {kind: tuple(dict.fromkeys((kind.value, LIKE.get(kind, kind).value))) for kind in ProductKind}
