"""What a VAT ID that comes after the sale changes: rules A1 to A4 and A8 to A10.

The question is put to the same rules as the sale was, with the new number as the only new fact; the answer is compared
with what was charged. Nothing here is ever refunded on an unknown number.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from tax_rules.decision import Caution, Confidence, Notice, Outcome, RowRead, Step, Treatment, unique, weakest
from tax_rules.errors import BadFacts
from tax_rules.facts import (
    Address,
    Customer,
    CustomerKind,
    ProductKind,
    RegistrationKind,
    SellerFacts,
    Situation,
    TaxId,
)
from tax_rules.money import ZERO
from tax_rules.rulebook import RuleBook
from tax_rules.treatment import decide_treatments
from tax_rules.vat.evidence import SWISS_STATES, BusinessProof, Proof, prove_business
from tax_rules.vat.territory import TaxPlace, tax_place

CREDIT_NOTE, NEW_INVOICE, CORRECTED_INVOICE = "credit_note", "invoice", "corrected_invoice"

REVIEW = ("tax_id_of_another_country", "northern_ireland_number_for_services", "tax_id_proves_nothing_here")
"""Warnings of the supply that a person should see before the money goes."""

_REVERSE_CHARGE_LAW = (
    "Implementing Regulation 282/2011 Art. 18, 25",
    "Directive 2006/112/EC Art. 90, 219, 226",
)
_OSS_LAW = "Directive 2006/112/EC Art. 365, 369g(4); Implementing Regulation 282/2011 Art. 61"
_GERMAN_LAW = "UStG § 17, 14c(1)"
_DEDUCTION_LAW = "Directive 2006/112/EC Art. 168, 178, 226"
_SWISS_LAW = "MWSTG Art. 26, 27"


class RefundOutcome(StrEnum):
    REFUND = "refund"
    """The tax goes back: credit note and, where the supply stands, a new invoice."""
    BUYER_DETAILS = "buyer_details"
    """The tax stays due; the buyer gets a corrected invoice with its data and deducts."""
    NO_REFUND = "no_refund"
    """The number changes nothing for this supply."""
    PENDING = "pending"
    """Nobody has confirmed the number yet."""
    REFUSED = "refused"
    """The number was not accepted, or there is nothing left to refund; ``reason`` says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargedLine:
    """A line as it was invoiced, and what has gone back since; all amounts in the document's currency, not negative."""

    reference: str
    product_kind: ProductKind
    net: Decimal
    tax: Decimal
    rate: Decimal
    net_refunded: Decimal = ZERO
    tax_refunded: Decimal = ZERO

    def __post_init__(self) -> None:
        if not (0 <= self.net_refunded <= self.net and 0 <= self.tax_refunded <= self.tax):
            raise BadFacts(f"line {self.reference}: more was refunded than was charged, or an amount is negative")

    @property
    def tax_left(self) -> Decimal:
        """The tax that still stands: the remainder, so that the last refund clears the line to the cent (A8)."""
        return self.tax - self.tax_refunded

    @property
    def net_left(self) -> Decimal:
        return self.net - self.net_refunded


@dataclass(frozen=True, slots=True, kw_only=True)
class LateTaxId:
    """A sale that was charged with tax, and the tax ID that came afterwards.

    ``customer`` is the buyer as known at the sale; ``supply_date`` is the chargeable event of the original supply,
    which alone decides. ``lines`` are those to be looked at, usually all of the document.
    """

    seller: SellerFacts
    customer: Customer
    currency: str
    supply_date: date
    lines: tuple[ChargedLine, ...]
    tax_id: TaxId


