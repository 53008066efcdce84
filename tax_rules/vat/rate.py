"""The rate of a product in a place on a date: the product's own row first, then the standard row."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tax_rules.decision import Confidence, Reason
from tax_rules.errors import NoRuleInForce
from tax_rules.facts import ProductKind
from tax_rules.rulebook import RuleBook
from tax_rules.rulefiles import Row
from tax_rules.vat.territory import TaxPlace

STANDARD = "vat.standard_rate"
DIGITAL = "vat.digital_rate"
PRODUCT_RATES = {ProductKind.EBOOK: "vat.ebook_rate", ProductKind.AUDIOBOOK: "vat.audiobook_rate"}
"""Product kinds that may have a rate of their own; all other electronic services bear the standard rate."""
ANY_OTHER = ProductKind.SERVICES
"""The kind that stands for all of those others."""


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


def find_rate(product: ProductKind, place: TaxPlace, on: date, book: RuleBook) -> RateFound:
    """The rate of an electronic service in a place on a civil date, in percent.

    Raises:
        NoRuleInForce: the place has no rate on the date; never a zero.
    Law:
        Directive 2006/112/EC Art. 93, 96 to 98; the row names the national law.
    """
    for parameter, jurisdiction in _looked_up(product, place):
        row = book.find(parameter, jurisdiction, on)
        if row is not None and isinstance(row.value, Decimal):
            assumed = product is ProductKind.AUDIOBOOK and parameter == STANDARD
            return RateFound(row.value, row, assumed)
    raise NoRuleInForce(STANDARD, place.rates, on)


def _looked_up(product: ProductKind, place: TaxPlace) -> Iterator[tuple[str, str]]:
    """Parameter and jurisdiction in the order they are tried; a region without its own row follows its state."""
    places = [place.rates] + ([place.state] if place.state and place.state != place.rates else [])
    if product in PRODUCT_RATES:
        yield from ((PRODUCT_RATES[product], jurisdiction) for jurisdiction in places)
    for jurisdiction in places:
        yield DIGITAL, jurisdiction
        yield STANDARD, jurisdiction
