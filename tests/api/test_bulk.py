"""Documents in bulk: each row done as the single way does it, each faulty one refused alone, all of it once."""

import json
from typing import Any

import pytest
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from app import clock
from app.actor import Scope
from app.desk import Desk
from app.models.audit import AuditEventRow
from app.models.bulk import BulkChunkRow, BulkRunRow
from app.models.documents import DocumentRow
from app.models.jobs import Job
from app.services import bulk as bulk_service
from app.services import bulk_documents, draw_document
from app.services.bulk import KEPT_FOR, purge_runs
from app.services.jobs import run_job
from app.store.audit import verify_chains
from app.tasks.handlers import register_handlers
from tests.api.conftest import FRENCH_ORDER, Caller, SharedApi, changed
from tests.torture.refunds import check_numbers
from tests.working import work, working

BULK = "/v1/bulk/documents"
NDJSON = "application/x-ndjson"


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_service, "ROWS_A_CHUNK", 3)
    monkeypatch.setattr(bulk_documents, "LOOK_AGAIN_SECONDS", 0.0)


@pytest.fixture
def orders(call: Caller) -> list[str]:
    """Seven orders of the seller that gives a W-9."""
    ours = changed(FRENCH_ORDER, seller="us", lines__0__tax__rate_percent="0", lines__0__tax__amount="0.00")
    references = [f"U-{n}" for n in range(7)]
    for reference in references:
        assert call("PUT", f"/v1/orders/{reference}", ours).status_code == 201
    return references


def lines_of(answer: TestResponse) -> list[dict[str, Any]]:
    assert (answer.status_code, answer.content_type) == (200, NDJSON)
    return [json.loads(line) for line in answer.text.splitlines()]


def ndjson(*rows: Any) -> bytes:
    return b"\n".join(row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows)


def test_a_w9_for_each_order_is_issued_drawn_and_told(call: Caller, desk: Desk, orders: list[str]) -> None:
    before = call("GET", "/v1/orders/U-0").headers["ETag"]
    answer = call("POST", BULK, {"kind": "w9", "orders": orders})
    run = answer.json
    assert (answer.status_code, run["status"], run["kind"]) == (202, "queued", "documents")
    assert answer.headers["Location"].endswith(f"/v1/bulk/{run['id']}")
    assert run["progress"] == {"done": 0, "total": 7, "failed": 0}
    assert set(work(desk)) == {"done"}

    finished = call("GET", f"/v1/bulk/{run['id']}").json
    assert (finished["status"], finished["progress"]) == ("done", {"done": 7, "total": 7, "failed": 0})
    assert finished["finished_at"] >= finished["created_at"]
    results = lines_of(call("GET", finished["links"]["result"]))
    assert [(row["line"], row["order_reference"]) for row in results] == list(enumerate(orders, 1))
    assert lines_of(call("GET", finished["links"]["errors"])) == []
    for row in results:
        document = call("GET", f"/v1/documents/{row['document_id']}").json
        assert [document[name] for name in ("kind", "number", "status", "sha256", "order_reference")] == [
            row[name] for name in ("kind", "number", "status", "sha256", "order_reference")
        ]
        assert row["status"] == "ready"
        assert call("GET", document["links"]["content"]).data.startswith(b"%PDF-")
    assert call("GET", "/v1/orders/U-0").headers["ETag"] != before
    with desk.database.reading() as session:
        documents = list(session.scalars(select(DocumentRow)))
        check_numbers(documents)
        events = session.execute(select(AuditEventRow.action, AuditEventRow.subject)).all()
        assert all((f"document.{step}", d.id) in events for d in documents for step in ("issued", "ready"))
        assert [fault for _, _, fault in verify_chains(session) if fault] == []
        told = session.scalars(select(Job.payload).where(Job.kind == "dispatch_event")).all()
        assert sum(len(payload["event_ids"]) for payload in told) == 7


