"""``/v1/audit-exports``: the auditor's story, what a bound key gets of it, and bad input."""

import json
import zipfile
from base64 import b64decode
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import time_machine

from app import clock
from app.actor import Scope
from app.desk import Desk
from app.services.export_audit import purge_exports
from tests.api.conftest import FRENCH_ID, FRENCH_ORDER, PAYMENT, REFUND, Caller, SharedApi, changed
from tests.exported import verify
from tests.working import work, working

PATH = "/v1/audit-exports"


def today(**more: Any) -> dict[str, Any]:
    day = clock.today().isoformat()
    return {"period": {"from": day, "to": day}} | more


@pytest.fixture
def refunded(call: Caller, desk: Desk) -> Caller:
    """Two clients with a refunded order each, whose documents are drawn."""
    for client in ("ours", "theirs"):
        order = changed(
            FRENCH_ORDER,
            client=client,
            customer__reference=f"{client}-C",
            customer__tax_ids=[{"kind": "vat", "number": FRENCH_ID}],
            purchase_order_number="=cmd|' /C calc'!A0",
        )
        assert call("PUT", f"/v1/orders/{client}-1", order).status_code == 201
        assert call("POST", f"/v1/orders/{client}-1/payments", changed(PAYMENT, reference=client)).status_code == 201
        with working(desk):
            assert call("POST", f"/v1/orders/{client}-1/tax-refunds", REFUND).status_code == 201
    work(desk)
    return call


def made(caller: Caller, desk: Desk, body: dict[str, Any] | None = None) -> dict[str, Any]:
    asked = caller("POST", PATH, body or today())
    assert asked.status_code == 202, asked.json
    work(desk)
    export: dict[str, Any] = caller("GET", asked.headers["Location"]).json
    assert export["status"] == "done"
    return export


