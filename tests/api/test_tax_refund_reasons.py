"""Tax that goes back for other reasons than a VAT ID: corrected facts at the original date, and a person's decision."""

from collections.abc import Callable
from typing import Any

import pytest

from app.actor import Scope
from tests.api.conftest import Caller
from tests.working import work

Make = Callable[..., dict[str, Any]]
REFUNDS = "/v1/orders/A-1/tax-refunds"
EVIDENCE = [{"kind": "billing_address", "country": "PT"}, {"kind": "ip_address", "country": "PT"}]
AZORES = {"country": "PT", "city": "Ponta Delgada", "postal_code": "9500-150"}


@pytest.fixture
def portuguese(call: Caller, make_order: Make) -> None:
    """A consumer in Portugal, charged 23 % on 100.00."""
    place = {"country": "PT", "city": "Lisboa", "postal_code": "1100-148"}
    order = make_order(
        customer__kind="consumer", customer__address=place, ordered_at="2026-05-01T10:00:00Z",
        invoices=[{"number": "R-1", "issued_on": "2026-05-01"}],
        lines__0__tax={"rate_percent": "23", "amount": "23.00"},
    )  # fmt: skip
    assert call("PUT", "/v1/orders/A-1", order).status_code == 201


def refunded(answer: Any) -> tuple[str, str, str]:
    adjustment = answer.json["adjustment"]
    return adjustment["tax_before"], adjustment["tax_after"], adjustment["tax_refund"]


@pytest.mark.usefixtures("portuguese")
def test_a_corrected_address_gives_the_difference_back_with_a_new_invoice(call: Caller, desk: Any) -> None:
    asked = {"reason": "wrong_address", "address": AZORES, "evidence": EVIDENCE}
    dry = call("POST", REFUNDS, asked | {"dry_run": True})
    assert (dry.status_code, refunded(dry)) == (200, ("23.00", "16.00", "7.00")), dry.json
    real = call("POST", REFUNDS, asked)
    assert (real.status_code, refunded(real)) == (201, ("23.00", "16.00", "7.00"))
    assert [d["kind"] for d in real.json["documents"]] == ["credit_note", "invoice"]
    assert "address_not_evidenced" not in {w["code"] for w in real.json["warnings"]}
    assert real.json["adjustment"]["evidence"]["evidence"] == [item | {"source": None} for item in EVIDENCE]
    work(desk)
    assert {d["status"] for d in call("GET", "/v1/orders/A-1").json["documents"]} == {"ready"}
    again = call("POST", REFUNDS, asked)
    assert (again.status_code, again.json["code"], again.json["reason"]) == (422, "not_refundable", "tax_is_right")


@pytest.mark.usefixtures("portuguese")
def test_after_a_correction_the_price_goes_back_with_the_corrected_tax(call: Caller) -> None:
    assert call("POST", REFUNDS, {"reason": "wrong_address", "address": AZORES}).status_code == 201
    half = {"mode": "partial", "reason": "goodwill", "percent": "50"}
    first = call("POST", "/v1/orders/A-1/refunds", half).json["adjustment"]
    assert (first["net_refund"], first["tax_refund"]) == ("50.00", "8.00")
    rest = call("POST", "/v1/orders/A-1/refunds", {"mode": "full", "reason": "other"}).json["adjustment"]
    assert (rest["net_refund"], rest["tax_refund"]) == ("50.00", "8.00")
    view = call("GET", "/v1/orders/A-1").json
    assert (view["totals"]["credited"], view["status"]) == ("123.00", "refunded")


@pytest.mark.usefixtures("portuguese")
def test_evidence_that_is_thin_is_told_and_evidence_that_contradicts_is_refused(call: Caller) -> None:
    thin = call("POST", REFUNDS, {"reason": "wrong_address", "address": AZORES, "dry_run": True})
    assert "address_not_evidenced" in {w["code"] for w in thin.json["warnings"]}
    other = [EVIDENCE[0], {"kind": "ip_address", "country": "ES"}]
    refused = call("POST", REFUNDS, {"reason": "wrong_address", "address": AZORES, "evidence": other})
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/evidence/1/country")


