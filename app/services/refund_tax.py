"""Giving back the tax of an order after a late VAT ID: one transaction from the decision to the numbers.

Rules A1 to A4 and A8 to A10 decide (``tax_rules/vat/adjust.py``). A number that nobody confirmed refunds nothing: the
adjustment waits as ``pending_check`` and finishes by itself when the register answers.
"""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from app.actor import Actor
from app.desk import Desk
from app.errors import Conflict, Fault, InvalidInput
from app.facts import OrderStatus, TaxId, TaxIdAsked, TaxRefundAsked
from app.services.check_tax_id import OPEN, WAIT_SECONDS, ask_without_keeping, check_tax_id, visible_check
from app.services.decide_refund import TaxIdEvidence, check_offline, decide_refund
from app.services.issue_document import draft_facts
from app.services.issue_refund import RefundDocument, draft_row, fill, issue_of, issue_refund, wait_for_register
from app.services.read_order import OrderView, view_order, visible_order
from app.store.adjustments import StoredAdjustment, adjustment_record, find_by_idempotency
from app.store.documents import list_documents
from app.store.tax_id_checks import StoredCheck
from tax_rules.identifiers import IdentifierCheck

ADJUSTABLE = frozenset({OrderStatus.OPEN, OrderStatus.PAID, OrderStatus.PARTIALLY_REFUNDED})


@dataclass(frozen=True, slots=True)
class TaxRefund:
    """The adjustment and its documents, or in a dry run what both would be."""

    adjustment: StoredAdjustment
    documents: tuple[RefundDocument, ...]
    warnings: tuple[dict[str, Any], ...] = ()


def refund_tax(
    desk: Desk,
    actor: Actor,
    reference: str,
    asked: TaxRefundAsked,
    *,
    dry_run: bool,
    idempotency: str | None,
    wait_seconds: float = WAIT_SECONDS,
) -> TaxRefund:
    """Refund the tax of an order, or show what that would be.

    Args:
        wait_seconds: how long the register may take before the adjustment waits for it.

    Returns:
        The adjustment: ``issued`` with its documents, or ``pending_check`` with amounts of zero while nobody has
        confirmed the number. A dry run changes nothing; its ids and numbers are None.
    Raises:
        NotFound, TaxIdMalformed, TaxIdNotVerified, OriginalInvoiceMissing, NothingToRefund, NotRefundable, Conflict.
    """
    if asked.tax_id is None:
        raise InvalidInput("The refund was refused.", Fault("/tax_id", "missing", "Give the customer's tax ID."))
    with desk.database.reading() as session:
        if known := find_by_idempotency(session, idempotency):
            return refund_as_issued(session, known)
        view = view_order(session, visible_order(session, actor, reference))
    offline = check_offline(desk, asked.tax_id, view.order)
    _refuse_unadjustable(view, asked)
    if dry_run:
        evidence = _evidence_of_dry_run(desk, actor, reference, asked.tax_id, offline)
        return _dry_run(desk, actor, reference, asked, evidence)
    evidence = _evidence(desk, actor, reference, asked.tax_id, offline, wait_seconds)
    with desk.database.writing() as session:
        if known := find_by_idempotency(session, idempotency):
            return refund_as_issued(session, known)
        view = view_order(session, visible_order(session, actor, reference, lock=True))
        if evidence.check:  # the register may have answered since: what is stored now decides
            check = visible_check(session, actor, evidence.check.id, lock=True)
            evidence = replace(evidence, check=check, status=check.status, register=check.register)
        if evidence.status in OPEN:
            return TaxRefund(wait_for_register(session, actor, view, asked, evidence, idempotency), ())
        case, warnings = decide_refund(desk, session, actor, view, asked, evidence)
        adjustment, documents = issue_refund(desk, session, actor, case, asked, evidence, idempotency)
        return TaxRefund(adjustment, documents, warnings)


def _refuse_unadjustable(view: OrderView, asked: TaxRefundAsked) -> None:
    if view.order.status not in ADJUSTABLE:
        raise Conflict(f"An order with status {view.order.status} has no invoice to correct.")
    known = {line.reference for line in view.order.lines}
    faults = [
        Fault(f"/lines/{n}", "unknown_line", "The order has no such line.")
        for n, reference in enumerate(asked.lines)
        if reference not in known
    ]
    if faults:
        raise InvalidInput("The refund was refused.", *faults)


def _evidence_of_dry_run(
    desk: Desk, actor: Actor, reference: str, tax_id: TaxId, offline: IdentifierCheck
) -> TaxIdEvidence:
    """What is known, asked without being kept."""
    if tax_id.check_id:
        with desk.database.reading() as session:
            return _named_evidence(visible_check(session, actor, tax_id.check_id), offline)
    asked = TaxIdAsked(country=offline.country, number=offline.number, kind=tax_id.kind, order_reference=reference)
    status, register = ask_without_keeping(desk, asked)
    return TaxIdEvidence(offline=offline, status=status, register=register, check=None)


def _evidence(
    desk: Desk, actor: Actor, reference: str, tax_id: TaxId, offline: IdentifierCheck, wait_seconds: float
) -> TaxIdEvidence:
    """The check that the caller names, or one made now; a fresh answer of the register is used again."""
    if tax_id.check_id:
        with desk.database.reading() as session:
            return _named_evidence(visible_check(session, actor, tax_id.check_id), offline)
    asked = TaxIdAsked(country=offline.country, number=offline.number, kind=tax_id.kind, order_reference=reference)
    check = check_tax_id(desk, actor, asked, wait_seconds=wait_seconds)
    return TaxIdEvidence(offline=offline, status=check.status, register=check.register, check=check)


def _named_evidence(check: StoredCheck, offline: IdentifierCheck) -> TaxIdEvidence:
    if check.number != offline.number:
        raise InvalidInput(
            "The refund was refused.", Fault("/tax_id/check_id", "other_number", "That check was of another number.")
        )
    return TaxIdEvidence(offline=offline, status=check.status, register=check.register, check=check)


def _dry_run(desk: Desk, actor: Actor, reference: str, asked: TaxRefundAsked, evidence: TaxIdEvidence) -> TaxRefund:
    with desk.database.reading() as session:
        view = view_order(session, visible_order(session, actor, reference))
        if evidence.status in OPEN:
            row = draft_row(actor, view, asked, evidence, None, status="pending_check")
            return TaxRefund(adjustment_record(row), ())
        case, warnings = decide_refund(desk, session, actor, view, asked, evidence)
    row = draft_row(actor, view, asked, evidence, None, status="draft")
    fill(row, case)
    documents, credited = [], None
    for kind in case.decision.documents:
        issue = issue_of(case, kind, row, credited)
        documents.append(RefundDocument(None, kind, None, draft_facts(desk, issue)))
        credited = "—"
    return TaxRefund(adjustment_record(row), tuple(documents), warnings)


def refund_as_issued(session: Session, adjustment: StoredAdjustment) -> TaxRefund:
    """The refund that the same request made before."""
    documents = reversed(list_documents(session, adjustment_id=adjustment.id))
    return TaxRefund(adjustment, tuple(RefundDocument(d.id, d.kind, d.number) for d in documents))
