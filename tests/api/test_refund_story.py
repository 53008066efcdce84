"""The main job over the API: an order, a late VAT ID, the refund, its documents."""

import hashlib
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from app import clock
from app.desk import Desk
from app.registers.double import RegisterDouble
from app.services.verify_document import Result, verify_document
from app.store.audit import verify_chains
from tests.api.conftest import FRENCH_ID, SILENT_ID, UNKNOWN_ID, Caller
from tests.working import work, working

REFUND = {"reason": "vat_id_provided", "tax_id": {"number": FRENCH_ID}}
Make = Callable[..., dict[str, Any]]


def check(call: Caller, number: str = FRENCH_ID) -> dict[str, Any]:
    answer = call("POST", "/v1/tax-id-checks", {"country": "FR", "number": number, "order_reference": "A-1"})
    assert answer.status_code == 201, answer.json
    return answer.json


@pytest.fixture
def order(call: Caller, make_order: Make) -> dict[str, Any]:
    answer = call("PUT", "/v1/orders/A-1", make_order())
    assert answer.status_code == 201, answer.json
    payment = {
        "kind": "payment", "amount": "120.00", "currency": "EUR", "option": "visa", "cost": "2.10",
        "occurred_at": "2026-10-05T09:15:00Z", "reference": "P-1",
    }  # fmt: skip
    assert call("POST", "/v1/orders/A-1/payments", payment).status_code == 201
    return answer.json


def test_the_whole_story_from_order_to_verified_pdf(call: Caller, desk: Desk, order: dict[str, Any]) -> None:
    assert order["totals"]["gross"] == "120.00"
    with working(desk):
        checked = check(call)
    assert checked["status"] == "verified"
    dry = call("POST", "/v1/orders/A-1/tax-refunds", REFUND | {"dry_run": True})
    assert dry.status_code == 200
    assert dry.json["adjustment"]["tax_refund"] == "20.00"
    assert [d["kind"] for d in dry.json["documents"]] == ["credit_note", "invoice"]
    assert call("GET", "/v1/orders/A-1").json["adjustments"] == []

    real = call("POST", "/v1/orders/A-1/tax-refunds", REFUND, Idempotency_Key="refund-once")
    assert real.status_code == 201
    assert real.json["adjustment"]["status"] == "issued"
    assert real.json["adjustment"]["evidence"]["consultation_number"] == checked["register"]["consultation_number"]
    assert real.json["documents"][0]["number"] == "DE-CN-2026-000001"
    again = call("POST", "/v1/orders/A-1/tax-refunds", REFUND, Idempotency_Key="refund-once")
    assert (again.status_code, again.json) == (201, real.json)
    assert again.headers["Idempotent-Replayed"] == "true"
    work(desk)

    document = call("GET", f"/v1/documents/{real.json['documents'][0]['id']}").json
    assert document["status"] == "ready"
    content = call("GET", document["links"]["content"])
    assert content.content_type == "application/pdf"
    assert hashlib.sha256(content.data).hexdigest() == document["sha256"]
    assert verify_document(desk, content.data).result is Result.GENUINE
    view = call("GET", "/v1/orders/A-1").json
    assert view["status"] == "partially_refunded"
    assert view["totals"]["credited"] == "20.00"
    assert {d["kind"] for d in view["documents"]} == {"credit_note", "invoice", "tax_id_evidence"}
    assert len(list((desk.settings.data_dir / "mail").glob("*.eml"))) == 1
    with desk.database.reading() as session:
        assert [fault for _, _, fault in verify_chains(session)] == [None]


def test_a_second_refund_finds_nothing_left(call: Caller, desk: Desk, order: dict[str, Any]) -> None:
    with working(desk):
        check(call)
    assert call("POST", "/v1/orders/A-1/tax-refunds", REFUND).status_code == 201
    second = call("POST", "/v1/orders/A-1/tax-refunds", REFUND)
    assert (second.status_code, second.json["code"]) == (422, "nothing_to_refund")


