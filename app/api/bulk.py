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
    with_etag,
)
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
from app.services.bulk import read_rows, read_run, wait_for_run
from app.services.bulk_documents import ask_documents
from app.store.bulk import StoredRun

NDJSON = "application/x-ndjson"
READERS = {"application/json": documents_of_json, NDJSON: documents_of_ndjson}
LINES = {"type": "string", "description": "a JSON object a line"}

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
    return _ndjson(read_rows(desk(), run, "results"))


@bp.get("/<run_id>/errors")
@requires(Scope.BILLING, Scope.PAYMENTS, Scope.AUDITOR)
@bp.response(200, LINES, content_type=NDJSON, description="A problem for each row that was refused so far")
@bp.doc(operationId="getBulkErrors", summary="Why rows were refused, each as a problem with its line")
def errors(run_id: str) -> Response:
    run, base_url = read_run(desk(), actor(), run_id), desk().settings.base_url
    return _ndjson(row_problem(row, base_url=base_url) for row in read_rows(desk(), run, "errors"))


def _lines() -> list[Line]:
    reader = READERS.get(request.mimetype)
    if reader is None:
        raise UnsupportedMediaType(f"Send the body as {' or '.join(READERS)}.")
    return reader(request.get_data())


def _waited(run: StoredRun) -> StoredRun:
    """The run, after the seconds that the caller prefers to wait."""
    seconds = preferred_wait(0.0)
    return wait_for_run(desk(), actor(), run.id, seconds=seconds) if seconds else run


def _ndjson(rows: Iterable[Mapping[str, Any]]) -> Response:
    return Response((json.dumps(row, ensure_ascii=False) + "\n" for row in rows), content_type=NDJSON)
