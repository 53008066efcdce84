"""Queries on the outbox and on named leases."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.ids import new_id
from app.models.jobs import Job, LeaseRow, OutboxEntry


@dataclass(frozen=True, slots=True)
class DueCall:
    """A job whose worker must be called (again)."""

    entry_id: str
    job_id: str
    kind: str
    attempts: int


def add_entry(
    session: Session, *, topic: str, ref: str, payload: dict[str, Any], due_at: datetime, now: datetime
) -> None:
    """Insert an unsent entry."""
    add_entries(session, topic=topic, payloads={ref: payload}, due_at=due_at, now=now)


def add_entries(
    session: Session, *, topic: str, payloads: Mapping[str, dict[str, Any]], due_at: datetime, now: datetime
) -> None:
    """Insert an unsent entry for each reference."""
    session.add_all(
        OutboxEntry(id=new_id("out"), topic=topic, ref=ref, payload=payload, created_at=now, due_at=due_at)
        for ref, payload in payloads.items()
    )
    session.flush()


def find_events(session: Session, event_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The payloads of domain events by their id, those that there are."""
    query = select(OutboxEntry.ref, OutboxEntry.payload)
    query = query.where(OutboxEntry.topic == "event", OutboxEntry.ref.in_(event_ids))
    return {ref: payload for ref, payload in session.execute(query)}  # noqa: C416 - rows are Row objects


def move_call(session: Session, job_id: str, *, due_at: datetime) -> None:
    """Call for the job at ``due_at``, and count the calls anew."""
    session.execute(_entry("job", job_id).values(due_at=due_at, attempts=0))


def settle(session: Session, topic: str, *refs: str, now: datetime) -> None:
    """Nobody needs to be told of these any more."""
    entries = update(OutboxEntry).where(OutboxEntry.topic == topic, OutboxEntry.ref.in_(refs))
    session.execute(entries.where(OutboxEntry.sent_at.is_(None)).values(sent_at=now))


def claim_due_calls(session: Session, *, now: datetime, again_at: datetime, limit: int) -> Sequence[DueCall]:
    """Up to ``limit`` jobs to call for, oldest first; another sweeper leaves them alone until ``again_at``."""
    rows = session.execute(
        select(OutboxEntry.id, Job.id, Job.kind, OutboxEntry.attempts)
        .join(Job, Job.id == OutboxEntry.ref)
        .where(OutboxEntry.topic == "job", OutboxEntry.sent_at.is_(None), OutboxEntry.due_at <= now)
        .order_by(OutboxEntry.due_at)
        .limit(limit)
        .with_for_update(of=OutboxEntry, skip_locked=True)  # PostgreSQL; SQLite has one writer anyway
    ).all()
    session.execute(update(OutboxEntry).where(OutboxEntry.id.in_([row[0] for row in rows])).values(due_at=again_at))
    return tuple(DueCall(*row) for row in rows)


def note_call(session: Session, call: DueCall, *, claimed_until: datetime, due_at: datetime, sent: bool) -> None:
    """Say when to call next, unless a worker has moved the call meanwhile."""
    session.execute(
        update(OutboxEntry)
        .where(OutboxEntry.id == call.entry_id, OutboxEntry.due_at == claimed_until)
        .values(due_at=due_at, attempts=OutboxEntry.attempts + int(sent))
    )


def delete_settled(session: Session, *, before: datetime, limit: int) -> int:
    """Delete entries settled before the moment; how many."""
    old = select(OutboxEntry.id).where(OutboxEntry.sent_at < before).limit(limit)
    return session.execute(delete(OutboxEntry).where(OutboxEntry.id.in_(old))).rowcount


def count_unsent(session: Session, *, now: datetime) -> int:
    """How many entries are due and not settled."""
    statement = select(func.count()).where(OutboxEntry.sent_at.is_(None), OutboxEntry.due_at <= now)
    return session.scalar(statement) or 0


def claim_lease(session: Session, name: str, *, owner: str, now: datetime, seconds: float) -> bool:
    """Hold the named right until ``now + seconds``; False when another owner holds it still."""
    until = now + timedelta(seconds=seconds)
    insert = (postgresql if session.get_bind().dialect.name == "postgresql" else sqlite).insert
    made = insert(LeaseRow.__table__).values(name=name, owner=owner, until=until)
    renewed = made.on_conflict_do_update(
        index_elements=[LeaseRow.name],
        set_={"owner": owner, "until": until},
        where=(LeaseRow.until <= now) | (LeaseRow.owner == owner),
    )
    return session.scalar(renewed.returning(LeaseRow.name)) is not None


def release_lease(session: Session, name: str, *, owner: str) -> None:
    """Give the named right back."""
    session.execute(delete(LeaseRow).where(LeaseRow.name == name, LeaseRow.owner == owner))


def _entry(topic: str, ref: str) -> Any:
    return update(OutboxEntry).where(OutboxEntry.topic == topic, OutboxEntry.ref == ref)