@dataclass(frozen=True, slots=True)
class RefundLine:
    """One line before and after; ``net`` is the net price that stays."""

    reference: str
    net: Decimal
    tax_before: Decimal
    tax_after: Decimal
    rate_before: Decimal

    @property
    def tax_refund(self) -> Decimal:
        return self.tax_before - self.tax_after


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxRefundDecision:
    """What goes back and which documents say so.

    ``documents``: kinds in the order they are issued. ``vat_category``, ``vatex`` and ``notices`` are those of the new
    invoice; None where there is none. ``treatment`` is the decision of the supply with the number, where one was made.
    """

    outcome: RefundOutcome
    reason: str
    rule: str
    lines: tuple[RefundLine, ...]
    law: tuple[str, ...]
    documents: tuple[str, ...] = ()
    vat_category: str | None = None
    vatex: str | None = None
    notices: tuple[Notice, ...] = ()
    warnings: tuple[Caution, ...] = ()
    steps: tuple[Step, ...] = ()
    rows: tuple[RowRead, ...] = ()
    confidence: Confidence = Confidence.HIGH
    treatment: Treatment | None = None

    @property
    def tax_before(self) -> Decimal:
        return sum((line.tax_before for line in self.lines), ZERO)

    @property
    def tax_after(self) -> Decimal:
        return sum((line.tax_after for line in self.lines), ZERO)

    @property
    def tax_refund(self) -> Decimal:
        return sum((line.tax_refund for line in self.lines), ZERO)


def decide_tax_refund(facts: LateTaxId, book: RuleBook) -> TaxRefundDecision:
    """Decide whether tax that was charged goes back because the customer gave a tax ID later.

    Returns:
        Amounts in ``facts.currency``; the refund of a line is exactly the tax that still stands on it, never more.
    Raises:
        BadFacts: there are no lines.
    Law:
        Implementing Regulation 282/2011 Art. 18, 25; Directive 2006/112/EC Art. 90, 168, 178, 219, 226; UStG § 17,
        14c(1); MWSTG Art. 26, 27.
    """
    if not facts.lines:
        raise BadFacts("a refund needs at least one line")
    if all(line.tax_left == 0 for line in facts.lines):
        left_once = any(line.tax for line in facts.lines)
        return _unchanged(facts, RefundOutcome.REFUSED, "nothing_left" if left_once else "no_tax_charged", "A8")
    buyer = replace(facts.customer, kind=CustomerKind.BUSINESS, business_use=True, tax_ids=(facts.tax_id,))
    kinds = (line.product_kind for line in facts.lines)
    situation = Situation(seller=facts.seller, customer=buyer, on=facts.supply_date)
    treatments = decide_treatments(situation, kinds, book)
    place = tax_place(buyer.address, facts.supply_date, book)
    home = tax_place(Address(country=facts.seller.country), facts.supply_date, book)
    proof = prove_business(buyer, place, seller_state=home.state, on=facts.supply_date, book=book)
    decision = _by_proof(facts, proof, place, home, tuple(treatments.values()))
    return replace(decision, warnings=_review_warnings(treatments.values()))


def _by_proof(
    facts: LateTaxId, proof: BusinessProof, place: TaxPlace, home: TaxPlace, treatments: tuple[Treatment, ...]
) -> TaxRefundDecision:
    """The number first: unknown waits, refused stays; then what the law makes of a business buyer."""
    if any(t.outcome is Outcome.UNDETERMINED for t in treatments):
        return _unchanged(facts, RefundOutcome.NO_REFUND, "undetermined", "none", treatments)
    if proof.proof is Proof.NOT_CONFIRMED:
        return _unchanged(facts, RefundOutcome.PENDING, "pending", "A9", treatments)
    if proof.proof in (Proof.REFUSED, Proof.OTHER_STATE):
        return _unchanged(facts, RefundOutcome.REFUSED, "refused", "A9", treatments)
    if proof.proof is Proof.NOT_YET_VALID:
        return _unchanged(facts, RefundOutcome.NO_REFUND, "not_yet_valid", "A3", treatments)
    if place.state is not None and place.state == home.state:
        return _buyer_details(facts, "domestic", "A2", _DEDUCTION_LAW, treatments)
    if place.state in SWISS_STATES and all(t.rule == "S7" for t in treatments):
        return _buyer_details(facts, "charged_to_businesses", "A4", _SWISS_LAW, treatments)
    if all(t.outcome is Outcome.REVERSE_CHARGE for t in treatments):
        return _refund(facts, "reverse_charge", home, place, treatments)
    if all(t.outcome is Outcome.OUT_OF_SCOPE and t.rule == "S9" for t in treatments):
        return _refund(facts, "not_taxed", home, place, treatments)
    return _unchanged(facts, RefundOutcome.NO_REFUND, "tax_stays", "none", treatments)


