"""Whether a state taxes a kind of product, for this kind of customer, on a date."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tax_rules.facts import GOODS, ProductKind
from tax_rules.money import HUNDRED
from tax_rules.rulebook import RuleBook
from tax_rules.rulefiles import Row

LIKE = {ProductKind.AUDIOBOOK: ProductKind.DIGITAL_MEDIA, ProductKind.SHIPPING: ProductKind.GENERAL_GOODS}
"""Kinds that are taxed by the rows of another kind."""


@dataclass(frozen=True, slots=True)
class Taxability:
    """What a state's row says: taxable, exempt, partial (``percent`` of the price), reduced (``percent`` is the whole
    rate) or undetermined; ``row`` is None where there is none."""

    treatment: str
    row: Row | None = None
    percent: Decimal = HUNDRED


def find_taxability(
    product: ProductKind, jurisdiction: str, *, is_business: bool, on: date, book: RuleBook
) -> Taxability:
    """The row for this kind of customer, else the one for all; without any it is not known."""
    kind = LIKE.get(product, product).value
    own = f"us.taxability_business.{kind}" if is_business else f"us.taxability_consumer.{kind}"
    for parameter in (own, f"us.taxability.{kind}"):
        row = book.find(parameter, jurisdiction, on)
        if row is not None:
            return Taxability(str(row.value), row, Decimal(row.attribute("percent") or HUNDRED))
    return Taxability("undetermined")


def is_tangible(product: ProductKind) -> bool:
    """Whether the product is tangible personal property, whose single articles some states look at."""
    return product in GOODS
