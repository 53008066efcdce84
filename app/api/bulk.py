"""``/v1/bulk``: many rows at one request, done by workers; results and refusals row by row."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from flask import Response, request
from werkzeug.exceptions import UnsupportedMediaType

from app.actor import Scope
from app.api.house import (
    ApiBlueprint,
    actor,
    desk,
    etag_of,
    idempotency,
    idempotent,
    preferred_wait,
    takes_rows,
    with_etag,
)
from app.api.spool import spooled_body
from app.auth import requires
from app.problems import row_problem
from app.schemas.bulk import (
    BulkRunOut,
    DocumentsAskedSchema,
    Line,
    documents_of_json,
    documents_of_ndjson,
    run_answer,
)
from app.schemas.bulk_calculations import errors_as_table, results_as_table, sales_of_ndjson, sales_of_table
from app.schemas.table_columns import described
from app.services.bulk import read_rows, read_run, wait_for_run
from app.services.bulk_calculations import KIND as CALCULATIONS
from app.services.bulk_calculations import ask_calculations
from app.services.bulk_documents import ask_documents
from app.store.bulk import StoredRun

NDJSON = "application/x-ndjson"
READERS = {"application/json": documents_of_json, NDJSON: documents_of_ndjson}
CSV = "text/csv"
SALES_READERS = {NDJSON: sales_of_ndjson, CSV: sales_of_table}
LINES = {"type": "string", "description": "a JSON object a line"}
BULK_CALCULATIONS = f"""A row is answered as `POST /v1/tax/calculations` would answer it, but not kept as a calculation
of its own: the answer stands in the result for 31 days. A row that cannot be read or is refused becomes a row of the
errors, and the rest goes on. Result and errors come as NDJSON, or as a table with `Accept: text/csv`.

A table has one sale of one line a row and names its columns in its first line, in any order. It may be separated by
commas, semicolons or tabs and be in UTF-8 (with or without a byte order mark), UTF-16 or Windows-1252, as Excel saves
it. Amounts have a dot: one with a comma is refused with its line. Empty cells are left out.

{described()}
"""

bp = ApiBlueprint("Bulk", __name__, url_prefix="/v1/bulk", description="Many rows at one request")


@bp.post("/documents")
@requires(Scope.BILLING, Scope.PAYMENTS)
@idempotent
@bp.response(202, BulkRunOut)
@bp.doc(
    operationId="giveDocumentsInBulk",
    summary="Issue tax forms or fact sheets of ours for up to 10,000 orders",
    requestBody={
        "required": True,
        "content": {
            "application/json": {"schema": DocumentsAskedSchema},
            NDJSON: {"schema": LINES | {"description": "`{order_reference, kind, language?}` a line"}},
        },
    },
)
def create_documents() -> Any:
    run = ask_documents(desk(), actor(), _lines(), idempotency=idempotency())
    return run_answer(_waited(run)), 202, {"Location": f"/v1/bulk/{run.id}"}


@bp.post("/tax/calculations")
@requires(Scope.BILLING, Scope.PAYMENTS)
@takes_rows
@idempotent
@bp.response(202, BulkRunOut)
@bp.doc(
    operationId="calculateTaxInBulk",
    summary="Calculate the tax on up to 50,000 sales",
    description=BULK_CALCULATIONS,
    requestBody={
        "required": True,
        "content": {
            NDJSON: {"schema": LINES | {"description": "the body of `POST /v1/tax/calculations` a line"}},
            CSV: {"schema": {"type": "string", "description": "one sale of one line a row; columns above"}},
        },
    },
)
def create_calculations() -> Any:
    reader = SALES_READERS.get(request.mimetype)
    if reader is None:
        raise UnsupportedMediaType(f"Send the body as {' or '.join(SALES_READERS)}.")
    run = ask_calculations(desk(), actor(), reader(spooled_body()), idempotency=idempotency())
    return run_answer(_waited(run)), 202, {"Location": f"/v1/bulk/{run.id}"}


@bp.get("/<run_id>")
@requires(Scope.BILLING, Scope.PAYMENTS, Scope.AUDITOR)
@bp.response(200, BulkRunOut)
@bp.doc(operationId="getBulkRun", summary="How a run stands")
def get(run_id: str) -> Any:
    run = _waited(read_run(desk(), actor(), run_id))
    return with_etag(run_answer(run), etag_of(f"{run.id}:{run.status}:{run.done}:{run.failed}"))


@bp.get("/<run_id>/result")
@requires(Scope.BILLING, Scope.PAYMENTS, Scope.AUDITOR)
@bp.response(200, LINES, content_type=NDJSON, description="A line for each row that was done so far")
@bp.doc(operationId="getBulkResult", summary="What came of the rows, in the order they were sent")
def result(run_id: str) -> Response:
    run = read_run(desk(), actor(), run_id)
    rows = read_rows(desk(), run, "results")
    return _csv(results_as_table(rows)) if _wants_table(run) else _ndjson(rows)


@bp.get("/<run_id>/errors")
@requires(Scope.BILLING, Scope.PAYMENTS, Scope.AUDITOR)
@bp.response(200, LINES, content_type=NDJSON, description="A problem for each row that was refused so far")
@bp.doc(operationId="getBulkErrors", summary="Why rows were refused, each as a problem with its line")
def errors(run_id: str) -> Response:
    run, base_url = read_run(desk(), actor(), run_id), desk().settings.base_url
    problems = (row_problem(row, base_url=base_url) for row in read_rows(desk(), run, "errors"))
    return _csv(errors_as_table(problems)) if _wants_table(run) else _ndjson(problems)


def _lines() -> list[Line]:
    reader = READERS.get(request.mimetype)
    if reader is None:
        raise UnsupportedMediaType(f"Send the body as {' or '.join(READERS)}.")
    return reader(request.get_data())


def _waited(run: StoredRun) -> StoredRun:
    """The run, after the seconds that the caller prefers to wait."""
    seconds = preferred_wait(0.0)
    return wait_for_run(desk(), actor(), run.id, seconds=seconds) if seconds else run


def _wants_table(run: StoredRun) -> bool:
    """Whether the caller prefers a table, where the run has one to give."""
    return run.kind == CALCULATIONS and request.accept_mimetypes.best_match((NDJSON, CSV), NDJSON) == CSV


def _csv(lines: Iterable[str]) -> Response:
    return Response((line.encode() for line in lines), content_type=f"{CSV}; charset=utf-8")


def _ndjson(rows: Iterable[Mapping[str, Any]]) -> Response:
    return Response((json.dumps(row, ensure_ascii=False) + "\n" for row in rows), content_type=NDJSON)
