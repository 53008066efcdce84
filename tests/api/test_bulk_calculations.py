"""Calculations in bulk: rows answered as single requests are, faulty ones refused alone, tables as Excel saves them."""

import csv
import io
import json
from typing import Any

import pytest
from werkzeug.test import TestResponse

from app import clock
from app.actor import Scope
from app.desk import Desk
from app.limits import MAX_ROWS_BODY
from app.schemas.table_columns import COLUMNS
from app.services import bulk_calculations
from app.services.jobs import run_job
from app.store.jobs import due_jobs
from app.tasks.handlers import register_handlers
from tests.api.conftest import CALCULATION, Caller, SharedApi
from tests.working import work, working

BULK = "/v1/bulk/tax/calculations"
NDJSON, CSV = "application/x-ndjson", "text/csv"
HEADER = ("reference", "currency", "tax_date", "seller", "customer_kind", "country", "product_kind", "amount")
ROWS = [
    ("R-1", "EUR", "2026-10-05", "de", "consumer", "FR", "saas", "100.00"),
    ("R-2", "EUR", "2026-10-05", "de", "consumer", "DE", "ebook", "10.00"),
    ("R-3", "JPY", "2026-10-05", "de", "consumer", "GB", "saas", "1000"),
]


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_calculations, "ROWS_A_CHUNK", 2)


def sale(**changed: Any) -> dict[str, Any]:
    return CALCULATION | changed


def ndjson(*rows: Any) -> bytes:
    return b"\n".join(row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows)


def table(*rows: Any, separator: str = ",", header: Any = HEADER) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=separator).writerows([header, *rows])
    return text.getvalue()


def lines_of(answer: TestResponse) -> list[dict[str, Any]]:
    assert (answer.status_code, answer.content_type) == (200, NDJSON)
    return [json.loads(line) for line in answer.text.splitlines()]


def done(call: Caller, desk: Desk, body: bytes | str, content_type: str) -> dict[str, Any]:
    """The run, finished."""
    sent = body.encode() if isinstance(body, str) else body
    asked = call("POST", BULK, sent, Content_Type=content_type)
    assert asked.status_code == 202, asked.text
    assert set(work(desk)) <= {"done"}
    run: dict[str, Any] = call("GET", asked.json["links"]["self"]).json
    assert run["status"] == "done"
    return run


def test_a_row_is_answered_as_a_single_request_is(call: Caller, desk: Desk) -> None:
    sales = [
        sale(reference="S-1"),
        sale(reference="S-2", customer={"kind": "consumer", "country": "DE"}, shipping={"amount": "4.90"}),
        sale(reference="S-3", customer={"kind": "business", "country": "FR", "tax_ids": [{"number": "FR12"}]}),
        sale(reference="S-4", customer={"kind": "consumer", "country": "AU"}, tax_behavior="inclusive"),
    ]
    run = done(call, desk, ndjson(*sales), NDJSON)
    assert run["progress"] == {"done": 4, "total": 4, "failed": 0}
    results = lines_of(call("GET", run["links"]["result"]))
    singles = [call("POST", "/v1/tax/calculations", one).json for one in sales]
    assert results == [one | {"id": None, "line": n} for n, one in enumerate(singles, 1)]


def test_every_faulty_line_is_refused_alone_and_the_rest_done(call: Caller, desk: Desk) -> None:
    body = ndjson(
        sale(reference="S-1"),
        b"{",
        sale(reference="S-3", lines=[{"reference": "1", "product_kind": "novel", "amount": 5}]),
        b"",
        b"[]",
        b"\xff\xfe",
        sale(reference="S-7", seller="nobody"),
        sale(reference="S-8"),
    )
    run = done(call, desk, body, NDJSON)
    assert run["progress"] == {"done": 7, "total": 7, "failed": 5}
    assert [row["line"] for row in lines_of(call("GET", run["links"]["result"]))] == [1, 8]
    errors = lines_of(call("GET", run["links"]["errors"]))
    told = [(e["line"], e["reference"], e["status"], {f["pointer"] for f in e["errors"]}) for e in errors]
    assert told == [
        (2, None, 400, {""}),
        (3, "S-3", 422, {"/lines/0/product_kind", "/lines/0/amount"}),
        (5, None, 422, {""}),
        (6, None, 400, {""}),
        (7, "S-7", 422, {"/seller"}),
    ]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("hint", ["", "sep={}\r\n"])
