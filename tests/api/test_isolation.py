"""A key that is bound to a client: of other clients it learns nothing, neither by path nor by body."""

import io
from collections.abc import Callable
from typing import Any

import pytest

from app.actor import Scope
from app.desk import Desk
from tests.api.conftest import CALCULATION, FRENCH_ID, FRENCH_ORDER, PAYMENT, REFUND, Caller, changed
from tests.working import work, working

NO_DOCUMENT = "doc_00000000000000000000000000"  # as long as a real one

SCOPES = (Scope.BILLING, Scope.PAYMENTS, Scope.AUDITOR)


class Theirs:
    """What another client has: an order with payment, refund, documents, check and calculation."""

    def __init__(self, call: Caller, desk: Desk) -> None:
        order = changed(FRENCH_ORDER, client="theirs", customer__reference="THEIRS-C")
        assert call("PUT", "/v1/orders/THEIRS-1", order).status_code == 201
        assert call("POST", "/v1/orders/THEIRS-1/payments", PAYMENT).status_code == 201
        with working(desk):
            asked = {"country": "FR", "number": FRENCH_ID, "order_reference": "THEIRS-1"}
            self.check_id = call("POST", "/v1/tax-id-checks", asked).json["id"]
            refund = call("POST", "/v1/orders/THEIRS-1/tax-refunds", REFUND)
        assert refund.status_code == 201, refund.json
        work(desk)
        self.document_ids = [d["id"] for d in call("GET", "/v1/orders/THEIRS-1/documents").json["data"]]
        assert len(self.document_ids) >= 2
        self.pdf = call("GET", f"/v1/documents/{self.document_ids[0]}/content").data
        assert self.pdf.startswith(b"%PDF")


@pytest.fixture
def theirs(call: Caller, desk: Desk) -> Theirs:
    return Theirs(call, desk)


@pytest.fixture
def ours(call_as: Callable[..., Caller]) -> Caller:
    caller = call_as(*SCOPES, client_code="pixelforge")
    assert caller("PUT", "/v1/orders/OURS-1", FRENCH_ORDER).status_code == 201
    return caller


def same_as_nothing(call: Caller, method: str, path: str, nothing: str, body: Any = None) -> None:
    """What the caller may not know of is answered word for word like what there is not."""
    hidden, absent = call(method, path, body), call(method, nothing, body)
    assert (hidden.status_code, absent.status_code) == (404, 404)
    assert hidden.json | {"request_id": ""} == absent.json | {"request_id": ""}


def test_other_clients_things_are_404_in_every_path(ours: Caller, theirs: Theirs, call: Caller) -> None:
    kept = call("POST", "/v1/tax/calculations", CALCULATION).json["id"]
    paths = [("/v1/orders/THEIRS-1", "/v1/orders/NONE"), ("/v1/orders/THEIRS-1/documents", "/v1/orders/NONE/documents")]
    paths += [("/v1/orders/THEIRS-1/explanation", "/v1/orders/NONE/explanation")]
    paths += [(f"/v1/documents/{d}", f"/v1/documents/{NO_DOCUMENT}") for d in theirs.document_ids]
    paths += [(f"/v1/documents/{d}/content", f"/v1/documents/{NO_DOCUMENT}/content") for d in theirs.document_ids]
    paths += [(f"/v1/tax-id-checks/{theirs.check_id}", "/v1/tax-id-checks/tic_none")]
    paths += [
        (f"/v1/tax/calculations/{kept}{more}", f"/v1/tax/calculations/calc_none{more}") for more in ("", "/explanation")
    ]
    for path, nothing in paths:
        assert call("GET", path).status_code == 200
        same_as_nothing(ours, "GET", path, nothing)
        assert ours("HEAD", path).status_code == 404
    same_as_nothing(ours, "POST", "/v1/orders/THEIRS-1/payments", "/v1/orders/NONE/payments", PAYMENT)
    same_as_nothing(ours, "POST", "/v1/orders/THEIRS-1/tax-refunds", "/v1/orders/NONE/tax-refunds", REFUND)
    same_as_nothing(
        ours, "POST", "/v1/orders/THEIRS-1/tax-refunds", "/v1/orders/NONE/tax-refunds", REFUND | {"dry_run": True}
    )


def test_other_clients_things_are_404_in_every_body(ours: Caller, theirs: Theirs) -> None:
    asked = {"country": "FR", "number": FRENCH_ID, "order_reference": "THEIRS-1", "mode": "offline"}
    assert ours("POST", "/v1/tax-id-checks", asked).status_code == 404
    named = {"reason": "vat_id_provided", "tax_id": {"number": FRENCH_ID, "check_id": theirs.check_id}}
    for dry_run in (True, False):
        assert ours("POST", "/v1/orders/OURS-1/tax-refunds", named | {"dry_run": dry_run}).status_code == 404
    assert ours("GET", "/v1/orders/OURS-1").json["adjustments"] == []


