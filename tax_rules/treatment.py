"""Which tax a product bears for a seller, customer and date: the one door to all engines, without amounts.

A situation is frozen and hashable and the answer depends on nothing else, so a caller may keep answers by it for as
long as the rule book's digest stays the same.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import lru_cache

from tax_rules.decision import Caution, Confidence, Jurisdiction, Outcome, Reason, Step, Treatment, weakest
from tax_rules.facts import GOODS, ProductKind, RegistrationKind, Situation
from tax_rules.rulebook import RuleBook
from tax_rules.sales_tax.canada.decide import decide_canadian_tax, supply_address
from tax_rules.sales_tax.canada.taxes import COUNTRY as CANADA
from tax_rules.sales_tax.us.decide import decide_us_sales_tax
from tax_rules.vat.electronic import decide_electronic_supply
from tax_rules.vat.goods import decide_goods
from tax_rules.vat.rate import ANY_OTHER, PRODUCT_RATES
from tax_rules.vat.territory import TaxPlace, goods_place, tax_place

KEPT = 8192
"""How many decisions a book remembers: some 20 MB."""
US, US_TERRITORIES = "US", "US-T"
NORTH_AMERICA = frozenset({US, CANADA})
"""States whose own engine knows what is collected there, but not what goods are where they come from."""


def decide_treatments(
    situation: Situation, products: Iterable[ProductKind], book: RuleBook
) -> dict[ProductKind, Treatment]:
    """How each kind of product is taxed in one situation; kinds that no rule tells apart share one treatment."""
    decide = book.derive(_kept_decisions)
    return {
        product: decide(situation, product if _is_told_apart(situation, product) else _taxed_like(product))
        for product in products
    }


def _kept_decisions(book: RuleBook) -> Callable[[Situation, ProductKind], Treatment]:
    """The decisions of one book; the situations asked for last are remembered, and die with the book."""

    @lru_cache(maxsize=KEPT)
    def decide(situation: Situation, product: ProductKind) -> Treatment:
        return decide_treatment(situation, product, book)

    return decide


def _taxed_like(product: ProductKind) -> ProductKind:
    """The kind in whose place every rule would answer the same: a rule that looks at the product must be named here."""
    if product in PRODUCT_RATES:
        return product
    return ProductKind.GENERAL_GOODS if product in GOODS or product is ProductKind.SHIPPING else ANY_OTHER


def decide_treatment(situation: Situation, product: ProductKind, book: RuleBook) -> Treatment:
    """How one kind of product is taxed.

    ``undetermined`` with the reason ``not_supported`` where we have no engine yet. Goods on which nothing is collected
    where they arrive are what the state that they leave makes of them: an export, mostly.
    """
    found = _decide(situation, product, book)
    is_arriving = _is_moved(product) and _stock_country(situation) != situation.destination.country
    if (
        found.outcome is not Outcome.NOT_COLLECTING
        or found.jurisdiction.country not in NORTH_AMERICA
        or not is_arriving
    ):
        return found
    left = decide_goods(situation, product, book)
    return replace(
        left.with_warnings(*(warning for warning in found.warnings if warning not in left.warnings)),
        confidence=weakest(left.confidence, found.confidence),
    )


def _stock_country(situation: Situation) -> str:
    return situation.ship_from.country if situation.ship_from else situation.seller.country


def _is_moved(product: ProductKind) -> bool:
    return product in GOODS or product is ProductKind.SHIPPING


def _decide(situation: Situation, product: ProductKind, book: RuleBook) -> Treatment:
    if _is_canadian(situation, product):
        return decide_canadian_tax(situation, product, book)
    address = supply_address(situation, product)
    if address.country == US and _has_sales_tax(situation):
        return decide_us_sales_tax(situation, product, book)
    is_moved = _is_moved(product)
    place = (goods_place if is_moved else tax_place)(address, situation.on, book)
    if place.territory is None and place.state not in book.countries:
        return _not_supported(place, "country_unknown", place.given, book)
    if place.territory == US_TERRITORIES and _is_registered(situation):
        return _not_supported(place, "sales_tax_not_supported", place.state or US, book)
    treatment = (decide_goods if is_moved else decide_electronic_supply)(situation, product, book)
    if place.state == US or place.territory == US_TERRITORIES:
        warning = Caution("sales_tax_not_examined", (("country", place.code),))
        confidence = weakest(treatment.confidence, Confidence.MEDIUM)
        treatment = replace(treatment.with_warnings(warning), confidence=confidence)
    return treatment


def _is_told_apart(situation: Situation, product: ProductKind) -> bool:
    """Whether the supply is made in a country where each kind of product may be taxed in its own way."""
    return supply_address(situation, product).country in (CANADA, US)


def _is_canadian(situation: Situation, product: ProductKind) -> bool:
    """Whether the supply is made in Canada, where each kind of product may be taxed in its own way."""
    return supply_address(situation, product).country == CANADA


def _has_sales_tax(situation: Situation) -> bool:
    """Whether sales tax is looked at: of a seller in the United States, and of one that is registered there."""
    return situation.seller.country == US or _is_registered(situation)


def _is_registered(situation: Situation) -> bool:
    return any(
        registration.kind is RegistrationKind.SALES_TAX and registration.is_in_force(situation.on)
        for registration in situation.seller.registrations
    )


def _not_supported(place: TaxPlace, code: str, country: str, book: RuleBook) -> Treatment:
    """An honest answer in place of a wrong zero: no rate, no amount, and what is missing."""
    facts = (("country", country),)
    state = place.state or place.given
    name = place.territory_name or book.countries.get(state, {}).get("name", state)
    return Treatment(
        outcome=Outcome.UNDETERMINED,
        reason=Reason.NOT_SUPPORTED,
        rule="none",
        jurisdiction=Jurisdiction(country=state, name=name, code=place.territory),
        steps=(Step(code, facts),),
        warnings=(Caution(code, facts),),
        confidence=Confidence.LOW,
    )
