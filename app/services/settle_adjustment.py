"""Finishing a tax refund that waited for its register (a job)."""

from typing import Any

from app.actor import Actor
from app.desk import Desk
from app.errors import DomainError
from app.facts import TaxRefundAsked
from app.models.decisions import AdjustmentRow
from app.services.check_tax_id import OPEN, visible_check
from app.services.decide_refund import TaxIdEvidence, check_offline, decide_refund
from app.services.issue_refund import issue_refund, refuse_refund
from app.services.jobs import Lease, error_code
from app.services.read_order import view_order, visible_order
from app.services.refund_tax import wish_of
from app.store.adjustments import find_adjustment
from app.store.orders import find_order_by_id, find_order_row


def settle_adjustment(desk: Desk, lease: Lease, payload: dict[str, Any]) -> None:
    """Finish an adjustment that waited for its tax ID check (a job): issue it, or say why not."""
    with desk.database.writing() as session:
        waiting = find_adjustment(session, payload["adjustment_id"])
        if waiting is None or waiting.status != "pending_check" or waiting.check_id is None:
            return lease.commit(session)
        order = find_order_by_id(session, waiting.order_id)
        assert order is not None  # noqa: S101 - a foreign key says so
        find_order_row(session, order.reference, lock=True)
        row = session.get_one(AdjustmentRow, waiting.id, with_for_update=True)
        actor = Actor(waiting.asked_by, client=order.client)
        view = view_order(session, visible_order(session, actor, order.reference))
        check = visible_check(session, actor, waiting.check_id)
        asked = TaxRefundAsked.from_json(waiting.request)
        assert asked.tax_id is not None  # noqa: S101 - refund_tax refuses to wait without one
        offline = check_offline(desk, asked.tax_id, order)
        evidence = TaxIdEvidence(offline=offline, status=check.status, register=check.register, check=check)
        if check.status in OPEN:
            return lease.commit(session)
        try:
            case, _ = decide_refund(desk, session, actor, view, asked, evidence)
            issue_refund(desk, session, case, wish_of(actor, asked, evidence), waiting=row)
        except DomainError as refusal:  # raised before anything was written
            row.evidence = evidence.members()
            refuse_refund(session, row, view, error_code(refusal), status=evidence.status)
        return lease.commit(session)
