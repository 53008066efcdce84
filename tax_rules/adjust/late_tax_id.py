"""What a VAT ID that comes after the sale changes: rules A1 to A4, A6 and A8 to A11.

The question is put to the same rules as the sale was, with the new number as the only new fact; the answer is compared
with what was charged. Nothing here is ever refunded on an unknown number.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from tax_rules.adjust.charged import ChargedLine
from tax_rules.adjust.decision import (
    CORRECTED_INVOICE,
    CREDIT_NOTE,
    NEW_INVOICE,
    AdjustmentDecision,
    RefundLine,
    RefundOutcome,
    whole_parts,
)
from tax_rules.adjust.transport import LAW as TRANSPORT_LAW
from tax_rules.adjust.transport import TransportProof, is_proven
from tax_rules.calculate import calculate
from tax_rules.decision import Caution, Outcome, Step, Treatment, unique, weakest
from tax_rules.errors import BadFacts
from tax_rules.facts import (
    GOODS,
    Address,
    Customer,
    CustomerKind,
    ExchangeRate,
    RegistrationKind,
    Sale,
    SaleLine,
    SellerFacts,
    TaxId,
)
from tax_rules.money import ZERO
from tax_rules.rulebook import RuleBook
from tax_rules.vat.evidence import SWISS_STATES, BusinessProof, Proof, prove_business
from tax_rules.vat.territory import TaxPlace, goods_place, tax_place

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


@dataclass(frozen=True, slots=True, kw_only=True)
class LateTaxId:
    """A sale that was charged with tax, and the tax ID that came afterwards.

    ``customer`` is the buyer as known at the sale; ``supply_date`` is the chargeable event of the original supply,
    which alone decides. ``lines`` are those to be looked at, usually all of the document. ``transport_proofs`` show
    that goods left for another member state; ``exchange_rates`` and the places of goods are those of the sale.
    """

    seller: SellerFacts
    customer: Customer
    currency: str
    supply_date: date
    lines: tuple[ChargedLine, ...]
    tax_id: TaxId
    transport_proofs: tuple[TransportProof, ...] = ()
    exchange_rates: tuple[ExchangeRate, ...] = ()
    ship_from: Address | None = None
    ship_to: Address | None = None


def decide_late_tax_id(facts: LateTaxId, book: RuleBook) -> AdjustmentDecision:
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
    sale = Sale(
        seller=facts.seller,
        customer=buyer,
        currency=facts.currency,
        tax_date=facts.supply_date,
        lines=tuple(SaleLine(reference=x.reference, product_kind=x.product_kind, amount=x.net) for x in facts.lines),
        exchange_rates=facts.exchange_rates,
        ship_from=facts.ship_from,
        ship_to=facts.ship_to,
    )
    treatments = tuple(dict.fromkeys(line.treatment for line in calculate(sale, book).lines))
    are_goods = all(line.product_kind in GOODS for line in facts.lines)
    find_place = goods_place if are_goods else tax_place
    origin = (facts.ship_from if are_goods else None) or Address(country=facts.seller.country)
    place = find_place((facts.ship_to if are_goods else None) or buyer.address, facts.supply_date, book)
    home = find_place(origin, facts.supply_date, book)
    proof = prove_business(buyer, place, seller_state=home.state, on=facts.supply_date, book=book, for_goods=are_goods)
    decision = _by_proof(facts, proof, place, home, treatments)
    return replace(decision, warnings=_review_warnings(treatments))


def _by_proof(
    facts: LateTaxId, proof: BusinessProof, place: TaxPlace, home: TaxPlace, treatments: tuple[Treatment, ...]
) -> AdjustmentDecision:
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
        is_consignment = place.state == "GB" and all(line.product_kind in GOODS for line in facts.lines)
        return _refund(facts, "reverse_charge", "A11" if is_consignment else "A1", home, place, treatments)
    if all(t.outcome in (Outcome.REVERSE_CHARGE, Outcome.INTRA_COMMUNITY_SUPPLY) for t in treatments):
        if not is_proven(facts.transport_proofs, home.state):
            return _unchanged(facts, RefundOutcome.NO_REFUND, "transport_not_proven", "A6", treatments)
        return _refund(facts, "intra_community_supply", "A6", home, place, treatments)
    if all(t.outcome is Outcome.OUT_OF_SCOPE and t.rule == "S9" for t in treatments):
        return _refund(facts, "not_taxed", "A1", home, place, treatments)
    return _unchanged(facts, RefundOutcome.NO_REFUND, "tax_stays", "none", treatments)


def _refund(
    facts: LateTaxId, reason: str, rule: str, home: TaxPlace, place: TaxPlace, treatments: tuple[Treatment, ...]
) -> AdjustmentDecision:
    """A1, A6, A11: all tax that still stands goes back; what is left of the price is invoiced anew without it."""
    lines = tuple(
        RefundLine(
            line.reference, line.net_left, line.tax_left, ZERO, line.rate,
            parts=whole_parts(line),
        )
        for line in facts.lines
    )  # fmt: skip
    one = treatments[0]
    law = [*(_REVERSE_CHARGE_LAW if place.is_eu or home.is_eu else ())]
    law += [_OSS_LAW] if place.is_eu and _uses_one_stop_shop(facts) else []
    law += [TRANSPORT_LAW] if rule == "A6" else []
    law += [_GERMAN_LAW] if home.state == "DE" else []
    is_supply_left = any(line.net > 0 for line in lines)
    return _decision(
        facts, RefundOutcome.REFUND, reason, rule, lines, (*law, *_laws(treatments)), treatments,
        documents=(CREDIT_NOTE, NEW_INVOICE) if is_supply_left else (CREDIT_NOTE,),
        new_invoice=one if is_supply_left else None,
    )  # fmt: skip


def _uses_one_stop_shop(facts: LateTaxId) -> bool:
    schemes = (RegistrationKind.OSS_UNION, RegistrationKind.OSS_NON_UNION)
    return any(facts.seller.registration(scheme, None, facts.supply_date) for scheme in schemes)


def _buyer_details(
    facts: LateTaxId, reason: str, rule: str, law: str, treatments: tuple[Treatment, ...]
) -> AdjustmentDecision:
    """A2, A4: the tax stays; the document is corrected so that the buyer can deduct it."""
    return _decision(
        facts, RefundOutcome.BUYER_DETAILS, reason, rule, _standing(facts.lines), (law, *_laws(treatments)), treatments,
        documents=(CORRECTED_INVOICE,), new_invoice=treatments[0],
    )  # fmt: skip


def _unchanged(
    facts: LateTaxId, outcome: RefundOutcome, reason: str, rule: str, treatments: tuple[Treatment, ...] = ()
) -> AdjustmentDecision:
    law = ("Implementing Regulation 282/2011 Art. 18, 25", *_laws(treatments)) if treatments else ()
    return _decision(facts, outcome, reason, rule, _standing(facts.lines), law, treatments)


def _decision(
    facts: LateTaxId, outcome: RefundOutcome, reason: str, rule: str, lines: tuple[RefundLine, ...],
    law: tuple[str, ...], treatments: tuple[Treatment, ...], *,
    documents: tuple[str, ...] = (), new_invoice: Treatment | None = None,
) -> AdjustmentDecision:  # fmt: skip
    tax_id = facts.tax_id
    told = (
        ("country", treatments[0].jurisdiction.country if treatments else facts.customer.address.country),
        ("date", facts.supply_date.isoformat()),
        ("valid_from", tax_id.valid_from.isoformat() if tax_id.valid_from else "-"),
    )
    step = Step(f"refund_{reason}", told, law[0] if law else None)
    return AdjustmentDecision(
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