def test_every_faulty_line_is_refused_alone_and_the_rest_done(call: Caller, desk: Desk, orders: list[str]) -> None:
    call("PUT", "/v1/orders/D-1", FRENCH_ORDER)  # its seller has no form
    w9 = {"order_reference": orders[0], "kind": "w9"}
    body = ndjson(
        w9,
        b'{"order_reference": "U-1", "kind": ',
        {"order_reference": "U-1", "kind": "novel", "language": "klingon"},
        {"order_reference": "nobody-knows", "kind": "w9"},
        b"",
        {"order_reference": "D-1", "kind": "w9"},
        w9,
        {"order_reference": "U-2", "kind": "w9", "copies": 2},
        b'{"order_reference": "U-2", "order_reference": "U-3", "kind": "w9"}',
        b"[]",
        {"order_reference": orders[1], "kind": "w9"},
    )
    run = call("POST", BULK, body, Content_Type=NDJSON).json
    assert run["progress"]["total"] == 10
    work(desk)
    run = call("GET", f"/v1/bulk/{run['id']}").json
    assert (run["status"], run["progress"]) == ("done", {"done": 10, "total": 10, "failed": 8})
    results = lines_of(call("GET", run["links"]["result"]))
    assert [(row["line"], row["order_reference"], row["status"]) for row in results] == [
        (1, "U-0", "ready"),
        (11, "U-1", "ready"),
    ]
    errors = lines_of(call("GET", run["links"]["errors"]))
    told = [(e["line"], e["order_reference"], e["status"], e["code"], _places(e)) for e in errors]
    assert told == [
        (2, None, 400, "malformed_body", {("", "not_json")}),
        (3, "U-1", 422, "invalid_input", {("/kind", "invalid"), ("/language", "invalid")}),
        (4, "nobody-knows", 404, "not_found", {("", "not_found")}),
        (6, "D-1", 422, "invalid_input", {("/kind", "not_the_sellers_form")}),
        (7, "U-0", 422, "invalid_input", {("/order_reference", "duplicate")}),
        (8, "U-2", 422, "invalid_input", {("/copies", "unknown_field")}),
        (9, None, 400, "malformed_body", {("", "duplicate_key")}),
        (10, None, 422, "invalid_input", {("", "invalid")}),
    ]
    assert all(e["type"].endswith(f"/problems/{e['code']}") and e["title"] and e["detail"] for e in errors)


def _places(problem: dict[str, Any]) -> set[tuple[str, str]]:
    return {(fault["pointer"], fault["code"]) for fault in problem["errors"]}


def test_a_run_of_faulty_lines_alone_is_done_at_once(call: Caller, desk: Desk) -> None:
    run = call("POST", BULK, b"x\ny\n", Content_Type=NDJSON).json
    assert (run["status"], run["progress"]) == ("done", {"done": 2, "total": 2, "failed": 2})
    assert work(desk) == []


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, {"/kind", "/orders"}),
        ({"kind": "w9", "orders": []}, {"/orders"}),
        ({"kind": "novel", "orders": ["A-1"], "copies": 2}, {"/kind", "/copies"}),
        ({"kind": "w9", "orders": ["A-1", 7]}, {"/orders/1"}),
        ({"kind": "w9", "orders": [f"A-{n}" for n in range(10_001)]}, {"/orders"}),
    ],
    ids=["nothing", "no orders", "unknown kind", "no reference", "too many"],
)
def test_a_json_request_that_is_not_as_described_takes_nothing(
    shared: SharedApi, body: dict[str, Any], pointers: set[str]
) -> None:
    before = shared.stored()
    answer = shared.call("POST", BULK, body)
    assert answer.status_code == 422
    assert {fault["pointer"] for fault in answer.json["errors"]} == pointers
    assert shared.stored() == before


@pytest.mark.parametrize(
    ("body", "media_type", "status"),
    [
        (b"", NDJSON, 422),
        (b"\n \n", NDJSON, 422),
        (b"\n".join([b"{}"] * 10_001), NDJSON, 422),
        (b"order_reference,kind\nA-1,w9", "text/csv", 415),
        (b"{", "application/json", 400),
    ],
    ids=["empty", "blank", "too many", "csv", "torn"],
)
def test_a_body_that_is_no_list_of_rows_takes_nothing(
    shared: SharedApi, body: bytes, media_type: str, status: int
) -> None:
    before = shared.stored()
    assert shared.call("POST", BULK, body, Content_Type=media_type).status_code == status
    assert shared.stored() == before


def test_the_same_key_gives_the_same_run(call: Caller, desk: Desk, orders: list[str]) -> None:
    first, second = (call("POST", BULK, {"kind": "w9", "orders": orders}, Idempotency_Key="one") for _ in range(2))
    assert second.headers["Idempotent-Replayed"] == "true"
    assert first.json["id"] == second.json["id"]
    work(desk)
    with desk.database.reading() as session:
        assert len(list(session.scalars(select(DocumentRow)))) == 7


def test_a_caller_may_wait(call: Caller, desk: Desk, orders: list[str]) -> None:
    with working(desk):
        run = call("POST", BULK, {"kind": "w9", "orders": orders[:2]}, Prefer="wait=10").json
    assert (run["status"], run["progress"]["done"]) == ("done", 2)


def test_the_newest_stands_for_the_older_one(call: Caller, desk: Desk, orders: list[str]) -> None:
    older = call("POST", "/v1/orders/U-0/documents", {"kind": "w9"}).json["id"]
    run = call("POST", BULK, {"kind": "w9", "orders": orders}).json
    work(desk)
    newer = lines_of(call("GET", run["links"]["result"]))[0]["document_id"]
    assert call("GET", f"/v1/documents/{older}").json["superseded_by"] == newer
    assert call("GET", f"/v1/documents/{newer}").json["superseded_by"] is None


