"""The rate of a product in a place on a date: the product's own row first, then the standard row."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tax_rules.decision import Confidence, Reason
from tax_rules.errors import NoRuleInForce
from tax_rules.facts import GOODS, ProductKind
from tax_rules.rulebook import RuleBook
from tax_rules.rulefiles import Row
from tax_rules.vat.territory import TaxPlace

STANDARD = "vat.standard_rate"
DIGITAL = "vat.digital_rate"
PRODUCT_RATES = {
    ProductKind.EBOOK: "vat.ebook_rate",
    ProductKind.AUDIOBOOK: "vat.audiobook_rate",
    ProductKind.BOOK: "vat.book_rate",
}
"""Product kinds that may have a rate of their own; all others bear the standard rate, software on a disk too."""
ASSUMED_STANDARD = frozenset({ProductKind.AUDIOBOOK, ProductKind.BOOK})
"""Kinds that many states reduce: where no row speaks of them, the standard rate is no more than an assumption."""
ANY_OTHER = ProductKind.SERVICES
"""The kind that stands for all other electronic services."""


@dataclass(frozen=True, slots=True)
class RateFound:
    """A rate in percent with the row it was read from.

    ``is_assumed``: the product could have a rate of its own, but no row says so, and the standard rate was taken.
    """

    rate: Decimal
    row: Row
    is_assumed: bool = False

    @property
    def reason(self) -> Reason:
        if self.rate == 0:
            return Reason.ZERO_RATED
        kind = self.row.attribute("rate_type") or "standard"
        return Reason.STANDARD_RATED if kind == "standard" else Reason.REDUCED_RATED

    @property
    def confidence(self) -> Confidence:
        level = Confidence(self.row.confidence)
        return Confidence.MEDIUM if self.is_assumed and level is Confidence.HIGH else level


def find_rate(
    product: ProductKind, place: TaxPlace, on: date, book: RuleBook, *, is_arriving: bool = False
) -> RateFound:
    """The rate of a product in a place on a civil date, in percent; ``is_arriving`` for goods from elsewhere.

    Raises:
        NoRuleInForce: the place has no rate on the date; never a zero.
    Law:
        Directive 2006/112/EC Art. 93, 96 to 98; the row names the national law.
    """
    rates = (place.arriving_rates if is_arriving else None) or place.rates
    for parameter, jurisdiction in _looked_up(product, rates, place.state):
        row = book.find(parameter, jurisdiction, on)
        if row is not None and isinstance(row.value, Decimal):
            return RateFound(row.value, row, product in ASSUMED_STANDARD and parameter == STANDARD)
    raise NoRuleInForce(STANDARD, rates, on)


def _looked_up(product: ProductKind, rates: str, state: str | None) -> Iterator[tuple[str, str]]:
    """Parameter and jurisdiction in the order they are tried; a region without its own row follows its state."""
    places = (rates, state) if state and state != rates else (rates,)
    if product in PRODUCT_RATES:
        yield from ((PRODUCT_RATES[product], jurisdiction) for jurisdiction in places)
    for jurisdiction in places:
        if product not in GOODS:
            yield DIGITAL, jurisdiction
        yield STANDARD, jurisdiction
