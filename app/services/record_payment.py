"""Recording a payment, refund, chargeback or authorisation on an order."""

from dataclasses import fields
from decimal import Decimal
from typing import Any

from app import clock
from app.actor import Actor
from app.desk import Desk
from app.errors import Conflict, Fault, InvalidInput
from app.facts import Payment, as_json
from app.ids import new_id
from app.models.orders import PaymentRow
from app.reference import payment_option
from app.services.read_order import visible_order
from app.store import audit
from app.store.orders import StoredPayment, list_payments, touch_order


def record_payment(desk: Desk, actor: Actor, reference: str, payment: Payment) -> tuple[StoredPayment, bool]:
    """Record a payment once: the payment's reference is unique on the order.

    Returns:
        The payment, and whether it is new; the same payment sent again is found, not written twice.
    Raises:
        NotFound: no such order. InvalidInput: another currency than the order's, an unknown payment option.
        Conflict: the reference stands for another payment.
    """
    with desk.database.writing() as session:
        order = visible_order(session, actor, reference, lock=True)
        known = {p.reference: p for p in list_payments(session, order.id)}
        if payment.reference in known:
            return _same(known[payment.reference], payment), False
        _check(payment, order.currency)
        row = PaymentRow(id=new_id("pay"), order_id=order.id, recorded_at=clock.now(), **_columns(payment))
        session.add(row)
        touch_order(session, reference)
        audit.record(
            session,
            actor=actor.name,
            action=f"payment.{payment.kind}_recorded",
            subject=row.id,
            order_reference=reference,
            amount=format(payment.amount, "f"),
            currency=payment.currency,
            option=payment.option,
        )
        session.flush()
        return next(p for p in list_payments(session, order.id) if p.id == row.id), True


def _check(payment: Payment, order_currency: str) -> None:
    faults = []
    if payment.currency != order_currency:
        faults.append(Fault("/currency", "other_currency", f"The order is in {order_currency}; send that currency."))
    if payment_option(payment.option) is None:
        faults.append(Fault("/option", "unknown_option", "Use a code of GET /v1/reference/payment-options."))
    if payment.amount <= 0:
        faults.append(Fault("/amount", "not_positive", "Send what moved; `kind` tells the direction."))
    if payment.cost is not None and payment.cost < 0:
        faults.append(Fault("/cost", "negative", "The cost of a payment is zero or more."))
    if faults:
        raise InvalidInput("The payment was refused.", *faults)


def _same(known: StoredPayment, payment: Payment) -> StoredPayment:
    if any(getattr(known, f.name) != getattr(payment, f.name) for f in fields(payment)):
        raise Conflict("Another payment has this reference on the order.")
    return known


def _columns(payment: Payment) -> dict[str, Any]:
    columns: dict[str, Any] = {name: getattr(payment, name) for name in as_json(payment)}
    return columns | {"kind": str(payment.kind), "amount": Decimal(payment.amount)}