def test_fact_sheets_are_drawn_by_their_own_jobs_and_the_run_waits_for_them(call: Caller, desk: Desk) -> None:
    for n in range(2):
        call("PUT", f"/v1/orders/D-{n}", FRENCH_ORDER)
    run = call("POST", BULK, {"kind": "vendor_fact_sheet", "language": "de", "orders": ["D-0", "D-1"]}).json
    outcomes = work(desk)
    assert "retried" in outcomes
    run = call("GET", run["links"]["self"]).json
    assert (run["status"], run["progress"]["done"]) == ("done", 2)
    results = lines_of(call("GET", run["links"]["result"]))
    assert [(row["kind"], row["status"]) for row in results] == [("vendor_fact_sheet", "ready")] * 2
    assert call("GET", f"/v1/documents/{results[0]['document_id']}").json["language"] == "de"


def test_orders_and_runs_of_another_client_are_not_there(call: Caller, call_as: Any, desk: Desk) -> None:
    call("PUT", "/v1/orders/T-1", changed(FRENCH_ORDER, client="theirs"))
    bound = call_as(Scope.PAYMENTS, client_code="ours")
    run = bound("POST", BULK, {"kind": "vendor_fact_sheet", "orders": ["T-1"]}).json
    work(desk)
    assert [e["code"] for e in lines_of(bound("GET", run["links"]["errors"]))] == ["not_found"]
    other = call_as(Scope.PAYMENTS, client_code="theirs")
    for link in run["links"].values():
        assert other("GET", link).status_code == 404
    assert call("GET", "/v1/orders/T-1/documents").json["data"] == []


def test_a_form_that_cannot_be_read_back_is_refused_and_its_neighbours_are_drawn(
    call: Caller, desk: Desk, orders: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    drawing = draw_document.draw_form

    def tampered(members: dict[str, Any], forms_dir: Any) -> Any:
        if members["header"]["order_reference"] == "U-1":
            raise draw_document.DrawingFailed("read_back_failed", "A value is not there.")
        return drawing(members, forms_dir)

    monkeypatch.setattr(draw_document, "draw_form", tampered)
    run = call("POST", BULK, {"kind": "w9", "orders": orders}).json
    work(desk)
    run = call("GET", run["links"]["self"]).json
    assert (run["status"], run["progress"]) == ("done", {"done": 7, "total": 7, "failed": 1})
    (error,) = lines_of(call("GET", run["links"]["errors"]))
    assert (error["line"], error["order_reference"]) == (2, "U-1")
    assert _places(error) == {("", "read_back_failed")}
    document = call("GET", f"/v1/documents/{error['document_id']}").json
    assert (document["status"], document["error"]) == ("failed", "read_back_failed")


def test_a_chunk_that_no_worker_can_do_ends_and_its_documents_are_drawn_one_by_one(
    call: Caller, desk: Desk, orders: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise MemoryError

    run = call("POST", BULK, {"kind": "w9", "orders": [*orders[:2], "unknown"]}).json
    with monkeypatch.context() as patched:
        patched.setattr(bulk_documents, "store_drawings", broken)
        with desk.database.reading() as session:
            (job_id,) = session.scalars(select(Job.id).where(Job.kind == "bulk_documents"))
        register_handlers()
        assert run_job(desk, job_id, "test") == "failed"
    assert call("GET", run["links"]["self"]).json["status"] == "failed"
    results = lines_of(call("GET", run["links"]["result"]))
    assert [(row["order_reference"], row["status"]) for row in results] == [("U-0", "queued"), ("U-1", "queued")]
    assert [e["code"] for e in lines_of(call("GET", run["links"]["errors"]))] == ["not_found"]
    work(desk)
    for row in results:
        assert call("GET", f"/v1/documents/{row['document_id']}").json["status"] == "ready"


def test_a_run_is_forgotten_after_31_days_and_what_it_made_stays(call: Caller, desk: Desk, orders: list[str]) -> None:
    old, fresh, unfinished = (call("POST", BULK, {"kind": "w9", "orders": [o]}).json["id"] for o in orders[:3])
    work(desk)
    long_ago = clock.now() - KEPT_FOR
    with desk.database.writing() as session:
        session.execute(update(BulkRunRow).where(BulkRunRow.id.in_([old, unfinished])).values(created_at=long_ago))
        session.execute(
            update(BulkChunkRow).where(BulkChunkRow.run_id == unfinished).values(state="running", finished_at=None)
        )
    purge_runs(desk)
    assert [call("GET", f"/v1/bulk/{run}").status_code for run in (old, fresh, unfinished)] == [404, 200, 200]
    assert call("GET", "/v1/orders/U-0/documents").json["data"][0]["status"] == "ready"
