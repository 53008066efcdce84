"""What the two refund pages share: how the money gets back, and a refusal in words."""

from dataclasses import dataclass
from typing import Any

from flask import current_app

from app.desk import Desk
from app.errors import DomainError
from app.facts import PaymentKind
from app.problems import problem_of
from app.reference import payment_option
from app.reference.records import PaymentOption
from app.services.read_order import OrderView


@dataclass(frozen=True, slots=True)
class MoneyPath:
    """How the money gets back: by which payment option; None where nothing was paid yet."""

    option: PaymentOption | None
    code: str


def money_path(view: OrderView) -> MoneyPath | None:
    """The way of the newest payment, back; None where nothing was paid yet."""
    paid = [payment for payment in view.payments if payment.kind == PaymentKind.PAYMENT]
    if not paid:
        return None
    code = paid[-1].option
    return MoneyPath(payment_option(code), code)


def in_words(error: DomainError) -> dict[str, Any]:
    """A refusal as a page tells it: its code, its sentence, and the law where there is one."""
    problem, _ = problem_of(error)
    return {"law": (), **error.extra, "code": problem.code, "detail": error.detail}


def this_desk() -> Desk:
    """The desk of the running application."""
    desk: Desk = current_app.extensions["desk"]
    return desk
