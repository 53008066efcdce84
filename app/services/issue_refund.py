"""Issuing a decided tax refund: the adjustment, its numbers, its jobs and its events in the caller's transaction."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from app import clock
from app.actor import Actor
from app.desk import Desk
from app.errors import NothingToRefund
from app.facts import OrderStatus, TaxRefundAsked, as_json
from app.ids import new_id
from app.models.decisions import AdjustmentRow
from app.models.documents import DocumentRow
from app.services.compose_refund import RefundCase, credit_note, new_invoice
from app.services.decide_refund import KIND_OF_OUTCOME, TaxIdEvidence, charged_lines, original_invoice
from app.services.issue_document import Issue, draft_facts, issue_document
from app.services.read_order import OrderView
from app.services.webhooks import emit
from app.store import audit
from app.store.adjustments import StoredAdjustment, adjustment_record
from app.store.documents import list_documents
from app.store.orders import touch_order

ZERO = Decimal(0)
CREDIT_NOTE, INVOICE = "credit_note", "invoice"


@dataclass(frozen=True, slots=True)
class RefundDocument:
    """A document of the refund; id and number are None in a dry run, ``draft`` is what it will say."""

    id: str | None
    kind: str
    number: str | None
    draft: dict[str, Any] | None = None


def issue_refund(  # one transaction: the adjustment, its numbers, its jobs, its events
    desk: Desk,
    session: Session,
    actor: Actor,
    case: RefundCase,
    asked: TaxRefundAsked,
    evidence: TaxIdEvidence,
    idempotency: str | None,
    waiting: AdjustmentRow | None = None,
) -> tuple[StoredAdjustment, tuple[RefundDocument, ...]]:
    plan = waiting or draft_row(actor, case.view, asked, evidence, None, status="draft")
    for kind in case.decision.documents:
        draft_facts(desk, issue_of(case, kind, plan, "—"))  # all or none: refused before anything is written
    row = waiting or draft_row(actor, case.view, asked, evidence, idempotency, status="issued")
    fill(row, case)
    row.status, row.issued_at, row.evidence = "issued", clock.now(), evidence.members()
    session.add(row)
    session.flush()
    documents: list[RefundDocument] = []
    for kind in case.decision.documents:
        issued = issue_document(desk, session, issue_of(case, kind, row, documents[0].number if documents else None))
        documents.append(RefundDocument(issued.id, issued.kind, issued.number))
    _supersede_older(session, case.view, row, documents)
    _touch_order(session, case.view, row)
    audit.record(
        session,
        actor=actor.name,
        action="adjustment.issued",
        subject=row.id,
        order_reference=case.view.order.reference,
        kind=row.kind,
        rule=case.decision.rule,
        tax_refund=format(row.tax_refund, "f"),
        currency=row.currency,
        check_id=row.check_id,
        documents=[document.number for document in documents],
        rulebook=desk.book.sha256,
    )
    emit(session, "adjustment.issued", {"id": row.id}, client_code=case.view.order.client)
    session.flush()
    return adjustment_record(row), tuple(documents)


def wait_for_register(
    session: Session,
    actor: Actor,
    view: OrderView,
    asked: TaxRefundAsked,
    evidence: TaxIdEvidence,
    idempotency: str | None,
) -> StoredAdjustment:
    """Keep the wish until the register answers; amounts stay zero."""
    if all(line.tax_left == 0 for line in charged_lines(view, asked.lines)):
        raise NothingToRefund("No tax is left to refund on these lines.", refundable="0")
    original_invoice(view)
    row = draft_row(actor, view, asked, evidence, idempotency, status="pending_check")
    session.add(row)
    session.flush()
    _touch_order(session, view, row)
    audit.record(
        session,
        actor=actor.name,
        action="adjustment.waits_for_register",
        subject=row.id,
        order_reference=view.order.reference,
        check_id=row.check_id,
    )
    return adjustment_record(row)


def refuse_refund(session: Session, row: AdjustmentRow, view: OrderView, why: str, evidence: TaxIdEvidence) -> None:
    row.status, row.outcome, row.evidence = "refused", why, evidence.members()
    _touch_order(session, view, row)
    audit.record(
        session,
        actor="system",
        action="adjustment.refused",
        subject=row.id,
        order_reference=view.order.reference,
        why=why,
        status=evidence.status,
    )


def issue_of(case: RefundCase, kind: str, row: AdjustmentRow, credit_note_number: str | None) -> Issue:
    def facts_of(header: Any) -> Any:
        if kind == CREDIT_NOTE:
            return credit_note(case, header)
        return new_invoice(case, header, credit_note_number=credit_note_number if kind == INVOICE else None)

    return Issue(
        kind=kind,
        order=case.view.order,
        language=case.language,
        facts=facts_of,
        idempotency=f"{row.id}:{kind}",
        adjustment_id=row.id,
        actor=row.asked_by,
    )


def draft_row(
    actor: Actor,
    view: OrderView,
    asked: TaxRefundAsked,
    evidence: TaxIdEvidence,
    idempotency: str | None,
    *,
    status: str,
) -> AdjustmentRow:
    return AdjustmentRow(
        id=new_id("adj"),
        idempotency=idempotency,
        order_id=view.order.id,
        kind="tax_refund",
        status=status,
        reason=str(asked.reason),
        currency=view.order.currency,
        tax_before=ZERO,
        tax_after=ZERO,
        net_refund=ZERO,
        tax_refund=ZERO,
        lines=[],
        law=[],
        evidence=evidence.members(),
        request=as_json(asked),
        check_id=evidence.check.id if evidence.check else None,
        asked_by=actor.name,
        approved_by=None,
        note=asked.note,
        outcome=None,
        created_at=clock.now(),
        issued_at=None,
    )


def fill(row: AdjustmentRow, case: RefundCase) -> None:
    decision = case.decision
    row.kind = KIND_OF_OUTCOME[decision.outcome]
    row.outcome = decision.reason
    row.tax_before, row.tax_after, row.tax_refund = decision.tax_before, decision.tax_after, decision.tax_refund
    row.law = list(decision.law)
    row.lines = [
        {
            "reference": line.reference,
            "net": format(line.net + case.places, "f"),
            "tax_before": format(line.tax_before + case.places, "f"),
            "tax_after": format(line.tax_after + case.places, "f"),
            "tax_refund": format(line.tax_refund + case.places, "f"),
        }
        for line in decision.lines
    ]


def _touch_order(session: Session, view: OrderView, row: AdjustmentRow) -> None:
    order = touch_order(session, view.order.reference)
    if row.tax_refund and order.status == OrderStatus.PAID:
        order.status = str(OrderStatus.PARTIALLY_REFUNDED)


def _supersede_older(session: Session, view: OrderView, row: AdjustmentRow, documents: list[RefundDocument]) -> None:
    """A corrected invoice takes the place of the one before; the older one stays readable and says so."""
    if row.kind != "buyer_details":
        return
    for older in list_documents(session, order_id=view.order.id):
        if older.kind == documents[0].kind and older.id != documents[0].id and older.superseded_by is None:
            session.get_one(DocumentRow, older.id).superseded_by = documents[0].id
