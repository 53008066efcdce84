"""The second person's decision on a refund, from the order page: approve it or reject it."""

from flask import Blueprint, Response, g, redirect, url_for
from marshmallow import ValidationError, validates

from app.actor import Actor, Scope
from app.auth import page
from app.errors import Conflict, Forbidden, NotFound
from app.services.approve_adjustment import approve_adjustment, reject_adjustment
from app.services.read_order import OrderView, read_order
from app.services.refund_policy import check_approver
from app.web.forms import N_, PageSchema, Text, read_form
from app.web.refund_parts import this_desk

APPROVE, REJECT = "approve", "reject"

bp = Blueprint("approve", __name__)


class DecisionForm(PageSchema):
    """Which button was pressed, and a note for the file."""

    decision = Text(most=10)
    note = Text(most=1000, lines=True)

    @validates("decision")
    def is_one(self, value: str, **_: object) -> None:
        if value not in (APPROVE, REJECT):
            raise ValidationError(N_("Press one of the two buttons."))


@bp.post("/orders/<reference>/adjustments/<adjustment_id>/decision")
@page(Scope.PAYMENTS)
def decide(reference: str, adjustment_id: str) -> Response:
    """Approve or reject; pressed twice, the second time shows what the first one did."""
    view = read_order(this_desk(), g.actor, reference)
    if all(adjustment.id != adjustment_id for adjustment in view.adjustments):
        raise NotFound("There is no such refund on this order.")
    form, typed = read_form(DecisionForm)
    if form.faults:
        raise Conflict("Go back and press one of the two buttons; a note has at most 1000 signs.")
    try:
        if typed["decision"] == APPROVE:
            approve_adjustment(this_desk(), g.actor, adjustment_id)
        else:
            reject_adjustment(this_desk(), g.actor, adjustment_id, typed["note"] or None)
    except Conflict:
        if any(each.id == adjustment_id and each.status == "needs_approval" for each in view.adjustments):
            raise
    return redirect(url_for("order_pages.show", reference=reference, done=adjustment_id), 303)


def decidable(actor: Actor, view: OrderView) -> frozenset[str]:
    """The refunds of an order that wait for somebody, and that this person may decide."""
    waiting = [adjustment for adjustment in view.adjustments if adjustment.status == "needs_approval"]
    return frozenset(adjustment.id for adjustment in waiting if _may_decide(actor, adjustment.asked_by))


def _may_decide(actor: Actor, asked_by: str) -> bool:
    try:
        check_approver(actor, asked_by)
    except Forbidden:
        return False
    return True