def test_a_table_is_read_in_every_dialect_of_excel(
    call: Caller, desk: Desk, separator: str, encoding: str, hint: str
) -> None:
    rows = [(*row, f"Café – „{n}“") for n, row in enumerate(ROWS)]
    text = hint.format(separator) + table(*rows, separator=separator, header=(*HEADER, "description"))
    run = done(call, desk, text.encode(encoding), CSV)
    assert run["progress"] == {"done": 3, "total": 3, "failed": 0}
    results = lines_of(call("GET", run["links"]["result"]))
    assert [(row["reference"], row["tax_amount"]) for row in results] == [
        ("R-1", "20.00"),
        ("R-2", "0.70"),
        ("R-3", "200"),
    ]
    first = 3 if hint else 2
    assert [row["line"] for row in results] == [first, first + 1, first + 2]


def test_a_cell_that_is_wrong_is_told_by_its_line_and_column(call: Caller, desk: Desk) -> None:
    rows = [
        ROWS[0],
        ("R-2", "EUR", "05.10.2026", "de", "consumer", "fr", "saas", "100,00"),
        ("R-3", "EUR", "2026-10-05", "de", "", "", "saas", "1.00"),
        ("R-4", "EUR", "2026-10-05", "de", "consumer", "FR", "saas", "1.00", "left over"),
        ("R-5", "EUR", "2026-10-05"),
        ("", "", "", "", "", "", "", ""),
        ROWS[1],
    ]
    run = done(call, desk, table(*rows, separator=";"), CSV)
    assert run["progress"] == {"done": 6, "total": 6, "failed": 4}
    assert [row["line"] for row in lines_of(call("GET", run["links"]["result"]))] == [2, 8]
    errors = lines_of(call("GET", run["links"]["errors"]))
    assert [(e["line"], e["reference"], {f["pointer"] for f in e["errors"]}) for e in errors] == [
        (3, "R-2", {"/tax_date", "/country", "/amount"}),
        (4, "R-3", {"/customer_kind", "/country"}),
        (5, "R-4", {""}),
        (6, "R-5", {""}),
    ]


def test_a_quotation_mark_left_open_takes_one_row_of_the_errors_and_says_where(call: Caller, desk: Desk) -> None:
    text = table(ROWS[0]) + '"R-2,EUR,2026-10-05,de,consumer,FR,saas,1.00\r\n' + table(*ROWS[1:]).split("\r\n", 1)[1]
    run = done(call, desk, text, CSV)
    (error,) = lines_of(call("GET", run["links"]["errors"]))
    assert error["line"] == 3
    assert "quotation mark" in error["errors"][0]["detail"]


def test_every_column_reaches_the_request(call: Caller, desk: Desk) -> None:
    filled = dict(zip(HEADER, ROWS[0], strict=True)) | {
        "customer_kind": "business", "business_use": "WAHR", "postal_code": "75001", "city": "Paris", "quantity": "2",
        "discount": "10.00", "tax_id": "FR12", "line_reference": "L-9", "shipping_amount": "5.00",
        "shipping_separately_stated": "false", "marketplace": "Market", "marketplace_collects": "no",
        "ship_to_country": "FR", "rounding_basis": "invoice", "tax_behavior": "exclusive", "description": "One year",
    }  # fmt: skip
    run = done(call, desk, table(filled.values(), header=filled), CSV)
    (row,) = lines_of(call("GET", run["links"]["result"]))
    single = call(
        "POST",
        "/v1/tax/calculations",
        sale(
            reference="R-1",
            customer={
                "kind": "business", "country": "FR", "postal_code": "75001", "city": "Paris",
                "tax_ids": [{"number": "FR12"}],
            },
            rounding_basis="invoice",
            ship_to={"country": "FR"},
            shipping={"amount": "5.00", "separately_stated": False},
            lines=[
                {"reference": "L-9", "product_kind": "saas", "amount": "100.00", "quantity": "2", "discount": "10.00"}
            ],
        ),
    ).json  # fmt: skip
    assert row == single | {"id": None, "line": 2}


def test_result_and_errors_come_as_tables_to_who_prefers_them(call: Caller, desk: Desk) -> None:
    run = done(call, desk, table(*ROWS, (*ROWS[0][:-1], "1,00")), CSV)
    answer = call("GET", run["links"]["result"], Accept=CSV)
    assert answer.content_type == "text/csv; charset=utf-8"
    results = list(csv.DictReader(io.StringIO(answer.text)))
    assert [
        (row["line"], row["reference"], row["country"], row["rate_percent"], row["tax_amount"]) for row in results
    ] == [
        ("2", "R-1", "FR", "20", "20.00"),
        ("3", "R-2", "DE", "7", "0.70"),
        ("4", "R-3", "GB", "20", "200"),
    ]
    (error,) = csv.DictReader(io.StringIO(call("GET", run["links"]["errors"], Accept=CSV).text))
    assert (error["line"], error["reference"]) == ("5", "R-1")
    assert error["faults"].startswith("/amount: ")


