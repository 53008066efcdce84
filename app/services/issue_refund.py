"""Issuing a decided refund: the adjustment, its numbers, its jobs and its events in the caller's transaction."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from app import clock
from app.actor import Actor
from app.desk import Desk
from app.errors import NothingToRefund
from app.facts import OrderStatus, RefundAsked, TaxRefundAsked, as_json
from app.ids import new_id
from app.models.decisions import AdjustmentRow
from app.models.documents import DocumentRow
from app.services.charged_lines import PRICE, charged_lines, original_invoice
from app.services.compose_refund import RefundCase, credit_note, new_invoice
from app.services.issue_document import Issue, draft_facts, issue_document
from app.services.read_order import OrderView
from app.services.refund_policy import ApprovalNeeded, approval_needed
from app.services.webhooks import emit
from app.store import audit
from app.store.adjustments import StoredAdjustment, adjustment_record
from app.store.documents import list_documents
from app.store.orders import touch_order
from tax_rules.adjust.correction import BY_HAND
from tax_rules.adjust.decision import Credits, RefundLine, RefundOutcome

ZERO = Decimal(0)
CREDIT_NOTE, INVOICE = "credit_note", "invoice"
TAX = "tax_refund"


KIND_OF_OUTCOME = {RefundOutcome.REFUND: TAX, RefundOutcome.BUYER_DETAILS: "buyer_details"}


@dataclass(frozen=True, slots=True)
class RefundDocument:
    """A document of the refund; id and number are None in a dry run, ``draft`` is what it will say."""

    id: str | None
    kind: str
    number: str | None
    draft: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Refund:
    """The adjustment and its documents, or in a dry run what both would be."""

    adjustment: StoredAdjustment
    documents: tuple[RefundDocument, ...]
    warnings: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Who asks for which refund, and what is known for it; ``kind`` is that of its adjustment while it waits."""

    actor: Actor
    asked: TaxRefundAsked | RefundAsked
    kind: str = TAX
    evidence: dict[str, Any] = field(default_factory=dict)
    check_id: str | None = None
    idempotency: str | None = None


def issue_refund(  # one transaction: the adjustment, its numbers, its jobs, its events
    desk: Desk,
    session: Session,
    case: RefundCase,
    wish: Wish,
    *,
    waiting: AdjustmentRow | None = None,
    approver: Actor | None = None,
) -> tuple[StoredAdjustment, tuple[RefundDocument, ...]]:
    """Issue what was decided; above the approval limit keep it until another person approves.

    Args:
        waiting: the adjustment that was kept before, if one was.
        approver: who approved it.
    """
    plan = waiting or draft_row(wish, case.view, status="draft")
    for kind in case.decision.documents:
        draft_facts(desk, issue_of(case, kind, plan, "—"))  # all or none: refused before anything is written
    row = waiting or draft_row(wish, case.view, status="issued")
    why = None if approver else _approval_needed(desk, case)
    if why:
        return _wait_for_approval(session, row, case, wish, why), ()
    fill(row, case)
    row.status, row.issued_at, row.evidence = "issued", clock.now(), row.evidence | wish.evidence
    row.approved_by = approver.name if approver else None
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
        actor=(approver or wish.actor).name,
        action="adjustment.issued",
        subject=row.id,
        order_reference=case.view.order.reference,
        kind=row.kind,
        rule=case.decision.rule,
        net_refund=format(row.net_refund, "f"),
        tax_refund=format(row.tax_refund, "f"),
        currency=row.currency,
        check_id=row.check_id,
        documents=[document.number for document in documents],
        rulebook=desk.book.sha256,
    )
    emit(session, "adjustment.issued", {"id": row.id}, client_code=case.view.order.client)
    session.flush()
    return adjustment_record(row), tuple(documents)


def _approval_needed(desk: Desk, case: RefundCase) -> ApprovalNeeded | None:
    amount, is_by_hand = case.decision.gross_refund, case.decision.rule == BY_HAND
    return approval_needed(desk.settings, case.view.order.currency, amount, is_by_hand=is_by_hand)


def wait_for_register(session: Session, view: OrderView, wish: Wish, lines: tuple[str, ...]) -> StoredAdjustment:
    """Keep the wish until the register answers; amounts stay zero."""
    if all(line.tax_left == 0 for line in charged_lines(view, lines)):
        raise NothingToRefund("No tax is left to refund on these lines.", refundable="0")
    original_invoice(view)
    row = draft_row(wish, view, status="pending_check")
    _keep_waiting(session, row, view, wish, "adjustment.waits_for_register", check_id=row.check_id)
    return adjustment_record(row)


def _wait_for_approval(
    session: Session, row: AdjustmentRow, case: RefundCase, wish: Wish, why: ApprovalNeeded
) -> StoredAdjustment:
    """Keep the wish until another person approves; amounts stay zero, ``evidence`` says what is asked."""
    row.status, row.outcome = "needs_approval", why.code
    row.evidence = row.evidence | wish.evidence | {"approval": why.members()}
    _keep_waiting(session, row, case.view, wish, "adjustment.waits_for_approval", why=why.code)
    return adjustment_record(row)


