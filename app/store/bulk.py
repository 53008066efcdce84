"""Work on many rows: queries in, frozen records out."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from app.models.bulk import BulkChunkRow, BulkRunRow

Side = Literal["results", "errors"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRun:
    """A run as it stands; ``done`` counts the rows that came to an end, the ``failed`` ones included."""

    id: str
    kind: str
    status: str
    total: int
    done: int
    failed: int
    asked_by: str
    client: str | None
    created_at: datetime
    finished_at: datetime | None

    @property
    def is_finished(self) -> bool:
        return self.finished_at is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredChunk:
    """A chunk as its job finds it, with what it must know of its run."""

    id: str
    run_id: str
    state: str
    requests: tuple[dict[str, Any], ...]
    errors: tuple[dict[str, Any], ...]
    asked_by: str
    client: str | None


def add_run(session: Session, run: BulkRunRow) -> None:
    """Insert a run; its chunks follow."""
    session.add(run)
    session.flush()


def add_chunk(session: Session, chunk: dict[str, Any]) -> None:
    """Insert a chunk, given as the values of its row."""
    session.execute(insert(BulkChunkRow.__table__), [chunk])


def find_run(session: Session, run_id: str) -> StoredRun | None:
    """The run with this id."""
    row = session.get(BulkRunRow, run_id)
    return row and _run_record(session, row)


def find_run_by_idempotency(session: Session, key: str | None) -> StoredRun | None:
    """The run that was asked for under this key; none for no key."""
    if key is None:
        return None
    row = session.scalar(select(BulkRunRow).where(BulkRunRow.idempotency == key))
    return row and _run_record(session, row)


def find_chunk(session: Session, chunk_id: str) -> StoredChunk | None:
    """The chunk with this id."""
    row = session.get(BulkChunkRow, chunk_id)
    if row is None:
        return None
    run = session.get_one(BulkRunRow, row.run_id)
    return StoredChunk(
        id=row.id,
        run_id=row.run_id,
        state=row.state,
        requests=tuple(row.requests),
        errors=tuple(row.errors),
        asked_by=run.asked_by,
        client=run.client_code,
    )


def read_side(session: Session, run_id: str, side: Side) -> Iterator[dict[str, Any]]:
    """The results or the errors of the rows that came to an end, in the order of their lines; chunk by chunk."""
    column = getattr(BulkChunkRow, side)
    for (position,) in session.execute(_positions(run_id)).all():
        query = select(column).where(BulkChunkRow.run_id == run_id, BulkChunkRow.position == position)
        yield from session.scalar(query) or ()


def delete_runs(session: Session, *, before: datetime, limit: int) -> int:
    """Forget up to ``limit`` runs asked for before the moment of which every chunk came to an end; how many."""
    unfinished = select(BulkChunkRow.run_id).where(BulkChunkRow.finished_at.is_(None))
    over = select(BulkRunRow.id).where(BulkRunRow.created_at < before, BulkRunRow.id.not_in(unfinished))
    ids = session.scalars(over.order_by(BulkRunRow.created_at).limit(limit)).all()
    session.execute(delete(BulkChunkRow).where(BulkChunkRow.run_id.in_(ids)))
    session.execute(delete(BulkRunRow).where(BulkRunRow.id.in_(ids)))
    return len(ids)


def _positions(run_id: str) -> Any:
    return select(BulkChunkRow.position).where(BulkChunkRow.run_id == run_id).order_by(BulkChunkRow.position)


def _run_record(session: Session, row: BulkRunRow) -> StoredRun:
    chunk = BulkChunkRow
    sums = select(
        chunk.state, func.sum(chunk.total), func.sum(chunk.done), func.sum(chunk.failed), func.max(chunk.finished_at)
    )
    found = session.execute(sums.where(chunk.run_id == row.id).group_by(chunk.state)).all()
    states = {state for state, *_ in found}
    done = sum(group[2] for group in found)
    is_open = bool(states & {"queued", "running"})
    return StoredRun(
        id=row.id,
        kind=row.kind,
        status=_status(states, is_begun=done > 0 or len(states) > 1),
        total=sum(group[1] for group in found),
        done=done,
        failed=sum(group[3] for group in found),
        asked_by=row.asked_by,
        client=row.client_code,
        created_at=row.created_at,
        finished_at=None if is_open else max(group[4] for group in found),
    )


def _status(states: set[str], *, is_begun: bool) -> str:
    if "running" in states or ("queued" in states and is_begun):
        return "running"
    return next(state for state in ("queued", "failed", "cancelled", "done") if state in states)