@pytest.mark.parametrize(
    ("body", "media_type", "status", "pointers"),
    [
        (b"", NDJSON, 422, {""}),
        (b"\n \n", NDJSON, 422, {""}),
        (b"", CSV, 422, {f"/{name}" for name, column in COLUMNS.items() if column.is_required}),
        (b'"reference', CSV, 400, {""}),
        (table().encode(), CSV, 422, {""}),
        (b"reference,amount,colour,amount\n", CSV, 422, None),
        (table(*ROWS).encode() + b"\x81", CSV, 400, {""}),
        (b"{}", "application/json", 415, None),
        (b"\n".join([b"{}"] * 50_001), NDJSON, 422, {""}),
    ],
    ids=["empty", "blank", "no header", "torn header", "no rows", "unknown and twice", "no text", "json", "too many"],
)
def test_a_body_that_is_no_list_of_rows_takes_nothing(
    shared: SharedApi, body: bytes, media_type: str, status: int, pointers: set[str] | None
) -> None:
    before = shared.stored()
    answer = shared.call("POST", BULK, body, Content_Type=media_type)
    assert answer.status_code == status
    if pointers is not None:
        assert {fault["pointer"] for fault in answer.json["errors"]} == pointers
    assert shared.stored() == before


def test_a_body_larger_than_all_rows_need_is_refused(shared: SharedApi) -> None:
    before = shared.stored()
    answer = shared.call("POST", BULK, b" " * (MAX_ROWS_BODY + 1), Content_Type=NDJSON)
    assert answer.status_code == 413
    assert shared.stored() == before


def test_more_than_two_mebibytes_of_rows_are_taken(call: Caller, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_calculations, "ROWS_A_CHUNK", 500)
    rows = [sale(reference=f"R-{n}", lines=[CALCULATION["lines"][0] | {"description": "x" * 500}]) for n in range(3500)]
    body = ndjson(*rows)
    assert len(body) > 2 * 1024 * 1024
    run = done(call, desk, body, NDJSON)
    assert run["progress"] == {"done": 3500, "total": 3500, "failed": 0}


def test_the_same_key_gives_the_same_run(call: Caller) -> None:
    first, second = (call("POST", BULK, ndjson(sale()), Content_Type=NDJSON, Idempotency_Key="k") for _ in range(2))
    assert second.headers["Idempotent-Replayed"] == "true"
    assert first.json["id"] == second.json["id"]
    other = call("POST", BULK, ndjson(sale(currency="USD")), Content_Type=NDJSON, Idempotency_Key="k")
    assert other.status_code == 422


def test_a_caller_may_wait(call: Caller, desk: Desk) -> None:
    with working(desk):
        run = call("POST", BULK, ndjson(sale()), Content_Type=NDJSON, Prefer="wait=10").json
    assert (run["status"], run["progress"]["done"]) == ("done", 1)


def test_a_stated_status_counts_only_by_the_word_of_an_admin(call: Caller, call_as: Any, desk: Desk) -> None:
    customer = {"kind": "business", "country": "FR", "tax_ids": [{"number": "FR40303265045", "status": "verified"}]}
    outcomes = []
    for caller in (call, call_as(Scope.ADMIN)):
        run = done(caller, desk, ndjson(sale(customer=customer)), NDJSON)
        outcomes += [row["outcome"] for row in lines_of(caller("GET", run["links"]["result"]))]
    assert outcomes == ["charge", "reverse_charge"]


def test_a_chunk_that_no_worker_can_do_becomes_refused_rows(
    call: Caller, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise MemoryError

    run = call("POST", BULK, table(*ROWS[:2]).encode(), Content_Type=CSV).json
    with monkeypatch.context() as patched:
        patched.setattr(bulk_calculations, "known_facts", broken)
        register_handlers()
        with desk.database.reading() as session:
            (job_id,) = due_jobs(session, now=clock.now())
        assert run_job(desk, job_id, "test") == "failed"
    stands = call("GET", run["links"]["self"]).json
    assert (stands["status"], stands["progress"]) == ("failed", {"done": 2, "total": 2, "failed": 2})
    assert [e["reference"] for e in lines_of(call("GET", run["links"]["errors"]))] == ["R-1", "R-2"]


def test_runs_of_another_client_are_not_there(call_as: Any, desk: Desk) -> None:
    ours, theirs = (call_as(Scope.PAYMENTS, client_code=code) for code in ("ours", "theirs"))
    run = done(ours, desk, ndjson(sale()), NDJSON)
    assert [theirs("GET", link).status_code for link in run["links"].values()] == [404] * 3
