"""Exemption certificates on file: what they say, that numbers stay secret, and how they end."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from app.actor import SYSTEM, Scope
from app.desk import Desk
from app.errors import InvalidInput
from app.models.certificates import ExemptionCertificateRow
from app.services.find_certificates import exemption_of
from app.store.audit import verify_chains
from tests.api.conftest import Caller, changed

PATH = "/v1/exemption-certificates"
RESALE: dict[str, Any] = {
    "client": "pixelforge",
    "customer": "C-1",
    "form": "F0003",
    "reason": "resale",
    "states": [{"state": "OH", "number": "98-7654321"}, "KS"],
    "signed_on": "2026-01-10",
    "expires_on": "2027-01-09",
    "document_sha256": "ab" * 32,
}


def test_a_complete_certificate_is_valid_and_shows_the_last_four_of_a_number(call: Caller, desk: Desk) -> None:
    answer = call("POST", PATH, RESALE)
    assert answer.status_code == 201, answer.json
    certificate = answer.json
    assert (certificate["status"], certificate["missing"]) == ("valid", [])
    assert (certificate["states"], certificate["effective_from"]) == (["OH", "KS"], "2026-01-10")
    assert certificate["numbers"] == {"OH": {"kind": "number", "last4": "4321"}}
    assert certificate["reviewed_by"].startswith("key:")
    assert call("GET", answer.headers["Location"]).json == certificate
    assert [c["id"] for c in call("GET", f"{PATH}?customer=C-1").json["data"]] == [certificate["id"]]
    assert call("GET", f"{PATH}?customer=C-2").json["data"] == []
    with desk.database.reading() as session:
        row = session.scalars(select(ExemptionCertificateRow)).one()
        assert "7654321" not in str(row.numbers)
        assert row.key_id
        assert [fault for _, _, fault in verify_chains(session)] == [None]


def test_what_is_not_filled_in_leaves_it_pending(call: Caller) -> None:
    answer = call("POST", PATH, changed(RESALE, states=[], signed_on=None, kind="single"))
    assert (answer.json["status"], answer.json["reviewed_by"]) == ("pending", None)
    assert set(answer.json["missing"]) == {"states", "signed_on", "order_reference"}


def test_the_same_key_files_it_once(call: Caller) -> None:
    first = call("POST", PATH, RESALE, Idempotency_Key="once")
    assert call("POST", PATH, RESALE, Idempotency_Key="once").json == first.json
    assert len(call("GET", PATH).json["data"]) == 1


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"reason": "because"}, "/reason"),
        ({"states": ["Ohio"]}, "/states/0/state"),
        ({"states": ["OH", "OH"]}, "/states"),
        ({"expires_on": "2025-12-31"}, "/expires_on"),
        ({"signed_on": "2099-01-01", "expires_on": None}, "/signed_on"),
        ({"document_sha256": "xyz"}, "/document_sha256"),
        ({"product_kinds": ["cars"]}, "/product_kinds/0"),
        ({"colour": "red"}, "/colour"),
    ],
)
def test_a_certificate_that_cannot_be_is_refused(call: Caller, change: dict[str, Any], pointer: str) -> None:
    answer = call("POST", PATH, RESALE | change)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]


def test_it_expires_and_can_be_revoked_once(call: Caller) -> None:
    certificate = call("POST", PATH, RESALE).json
    path = f"{PATH}/{certificate['id']}"
    with time_machine.travel("2027-01-09T12:00:00Z"):
        assert call("GET", path).json["status"] == "valid"
    with time_machine.travel("2027-01-10T12:00:00Z"):
        assert call("GET", path).json["status"] == "expired"
    assert call("POST", f"{path}/revoke", {}).status_code == 422
    revoked = call("POST", f"{path}/revoke", {"note": "The customer closed."}).json
    assert (revoked["status"], revoked["note"]) == ("revoked", "The customer closed.")
    assert revoked["revoked_at"]
    assert call("POST", f"{path}/revoke", {"note": "Again."}).json["code"] == "conflict"


def test_a_certificate_of_another_client_does_not_exist(call: Caller, call_as: Callable[..., Caller]) -> None:
    certificate = call("POST", PATH, RESALE).json
    stranger = call_as(Scope.PAYMENTS, client_code="other")
    assert stranger("GET", f"{PATH}/{certificate['id']}").status_code == 404
    assert stranger("GET", PATH).json["data"] == []
    assert stranger("GET", f"{PATH}?client=pixelforge").json["data"] == []
    assert stranger("POST", PATH, RESALE).status_code == 403
    assert stranger("POST", f"{PATH}/{certificate['id']}/revoke", {"note": "x"}).status_code == 404


def test_the_exemption_of_several_certificates_holds_where_any_of_them_does(call: Caller, desk: Desk) -> None:
    first = call("POST", PATH, RESALE).json["id"]
    second = call("POST", PATH, changed(RESALE, states=["TX"], signed_on="2026-02-01", expires_on=None)).json["id"]
    over = changed(RESALE, states=["NY"], signed_on="2020-01-01", expires_on="2020-12-31")
    ended = call("POST", PATH, over).json["id"]
    with desk.database.reading() as session:
        found = exemption_of(session, SYSTEM, [ended, first, second], date(2026, 5, 1))
        assert (found.reason, found.certificate, found.states) == ("resale", first, ("OH", "KS", "TX"))
        assert (found.valid_from, found.valid_to) == (date(2026, 2, 1), date(2027, 1, 9))
        assert found.is_accepted
        assert exemption_of(session, SYSTEM, [ended], date(2026, 5, 1)).valid_to == date(2020, 12, 31)
        with pytest.raises(InvalidInput) as refused:
            exemption_of(session, SYSTEM, [first, "cert_none"], date(2026, 5, 1))
    assert [fault.pointer for fault in refused.value.faults] == ["/exemption/certificate_ids/1"]


def test_a_revoked_certificate_is_told_as_not_accepted(call: Caller, desk: Desk) -> None:
    certificate = call("POST", PATH, RESALE).json["id"]
    call("POST", f"{PATH}/{certificate}/revoke", {"note": "x"})
    with desk.database.reading() as session:
        assert not exemption_of(session, SYSTEM, [certificate], date(2026, 5, 1)).is_accepted
