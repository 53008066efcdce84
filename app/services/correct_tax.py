"""Giving back tax that was charged on wrong facts: an exemption, an address, a kind of product, a rate.

The rules decide the sale again at its original date (``tax_rules/adjust/correction.py``). What the right facts would
add is said and charged to nobody.
"""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from app.actor import Actor
from app.desk import Desk
from app.errors import Fault, InvalidInput, NothingToRefund, NotRefundable
from app.facts import CertificateGiven, CertificateText, RefundReason, TaxRefundAsked, as_json
from app.services.charged_lines import charged_lines, original_invoice, refuse_unadjustable
from app.services.compose_refund import RefundCase
from app.services.file_certificate import certificate_row, keep_certificate, visible_certificate
from app.services.find_certificates import as_exemption
from app.services.find_local_rates import local_stacks
from app.services.gather_tax_facts import as_place, gather_customer
from app.services.issue_document import document_language
from app.services.issue_refund import Refund, Wish, draft_refund, issue_refund, refund_as_issued
from app.services.read_order import OrderView, view_order, visible_order
from app.services.read_sellers import seller_in_force
from app.store.adjustments import find_by_idempotency
from app.store.certificates import StoredCertificate, certificate_record
from tax_rules import facts as rules
from tax_rules.adjust.charged import ChargedLine
from tax_rules.adjust.correction import ADDRESS_NOT_EVIDENCED, Correction, decide_by_hand, decide_correction
from tax_rules.adjust.decision import AdjustmentDecision, RefundOutcome
from tax_rules.adjust.late_certificate import TERM_UNCERTAIN, accept_late_certificate
from tax_rules.decision import Caution, Step
from tax_rules.explain import caution_in_words, step_in_words
from tax_rules.sales_tax.us.place import find_us_place
from tax_rules.vat.territory import tax_place

SALES_TAX_COUNTRIES = frozenset({"US", "CA"})
EVIDENCE_ITEMS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """A decided correction: what is issued, what a person should look at, and what it rests on."""

    case: RefundCase
    cautions: tuple[Caution, ...]
    evidence: dict[str, Any]


def correct_tax(
    desk: Desk, actor: Actor, reference: str, asked: TaxRefundAsked, *, dry_run: bool, idempotency: str | None
) -> Refund:
    """Refund the tax that was too much, or show what that would be.

    A certificate that comes with the wish is put on file in the same transaction.

    Raises:
        NotFound, Conflict, InvalidInput, OriginalInvoiceMissing, NothingToRefund, NotRefundable.
    """
    if dry_run:
        with desk.database.reading() as session:
            view = view_order(session, visible_order(session, actor, reference))
            found = decide_corrected(desk, session, actor, view, asked)
        adjustment, documents = draft_refund(desk, found.case, Wish(actor=actor, asked=asked, evidence=found.evidence))
        return Refund(adjustment, documents, _warnings(desk, found))
    with desk.database.writing() as session:
        if known := find_by_idempotency(session, idempotency):
            return refund_as_issued(session, known)
        view = view_order(session, visible_order(session, actor, reference, lock=True))
        if asked.certificate_given:
            decide_corrected(desk, session, actor, view, asked)  # one that proves nothing is not put on file by this
            kept = keep_certificate(session, actor, _as_given(view, asked.certificate_given))
            asked = replace(asked, certificate=kept.id, certificate_given=None)
        found = decide_corrected(desk, session, actor, view, asked)
        wish = Wish(actor=actor, asked=asked, evidence=found.evidence, idempotency=idempotency)
        adjustment, documents = issue_refund(desk, session, found.case, wish)
        return Refund(adjustment, documents, _warnings(desk, found))


def decide_corrected(desk: Desk, session: Session, actor: Actor, view: OrderView, asked: TaxRefundAsked) -> Corrected:
    """Put the sale to the rules as it really was, and turn every answer but a refund into the error that says why."""
    refuse_unadjustable(view, asked.lines)
    invoice = original_invoice(view)
    lines = charged_lines(view, asked.lines)
    evidence, cautions = _evidence(asked)
    exemption: rules.Exemption | None = None
    if asked.reason is RefundReason.EXEMPTION_CERTIFICATE:
        exemption, found, about = _exemption(desk, session, actor, view, asked)
        evidence, cautions = evidence | found, (*cautions, *about)
    if asked.reason is RefundReason.OTHER:
        decision = decide_by_hand(lines)
    else:
        decision = decide_correction(_correction(desk, session, actor, view, asked, lines, exemption), desk.book)
    _refuse_by_outcome(desk, view, decision)
    case = RefundCase(
        view=view,
        seller=seller_in_force(session, view.order.seller),
        decision=decision,
        reason=str(asked.reason),
        invoice=invoice,
        language=document_language(view.order.customer.language),
        address=asked.address,
    )
    return Corrected(case=case, cautions=(*decision.warnings, *cautions), evidence=evidence)


