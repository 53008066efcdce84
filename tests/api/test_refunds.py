"""Refunds of the price over the API: what goes back, never more than was charged, and who must say yes."""

import threading
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from app.config import Settings
from app.desk import Desk
from app.store.audit import verify_chains
from tests.api.conftest import PAYMENT, Caller
from tests.working import work

Make = Callable[..., dict[str, Any]]
FULL = {"mode": "full", "reason": "customer_request"}
HALF = {"mode": "partial", "reason": "goodwill", "percent": "50"}
REFUNDS = "/v1/orders/A-1/refunds"


@pytest.fixture
def order(call: Caller, make_order: Make) -> dict[str, Any]:
    """The French order over 100.00 and 20.00 tax, paid."""
    answer = call("PUT", "/v1/orders/A-1", make_order())
    assert answer.status_code == 201, answer.json
    assert call("POST", "/v1/orders/A-1/payments", PAYMENT).status_code == 201
    return answer.json


def amounts(answer: Any) -> tuple[str, str, str]:
    adjustment = answer.json["adjustment"]
    return adjustment["net_refund"], adjustment["tax_refund"], adjustment["gross_refund"]


@pytest.mark.usefixtures("order")
def test_a_full_refund_gives_all_back_with_a_credit_note_and_a_mail(call: Caller, desk: Desk) -> None:
    dry = call("POST", REFUNDS, FULL | {"dry_run": True})
    assert (dry.status_code, amounts(dry)) == (200, ("100.00", "20.00", "120.00"))
    assert call("GET", "/v1/orders/A-1").json["adjustments"] == []
    real = call("POST", REFUNDS, FULL)
    assert (real.status_code, amounts(real)) == (201, ("100.00", "20.00", "120.00"))
    assert [d["kind"] for d in real.json["documents"]] == ["credit_note"]
    assert real.json["adjustment"]["law"][0].startswith("Directive 2006/112/EC Art. 90")
    work(desk)
    view = call("GET", "/v1/orders/A-1").json
    assert (view["status"], view["totals"]["credited"]) == ("refunded", "120.00")
    assert call("GET", f"/v1/documents/{real.json['documents'][0]['id']}").json["status"] == "ready"
    assert len(list((desk.settings.data_dir / "mail").glob("*.eml"))) == 1
    again = call("POST", REFUNDS, FULL)
    assert (again.status_code, again.json["code"]) == (422, "nothing_to_refund")
    with desk.database.reading() as session:
        assert [fault for _, _, fault in verify_chains(session)] == [None]


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ({"percent": "50"}, ("50.00", "10.00", "60.00")),
        ({"amount": "60.00"}, ("50.00", "10.00", "60.00")),
        ({"amount": "50.00", "tax_included": False}, ("50.00", "10.00", "60.00")),
        ({"lines": ["1"]}, ("100.00", "20.00", "120.00")),
        ({"lines": [{"reference": "1", "quantity": "1"}]}, ("50.00", "10.00", "60.00")),
        ({"lines": [{"reference": "1", "percent": "25"}]}, ("25.00", "5.00", "30.00")),
        ({"lines": [{"reference": "1", "amount": "0.01"}]}, ("0.01", "0.00", "0.01")),
    ],
)
@pytest.mark.usefixtures("order")
def test_a_part_goes_back_with_its_tax(call: Caller, wish: dict[str, Any], expected: tuple[str, str, str]) -> None:
    answer = call("POST", REFUNDS, {"mode": "partial", "reason": "goodwill"} | wish)
    assert (answer.status_code, amounts(answer)) == (201, expected)
    line = answer.json["adjustment"]["lines"][0]
    assert Decimal(line["gross_refund"]) == Decimal(expected[2])
    status = "refunded" if expected[2] == "120.00" else "partially_refunded"
    assert call("GET", "/v1/orders/A-1").json["status"] == status


@pytest.mark.usefixtures("order")
def test_more_than_is_left_is_refused_and_says_what_is_left(call: Caller) -> None:
    assert call("POST", REFUNDS, HALF).status_code == 201
    refused = call("POST", REFUNDS, {"mode": "partial", "reason": "goodwill", "amount": "60.01"})
    assert (refused.status_code, refused.json["code"]) == (422, "exceeds_refundable")
    assert refused.json["refundable"] == "60.00"
    line = {"mode": "partial", "reason": "goodwill", "lines": [{"reference": "1", "amount": "60.01"}]}
    refused = call("POST", REFUNDS, line)
    assert (refused.json["code"], refused.json["errors"][0]["pointer"]) == ("exceeds_refundable", "/lines/0")
    rest = call("POST", REFUNDS, {"mode": "partial", "reason": "goodwill", "amount": "60.00"})
    assert (rest.status_code, amounts(rest)) == (201, ("50.00", "10.00", "60.00"))


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"mode": "partial", "reason": "goodwill"}, {"/mode"}),
        ({"mode": "partial", "reason": "goodwill", "amount": "1.00", "percent": "5"}, {"/amount", "/percent"}),
        (FULL | {"amount": "1.00"}, {"/amount"}),
        ({"mode": "partial", "reason": "goodwill", "amount": "0.00"}, {"/amount"}),
        ({"mode": "partial", "reason": "goodwill", "amount": "1.005"}, {"/amount"}),
        ({"mode": "partial", "reason": "goodwill", "amount": "-1.00"}, {"/amount"}),
        ({"mode": "partial", "reason": "goodwill", "amount": 5.0}, {"/amount"}),
        ({"mode": "partial", "reason": "goodwill", "percent": "0"}, {"/percent"}),
        ({"mode": "partial", "reason": "goodwill", "percent": "100.1"}, {"/percent"}),
        ({"mode": "partial", "reason": "goodwill", "lines": ["1", "1"]}, {"/lines"}),
        ({"mode": "partial", "reason": "goodwill", "lines": ["9"]}, {"/lines/0"}),
        ({"mode": "partial", "reason": "x", "lines": [{"reference": "1", "amount": "0"}]},
         {"/reason", "/lines/0/amount"}),
        ({"mode": "partial", "reason": "goodwill", "lines": [{"reference": "1", "quantity": "3"}]},
         {"/lines/0/quantity"}),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("order")
