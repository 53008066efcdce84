"""Carriage charged with goods: whether it is taxed, and which of the goods' treatments it takes."""

from dataclasses import replace

from tax_rules.decision import Caution, Confidence, Outcome, Reason, RowRead, Step, Treatment
from tax_rules.facts import ProductKind, Situation
from tax_rules.money import ZERO
from tax_rules.rulebook import RuleBook
from tax_rules.rulefiles import Row
from tax_rules.sales_tax.us.case import Case
from tax_rules.sales_tax.us.state import COUNTRY, find_state

EXEMPT = "E"  # EN 16931, UNCL5305


def shipping_treatment(
    situation: Situation, goods: tuple[Treatment, ...], *, separately_stated: bool, book: RuleBook
) -> Treatment | None:
    """How carriage is taxed that is charged with goods.

    Args:
        goods: the treatments of what is carried.
        separately_stated: carriage is shown apart from the price of the goods.
    Returns:
        Its treatment; None where it follows the goods, split over their treatments.
    Law:
        The states' acts and rules as the rows name them.
    """
    taxed = [treatment for treatment in goods if treatment.outcome is Outcome.CHARGE]
    state = find_state(situation.destination, book)
    if state is None or not goods or any(treatment.jurisdiction.country != COUNTRY for treatment in goods):
        return None
    case = Case(situation, ProductKind.SHIPPING, book, state, situation.destination)
    rule = case.find("us.shipping")
    if rule is None or not taxed:
        return None
    if rule.value == "exempt_if_separate":
        return _exempt(case, taxed[0], rule) if separately_stated else None
    if rule.value == "undetermined" and separately_stated:
        return _unknown(case, taxed[0])
    if rule.value in ("whole_charge_taxed", "always_taxed") and len(taxed) < len(goods):
        step = Step("us_carriage_taxed", case.facts[:1], rule.law, rule.id)
        return replace(taxed[0], rows=(*taxed[0].rows, RowRead.of(rule)), steps=(*taxed[0].steps, step))
    return None


def _exempt(case: Case, like: Treatment, rule: Row) -> Treatment:
    return replace(
        like,
        outcome=Outcome.EXEMPT,
        reason=Reason.PRODUCT_EXEMPT,
        rate=ZERO,
        parts=(),
        vat_category=EXEMPT,
        law=(rule.law,),
        rows=(RowRead.of(rule),),
        steps=(Step("us_carriage_exempt", case.facts, rule.law, rule.id),),
        warnings=(),
        confidence=Confidence(rule.confidence),
    )


def _unknown(case: Case, like: Treatment) -> Treatment:
    return replace(
        like,
        outcome=Outcome.UNDETERMINED,
        reason=Reason.UNDETERMINED,
        rate=None,
        parts=(),
        vat_category=None,
        law=(),
        rows=(),
        steps=(Step("us_taxability_unknown", case.facts),),
        warnings=(Caution("us_taxability_unknown", case.facts),),
        confidence=Confidence.LOW,
    )