def test_another_clients_check_is_no_evidence(ours: Caller, theirs: Theirs) -> None:
    tax_id = {"kind": "vat", "number": FRENCH_ID, "check_id": theirs.check_id}
    customer = {"kind": "business", "country": "FR", "tax_ids": [tax_id]}
    body = changed(CALCULATION, customer=customer)
    absent = changed(body, customer__tax_ids__0__check_id="tic_none")
    hidden, nothing = (ours("POST", "/v1/tax/calculations", b).json | {"id": None} for b in (body, absent))
    assert hidden == nothing
    assert hidden["outcome"] == "charge"


def test_lists_show_only_the_clients_own(ours: Caller, theirs: Theirs) -> None:
    assert [o["reference"] for o in ours("GET", "/v1/orders").json["data"]] == ["OURS-1"]
    for query in ("query=THEIRS-1", "client=theirs", "query=Vert&client=theirs"):
        assert ours("GET", f"/v1/orders?{query}").json["data"] == []
    for path in ("/v1/documents", "/v1/tax-id-checks", f"/v1/tax-id-checks?number={FRENCH_ID}"):
        assert ours("GET", path).json["data"] == []
    assert ours("GET", "/v1/tax-id-checks?order_reference=THEIRS-1").json["data"] == []


def test_the_audit_trail_of_a_client_tells_of_its_orders_only(ours: Caller, theirs: Theirs, call: Caller) -> None:
    events = ours("GET", "/v1/audit-events?limit=100").json["data"]
    assert {event["order_reference"] for event in events} == {"OURS-1"}
    assert ours("GET", "/v1/audit-events?order_reference=THEIRS-1").json["data"] == []
    everything = call("GET", "/v1/audit-events?limit=100").json["data"]
    assert {"OURS-1", "THEIRS-1"} <= {event["order_reference"] for event in everything}


def test_a_cursor_of_another_caller_opens_nothing_more(ours: Caller, theirs: Theirs, call: Caller) -> None:
    following = call("GET", "/v1/orders?limit=1").json["next"]
    assert [o["client"] for o in ours("GET", following).json["data"]] in ([], ["pixelforge"])


def test_put_on_another_clients_reference_tells_nothing_of_it(ours: Caller, theirs: Theirs, call: Caller) -> None:
    before = call("GET", "/v1/orders/THEIRS-1")
    taken = ours("PUT", "/v1/orders/THEIRS-1", FRENCH_ORDER, If_Match=before.headers["ETag"])
    assert taken.status_code == 404
    for word in ("theirs", "Vert", "FR"):
        assert word not in taken.text
    as_them = ours("PUT", "/v1/orders/THEIRS-1", changed(FRENCH_ORDER, client="theirs"))
    as_them_new = ours("PUT", "/v1/orders/NEW-1", changed(FRENCH_ORDER, client="theirs"))
    assert (as_them.status_code, as_them_new.status_code) == (403, 403)
    assert as_them.json | {"request_id": ""} == as_them_new.json | {"request_id": ""}
    assert call("GET", "/v1/orders/THEIRS-1").json == before.json


def test_a_genuine_file_of_another_client_is_genuine_without_its_record(
    ours: Caller, theirs: Theirs, call: Caller
) -> None:
    for caller, sees in ((call, True), (ours, False)):
        answer = caller.client.post(
            "/v1/documents/verify",
            data={"file": (io.BytesIO(theirs.pdf), "a.pdf")},
            headers={"Authorization": f"Bearer {caller.key}"},
        )
        assert answer.json["result"] == "genuine"
        assert (answer.json["document"] is not None) is sees
        assert answer.json["superseded_by"] is None


def test_a_bound_administrator_manages_its_clients_endpoints_only(call_as: Callable[..., Caller]) -> None:
    everyone, bound = call_as(Scope.ADMIN), call_as(Scope.ADMIN, client_code="pixelforge")
    url = {"url": "https://hooks.example/a"}
    other = everyone("POST", "/v1/webhook-endpoints", url | {"client": "theirs"}).json
    own = bound("POST", "/v1/webhook-endpoints", url).json
    assert own["client"] == "pixelforge"
    assert bound("POST", "/v1/webhook-endpoints", url | {"client": "theirs"}).status_code == 403
    assert [e["id"] for e in bound("GET", "/v1/webhook-endpoints").json["data"]] == [own["id"]]
    assert bound("DELETE", f"/v1/webhook-endpoints/{other['id']}").status_code == 404
    assert bound("DELETE", f"/v1/webhook-endpoints/{own['id']}").status_code == 204
    assert {e["id"]: e["state"] for e in everyone("GET", "/v1/webhook-endpoints").json["data"]} == {
        other["id"]: "active",
        own["id"]: "disabled",
    }
