"""Tax that was charged on wrong facts: another address, another kind of product, a wrong rate, an exemption (A7).

The sale is put to the same rules again, at its original date, with the corrected facts and the price without tax that
still stands. What is too much goes back; what is too little is said and charged to nobody.
"""

from dataclasses import dataclass
from decimal import Decimal

from tax_rules.adjust.charged import ChargedLine
from tax_rules.adjust.decision import (
    CREDIT_NOTE,
    NEW_INVOICE,
    AdjustmentDecision,
    Credits,
    RefundLine,
    RefundOutcome,
    whole_parts,
)
from tax_rules.adjust.price import refund_parts
from tax_rules.calculate import Calculation, calculate
from tax_rules.decision import Caution, Confidence, Step, unique
from tax_rules.errors import BadFacts
from tax_rules.facts import Sale
from tax_rules.money import ZERO, Currency
from tax_rules.rulebook import RuleBook
from tax_rules.taxed_lines import TaxedLine

_VAT_LAW = ("Directive 2006/112/EC Art. 90, 203, 219",)
_REASON_LAW = {
    "wrong_address": ("Implementing Regulation 282/2011 Art. 24b, 24f",),
}
_GERMAN_LAW = "UStG § 14c(1), 17(1)"
ADDRESS_NOT_EVIDENCED = Caution("address_not_evidenced")
BY_HAND = "by_hand"
"""The rule of what a person decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """Lines as charged, and the sale as it really was.

    ``sale`` has the same lines in the same order, each at the net price that still stands and without tax in it.
    ``reason`` is the code of what was wrong. ``is_sales_tax``: the tax that was charged is one of a US state or of
    Canada, where the tax alone is credited and the invoice stands; elsewhere a new invoice takes its place.
    """

    reason: str
    lines: tuple[ChargedLine, ...]
    sale: Sale
    is_sales_tax: bool
    is_eu: bool = False


def decide_correction(facts: Correction, book: RuleBook) -> AdjustmentDecision:
    """Decide what goes back when the tax of a sale is put right.

    Returns:
        Amounts in the sale's currency. A line on which more tax would be due stays as it is; ``more_due`` is the sum of
        that, and a warning says so.
    Raises:
        BadFacts: the lines and the sale's lines differ.
    Law:
        Directive 2006/112/EC Art. 90, 203, 219; UStG § 14c(1), 17(1); for sales tax the law of the state.
    """
    if [x.reference for x in facts.lines] != [x.reference for x in facts.sale.lines] or not facts.lines:
        raise BadFacts("the corrected sale must have the lines that were charged")
    if all(line.tax_left == 0 for line in facts.lines):
        left_once = any(line.tax for line in facts.lines)
        return _unchanged(facts, None, "nothing_left" if left_once else "no_tax_charged")
    answer = calculate(facts.sale, book)
    if answer.tax is None:
        return _unchanged(facts, answer, "undetermined")
    pairs = [
        (line, taxed, taxed.amounts.tax) for line, taxed in zip(facts.lines, answer.lines, strict=True) if taxed.amounts
    ]
    more_due = sum((tax - line.tax_left for line, _, tax in pairs if tax > line.tax_left), ZERO)
    if not any(tax < line.tax_left for line, _, tax in pairs):
        return _unchanged(facts, answer, "more_tax_due" if more_due else "tax_is_right", more_due)
    lines = tuple(_line(line, taxed, min(tax, line.tax_left), answer.currency) for line, taxed, tax in pairs)
    return _refund(facts, answer, lines, more_due)


def _line(line: ChargedLine, taxed: TaxedLine, tax_after: Decimal, currency: Currency) -> RefundLine:
    return RefundLine(
        reference=line.reference,
        net=line.net_left,
        tax_before=line.tax_left,
        tax_after=tax_after,
        rate_before=line.rate,
        parts=refund_parts(line, tax_after, None, currency),
        treatment=taxed.treatment,
    )


def _refund(
    facts: Correction, answer: Calculation, lines: tuple[RefundLine, ...], more_due: Decimal
) -> AdjustmentDecision:
    first = answer.lines[0].treatment
    law = _law(facts, answer)
    needs_invoice = not facts.is_sales_tax and any(line.net for line in lines)
    return AdjustmentDecision(
        outcome=RefundOutcome.REFUND,
        reason=facts.reason,
        rule="A7",
        lines=lines,
        law=law,
        documents=(CREDIT_NOTE, NEW_INVOICE) if needs_invoice else (CREDIT_NOTE,),
        credits=Credits.TAX if facts.is_sales_tax else Credits.INVOICE,
        vat_category=first.vat_category,
        vatex=first.vatex,
        notices=answer.notices,
        warnings=(*answer.warnings, *_more_due_warning(more_due, answer.currency)),
        steps=(*first.steps, Step(f"refund_{facts.reason}", (), law[0] if law else None)),
        rows=tuple({row.id: row for line in answer.lines for row in line.treatment.rows}.values()),
        confidence=answer.confidence,
        treatment=first,
        more_due=more_due,
    )


def _unchanged(
    facts: Correction, answer: Calculation | None, reason: str, more_due: Decimal = ZERO
) -> AdjustmentDecision:
    """Nothing goes back; the tax that the corrected facts would add is named and charged to nobody."""
    law = _law(facts, answer) if answer else ()
    outcome = RefundOutcome.REFUSED if reason in ("nothing_left", "no_tax_charged") else RefundOutcome.NO_REFUND
    told = (("amount", answer.currency.format(more_due)),) if answer and more_due else ()
    return AdjustmentDecision(
        outcome=outcome,
        reason=reason,
        rule="A7" if answer else "A8",
        lines=tuple(RefundLine(x.reference, x.net_left, x.tax_left, x.tax_left, x.rate) for x in facts.lines),
        law=law,
        steps=(Step(f"refund_{reason}", told, law[0] if law else None),),
        warnings=answer.warnings if answer else (),
        more_due=more_due,
    )


def _more_due_warning(more_due: Decimal, currency: Currency) -> tuple[Caution, ...]:
    return (Caution("more_tax_due", (("amount", currency.format(more_due)),)),) if more_due else ()


def _law(facts: Correction, answer: Calculation) -> tuple[str, ...]:
    general = () if facts.is_sales_tax else (*_REASON_LAW.get(facts.reason, ()), *_VAT_LAW) if facts.is_eu else ()
    german = (_GERMAN_LAW,) if facts.sale.seller.country == "DE" and not facts.is_sales_tax else ()
    return unique((*general, *german, *(law for line in answer.lines for law in line.treatment.law)))


def decide_by_hand(lines: tuple[ChargedLine, ...]) -> AdjustmentDecision:
    """Give back all tax that still stands because a person decided so; no rule is asked, and the price stays."""
    is_left = any(line.tax_left for line in lines)
    reason = "other" if is_left else "nothing_left"
    return AdjustmentDecision(
        outcome=RefundOutcome.REFUND if is_left else RefundOutcome.REFUSED,
        reason=reason,
        rule=BY_HAND,
        lines=tuple(RefundLine(x.reference, x.net_left, x.tax_left, ZERO, x.rate, parts=whole_parts(x)) for x in lines),
        law=(),
        documents=(CREDIT_NOTE,) if is_left else (),
        credits=Credits.TAX,
        steps=(Step(f"refund_{reason}"),),
        confidence=Confidence.LOW,
    )
