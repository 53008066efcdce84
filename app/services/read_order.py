"""Everything there is to know about an order, in one view."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from app.actor import Actor
from app.desk import Desk
from app.errors import NotFound
from app.facts import PaymentKind
from app.models.decisions import DecisionRow
from app.store.adjustments import StoredAdjustment, list_adjustments
from app.store.audit import AuditEvent, read_events
from app.store.documents import StoredDocument, list_documents
from app.store.orders import StoredOrder, StoredPayment, find_order, list_payments
from app.store.tax_id_checks import StoredCheck, list_checks

ISSUED = "issued"
TIMELINE_LIMIT = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderTotals:
    """The money of an order, in its currency. ``outstanding`` is negative when the customer paid too much."""

    net: Decimal
    tax: Decimal
    gross: Decimal
    paid: Decimal
    refunded: Decimal
    withheld: Decimal
    credited: Decimal

    @property
    def outstanding(self) -> Decimal:
        return self.gross - self.credited - self.withheld - self.paid + self.refunded


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """Something that happened to the order; ``document`` is the one it is about."""

    at: str
    actor: str
    action: str
    subject: str
    facts: dict[str, Any]
    hash: str
    document: StoredDocument | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderView:
    """An order with all that hangs on it."""

    order: StoredOrder
    totals: OrderTotals
    payments: tuple[StoredPayment, ...]
    adjustments: tuple[StoredAdjustment, ...]
    documents: tuple[StoredDocument, ...]
    checks: tuple[StoredCheck, ...]
    timeline: tuple[TimelineEntry, ...]
    decision: dict[str, Any] | None


def read_order(desk: Desk, actor: Actor, reference: str) -> OrderView:
    """The order with its totals, payments, adjustments, documents, checks and timeline.

    Raises:
        NotFound: no such order, or one of a client that the caller may not see.
    """
    with desk.database.reading() as session:
        return view_order(session, visible_order(session, actor, reference))


def visible_order(session: Session, actor: Actor, reference: str, *, lock: bool = False) -> StoredOrder:
    """The order, if the caller may know of it; raises NotFound otherwise."""
    return seen_by(actor, find_order(session, reference, lock=lock))


def seen_by(actor: Actor, order: StoredOrder | None) -> StoredOrder:
    """The order that was found, if the caller may know of it; raises NotFound otherwise."""
    if order is None or not actor.may_see(order.client):
        raise NotFound("There is no such order.")
    return order


def view_order(session: Session, order: StoredOrder) -> OrderView:
    """The view of an order within a transaction."""
    payments = tuple(list_payments(session, order.id))
    adjustments = tuple(list_adjustments(session, order.id))
    documents = tuple(list_documents(session, order_id=order.id))
    events = read_events(session, order_reference=order.reference, limit=TIMELINE_LIMIT)
    by_subject = {document.id: document for document in documents}
    decision = session.get(DecisionRow, order.decision_id) if order.decision_id else None
    return OrderView(
        order=order,
        totals=total(order, payments, adjustments),
        payments=payments,
        adjustments=adjustments,
        documents=documents,
        checks=tuple(list_checks(session, client=None, order_reference=order.reference, limit=50)),
        timeline=tuple(_entry(event, by_subject) for event in events),
        decision=decision.answer if decision else None,
    )


def total(
    order: StoredOrder, payments: tuple[StoredPayment, ...], adjustments: tuple[StoredAdjustment, ...]
) -> OrderTotals:
    """The money of an order; authorisations move none."""
    moved = dict.fromkeys(PaymentKind, Decimal(0))
    for payment in payments:
        moved[PaymentKind(payment.kind)] += payment.amount
    return OrderTotals(
        net=order.net,
        tax=order.tax,
        gross=order.gross,
        paid=moved[PaymentKind.PAYMENT] - moved[PaymentKind.CHARGEBACK],
        refunded=moved[PaymentKind.REFUND],
        withheld=Decimal(0),
        credited=sum((a.gross_refund for a in adjustments if a.status == ISSUED), Decimal(0)),
    )


def _entry(event: AuditEvent, documents: dict[str, StoredDocument]) -> TimelineEntry:
    return TimelineEntry(
        at=event.at,
        actor=event.actor,
        action=event.action,
        subject=event.subject,
        facts=event.facts,
        hash=event.hash,
        document=documents.get(event.subject),
    )
