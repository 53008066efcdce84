"""Conditional requests, replays, and many callers at once, on both databases."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from app.desk import Desk
from app.store.audit import verify_chains
from tests.api.conftest import CALCULATION, FRENCH_ORDER, PAYMENT, Caller, changed


def at_once(calls: list[Callable[[], TestResponse]]) -> list[TestResponse]:
    """Make the calls as close together as threads allow."""
    answers: list[TestResponse] = []
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], TestResponse]) -> None:
        barrier.wait()
        answers.append(call())

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == len(calls)
    return answers


# --- conditional requests


@pytest.fixture
def etag(call: Caller) -> str:
    return call("PUT", "/v1/orders/A-1", FRENCH_ORDER).headers["ETag"]


def test_a_change_needs_the_state_that_was_read(call: Caller, etag: str) -> None:
    other = changed(FRENCH_ORDER, payment_terms_days=30)
    blind = call("PUT", "/v1/orders/A-1", other)
    assert (blind.status_code, blind.json["code"]) == (428, "precondition_required")
    for wrong in ('"0"', "garbage", f"W/{etag}", '"' + "x" * 5000 + '"'):
        stale = call("PUT", "/v1/orders/A-1", other, If_Match=wrong)
        assert (stale.status_code, stale.json["code"]) == (412, "precondition_failed")
    assert call("GET", "/v1/orders/A-1").json["payment_terms_days"] is None
    seen = call("PUT", "/v1/orders/A-1", other, If_Match=f'"0", {etag}')
    assert (seen.status_code, seen.json["payment_terms_days"]) == (200, 30)
    assert seen.headers["ETag"] != etag
    assert call("PUT", "/v1/orders/A-1", FRENCH_ORDER, If_Match=etag).status_code == 412


def test_the_same_order_again_is_200_without_if_match_and_changes_nothing(call: Caller, etag: str) -> None:
    before = call("GET", "/v1/orders/A-1").json
    again = call("PUT", "/v1/orders/A-1", FRENCH_ORDER)
    assert (again.status_code, again.headers["ETag"]) == (200, etag)
    assert call("GET", "/v1/orders/A-1").json == before


def test_a_payment_changes_the_orders_state(call: Caller, etag: str) -> None:
    assert call("POST", "/v1/orders/A-1/payments", PAYMENT).status_code == 201
    assert call("PUT", "/v1/orders/A-1", changed(FRENCH_ORDER, payment_terms_days=1), If_Match=etag).status_code == 412


def test_who_has_the_state_gets_304(call: Caller, etag: str) -> None:
    check = call("POST", "/v1/tax-id-checks", {"country": "FR", "number": "FR1", "mode": "offline"}).json["id"]
    calculation = call("POST", "/v1/tax/calculations", CALCULATION).json["id"]
    for path in ("/v1/orders/A-1", f"/v1/tax-id-checks/{check}", f"/v1/tax/calculations/{calculation}"):
        first = call("GET", path)
        assert first.status_code == 200
        second = call("GET", path, If_None_Match=first.headers["ETag"])
        assert (second.status_code, second.data) == (304, b"")
        assert second.headers["ETag"] == first.headers["ETag"]
        assert call("GET", path, If_None_Match='"other"').status_code == 200


def test_what_was_created_says_where_it_is(call: Caller, etag: str) -> None:
    check = call("POST", "/v1/tax-id-checks", {"country": "FR", "number": "FR1", "mode": "offline"})
    assert call("GET", check.headers["Location"]).json == check.json
    order = call("PUT", "/v1/orders/A-2", FRENCH_ORDER)
    assert (order.status_code, order.headers["Location"]) == (201, "/v1/orders/A-2")


# --- replays


def test_a_replay_is_the_first_answer_and_says_so(call: Caller, etag: str) -> None:
    doors: list[tuple[str, dict[str, Any]]] = [
        ("/v1/orders/A-1/payments", PAYMENT),
        ("/v1/tax-id-checks", {"country": "FR", "number": "FR1", "mode": "offline"}),
        ("/v1/tax/calculations", CALCULATION),
    ]
    for n, (path, body) in enumerate(doors):
        first = call("POST", path, body, Idempotency_Key=f"k-{n}")
        again = call("POST", path, body, Idempotency_Key=f"k-{n}")
        assert (again.status_code, again.data) == (first.status_code, first.data)
        assert again.headers["Content-Type"] == first.headers["Content-Type"]
        assert again.headers.get("Location") == first.headers.get("Location")
        assert again.headers["Idempotent-Replayed"] == "true"
        assert "Idempotent-Replayed" not in first.headers
        other = call("POST", path, body | {"surprise": 1}, Idempotency_Key=f"k-{n}")
        assert (other.status_code, other.json["code"]) == (422, "idempotency_key_reused")


def test_a_key_is_the_callers_own(call: Caller, call_as: Callable[..., Caller], etag: str) -> None:
    other = call_as("billing")
    assert call("POST", "/v1/orders/A-1/payments", PAYMENT, Idempotency_Key="same").status_code == 201
    theirs = other("POST", "/v1/orders/A-1/payments", changed(PAYMENT, reference="P-9"), Idempotency_Key="same")
    assert theirs.status_code == 201
    assert "Idempotent-Replayed" not in theirs.headers


def test_a_refused_request_frees_its_key(call: Caller, etag: str) -> None:
    bad = call("POST", "/v1/orders/A-1/payments", changed(PAYMENT, amount="1e5"), Idempotency_Key="k")
    good = call("POST", "/v1/orders/A-1/payments", PAYMENT, Idempotency_Key="k")
    assert (bad.status_code, good.status_code) == (422, 201)


# --- at once


def test_one_new_order_sent_by_many_is_registered_once(call: Caller, desk: Desk) -> None:
    answers = at_once([lambda: call("PUT", "/v1/orders/N-1", FRENCH_ORDER)] * 8)
    assert sorted(a.status_code for a in answers) == [200] * 7 + [201]
    assert len({a.headers["ETag"] for a in answers}) == 1
    with desk.database.reading() as session:
        assert all(fault is None for _, _, fault in verify_chains(session))


def test_different_orders_under_one_new_reference_do_not_mix(call: Caller) -> None:
    bodies = [changed(FRENCH_ORDER, payment_terms_days=n, customer__reference=f"C-{n}") for n in range(8)]
    answers = at_once([lambda body=body: call("PUT", "/v1/orders/N-2", body) for body in bodies])  # type: ignore[misc]
    assert sorted(a.status_code for a in answers) == [201] + [428] * 7
    won = next(a.json for a in answers if a.status_code == 201)
    kept = call("GET", "/v1/orders/N-2").json
    assert (kept["payment_terms_days"], kept["customer"]) == (won["payment_terms_days"], won["customer"])


def test_the_first_orders_of_a_client_and_customer_may_come_at_once(call: Caller) -> None:
    order = changed(FRENCH_ORDER, client="brand-new", customer__reference="first")
    answers = at_once([lambda n=n: call("PUT", f"/v1/orders/N-{n}", order) for n in range(10, 18)])  # type: ignore[misc]
    assert [a.status_code for a in answers] == [201] * 8


def test_changes_at_once_from_one_state_leave_one_winner(call: Caller, etag: str) -> None:
    bodies = [changed(FRENCH_ORDER, payment_terms_days=n) for n in range(1, 9)]
    answers = at_once([lambda b=b: call("PUT", "/v1/orders/A-1", b, If_Match=etag) for b in bodies])  # type: ignore[misc]
    assert sorted(a.status_code for a in answers) == [200] + [412] * 7
    won = next(a.json for a in answers if a.status_code == 200)
    assert call("GET", "/v1/orders/A-1").json["payment_terms_days"] == won["payment_terms_days"]


def test_one_payment_sent_by_many_is_recorded_once(call: Caller, etag: str) -> None:
    answers = at_once([lambda: call("POST", "/v1/orders/A-1/payments", PAYMENT)] * 8)
    assert [a.status_code for a in answers] == [201] * 8
    assert len({a.json["id"] for a in answers}) == 1
    assert call("GET", "/v1/orders/A-1").json["totals"]["paid"] == "120.00"


def test_different_payments_under_one_reference_do_not_mix(call: Caller, etag: str) -> None:
    bodies = [changed(PAYMENT, amount=f"{n}.00") for n in range(1, 9)]
    answers = at_once([lambda b=b: call("POST", "/v1/orders/A-1/payments", b) for b in bodies])  # type: ignore[misc]
    assert sorted(a.status_code for a in answers) == [201] + [409] * 7
    won = next(a.json for a in answers if a.status_code == 201)
    assert call("GET", "/v1/orders/A-1").json["totals"]["paid"] == won["amount"]


# --- amounts that are right


@pytest.mark.parametrize(
    ("currency", "sent", "kept"),
    [("KWD", "10.50", "10.500"), ("KWD", "10.123", "10.123"), ("JPY", "1050", "1050"), ("EUR", "10.5", "10.50"),
     ("EUR", "999999999999999.99", "999999999999999.99")],
)  # fmt: skip
def test_an_amount_is_kept_exactly_and_padded_to_its_currency(
    call: Caller, currency: str, sent: str, kept: str
) -> None:
    order = changed(FRENCH_ORDER, currency=currency, lines__0__amount=sent, lines__0__tax={"amount": "0"})
    stored = call("PUT", "/v1/orders/K-1", order)
    assert stored.status_code == 201, stored.json
    payment = changed(PAYMENT, currency=currency, amount=sent, cost=None)
    assert call("POST", "/v1/orders/K-1/payments", payment).json["amount"] == kept
    shown = call("GET", "/v1/orders/K-1").json
    assert (shown["lines"][0]["net"], shown["totals"]["paid"], shown["totals"]["outstanding"][0]) == (kept, kept, "0")
