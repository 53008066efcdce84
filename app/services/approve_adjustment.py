"""The second pair of eyes: approving or rejecting a refund that another person asked for."""

from sqlalchemy.orm import Session

from app.actor import Actor
from app.desk import Desk
from app.errors import Conflict, NotFound
from app.facts import RefundAsked, RefundReason, TaxRefundAsked
from app.models.decisions import AdjustmentRow
from app.services.charged_lines import PRICE
from app.services.check_tax_id import visible_check
from app.services.compose_refund import RefundCase
from app.services.correct_tax import decide_corrected
from app.services.decide_refund import TaxIdEvidence, check_offline, decide_refund
from app.services.issue_refund import Refund, Wish, issue_refund, refuse_refund
from app.services.read_order import OrderView, view_order, visible_order
from app.services.refund_order import decide_price_refund
from app.services.refund_policy import check_approver
from app.services.refund_tax import wish_of
from app.store.adjustments import StoredAdjustment, adjustment_record, find_adjustment
from app.store.orders import find_order_by_id


def read_adjustment(desk: Desk, actor: Actor, adjustment_id: str) -> StoredAdjustment:
    """The adjustment; raises NotFound where the caller may not know of it."""
    with desk.database.reading() as session:
        found, _ = _visible(session, actor, adjustment_id)
        return found


def approve_adjustment(desk: Desk, actor: Actor, adjustment_id: str) -> Refund:
    """Issue a refund that waited for approval, decided again on what stands now.

    Raises:
        NotFound. Forbidden: the actor may not approve, or is the one who asked. Conflict: it does not wait.
        ExceedsRefundable, NothingToRefund, NotRefundable: other refunds went before; it still waits.
    """
    with desk.database.writing() as session:
        row, view = _waiting(session, actor, adjustment_id)
        case, wish = _decide_again(desk, session, view, adjustment_record(row))
        adjustment, documents = issue_refund(desk, session, case, wish, waiting=row, approver=actor)
        return Refund(adjustment, documents)


def reject_adjustment(desk: Desk, actor: Actor, adjustment_id: str, note: str | None) -> Refund:
    """Close a refund that waited for approval; nothing goes back by it.

    Raises:
        NotFound, Forbidden, Conflict: as for an approval.
    """
    with desk.database.writing() as session:
        row, view = _waiting(session, actor, adjustment_id)
        row.approved_by = None
        row.evidence = row.evidence | {"rejected_by": actor.name, "rejection_note": note}
        refuse_refund(session, row, view, "rejected", actor=actor.name)
        session.flush()
        return Refund(adjustment_record(row), ())


def _visible(session: Session, actor: Actor, adjustment_id: str) -> tuple[StoredAdjustment, str]:
    """The adjustment and the reference of its order."""
    found = find_adjustment(session, adjustment_id)
    order = find_order_by_id(session, found.order_id) if found else None
    if found is None or order is None or not actor.may_see(order.client):
        raise NotFound("There is no such adjustment.")
    return found, order.reference


def _waiting(session: Session, actor: Actor, adjustment_id: str) -> tuple[AdjustmentRow, OrderView]:
    """The adjustment that waits, locked with its order, once it is sure that the actor may decide."""
    found, reference = _visible(session, actor, adjustment_id)
    check_approver(actor, found.asked_by)
    order = visible_order(session, actor, reference, lock=True)
    row = session.get_one(AdjustmentRow, found.id, with_for_update=True, populate_existing=True)
    if row.status != "needs_approval":
        raise Conflict(f"The adjustment waits for no approval; its status is {row.status}.")
    return row, view_order(session, order)


def _decide_again(desk: Desk, session: Session, view: OrderView, waiting: StoredAdjustment) -> tuple[RefundCase, Wish]:
    """What the wish that was kept comes to now, for the one who asked."""
    asker = Actor(waiting.asked_by, client=view.order.client)
    if waiting.kind == PRICE:
        price = RefundAsked.from_json(waiting.request)
        return decide_price_refund(desk, session, view, price), Wish(actor=asker, asked=price, kind=PRICE)
    asked = TaxRefundAsked.from_json(waiting.request)
    if asked.reason is not RefundReason.VAT_ID_PROVIDED or asked.tax_id is None:
        found = decide_corrected(desk, session, asker, view, asked)
        return found.case, Wish(actor=asker, asked=asked, evidence=found.evidence)
    check = visible_check(session, asker, waiting.check_id) if waiting.check_id else None
    evidence = TaxIdEvidence(
        offline=check_offline(desk, asked.tax_id, view.order),
        status=check.status if check else waiting.evidence["status"],
        register=check.register if check else None,
        check=check,
        asserted_by=waiting.evidence.get("asserted_by"),
    )
    case, _ = decide_refund(desk, session, asker, view, asked, evidence)
    return case, wish_of(asker, asked, evidence)