def _keep_waiting(session: Session, row: AdjustmentRow, view: OrderView, wish: Wish, action: str, **facts: Any) -> None:
    session.add(row)
    session.flush()
    _touch_order(session, view, row)
    reference = view.order.reference
    audit.record(session, actor=wish.actor.name, action=action, subject=row.id, order_reference=reference, **facts)


def refuse_refund(
    session: Session, row: AdjustmentRow, view: OrderView, why: str, *, actor: str = "system", **facts: Any
) -> None:
    """Close an adjustment that waited: nothing is refunded by it."""
    row.status, row.outcome = "refused", why
    _touch_order(session, view, row)
    audit.record(
        session,
        actor=actor,
        action="adjustment.refused",
        subject=row.id,
        order_reference=view.order.reference,
        why=why,
        **facts,
    )


def refund_as_issued(session: Session, adjustment: StoredAdjustment) -> Refund:
    """The refund that the same request made before."""
    documents = reversed(list_documents(session, adjustment_id=adjustment.id))
    return Refund(adjustment, tuple(RefundDocument(d.id, d.kind, d.number) for d in documents))


def draft_refund(desk: Desk, case: RefundCase, wish: Wish) -> tuple[StoredAdjustment, tuple[RefundDocument, ...]]:
    """What :func:`issue_refund` would issue now; nothing is written."""
    row = draft_row(wish, case.view, status="draft")
    fill(row, case)
    documents, credited = [], None
    for kind in case.decision.documents:
        issue = issue_of(case, kind, row, credited)
        documents.append(RefundDocument(None, kind, None, draft_facts(desk, issue)))
        credited = "—"
    if why := _approval_needed(desk, case):
        row.evidence = row.evidence | {"approval": why.members()}
    return adjustment_record(row), tuple(documents)


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


def draft_row(wish: Wish, view: OrderView, *, status: str) -> AdjustmentRow:
    """The adjustment of a wish, before anything is decided."""
    return AdjustmentRow(
        id=new_id("adj"),
        idempotency=wish.idempotency,
        order_id=view.order.id,
        kind=wish.kind,
        status=status,
        reason=str(wish.asked.reason),
        currency=view.order.currency,
        tax_before=ZERO,
        tax_after=ZERO,
        net_refund=ZERO,
        tax_refund=ZERO,
        lines=[],
        law=[],
        evidence=wish.evidence,
        request=as_json(wish.asked),
        check_id=wish.check_id,
        asked_by=wish.actor.name,
        approved_by=None,
        note=wish.asked.note,
        outcome=None,
        created_at=clock.now(),
        issued_at=None,
    )


def fill(row: AdjustmentRow, case: RefundCase) -> None:
    """Put the decision into the adjustment."""
    decision = case.decision
    row.kind = PRICE if decision.credits is Credits.PRICE else KIND_OF_OUTCOME[decision.outcome]
    row.outcome = decision.reason
    row.tax_before, row.tax_after, row.tax_refund = decision.tax_before, decision.tax_after, decision.tax_refund
    row.net_refund = decision.net_refund
    row.law = list(decision.law)
    row.lines = [_line_members(line, case.places) for line in decision.lines]


def _line_members(line: RefundLine, places: Decimal) -> dict[str, Any]:
    amounts = {
        "net": line.net,
        "tax_before": line.tax_before,
        "tax_after": line.tax_after,
        "net_refund": line.net_refund,
        "tax_refund": line.tax_refund,
        "gross_refund": line.net_refund + line.tax_refund,
    }
    parts = [
        {"name": part.name, "tax_type": part.tax_type, "tax_refund": format(part.tax_refund + places, "f")}
        for part in line.parts
    ]
    members = {"reference": line.reference} | {n: format(amount + places, "f") for n, amount in amounts.items()}
    return members | ({"parts": parts} if parts else {})


def _touch_order(session: Session, view: OrderView, row: AdjustmentRow) -> None:
    """The order changes with what hangs on it; its status says whether anything of it was given back."""
    order = touch_order(session, view.order.reference)
    if not (row.net_refund or row.tax_refund):
        return
    left = view.order.gross - view.totals.credited - row.net_refund - row.tax_refund
    if left == 0:
        order.status = str(OrderStatus.REFUNDED)
    elif order.status == OrderStatus.PAID:
        order.status = str(OrderStatus.PARTIALLY_REFUNDED)


def _supersede_older(session: Session, view: OrderView, row: AdjustmentRow, documents: list[RefundDocument]) -> None:
    """A corrected invoice takes the place of the one before; the older one stays readable and says so."""
    if row.kind != "buyer_details":
        return
    for older in list_documents(session, order_id=view.order.id):
        if older.kind == documents[0].kind and older.id != documents[0].id and older.superseded_by is None:
            session.get_one(DocumentRow, older.id).superseded_by = documents[0].id