def _correction(
    desk: Desk,
    session: Session,
    actor: Actor,
    view: OrderView,
    asked: TaxRefundAsked,
    lines: tuple[ChargedLine, ...],
    exemption: rules.Exemption | None,
) -> Correction:
    order, book = view.order, desk.book
    buyer = replace(order.customer, address=asked.address) if asked.address else order.customer
    customer = gather_customer(session, actor, buyer, book=book, tax_date=order.supply_date).customer
    ship_to = as_place(order.ship_to) if order.ship_to and not asked.address else None
    kinds = {name: rules.ProductKind(kind) for name, kind in asked.product_kinds.items()}
    countries = {line.tax_country for line in order.lines}
    sale = rules.Sale(
        seller=seller_in_force(session, order.seller).facts(),
        customer=replace(customer, evidence=asked.evidence),
        currency=order.currency,
        tax_date=order.supply_date,
        lines=tuple(
            rules.SaleLine(
                reference=line.reference,
                product_kind=kinds.get(line.reference, line.product_kind),
                amount=line.net_left,
            )
            for line in lines
        ),
        exemption=exemption,
        ship_from=as_place(order.ship_from) if order.ship_from else None,
        ship_to=ship_to,
        local_stacks=local_stacks(session, [ship_to or customer.address], order.supply_date),
    )
    return Correction(
        reason=str(asked.reason),
        lines=lines,
        sale=sale,
        is_sales_tax=bool(countries & SALES_TAX_COUNTRIES),
        is_eu=any(tax_place(rules.Address(country=c), order.supply_date, book).is_eu for c in countries),
    )


def _evidence(asked: TaxRefundAsked) -> tuple[dict[str, Any], tuple[Caution, ...]]:
    """What shows the corrected address; two items of different kinds, none of which contradicts it.

    Law: Implementing Regulation 282/2011 Art. 24b, 24f.
    """
    if asked.address is None:
        return {}, ()
    faults = [
        Fault(f"/evidence/{n}/country", "contradicts", f"This item says another country than {asked.address.country}.")
        for n, item in enumerate(asked.evidence)
        if item.country != asked.address.country
    ]
    if faults:
        raise InvalidInput("The evidence contradicts the corrected address.", *faults)
    kept = {"evidence": [as_json(item) for item in asked.evidence]}
    is_shown = len({item.kind for item in asked.evidence}) >= EVIDENCE_ITEMS
    return kept, () if is_shown else (ADDRESS_NOT_EVIDENCED,)


def _exemption(
    desk: Desk, session: Session, actor: Actor, view: OrderView, asked: TaxRefundAsked
) -> tuple[rules.Exemption, dict[str, Any], tuple[Caution, ...]]:
    """The exemption of the certificate as it counts for this sale, or the error that says why it does not count."""
    order = view.order
    certificate = _certificate(session, actor, view, asked)
    if (certificate.client, certificate.customer) != (order.client, order.customer.reference):
        fault = Fault("/certificate", "other_customer", "That certificate is another customer's.")
        raise InvalidInput("The refund was refused.", fault)
    if certificate.kind == "single" and certificate.order_reference != order.reference:
        fault = Fault("/certificate", "other_order", "That certificate holds for another order alone.")
        raise InvalidInput("The refund was refused.", fault)
    place = as_place(order.ship_to or order.customer.address)
    state = (find_us_place(place, desk.book).state if place.country == "US" else None) or ""
    accepted, why, rows = accept_late_certificate(as_exemption(certificate), state, order.supply_date, desk.book)
    if accepted is None:
        words = step_in_words(Step(f"refund_{why}"), "en", desk.book)
        raise NotRefundable(words, reason=str(why), rule="none", law=[row.law for row in rows])
    evidence = {
        "certificate_id": certificate.id if asked.certificate else None,
        "certificate_sha256": certificate.document_sha256,
        "signed_on": certificate.signed_on.isoformat() if certificate.signed_on else None,
        "rows": [row.id for row in rows],
    }
    is_uncertain = any(row.confidence == "low" for row in rows)
    return accepted, evidence, (TERM_UNCERTAIN,) if is_uncertain else ()


def _as_given(view: OrderView, text: CertificateText) -> CertificateGiven:
    """A certificate that came with the wish is the order's customer's; a single one holds for this order."""
    order = view.order
    reference = order.reference if text.kind == "single" else None
    return CertificateGiven(
        client=order.client, customer=order.customer.reference, order_reference=reference, text=text
    )


def _certificate(session: Session, actor: Actor, view: OrderView, asked: TaxRefundAsked) -> StoredCertificate:
    if asked.certificate_given:
        draft = certificate_row(session, actor, _as_given(view, asked.certificate_given))
        return certificate_record(session, draft)
    if asked.certificate is None:
        raise InvalidInput("The refund was refused.", Fault("/certificate", "missing", "Give the certificate."))
    return visible_certificate(session, actor, asked.certificate)


def _refuse_by_outcome(desk: Desk, view: OrderView, decision: AdjustmentDecision) -> None:
    if decision.outcome is RefundOutcome.REFUND:
        return
    if decision.reason in {"nothing_left", "no_tax_charged"}:
        raise NothingToRefund("No tax is left to refund on these lines.", refundable="0")
    words = " ".join(step_in_words(step, "en", desk.book) for step in decision.steps[-1:])
    more_due = desk.book.currency(view.order.currency).format(decision.more_due)
    raise NotRefundable(
        words, reason=decision.reason, rule=decision.rule, law=list(decision.law), more_tax_due=more_due
    )


def _warnings(desk: Desk, found: Corrected) -> tuple[dict[str, Any], ...]:
    return tuple({"code": c.code, "message": caution_in_words(c, "en", desk.book)} for c in found.cautions)