@pytest.mark.usefixtures("portuguese")
def test_an_address_with_more_tax_charges_nobody(call: Caller) -> None:
    hungary = {"country": "HU", "city": "Budapest", "postal_code": "1051"}
    answer = call("POST", REFUNDS, {"reason": "wrong_address", "address": hungary})
    assert (answer.status_code, answer.json["reason"]) == (422, "more_tax_due")
    assert answer.json["more_tax_due"] == "4.00"
    assert call("GET", "/v1/orders/A-1").json["adjustments"] == []


@pytest.mark.usefixtures("portuguese")
def test_a_wrong_kind_of_product_is_taxed_as_what_it_is(call: Caller) -> None:
    lines = [{"reference": "1", "product_kind": "ebook"}]
    answer = call("POST", REFUNDS, {"reason": "wrong_product_kind", "lines": lines})
    assert (answer.status_code, refunded(answer)) == (201, ("23.00", "6.00", "17.00")), answer.json


def test_too_high_a_rate_goes_down_to_what_the_rules_say(call: Caller, make_order: Make) -> None:
    order = make_order(customer__kind="consumer", lines__0__tax={"rate_percent": "25", "amount": "25.00"})
    assert call("PUT", "/v1/orders/A-1", order).status_code == 201
    for reason in ("wrong_rate", "duplicate_tax"):
        dry = call("POST", REFUNDS, {"reason": reason, "dry_run": True})
        assert (dry.status_code, refunded(dry)) == (200, ("25.00", "20.00", "5.00")), dry.json


@pytest.mark.usefixtures("portuguese")
def test_what_a_person_decides_needs_a_note_and_another_person(call: Caller, call_as: Callable[..., Caller]) -> None:
    assert call("POST", REFUNDS, {"reason": "other"}).json["errors"][0]["pointer"] == "/note"
    answer = call("POST", REFUNDS, {"reason": "other", "note": "Ruling of the tax office, file 12."})
    adjustment = answer.json["adjustment"]
    assert (answer.status_code, adjustment["status"], adjustment["tax_refund"]) == (202, "needs_approval", "0.00")
    assert adjustment["outcome"] == "decided_by_hand"
    approved = call_as(Scope.ADMIN)("POST", f"/v1/adjustments/{adjustment['id']}/approve", {})
    assert refunded(approved) == ("23.00", "0.00", "23.00")
    assert [d["kind"] for d in approved.json["documents"]] == ["credit_note"]


@pytest.mark.parametrize(
    ("asked", "pointers"),
    [
        ({"reason": "exemption_certificate"}, {"/certificate"}),
        ({"reason": "wrong_address"}, {"/address"}),
        ({"reason": "wrong_product_kind"}, {"/lines"}),
        ({"reason": "wrong_rate", "address": AZORES, "evidence": EVIDENCE}, {"/address", "/evidence"}),
        ({"reason": "wrong_rate", "lines": [{"reference": "1", "product_kind": "ebook"}]}, {"/lines"}),
        ({"reason": "wrong_rate", "lines": ["1", {"reference": "1"}]}, {"/lines"}),
        ({"reason": "exemption_certificate", "certificate": {}}, {"/certificate/id"}),
        ({"reason": "wrong_rate", "transport_proof": ["CMR 1"]}, {"/transport_proof"}),
        ({"reason": "wrong_product_kind", "lines": [{"reference": "9", "product_kind": "ebook"}]}, {"/lines/0"}),
    ],
)
@pytest.mark.usefixtures("portuguese")
def test_each_reason_wants_its_own_proof(call: Caller, asked: dict[str, Any], pointers: set[str]) -> None:
    answer = call("POST", REFUNDS, asked)
    assert answer.status_code == 422
    assert {error["pointer"] for error in answer.json["errors"]} == pointers