def test_a_wish_that_makes_no_sense_is_refused_at_every_place(
    call: Caller, body: dict[str, Any], pointers: set[str]
) -> None:
    answer = call("POST", REFUNDS, body)
    assert answer.status_code == 422, answer.json
    assert {error["pointer"] for error in answer.json["errors"]} == pointers
    assert call("GET", "/v1/orders/A-1").json["adjustments"] == []


@pytest.mark.usefixtures("order")
def test_forty_refunds_at_once_never_give_back_too_much(call: Caller, desk: Desk) -> None:
    answers: list[int] = []
    wish = {"mode": "partial", "reason": "goodwill", "amount": "33.33"}

    def refund() -> None:
        answers.append(call("POST", REFUNDS, wish).status_code)

    threads = [threading.Thread(target=refund) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [201] * 3 + [422] * 37
    rest = call("POST", REFUNDS, FULL)
    assert amounts(rest)[2] == "20.01"
    view = call("GET", "/v1/orders/A-1").json
    assert (view["totals"]["credited"], view["status"]) == ("120.00", "refunded")
    assert sum(Decimal(a["tax_refund"]) for a in view["adjustments"]) == Decimal("20.00")


@pytest.mark.usefixtures("order")
def test_the_same_key_refunds_once(call: Caller) -> None:
    first = call("POST", REFUNDS, HALF, Idempotency_Key="once")
    again = call("POST", REFUNDS, HALF, Idempotency_Key="once")
    assert (again.status_code, again.json) == (201, first.json)
    assert call("POST", REFUNDS, FULL, Idempotency_Key="once").json["code"] == "idempotency_key_reused"
    assert len(call("GET", "/v1/orders/A-1").json["adjustments"]) == 1


def test_a_sum_over_two_lines_loses_no_cent(call: Caller, make_order: Make) -> None:
    line = {"description": "Seat", "product_kind": "saas", "quantity": "1", "amount": "1.00"}
    lines = [line | {"reference": name, "tax": {"rate_percent": "0", "amount": "0.00"}} for name in "ab"]
    assert call("PUT", "/v1/orders/A-1", make_order(lines=lines)).status_code == 201
    answer = call("POST", REFUNDS, {"mode": "partial", "reason": "goodwill", "amount": "1.03"})
    assert [line["net_refund"] for line in answer.json["adjustment"]["lines"]] == ["0.52", "0.51"]


def test_the_taxes_of_a_stack_go_back_each_and_clear_to_the_cent(call: Caller, make_order: Make) -> None:
    place = {"country": "US", "state": "TX", "city": "Houston", "postal_code": "77002"}
    order = make_order(
        seller="us", currency="USD", customer__kind="consumer", customer__address=place,
        ordered_at="2026-07-01T10:00:00Z", invoices=[{"number": "R-1", "issued_on": "2026-07-01"}],
        lines__0__product_kind="software_download", lines__0__amount="99.99", lines__0__tax=None,
    )  # fmt: skip
    assert call("PUT", "/v1/orders/A-1", order).status_code == 201
    back: dict[str, Decimal] = {}
    for wish in (HALF, {"mode": "partial", "reason": "goodwill", "amount": "0.07"}, FULL):
        (line,) = call("POST", REFUNDS, wish).json["adjustment"]["lines"]
        parts = {part["name"]: Decimal(part["tax_refund"]) for part in line["parts"]}
        assert sum(parts.values()) == Decimal(line["tax_refund"])
        assert min(parts.values()) >= 0
        back = {name: back.get(name, Decimal(0)) + refund for name, refund in parts.items()}
    charged = call("GET", "/v1/orders/A-1").json["calculation"]["lines"][0]["tax_breakdown"]
    assert sorted(back.values()) == sorted(Decimal(part["tax_amount"]) for part in charged)


def test_an_order_without_an_invoice_is_refused(call: Caller, make_order: Make) -> None:
    assert call("PUT", "/v1/orders/A-1", make_order(invoices=[])).status_code == 201
    assert call("POST", REFUNDS, FULL).json["code"] == "original_invoice_missing"
    assert call("POST", "/v1/orders/NONE/refunds", FULL).status_code == 404


class TestWindow:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, refund_windows=(("goodwill", 30),))

    @pytest.mark.usefixtures("order")
    def test_after_the_window_only_an_administrator_with_a_note_refunds(
        self, call: Caller, call_as: Callable[..., Caller]
    ) -> None:
        with time_machine.travel("2026-11-04T23:00:00Z"):
            assert call("POST", REFUNDS, HALF | {"dry_run": True}).status_code == 200
        with time_machine.travel("2026-11-05T01:00:00Z"):
            late = call("POST", REFUNDS, HALF)
            assert (late.status_code, late.json["code"]) == (422, "outside_refund_window")
            assert (late.json["window_days"], late.json["last_day"]) == (30, "2026-11-04")
            assert call("POST", REFUNDS, HALF | {"override_window": True, "note": "n"}).status_code == 403
            admin = call_as("admin")
            assert admin("POST", REFUNDS, HALF | {"override_window": True}).json["errors"][0]["pointer"] == "/note"
            assert admin("POST", REFUNDS, HALF | {"override_window": True, "note": "Promised."}).status_code == 201
            assert call("POST", REFUNDS, FULL | {"dry_run": True}).status_code == 200
