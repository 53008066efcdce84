"""Many rows at one request: cut into chunks, each the work of one job, refused rows told one by one.

A kind of run has a job kind of its own, ``bulk_<kind>``, whose handler works on a chunk: it does the rows, keeps what
came of them by :func:`finish_chunk` in the transaction that ends the job, and may end before that and begin again.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    add_chunk,
    add_run,
    delete_runs,
    find_chunk,
    find_run,
    find_run_by_idempotency,
    read_side,
)

ROWS_A_CHUNK = 100
HEAVIEST_CHUNK = 1024 * 1024  # bytes as they were sent
KEPT_FOR = timedelta(days=31)
LOOK_SECONDS = 0.05
AT_ONE_PURGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class RowAsked:
    """One row of a request: what is asked, as small JSON-able members without secrets, or why it is refused.

    Args:
        line: its place in what was sent, from 1.
        named: the members by which the caller knows the row; they stand in its result and in its problem.
        weight: about how many bytes it was sent in, where rows differ much.
    """

    line: int
    named: dict[str, Any]
    request: dict[str, Any] | None = None
    refusal: DomainError | None = None
    weight: int = 0


def ask_bulk(
    desk: Desk,
    actor: Actor,
    kind: str,
    rows: Iterable[RowAsked],
    *,
    most: int,
    idempotency: str | None,
    rows_a_chunk: int | None = None,
    facts: Mapping[str, Any] | None = None,
) -> StoredRun:
    """Take the rows of a request and let workers do them. The same request again is the same run.

    Args:
        rows: read once, chunk by chunk; what reading them raises takes nothing.
        rows_a_chunk: how many one job works on; ``ROWS_A_CHUNK`` unless told.
        facts: what every job must know beside its rows, small and without personal data.
    Raises:
        InvalidInput: there is no row, or more than ``most``; nothing was taken.
    """
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
        add_run(session, run)
        count = 0
        for position, batch in enumerate(_batches(rows, rows_a_chunk or ROWS_A_CHUNK)):
            count += len(batch)
            if count > most:
                break
            chunk = _chunk(run.id, position, batch)
            add_chunk(session, chunk)
            if chunk["requests"]:
                payload = {"chunk_id": chunk["id"], **(facts or {})}
                enqueue(session, f"bulk_{kind}", payload, idem_key=f"bulk:{chunk['id']}")
        if not 1 <= count <= most:
            told = f"more than {most}" if count > most else "none"
            raise InvalidInput("Nothing was taken.", Fault("", "row_count", f"Send 1 to {most} rows, not {told}."))
        audit.record(session, actor=actor.name, action="bulk.asked", subject=run.id, kind=kind, rows=count)
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
    forget_requests: bool = False,
) -> None:
    """Keep what came of every row, in the transaction that ends the chunk's job.

    Args:
        errors: beside those that the chunk has already.
        forget_requests: what was asked is not needed any more; the results say what must be known.
    """
    _keep(session, chunk, state, results=results, errors=errors, done=None)
    if forget_requests:
        session.get_one(BulkChunkRow, chunk.id).requests = []


def purge_runs(desk: Desk) -> None:
    """Forget finished runs asked for 31 days ago (a chore of the scheduler); what they made stays."""
    with desk.database.writing() as session:
        delete_runs(session, before=clock.now() - KEPT_FOR, limit=AT_ONE_PURGE)


def _batches(rows: Iterable[RowAsked], size: int) -> Iterator[list[RowAsked]]:
    """The rows in chunks of that many, or fewer where they are long: a job holds its chunk in memory."""
    batch: list[RowAsked] = []
    weight = 0
    for row in rows:
        batch.append(row)
        weight += row.weight
        if len(batch) == size or weight >= HEAVIEST_CHUNK:
            yield batch
            batch, weight = [], 0
    if batch:
        yield batch


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
