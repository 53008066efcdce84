"""Four eyes: a refund above the limit waits until another person with the right to says yes."""

from collections.abc import Callable
from typing import Any

import pytest

from app.actor import Actor, Role, Scope
from app.desk import Desk
from app.errors import Forbidden
from app.services.approve_adjustment import approve_adjustment
from tests.api.conftest import Caller

Make = Callable[..., dict[str, Any]]
FULL = {"mode": "full", "reason": "customer_request"}
REFUNDS = "/v1/orders/A-1/refunds"


@pytest.fixture
def order(call: Caller, make_order: Make) -> None:
    """A paid French order over 1,000.00 and 200.00 tax."""
    tax = {"rate_percent": "20", "amount": "200.00"}
    answer = call("PUT", "/v1/orders/A-1", make_order(lines__0__amount="1000.00", lines__0__tax=tax))
    assert answer.status_code == 201, answer.json


@pytest.fixture
def waiting(call: Caller, order: None) -> dict[str, Any]:
    """The full refund of it, asked for."""
    answer = call("POST", REFUNDS, FULL)
    assert answer.status_code == 202
    adjustment: dict[str, Any] = answer.json["adjustment"]
    return adjustment


def approver() -> Actor:
    return Actor("user:usr_approver", frozenset({Scope.PAYMENTS}), role=Role.APPROVER)


def test_above_the_limit_nothing_is_issued_and_the_amounts_are_zero(call: Caller, waiting: dict[str, Any]) -> None:
    assert (waiting["status"], waiting["outcome"]) == ("needs_approval", "above_approval_limit")
    assert {waiting[name] for name in ("net_refund", "tax_refund", "gross_refund", "tax_before")} == {"0.00"}
    asked = {"code": "above_approval_limit", "amount": "1200.00", "currency": "EUR", "limit": "1000.00"}
    assert waiting["evidence"]["approval"] == asked
    view = call("GET", "/v1/orders/A-1").json
    assert (view["status"], view["totals"]["credited"], view["documents"]) == ("paid", "0.00", [])
    assert call("GET", f"/v1/adjustments/{waiting['id']}").json == waiting


@pytest.mark.usefixtures("order")
def test_at_the_limit_nobody_is_asked(call: Caller) -> None:
    at = {"mode": "partial", "reason": "goodwill", "amount": "1000.00"}
    assert call("POST", REFUNDS, at).json["adjustment"]["status"] == "issued"


@pytest.mark.usefixtures("order")
def test_a_dry_run_says_that_another_person_would_be_asked(call: Caller) -> None:
    dry = call("POST", REFUNDS, FULL | {"dry_run": True})
    assert dry.status_code == 200
    assert dry.json["adjustment"]["gross_refund"] == "1200.00"
    assert dry.json["adjustment"]["evidence"]["approval"]["code"] == "above_approval_limit"


def test_an_administrators_key_that_is_not_the_askers_approves(
    call: Caller, call_as: Callable[..., Caller], waiting: dict[str, Any]
) -> None:
    path = f"/v1/adjustments/{waiting['id']}/approve"
    assert call("POST", path, {}).status_code == 403
    admin = call_as(Scope.ADMIN)
    answer = admin("POST", path, {})
    assert (answer.status_code, answer.json["adjustment"]["status"]) == (200, "issued")
    assert answer.json["adjustment"]["gross_refund"] == "1200.00"
    assert [d["kind"] for d in answer.json["documents"]] == ["credit_note"]
    assert call("GET", "/v1/orders/A-1").json["status"] == "refunded"
    assert admin("POST", path, {}).json["code"] == "conflict"


def test_who_asked_does_not_approve_even_an_administrator(call_as: Callable[..., Caller], order: None) -> None:
    admin = call_as(Scope.ADMIN)
    adjustment = admin("POST", REFUNDS, FULL).json["adjustment"]
    assert admin("POST", f"/v1/adjustments/{adjustment['id']}/approve", {}).status_code == 403
    assert admin("POST", f"/v1/adjustments/{adjustment['id']}/reject", {}).status_code == 403


def test_a_user_needs_the_role_of_an_approver(desk: Desk, waiting: dict[str, Any]) -> None:
    with pytest.raises(Forbidden):
        approve_adjustment(desk, Actor("user:usr_1", frozenset({Scope.PAYMENTS}), role=Role.PAYMENTS), waiting["id"])
    assert approve_adjustment(desk, approver(), waiting["id"]).adjustment.approved_by == "user:usr_approver"


def test_a_rejection_gives_nothing_back(call: Caller, call_as: Callable[..., Caller], waiting: dict[str, Any]) -> None:
    answer = call_as(Scope.ADMIN)("POST", f"/v1/adjustments/{waiting['id']}/reject", {"note": "Ask again in May."})
    assert answer.json["adjustment"]["status"] == "refused"
    assert answer.json["adjustment"]["outcome"] == "rejected"
    assert call("GET", "/v1/orders/A-1").json["totals"]["credited"] == "0.00"


def test_what_was_refunded_meanwhile_is_not_refunded_again(
    call: Caller, call_as: Callable[..., Caller], order: None
) -> None:
    big = {"mode": "partial", "reason": "goodwill", "amount": "1100.00"}
    waiting = call("POST", REFUNDS, big).json["adjustment"]
    assert call("POST", REFUNDS, {"mode": "partial", "reason": "goodwill", "amount": "200.00"}).status_code == 201
    late = call_as(Scope.ADMIN)("POST", f"/v1/adjustments/{waiting['id']}/approve", {})
    assert (late.status_code, late.json["code"], late.json["refundable"]) == (422, "exceeds_refundable", "1000.00")
    assert call("GET", f"/v1/adjustments/{waiting['id']}").json["status"] == "needs_approval"


def test_a_currency_without_a_limit_cannot_be_judged(call: Caller, make_order: Make) -> None:
    lines = {"lines__0__amount": "1.00", "lines__0__tax": None}
    order = make_order(currency="KES", customer__address__country="KE", **lines)
    assert call("PUT", "/v1/orders/A-1", order).status_code == 201
    adjustment = call("POST", REFUNDS, FULL).json["adjustment"]
    assert (adjustment["status"], adjustment["outcome"]) == ("needs_approval", "approval_limit_unknown")


def test_an_adjustment_of_another_client_does_not_exist(
    call_as: Callable[..., Caller], waiting: dict[str, Any]
) -> None:
    stranger = call_as(Scope.PAYMENTS, client_code="other")
    for method, path in (("GET", ""), ("POST", "/approve"), ("POST", "/reject")):
        body = {} if method == "POST" else None
        assert stranger(method, f"/v1/adjustments/{waiting['id']}{path}", body).status_code == 404
