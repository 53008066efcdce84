"""Documents of ours for many orders: the single way (``give_document``), a chunk of orders at a time.

A chunk takes its numbers and fixes its facts in one short transaction, fills its forms beside other workers, and makes
them ready in another. Whatever dies in between, the next worker finds the documents that were issued by their keys and
goes on from there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

from sqlalchemy.orm import Session

from app.actor import Actor
from app.desk import Desk
from app.documents.errors import DrawingFailed
from app.errors import Fault, InvalidInput, NotFound
from app.services.bulk import (
    RowAsked,
    ask_bulk,
    begin_chunk,
    finish_chunk,
    note_progress,
    read_chunk,
    refused_row,
    row_error,
)
from app.services.draw_document import draw_forms, drawing_failed, make_ready, store_drawings
from app.services.give_document import LASTING, QUICK, DocumentAsked, compose, give_issues
from app.services.issue_document import Issue, ask_for_drawing, draft_facts
from app.services.jobs import Lease
from app.services.read_order import seen_by
from app.services.read_sellers import seller_in_force
from app.store.bulk import StoredChunk, StoredRun
from app.store.documents import StoredDocument, find_documents_by_idempotency
from app.store.orders import lock_orders

KIND = "documents"
MOST_ROWS = 10_000
LOOK_AGAIN_SECONDS = 15.0  # for documents that have drawing jobs of their own


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDocumentAsked:
    """One line of a request: a document for an order."""

    order_reference: str
    document: DocumentAsked


def ask_documents(
    desk: Desk,
    actor: Actor,
    lines: Sequence[tuple[int, OrderDocumentAsked] | RowAsked],
    *,
    idempotency: str | None,
) -> StoredRun:
    """Ask for documents; each line comes with its place, or as a row that was refused when it was read.

    Raises:
        InvalidInput: there is no line, or more than ``MOST_ROWS``.
    """
    first: dict[OrderDocumentAsked, int] = {}
    rows = [line if isinstance(line, RowAsked) else _row(*line, first) for line in lines]
    return ask_bulk(desk, actor, KIND, rows, most=MOST_ROWS, idempotency=idempotency)


def give_chunk_of_documents(desk: Desk, lease: Lease, payload: dict[str, Any]) -> None:
    """Issue and draw the documents of a chunk, each once; the job handler of ``bulk_documents``."""
    with desk.database.reading() as session:
        chunk = read_chunk(session, payload["chunk_id"])
    if chunk.state == "queued":
        with desk.database.writing() as session:
            lease.hold(session)
            begin_chunk(session, chunk, errors=_issue(desk, session, chunk))
    with desk.database.reading() as session:
        chunk = read_chunk(session, payload["chunk_id"])
        issued = _issued(session, chunk)
    drawn, failures = draw_forms(desk, [document.id for document in issued.values() if document.kind in QUICK])
    stored = store_drawings(desk, drawn)
    with desk.database.writing() as session:
        before = _issued(session, chunk)
        waits = any(d.status == "queued" for d in before.values() if d.kind not in QUICK)
        (lease.hold if waits else lease.commit)(session)
        make_ready(desk, session, stored)
        for document_id, failure in failures.items():
            drawing_failed(desk, session, {"document_id": document_id}, failure.code)
        session.flush()
        results, errors, waiting = _outcomes(chunk, _issued(session, chunk))
        if waits:
            note_progress(session, chunk, done=len(chunk.errors) + len(results) + len(errors))
        else:
            finish_chunk(session, chunk, results=[*results, *waiting], errors=errors)
    if waits:
        lease.retry_later(LOOK_AGAIN_SECONDS)


def chunk_of_documents_failed(desk: Desk, session: Session, payload: dict[str, Any], code: str) -> None:
    """End a chunk that no worker could do: what was issued is drawn by jobs of its own, the other rows are refused."""
    del desk
    chunk = read_chunk(session, payload["chunk_id"])
    issued = _issued(session, chunk)
    for document in issued.values():
        if document.status == "queued":
            ask_for_drawing(session, document.id)
    results, errors, waiting = _outcomes(chunk, issued)
    told = {row["line"] for row in (*chunk.errors, *errors, *results, *waiting)}
    errors += [
        row_error(request["line"], _named(request), code, "The work on this row was given up; nothing was issued.")
        for request in chunk.requests
        if request["line"] not in told
    ]
    finish_chunk(session, chunk, results=[*results, *waiting], errors=errors, state="failed")


def _row(line: int, asked: OrderDocumentAsked, first: dict[OrderDocumentAsked, int]) -> RowAsked:
    """The row of a line; the same document asked for twice is given once."""
    named = {"order_reference": asked.order_reference}
    lasting = asked.document.kind in LASTING  # one of them, whatever its language
    same = replace(asked, document=DocumentAsked(kind=asked.document.kind)) if lasting else asked
    if (earlier := first.setdefault(same, line)) != line:
        fault = Fault("/order_reference", "duplicate", f"Line {earlier} asks for the same.")
        return RowAsked(line=line, named=named, refusal=InvalidInput("The row was left out.", fault))
    return RowAsked(
        line=line, named=named, request=named | {"kind": asked.document.kind, "language": asked.document.language}
    )


def _issue(desk: Desk, session: Session, chunk: StoredChunk) -> list[dict[str, Any]]:
    """Issue what can be issued; the other rows as errors."""
    actor = Actor(chunk.asked_by, client=chunk.client)
    orders = lock_orders(session, {request["order_reference"] for request in chunk.requests})
    seller_of = cache(partial(seller_in_force, session))
    issues: list[Issue] = []
    errors = []
    for request in chunk.requests:
        asked = DocumentAsked(kind=request["kind"], language=request["language"])
        try:
            order = seen_by(actor, orders.get(request["order_reference"]))
            seller = seller_of(order.seller)
            issue = compose(desk, session, order, seller, asked, idempotency=_key(chunk, request), actor=actor.name)
            draft_facts(desk, issue)
        except (NotFound, InvalidInput, DrawingFailed) as refusal:
            errors.append(refused_row(request["line"], _named(request), refusal))
        else:
            issues.append(issue)
    for document in give_issues(desk, session, issues):
        if document.kind not in QUICK:
            ask_for_drawing(session, document.id)
    return errors


def _issued(session: Session, chunk: StoredChunk) -> dict[int, StoredDocument]:
    """The documents that were issued for the rows of a chunk, by line."""
    lines = {_key(chunk, request): request["line"] for request in chunk.requests}
    return {lines[key]: document for key, document in find_documents_by_idempotency(session, lines).items()}


def _outcomes(
    chunk: StoredChunk, issued: dict[int, StoredDocument]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """The rows whose document is ready, those whose document could not be drawn, and those that wait."""
    ready, failed, waiting = [], [], []
    for request in chunk.requests:
        document = issued.get(request["line"])
        if document is None:
            continue
        if document.status == "failed":
            named = _named(request) | {"document_id": document.id}
            detail = f"Document {document.number} was issued and could not be drawn; tell the operators."
            failed.append(row_error(request["line"], named, document.error or "unexpected", detail))
        else:
            (ready if document.status == "ready" else waiting).append(_result(request, document))
    return ready, failed, waiting


def _result(request: dict[str, Any], document: StoredDocument) -> dict[str, Any]:
    return {
        "line": request["line"],
        **_named(request),
        "document_id": document.id,
        "kind": document.kind,
        "number": document.number,
        "status": document.status,
        "sha256": document.sha256,
    }


def _named(request: dict[str, Any]) -> dict[str, Any]:
    return {"order_reference": request["order_reference"]}


def _key(chunk: StoredChunk, request: dict[str, Any]) -> str:
    return f"bulk:{chunk.run_id}:{request['line']}"