def _refund(
    facts: LateTaxId, reason: str, home: TaxPlace, place: TaxPlace, treatments: tuple[Treatment, ...]
) -> TaxRefundDecision:
    """A1: all tax that still stands goes back; what is left of the price is invoiced anew without it."""
    lines = tuple(RefundLine(line.reference, line.net_left, line.tax_left, ZERO, line.rate) for line in facts.lines)
    one = treatments[0]
    law = [*(_REVERSE_CHARGE_LAW if place.is_eu or home.is_eu else ())]
    law += [_OSS_LAW] if place.is_eu and _uses_one_stop_shop(facts) else []
    law += [_GERMAN_LAW] if home.state == "DE" else []
    is_supply_left = any(line.net > 0 for line in lines)
    return _decision(
        facts, RefundOutcome.REFUND, reason, "A1", lines, (*law, *_laws(treatments)), treatments,
        documents=(CREDIT_NOTE, NEW_INVOICE) if is_supply_left else (CREDIT_NOTE,),
        new_invoice=one if is_supply_left else None,
    )  # fmt: skip


def _uses_one_stop_shop(facts: LateTaxId) -> bool:
    schemes = (RegistrationKind.OSS_UNION, RegistrationKind.OSS_NON_UNION)
    return any(facts.seller.registration(scheme, None, facts.supply_date) for scheme in schemes)


def _buyer_details(
    facts: LateTaxId, reason: str, rule: str, law: str, treatments: tuple[Treatment, ...]
) -> TaxRefundDecision:
    """A2, A4: the tax stays; the document is corrected so that the buyer can deduct it."""
    return _decision(
        facts, RefundOutcome.BUYER_DETAILS, reason, rule, _standing(facts.lines), (law, *_laws(treatments)), treatments,
        documents=(CORRECTED_INVOICE,), new_invoice=treatments[0],
    )  # fmt: skip


def _unchanged(
    facts: LateTaxId, outcome: RefundOutcome, reason: str, rule: str, treatments: tuple[Treatment, ...] = ()
) -> TaxRefundDecision:
    law = ("Implementing Regulation 282/2011 Art. 18, 25", *_laws(treatments)) if treatments else ()
    return _decision(facts, outcome, reason, rule, _standing(facts.lines), law, treatments)


def _decision(
    facts: LateTaxId, outcome: RefundOutcome, reason: str, rule: str, lines: tuple[RefundLine, ...],
    law: tuple[str, ...], treatments: tuple[Treatment, ...], *,
    documents: tuple[str, ...] = (), new_invoice: Treatment | None = None,
) -> TaxRefundDecision:  # fmt: skip
    tax_id = facts.tax_id
    told = (
        ("country", treatments[0].jurisdiction.country if treatments else facts.customer.address.country),
        ("date", facts.supply_date.isoformat()),
        ("valid_from", tax_id.valid_from.isoformat() if tax_id.valid_from else "-"),
    )
    step = Step(f"refund_{reason}", told, law[0] if law else None)
    return TaxRefundDecision(
        outcome=outcome,
        reason=reason,
        rule=rule,
        lines=lines,
        law=unique(law),
        documents=documents,
        vat_category=new_invoice.vat_category if new_invoice else None,
        vatex=new_invoice.vatex if new_invoice else None,
        notices=new_invoice.notices if new_invoice else (),
        steps=(*(treatments[0].steps if treatments else ()), step),
        rows=tuple({row.id: row for t in treatments for row in t.rows}.values()),
        confidence=weakest(*(t.confidence for t in treatments)),
        treatment=treatments[0] if treatments else None,
    )


def _standing(lines: Sequence[ChargedLine]) -> tuple[RefundLine, ...]:
    return tuple(RefundLine(x.reference, x.net_left, x.tax_left, x.tax_left, x.rate) for x in lines)


def _laws(treatments: Sequence[Treatment]) -> tuple[str, ...]:
    return tuple(law for treatment in treatments for law in treatment.law)


def _review_warnings(treatments: Iterable[Treatment]) -> tuple[Caution, ...]:
    """A10 and its neighbours: what a person should look at before the money goes."""
    found = (warning for t in treatments for warning in t.warnings if warning.code in REVIEW)
    return tuple(dict.fromkeys(found))