def unpacked(caller: Caller, export: dict[str, Any]) -> dict[str, bytes]:
    answer = caller("GET", export["links"]["content"])
    assert answer.status_code == 200
    with zipfile.ZipFile(BytesIO(answer.data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_auditors_story(refunded: Caller, desk: Desk, tmp_path: Path) -> None:
    asked = refunded("POST", PATH, today())
    assert asked.status_code == 202
    day = clock.today().isoformat()
    export = asked.json
    assert asked.headers["Location"] == export["links"]["self"] == f"{PATH}/{export['id']}"
    assert (export["status"], export["progress"]) == ("queued", {"done": 0, "total": None, "failed": 0})
    assert (export["from"], export["to"], export["sample"], export["sha256"]) == (day, day, None, None)
    assert "content" not in export["links"]
    early = refunded("GET", f"{PATH}/{export['id']}/content")
    assert (early.status_code, early.json["code"], early.json["export_status"]) == (409, "not_ready", "queued")

    work(desk)
    done = refunded("GET", asked.headers["Location"])
    export = done.json
    assert export["status"] == "done"
    assert export["progress"] == {"done": 6, "total": 6, "failed": 0}
    assert export["faults"] == 0
    again = refunded("GET", asked.headers["Location"], If_None_Match=done.headers["ETag"])
    assert again.status_code == 304

    answer = refunded("GET", export["links"]["content"])
    assert answer.content_type == "application/zip"
    assert answer.headers["Content-Disposition"] == f"attachment; filename=taxdesk-{day}-{day}.zip"
    assert int(answer.headers["Content-Length"]) == len(answer.data) == export["bytes"]
    digest = answer.headers["Repr-Digest"].removeprefix("sha-256=:").removesuffix(":")
    assert b64decode(digest).hex() == export["sha256"]
    path = tmp_path / "export.zip"
    path.write_bytes(answer.data)
    verdict = verify(path)
    assert (verdict.returncode, verdict.stderr) == (0, "")
    assert export["manifest_sha256"] in verdict.stdout


def test_nothing_personal_stands_in_tables_and_names(refunded: Caller, desk: Desk) -> None:
    files = unpacked(refunded, made(refunded, desk))
    readable = b"\n".join(content for name, content in files.items() if not name.endswith(".pdf")).decode()
    readable += "\n".join(files)
    for secret in (FRENCH_ID, FRENCH_ID[2:], "Éditions", "Pré-Vert", "compta@", "Œuvre", "69002"):
        assert secret not in readable, secret
    assert ",1001," in files["tax_id_checks.csv"].decode()
    assert "'=cmd|' /C calc'!A0" in files["orders.csv"].decode()
    assert ",=cmd" not in files["orders.csv"].decode()
    for name in ("orders.csv", "adjustments.csv", "decisions.csv", "documents.csv"):
        assert files[name].startswith(b"\xef\xbb\xbf")
        assert files[name].count(b"\r\n") > 1, name


def test_a_repeated_request_is_answered_with_the_first_export(refunded: Caller, desk: Desk) -> None:
    one = refunded("POST", PATH, today(), Idempotency_Key="e-1")
    again = refunded("POST", PATH, today(), Idempotency_Key="e-1")
    assert (again.json["id"], again.headers["Idempotent-Replayed"]) == (one.json["id"], "true")
    other = refunded("POST", PATH, {"sample": {"size": 1, "seed": "s", **today()}}, Idempotency_Key="e-1")
    assert other.json["code"] == "idempotency_key_reused"
    assert len(refunded("GET", PATH).json["data"]) == 1


def test_who_prefers_to_wait_gets_the_finished_export(refunded: Caller, desk: Desk) -> None:
    with working(desk):
        answer = refunded("POST", PATH, today(), Prefer="wait=10")
    assert (answer.status_code, answer.json["status"]) == (202, "done")


def test_a_sample_holds_so_many_documents(refunded: Caller, desk: Desk, tmp_path: Path) -> None:
    export = made(refunded, desk, {"sample": {"size": 2, "seed": "Q1", **today()}})
    assert (export["sample"], export["progress"]["done"]) == ({"size": 2, "seed": "Q1"}, 2)
    files = unpacked(refunded, export)
    assert sum(name.endswith(".pdf") for name in files) == 2
    path = tmp_path / "sample.zip"
    path.write_bytes(refunded("GET", export["links"]["content"]).data)
    assert verify(path).returncode == 0


def test_every_step_is_written_down_with_who_and_which_period(refunded: Caller, desk: Desk) -> None:
    export = made(refunded, desk)
    refunded("HEAD", export["links"]["content"])
    refunded("GET", export["links"]["content"])
    events = refunded("GET", "/v1/audit-events?limit=100").json["data"]
    told = {e["action"]: e for e in events if e["subject"] == export["id"]}
    assert list(told) == ["audit_export.asked", "audit_export.done", "audit_export.downloaded"]
    assert sum(e["action"] == "audit_export.downloaded" for e in events) == 1, "a HEAD gives nothing out"
    assert told["audit_export.asked"]["actor"].startswith("key:")
    assert told["audit_export.asked"]["facts"]["from"] == export["from"]
    assert told["audit_export.done"]["facts"]["sha256"] == export["sha256"]


def test_a_purged_archive_is_gone_and_its_record_says_when(refunded: Caller, desk: Desk) -> None:
    export = made(refunded, desk)
    with time_machine.travel(clock.now() + timedelta(days=31)):
        purge_exports(desk)
    after = refunded("GET", export["links"]["self"]).json
    assert after["links"] == {"self": export["links"]["self"]}
    assert after["expires_at"] > after["finished_at"]
    gone = refunded("GET", export["links"]["content"])
    assert (gone.status_code, "30 days" in gone.json["detail"]) == (404, True)


# --- a key that is bound to a client


def test_a_bound_key_gets_its_client_alone_and_the_chain_still_holds(
    refunded: Caller, call_as: Callable[..., Caller], desk: Desk, tmp_path: Path
) -> None:
    bound = call_as(Scope.AUDITOR, client_code="ours")
    export = made(bound, desk)
    assert export["progress"]["done"] == 3
    files = unpacked(bound, export)
    for name, content in files.items():
        assert b"theirs" not in content, name
    listed = {d["number"]: d["order_reference"] for d in refunded("GET", "/v1/documents").json["data"]}
    inside = {name.removeprefix("documents/").removesuffix(".pdf") for name in files if name.endswith(".pdf")}
    assert {listed[number] for number in inside} == {"ours-1"}
    lines = [json.loads(line) for line in files["audit_events.ndjson"].splitlines()]
    told = [line["event"] for line in lines if "event" in line]
    assert {event["order_reference"] for event in told} == {"ours-1"}
    withheld = [line for line in lines if "withheld" in line]
    assert withheld
    assert all(set(line) == {"withheld", "previous", "hash"} for line in withheld)
    assert all(set(line["withheld"]) == {"day", "position"} for line in withheld)
    manifest = json.loads(files["manifest.json"])
    assert (manifest["client"], manifest["chain"]["withheld"]) == ("ours", len(withheld))
    path = tmp_path / "bound.zip"
    path.write_bytes(bound("GET", export["links"]["content"]).data)
    assert verify(path).returncode == 0


def test_other_peoples_exports_are_not_there_for_a_bound_key(
    refunded: Caller, call_as: Callable[..., Caller], desk: Desk
) -> None:
    ours, theirs = (call_as(Scope.AUDITOR, client_code=client) for client in ("ours", "theirs"))
    everything, own = made(refunded, desk), made(ours, desk)
    for caller, hidden in ((ours, everything), (theirs, everything), (theirs, own)):
        for path in (hidden["links"]["self"], hidden["links"]["content"]):
            answer, nothing = caller("GET", path), caller("GET", f"{PATH}/axp_none")
            assert (answer.status_code, nothing.status_code) == (404, 404)
            assert answer.json | {"request_id": ""} == nothing.json | {"request_id": ""}
    assert [e["id"] for e in ours("GET", PATH).json["data"]] == [own["id"]]
    assert theirs("GET", PATH).json["data"] == []
    assert {e["id"] for e in refunded("GET", PATH).json["data"]} == {everything["id"], own["id"]}


@pytest.mark.parametrize("scopes", [(Scope.BILLING,), (Scope.PAYMENTS,), (Scope.BILLING, Scope.PAYMENTS)])
def test_only_an_auditor_exports(call_as: Callable[..., Caller], scopes: tuple[Scope, ...]) -> None:
    caller = call_as(*scopes)
    assert caller("POST", PATH, today()).status_code == 403
    for path in (PATH, f"{PATH}/axp_none", f"{PATH}/axp_none/content"):
        assert caller("GET", path).status_code == 403


def test_the_list_leads_through_every_export_once(refunded: Caller) -> None:
    ids = [refunded("POST", PATH, today()).json["id"] for _ in range(3)]
    seen, following = [], f"{PATH}?limit=2"
    while following:
        page = refunded("GET", following).json
        seen += [export["id"] for export in page["data"]]
        following = page["next"]
    assert seen == sorted(ids, reverse=True)


# --- bad input

GOOD = {"from": "2026-03-01", "to": "2026-03-31"}
SAMPLE = {"size": 5, "seed": "s", "period": GOOD}
BAD: dict[str, tuple[Any, set[str]]] = {
    "neither": ({}, {""}),
    "both": ({"period": GOOD, "sample": SAMPLE}, {""}),
    "an unknown field": ({"period": GOOD, "client": "ours"}, {"/client"}),
    "unknown fields inside": ({"period": GOOD | {"until": "x"}}, {"/period/until"}),
    "no last day": ({"period": {"from": "2026-03-01"}}, {"/period/to"}),
    "no days": ({"period": {"from": "yesterday", "to": "2026-02-30"}}, {"/period/from", "/period/to"}),
    "a moment": ({"period": GOOD | {"to": "2026-03-31T00:00:00Z"}}, {"/period/to"}),
    "null": ({"period": None}, {"/period"}),
    "a list": ({"period": [GOOD]}, {"/period"}),
    "backwards": ({"period": {"from": "2026-03-02", "to": "2026-03-01"}}, {"/period/to"}),
    "the future": ({"period": {"from": "2026-03-01", "to": "2099-03-01"}}, {"/period/to"}),
    "too long": ({"period": {"from": "2020-01-01", "to": "2021-01-01"}}, {"/period/to"}),
    "a sample of the future": (
        {"sample": SAMPLE | {"period": {"from": "2098-01-01", "to": "2098-01-02"}}},
        {"/sample/period/from", "/sample/period/to"},
    ),
    "a sample without anything": ({"sample": {}}, {"/sample/size", "/sample/seed", "/sample/period"}),
    "a size in words": ({"sample": SAMPLE | {"size": "5"}}, {"/sample/size"}),
    "a size of none": ({"sample": SAMPLE | {"size": 0}}, {"/sample/size"}),
    "a size of too many": ({"sample": SAMPLE | {"size": 1001}}, {"/sample/size"}),
    "a size that is true": ({"sample": SAMPLE | {"size": True}}, {"/sample/size"}),
    "half a document": ({"sample": SAMPLE | {"size": 1.5}}, {"/sample/size"}),
    "an empty seed": ({"sample": SAMPLE | {"seed": " "}}, {"/sample/seed"}),
    "a long seed": ({"sample": SAMPLE | {"seed": "x" * 101}}, {"/sample/seed"}),
    "a number as seed": ({"sample": SAMPLE | {"seed": 1}}, {"/sample/seed"}),
    "a seed that cannot be printed": ({"sample": SAMPLE | {"seed": "a\u0000"}}, {"/sample/seed"}),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_exported_is_refused_with_every_fault(shared: SharedApi, case: str) -> None:
    body, pointers = BAD[case]
    before = shared.stored()
    answer = shared.call("POST", PATH, body)
    assert (answer.status_code, answer.json["code"]) == (422, "invalid_input"), answer.json
    assert {fault["pointer"] for fault in answer.json["errors"]} == pointers
    assert shared.stored() == before


def test_what_is_no_request_is_refused(shared: SharedApi) -> None:
    key = {"Authorization": f"Bearer {shared.call.key}", "Content-Type": "application/json"}
    assert shared.client.post(PATH, data=json.dumps({"period": GOOD}), headers=key).status_code == 400
    assert shared.call("POST", PATH, b"from=2026-03-01", Content_Type="text/plain").status_code == 415
    assert shared.call("GET", f"{PATH}?status=done").status_code == 400
    assert shared.call("GET", f"{PATH}/axp_none/content").status_code == 404
