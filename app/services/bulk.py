"""Many rows at one request: cut into chunks, each the work of one job, refused rows told one by one.

A kind of run has a job kind of its own, ``bulk_<kind>``, whose handler works on a chunk: it does the rows, keeps what
came of them by :func:`finish_chunk` in the transaction that ends the job, and may end before that and begin again.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from app import clock
from app.actor import Actor
from app.desk import Desk
from app.errors import DomainError, Fault, InvalidInput, NotFound
from app.ids import new_id
from app.models.bulk import BulkChunkRow, BulkRunRow
from app.services.jobs import enqueue, error_code
from app.store import audit
from app.store.bulk import (
    Side,
    StoredChunk,
    StoredRun,
    add_run,
    delete_runs,
    find_chunk,
    find_run,
    find_run_by_idempotency,
    read_side,
)

ROWS_A_CHUNK = 100
KEPT_FOR = timedelta(days=31)
LOOK_SECONDS = 0.05
AT_ONE_PURGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class RowAsked:
    """One row of a request: what is asked, as small JSON-able members without secrets, or why it is refused.

    Args:
        line: its place in what was sent, from 1.
        named: the members by which the caller knows the row; they stand in its result and in its problem.
    """

    line: int
    named: dict[str, Any]
    request: dict[str, Any] | None = None
    refusal: DomainError | None = None


def ask_bulk(
    desk: Desk, actor: Actor, kind: str, rows: Sequence[RowAsked], *, most: int, idempotency: str | None
) -> StoredRun:
    """Take the rows of a request and let workers do them. The same request again is the same run.

    Raises:
        InvalidInput: there is no row, or more than ``most``; nothing was taken.
    """
    if not 1 <= len(rows) <= most:
        raise InvalidInput("Nothing was taken.", Fault("", "row_count", f"Send 1 to {most} rows, not {len(rows)}."))
    with desk.database.writing() as session:
        if known := find_run_by_idempotency(session, idempotency):
            return known
        run = BulkRunRow(
            id=new_id("blk"),
            idempotency=idempotency,
            kind=kind,
            asked_by=actor.name,
            client_code=actor.client,
            created_at=clock.now(),
        )
        chunks = [_chunk(run.id, n, batch) for n, batch in enumerate(_batches(rows))]
        add_run(session, run, chunks)
        for chunk in chunks:
            if chunk["requests"]:
                enqueue(session, f"bulk_{kind}", {"chunk_id": chunk["id"]}, idem_key=f"bulk:{chunk['id']}")
        audit.record(session, actor=actor.name, action="bulk.asked", subject=run.id, kind=kind, rows=len(rows))
    return read_run(desk, actor, run.id)


def read_run(desk: Desk, actor: Actor, run_id: str) -> StoredRun:
    """The run, if the caller may know of it; raises NotFound otherwise."""
    with desk.database.reading() as session:
        run = find_run(session, run_id)
    if run is None or not actor.may_see(run.client):
        raise NotFound("There is no such run.")
    return run


def wait_for_run(desk: Desk, actor: Actor, run_id: str, *, seconds: float) -> StoredRun:
    """The run as it stands when it is finished, or after so many seconds."""
    until = time.monotonic() + seconds
    while not (run := read_run(desk, actor, run_id)).is_finished and time.monotonic() < until:
        time.sleep(LOOK_SECONDS)
    return run


def read_rows(desk: Desk, run: StoredRun, side: Side) -> Iterator[dict[str, Any]]:
    """What came of the rows that were done, or why rows were refused, in the order of their lines, so far."""
    with desk.database.reading() as session:
        yield from read_side(session, run.id, side)


def row_error(line: int, named: dict[str, Any], code: str, detail: str, *faults: Fault) -> dict[str, Any]:
    """Why a row was refused, as it is kept; ``app/problems.py`` makes a problem document of it."""
    told = {"code": code, "detail": detail, "errors": [asdict(fault) for fault in faults]}
    return {"line": line, **named, **told}


def refused_row(line: int, named: dict[str, Any], refusal: DomainError) -> dict[str, Any]:
    """Like :func:`row_error`, of what a service raised."""
    return row_error(line, named, error_code(refusal), refusal.detail, *refusal.faults)


def read_chunk(session: Session, chunk_id: str) -> StoredChunk:
    """The chunk; raises NotFound when its run was forgotten."""
    chunk = find_chunk(session, chunk_id)
    if chunk is None:
        raise NotFound("There is no such chunk.")
    return chunk


def begin_chunk(session: Session, chunk: StoredChunk, *, errors: Sequence[dict[str, Any]]) -> None:
    """Note that the chunk is worked on, and which of its rows were refused meanwhile."""
    _keep(session, chunk, "running", results=(), errors=errors, done=len(chunk.errors) + len(errors))


def note_progress(session: Session, chunk: StoredChunk, *, done: int) -> None:
    """Note how many of the chunk's rows came to an end, the refused ones included."""
    session.get_one(BulkChunkRow, chunk.id).done = done


def finish_chunk(
    session: Session,
    chunk: StoredChunk,
    *,
    results: Sequence[dict[str, Any]],
    errors: Sequence[dict[str, Any]],
    state: str = "done",
) -> None:
    """Keep what came of every row, in the transaction that ends the chunk's job.

    Args:
        errors: beside those that the chunk has already.
    """
    _keep(session, chunk, state, results=results, errors=errors, done=None)


def purge_runs(desk: Desk) -> None:
    """Forget finished runs asked for 31 days ago (a chore of the scheduler); what they made stays."""
    with desk.database.writing() as session:
        delete_runs(session, before=clock.now() - KEPT_FOR, limit=AT_ONE_PURGE)


def _batches(rows: Sequence[RowAsked]) -> Iterator[Sequence[RowAsked]]:
    return (rows[begin : begin + ROWS_A_CHUNK] for begin in range(0, len(rows), ROWS_A_CHUNK))


def _chunk(run_id: str, position: int, rows: Sequence[RowAsked]) -> dict[str, Any]:
    refused = [refused_row(row.line, row.named, row.refusal) for row in rows if row.refusal]
    requests = [{"line": row.line, **row.request} for row in rows if row.request is not None]
    return {
        "id": new_id("chk"),
        "run_id": run_id,
        "position": position,
        "state": "queued" if requests else "done",
        "requests": requests,
        "results": [],
        "errors": refused,
        "total": len(rows),
        "done": len(refused),
        "failed": len(refused),
        "finished_at": None if requests else clock.now(),
    }


def _keep(
    session: Session,
    chunk: StoredChunk,
    state: str,
    *,
    results: Sequence[dict[str, Any]],
    errors: Sequence[dict[str, Any]],
    done: int | None,
) -> None:
    row = session.get_one(BulkChunkRow, chunk.id)
    row.state, row.results = state, sorted(results, key=lambda result: result["line"])
    row.errors = sorted((*chunk.errors, *errors), key=lambda error: error["line"])
    row.failed = len(row.errors)
    row.done = row.total if done is None else done
    row.finished_at = clock.now() if done is None else None
    session.flush()
