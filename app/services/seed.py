"""Recognisable situations for a development machine: users, keys and orders. Refused in production, idempotent."""

from dataclasses import dataclass
from typing import Any

from app.actor import SYSTEM, Role, Scope
from app.desk import Desk
from app.errors import Conflict, Forbidden
from app.facts import Order, Payment
from app.services.grant_access import create_api_key, create_user
from app.services.load_sellers import store_sellers
from app.services.put_order import Describe, put_order
from app.services.record_payment import record_payment

PASSWORD = "taxdesk-demo-2026"  # noqa: S105 - printed at every start; production refuses to seed
USERS = {
    "agent@taxdesk.example": Role.PAYMENTS,
    "approver@taxdesk.example": Role.APPROVER,
    "auditor@taxdesk.example": Role.AUDITOR,
    "admin@taxdesk.example": Role.ADMIN,
}


@dataclass(frozen=True, slots=True)
class Situation:
    """One example: what it is about, the order, its payments, and the tax ID that comes later."""

    reference: str
    about: str
    order: Order
    payments: tuple[Payment, ...]
    tax_id: str | None


def seed_people(desk: Desk) -> dict[str, str]:
    """Create the users that are not there yet; e-mail to role of all."""
    _refuse_production(desk)
    for email, role in USERS.items():
        try:
            create_user(desk, SYSTEM, email=email, role=role, password=PASSWORD)
        except Conflict:
            continue
    return {email: str(role) for email, role in USERS.items()}


def seed_key(desk: Desk, scope: Scope) -> str:
    """A fresh API key with one scope."""
    _refuse_production(desk)
    return create_api_key(desk, SYSTEM, name=f"development {scope}", scopes=[scope])


def seed_orders(desk: Desk, situations: tuple[Situation, ...], describe: Describe) -> int:
    """Register the example orders and their payments; those that are there stay as they are."""
    _refuse_production(desk)
    store_sellers(desk)
    new = 0
    for situation in situations:
        try:
            result = put_order(desk, SYSTEM, situation.reference, situation.order, may_change=_keep, describe=describe)
        except Conflict:
            continue
        new += result.is_new
        for payment in situation.payments:
            record_payment(desk, SYSTEM, situation.reference, payment)
    return new


def _keep(_order: Any) -> None:
    raise Conflict("The example is there and was changed since.")


def _refuse_production(desk: Desk) -> None:
    if desk.settings.is_production:
        raise Forbidden("Example data have no place in production.")
