"""The house's own rules for refunds, all configuration: when another person must approve, how long we refund."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from app.actor import Actor, Role, Scope
from app.config import Settings
from app.errors import Fault, Forbidden, InvalidInput, OutsideRefundWindow
from app.facts import RefundAsked
from app.store.orders import StoredOrder

ABOVE, UNJUDGED, BY_HAND = "above_approval_limit", "approval_limit_unknown", "decided_by_hand"


@dataclass(frozen=True, slots=True)
class ApprovalNeeded:
    """Why another person must approve: the amount is above the limit, or there is no limit for its currency."""

    code: str
    amount: Decimal
    currency: str
    limit: Decimal | None

    def members(self) -> dict[str, Any]:
        """As it is kept beside the adjustment."""
        limit = None if self.limit is None else format(self.limit, "f")
        return {"code": self.code, "amount": format(self.amount, "f"), "currency": self.currency, "limit": limit}


def approval_needed(settings: Settings, currency: str, amount: Decimal, *, is_by_hand: bool) -> ApprovalNeeded | None:
    """Whether a refund of this amount, tax included, needs a second person.

    What goes back in a currency without a limit cannot be judged and needs one too, and so does what no rule decided;
    nothing going back needs none.
    """
    limit = dict(settings.approval_limits).get(currency)
    if is_by_hand and amount:
        return ApprovalNeeded(BY_HAND, amount, currency, limit)
    if amount == 0 or (limit is not None and amount <= limit):
        return None
    return ApprovalNeeded(UNJUDGED if limit is None else ABOVE, amount, currency, limit)


def check_approver(actor: Actor, asked_by: str) -> None:
    """Raise Forbidden unless the actor may approve, and is another than who asked."""
    may = actor.role in (Role.APPROVER, Role.ADMIN) or (actor.role is None and actor.may(Scope.ADMIN))
    if not may:
        raise Forbidden("An approver decides this: a user with the role approver or admin, or a key with scope admin.")
    if actor.name == asked_by:
        raise Forbidden("Another person than the one who asked must decide this.")


def check_window(settings: Settings, actor: Actor, order: StoredOrder, asked: RefundAsked, today: date) -> None:
    """Raise OutsideRefundWindow when the time for this reason is over and nobody with the right to overrides that.

    The window is counted in days from the day of the order (UTC), the last day included.
    """
    if asked.override_window:
        if not actor.may(Scope.ADMIN):
            raise Forbidden("Only scope admin overrides a refund window.")
        if not asked.note:
            fault = Fault("/note", "missing", "Say why the refund window is overridden.")
            raise InvalidInput("The refund was refused.", fault)
        return
    days = dict(settings.refund_windows).get(str(asked.reason))
    if days is None:
        return
    last = order.ordered_at.date() + timedelta(days=days)
    if today > last:
        raise OutsideRefundWindow(
            f"For the reason {asked.reason} an order is refunded for {days} days; the last was {last.isoformat()}.",
            reason_code="outside_refund_window",
            window_days=days,
            last_day=last.isoformat(),
        )
