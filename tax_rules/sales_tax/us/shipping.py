"""Whether carriage is taxed with the goods it brings: each state has a rule of its own."""

from collections.abc import Sequence
from dataclasses import replace

from tax_rules.decision import Caution, Confidence, Outcome, Reason, RowRead, Step, Treatment, unique, weakest
from tax_rules.facts import ProductKind, Situation
from tax_rules.money import ZERO
from tax_rules.rulebook import RuleBook
from tax_rules.sales_tax.us.decide import EXEMPT, decide_us_sales_tax
from tax_rules.sales_tax.us.place import find_us_place


def shipping_treatment(
    situation: Situation, goods: Sequence[Treatment], *, separately_stated: bool, book: RuleBook
) -> Treatment | None:
    """How carriage is taxed where the state does not let it simply follow the goods; None where it does.

    Args:
        goods: the treatments of the lines that are carried.
    """
    charged = [treatment for treatment in goods if treatment.outcome is Outcome.CHARGE]
    place = find_us_place(situation.destination, book)
    row = book.find("us.shipping", place.jurisdiction, situation.on)
    if row is None or not charged:
        is_always_taxed = row is not None and row.value == "taxable" and all(_is_product_exempt(t) for t in goods)
        return decide_us_sales_tax(situation, ProductKind.SHIPPING, book) if is_always_taxed else None
    step = Step(f"us_shipping_{row.value}", (("state", place.name),), row.law, row.id)
    read = RowRead.of(row)
    if row.value == "undetermined":
        return replace(
            charged[0], outcome=Outcome.UNDETERMINED, reason=Reason.UNDETERMINED, rule="none", rate=None, parts=(),
            rows=(read,), steps=(step,), warnings=(Caution("us_shipping_undetermined", step.facts),),
            confidence=Confidence.LOW,
        )  # fmt: skip
    if row.value == "exempt_if_stated" and separately_stated:
        return replace(
            charged[0], outcome=Outcome.EXEMPT, reason=Reason.PRODUCT_EXEMPT, rate=ZERO, parts=(),
            vat_category=EXEMPT, law=(row.law,), rows=(read,), steps=(step,), warnings=(),
            confidence=weakest(row.confidence),
        )  # fmt: skip
    if row.value in ("taxable_if_any", "taxable"):
        taxed = decide_us_sales_tax(situation, ProductKind.SHIPPING, book)
        if taxed.outcome is Outcome.CHARGE:
            return replace(
                taxed, law=unique((*taxed.law, row.law)), rows=(*taxed.rows, read), steps=(*taxed.steps, step)
            )
    return None


def _is_product_exempt(treatment: Treatment) -> bool:
    return treatment.outcome is Outcome.EXEMPT and treatment.reason is Reason.PRODUCT_EXEMPT
