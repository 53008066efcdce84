"""Deciding a tax refund: what is known of the tax ID, what was charged, and what the rules make of both."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.actor import Actor, Scope
from app.desk import Desk
from app.errors import Fault, NothingToRefund, NotRefundable, TaxIdMalformed, TaxIdNotVerified
from app.facts import TaxId, TaxRefundAsked
from app.services.charged_lines import charged_lines, original_invoice
from app.services.compose_refund import RefundCase
from app.services.gather_tax_facts import as_place, gather_customer
from app.services.issue_document import document_language
from app.services.read_order import OrderView
from app.services.read_sellers import seller_in_force
from app.store.orders import StoredOrder
from app.store.tax_id_checks import StoredCheck
from tax_rules import facts as rules
from tax_rules.adjust.decision import AdjustmentDecision, RefundOutcome
from tax_rules.adjust.late_tax_id import LateTaxId, decide_late_tax_id
from tax_rules.adjust.transport import TransportProof
from tax_rules.explain import caution_in_words, step_in_words
from tax_rules.identifiers import IdentifierCheck, check_identifier
from tax_rules.vat.evidence import number_country

REFUNDED = frozenset({RefundOutcome.REFUND, RefundOutcome.BUYER_DETAILS})


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxIdEvidence:
    """What is known of the tax ID now: by a check, or because somebody with the right to do so says it."""

    offline: IdentifierCheck
    status: str
    register: dict[str, Any] | None
    check: StoredCheck | None
    asserted_by: str | None = None

    def members(self) -> dict[str, Any]:
        said = self.register or {}
        return {
            "check_id": self.check.id if self.check else None,
            "status": self.status,
            "register": said.get("name"),
            "consultation_number": said.get("consultation_number"),
            "answered_at": said.get("answered_at"),
            **({"asserted_by": self.asserted_by} if self.asserted_by else {}),
        }


def check_offline(desk: Desk, tax_id: TaxId, order: StoredOrder) -> IdentifierCheck:
    home = order.customer.address.country
    country = number_country(tax_id.number, customer_country=home, on=order.supply_date, book=desk.book)
    offline = check_identifier(country, tax_id.number, kind=tax_id.kind)
    if offline.valid is False:
        hint = " `suggestion` is what was probably meant." if offline.suggestion else ""
        detail = f"This cannot be a {offline.country} tax ID ({offline.reason}): expected {offline.expected}.{hint}"
        raise TaxIdMalformed(
            detail,
            Fault("/tax_id/number", str(offline.reason), detail),
            expected=offline.expected,
            suggestion=offline.suggestion,
        )
    return offline


def asserted_evidence(actor: Actor, tax_id: TaxId, offline: IdentifierCheck) -> TaxIdEvidence | None:
    """The status that an administrator states; None where nobody with the right to do so states one."""
    if tax_id.status is None or tax_id.check_id is not None or not actor.may(Scope.ADMIN):
        return None
    return TaxIdEvidence(offline=offline, status=tax_id.status, register=None, check=None, asserted_by=actor.name)


def decide_refund(
    desk: Desk, session: Session, actor: Actor, view: OrderView, asked: TaxRefundAsked, evidence: TaxIdEvidence
) -> tuple[RefundCase, tuple[dict[str, Any], ...]]:
    """Put the question to the rules, and turn every answer but a refund into the error that says why."""
    order = view.order
    seller = seller_in_force(session, order.seller)
    valid_from = asked.valid_from or (evidence.check.valid_from if evidence.check else None)
    tax_id = rules.TaxId(
        kind=asked.tax_id.kind if asked.tax_id else "vat",
        number=evidence.offline.number,
        country=evidence.offline.country,
        status=rules.TaxIdStatus(evidence.status),
        valid_from=valid_from,
        asserted=evidence.asserted_by is not None,
    )
    late = LateTaxId(
        seller=seller.facts(),
        customer=gather_customer(session, actor, order.customer, book=desk.book, tax_date=order.supply_date).customer,
        currency=order.currency,
        supply_date=order.supply_date,
        lines=charged_lines(view, asked.lines),
        tax_id=tax_id,
        ship_from=as_place(order.ship_from) if order.ship_from else None,
        ship_to=as_place(order.ship_to) if order.ship_to else None,
        transport_proofs=tuple(TransportProof(proof.kind, proof.reference) for proof in asked.transport_proof),
    )
    decision = decide_late_tax_id(late, desk.book)
    _refuse_by_outcome(desk, decision, evidence)
    case = RefundCase(
        view=view,
        seller=seller,
        decision=decision,
        tax_id=tax_id,
        reason=str(asked.reason),
        invoice=original_invoice(view),
        language=document_language(order.customer.language),
    )
    warnings = tuple({"code": w.code, "message": caution_in_words(w, "en", desk.book)} for w in decision.warnings)
    return case, warnings


def _refuse_by_outcome(desk: Desk, decision: AdjustmentDecision, evidence: TaxIdEvidence) -> None:
    if decision.outcome in REFUNDED:
        return
    if decision.reason in {"nothing_left", "no_tax_charged"}:
        raise NothingToRefund("No tax is left to refund on these lines.", refundable="0")
    if decision.outcome in (RefundOutcome.PENDING, RefundOutcome.REFUSED):
        said = {
            "unverified": "The register does not know this number.",
            "not_checked": "No register of ours answers for this country, so nobody has confirmed the number.",
        }.get(evidence.status, "The number does not prove a business in the country of the supply.")
        raise TaxIdNotVerified(said, Fault("/tax_id/number", evidence.status, said), evidence=evidence.members())
    words = " ".join(step_in_words(step, "en", desk.book) for step in decision.steps[-1:])
    raise NotRefundable(words, reason=decision.reason, rule=decision.rule, law=list(decision.law))