def test_forty_refunds_at_once_give_the_tax_back_once(call: Caller, desk: Desk, order: dict[str, Any]) -> None:
    with working(desk):
        check(call)
    answers: list[int] = []

    def refund() -> None:
        answers.append(call("POST", "/v1/orders/A-1/tax-refunds", REFUND).status_code)

    threads = [threading.Thread(target=refund) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [201] + [422] * 39
    view = call("GET", "/v1/orders/A-1").json
    assert view["totals"]["credited"] == "20.00"
    assert len(view["adjustments"]) == 1


def test_forty_times_the_same_request_has_one_effect(call: Caller, desk: Desk, order: dict[str, Any]) -> None:
    with working(desk):
        check(call)
    answers = []

    def refund() -> None:
        answers.append(call("POST", "/v1/orders/A-1/tax-refunds", REFUND, Idempotency_Key="the-same"))

    threads = [threading.Thread(target=refund) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {a.status_code for a in answers} <= {201, 409}
    fresh = [a for a in answers if a.status_code == 201 and "Idempotent-Replayed" not in a.headers]
    assert len(fresh) == 1
    assert len({a.json["adjustment"]["id"] for a in answers if a.status_code == 201}) == 1
    assert len(call("GET", "/v1/orders/A-1").json["adjustments"]) == 1


def test_the_same_key_with_another_body_is_refused(call: Caller, desk: Desk, order: dict[str, Any]) -> None:
    with working(desk):
        check(call)
    assert call("POST", "/v1/orders/A-1/tax-refunds", REFUND, Idempotency_Key="k").status_code == 201
    other = call("POST", "/v1/orders/A-1/tax-refunds", REFUND | {"note": "again"}, Idempotency_Key="k")
    assert (other.status_code, other.json["code"]) == (422, "idempotency_key_reused")


def test_a_silent_register_keeps_the_refund_waiting_and_it_finishes_by_itself(
    call: Caller, desk: Desk, double: RegisterDouble, order: dict[str, Any]
) -> None:
    asked = {"reason": "vat_id_provided", "tax_id": {"number": SILENT_ID}}
    with working(desk):
        waiting = call("POST", "/v1/orders/A-1/tax-refunds", asked)
    assert waiting.status_code == 202
    assert waiting.json["adjustment"]["status"] == "pending_check"
    assert waiting.json["adjustment"]["tax_refund"] == "0.00"
    assert waiting.json["documents"] == []
    checks = call("GET", "/v1/tax-id-checks?order_reference=A-1").json["data"]
    assert checks[0]["status"] == "unavailable"
    double.vies.set_mode("valid")
    try:
        with time_machine.travel(clock.now() + timedelta(minutes=6)):
            outcomes = work(desk)
    finally:
        double.vies.set_mode("ok")
    assert "failed" not in outcomes
    view = call("GET", "/v1/orders/A-1").json
    assert [a["status"] for a in view["adjustments"]] == ["issued"]
    assert view["totals"]["credited"] == "20.00"
    assert {d["status"] for d in view["documents"]} == {"ready"}


def test_a_waiting_refund_is_refused_by_itself_when_the_register_denies_the_number(
    call: Caller, desk: Desk, double: RegisterDouble, order: dict[str, Any]
) -> None:
    asked = {"reason": "vat_id_provided", "tax_id": {"number": SILENT_ID}}
    with working(desk):
        assert call("POST", "/v1/orders/A-1/tax-refunds", asked).status_code == 202
    double.vies.set_mode("invalid")
    try:
        with time_machine.travel(clock.now() + timedelta(minutes=6)):
            work(desk)
    finally:
        double.vies.set_mode("ok")
    (adjustment,) = call("GET", "/v1/orders/A-1").json["adjustments"]
    assert (adjustment["status"], adjustment["outcome"]) == ("refused", "tax_id_not_verified")
    assert adjustment["tax_refund"] == "0.00"


def test_a_refused_number_refunds_nothing(call: Caller, desk: Desk, order: dict[str, Any]) -> None:
    asked = {"reason": "vat_id_provided", "tax_id": {"number": UNKNOWN_ID}}
    with working(desk):
        answer = call("POST", "/v1/orders/A-1/tax-refunds", asked)
    assert (answer.status_code, answer.json["code"]) == (422, "tax_id_not_verified")
    assert call("GET", "/v1/orders/A-1").json["adjustments"] == []


def test_a_malformed_number_is_told_with_what_would_be_right(call: Caller, order: dict[str, Any]) -> None:
    asked = {"reason": "vat_id_provided", "tax_id": {"number": "FR00999001001"}}
    answer = call("POST", "/v1/orders/A-1/tax-refunds", asked)
    assert (answer.status_code, answer.json["code"]) == (422, "tax_id_malformed")
    assert answer.json["errors"][0]["pointer"] == "/tax_id/number"
    assert answer.json["expected"].startswith("FR")


def test_an_order_without_invoice_cannot_be_corrected(call: Caller, desk: Desk, make_order: Make) -> None:
    call("PUT", "/v1/orders/A-1", make_order(invoices=[]))
    with working(desk):
        check(call)
    answer = call("POST", "/v1/orders/A-1/tax-refunds", REFUND)
    assert (answer.status_code, answer.json["code"]) == (422, "original_invoice_missing")


def test_a_domestic_buyer_gets_a_corrected_invoice_and_no_money(call: Caller, desk: Desk, make_order: Make) -> None:
    german = make_order(
        customer__address={"line1": "Hafenstraße 3", "postal_code": "20457", "city": "Hamburg", "country": "DE"},
        lines__0__tax={"rate_percent": "19", "amount": "19.00"},
    )
    call("PUT", "/v1/orders/A-1", german)
    with working(desk):
        answer = call(
            "POST",
            "/v1/orders/A-1/tax-refunds",
            {"reason": "vat_id_provided", "tax_id": {"number": "DE999001001"}},
        )
    assert answer.status_code == 201, answer.json
    assert answer.json["adjustment"]["kind"] == "buyer_details"
    assert answer.json["adjustment"]["tax_refund"] == "0.00"
    assert [d["kind"] for d in answer.json["documents"]] == ["corrected_invoice"]


def test_an_issued_order_keeps_what_its_documents_show(
    call: Caller, desk: Desk, order: dict[str, Any], make_order: Make
) -> None:
    with working(desk):
        check(call)
    call("POST", "/v1/orders/A-1/tax-refunds", REFUND)
    etag = call("GET", "/v1/orders/A-1").headers["ETag"]
    answer = call("PUT", "/v1/orders/A-1", make_order(lines__0__amount="90.00"), If_Match=etag)
    assert (answer.status_code, answer.json["code"]) == (409, "conflict")
    assert answer.json["errors"][0]["pointer"] == "/lines"
