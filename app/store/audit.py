"""The audit trail's storage: appending to the day's hash chain, reading and verifying it.

``hash = SHA-256(previous || canonical JSON of the event)``; the first event of a day hangs on the head of the last day
that had any: the days form one chain. Personal data is not in it; events name things by id.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from app import clock
from app.ids import new_id
from app.models.audit import AuditChainRow, AuditEventRow
from app.models.orders import OrderRow
from app.store.database import before_commit

GENESIS = "0" * 64
_PENDING = "taxdesk_audit_pending"


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One event as it stands in the trail; ``facts`` is JSON-able and holds no personal data."""

    id: str
    day: date
    position: int
    at: str
    actor: str
    action: str
    subject: str
    order_reference: str | None
    facts: dict[str, Any]
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class ChainDay:
    """One day of the chain as it stood when it was read: on which head it hangs, its number of events, its head."""

    day: date
    anchor: str
    events: int
    head: str


@dataclass(frozen=True, slots=True)
class ChainFault:
    """The first place of a day's chain that does not hold, and why."""

    day: date
    position: int
    why: str


def record(
    session: Session, *, actor: str, action: str, subject: str, order_reference: str | None = None, **facts: Any
) -> None:
    """Append an event at the end of this transaction; it is stored if and only if the change is."""
    pending: list[dict[str, Any]] = session.info.setdefault(_PENDING, [])
    if not pending:
        before_commit(session, lambda: _append(session))
    pending.append(
        {"actor": actor, "action": action, "subject": subject, "order_reference": order_reference, "facts": facts}
    )


def canonical(event: dict[str, Any]) -> bytes:
    """The bytes that are hashed: JSON with sorted keys, no blanks, UTF-8."""
    return json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def chain_hash(previous: str, event: dict[str, Any]) -> str:
    """The hash of an event after ``previous``."""
    return hashlib.sha256(previous.encode() + canonical(event)).hexdigest()


def _append(session: Session) -> None:
    pending = session.info.pop(_PENDING)
    chain = _lock_chain(session, clock.today())
    position, head = chain.length, chain.head
    rows = []
    for event in pending:
        position += 1
        hashed = {
            "id": new_id("evt"),
            "day": chain.day.isoformat(),
            "position": position,
            "at": clock.rfc3339(clock.now()),
            **event,
        }
        row_hash = chain_hash(head, hashed)
        rows.append(
            hashed
            | {
                "day": chain.day,
                "at": clock.parse_rfc3339(hashed["at"]),
                "facts": canonical(event["facts"]).decode(),
                "previous": head,
                "hash": row_hash,
            }
        )
        head = row_hash
    session.execute(insert(AuditEventRow), rows)
    session.execute(
        update(AuditChainRow).where(AuditChainRow.day == chain.day).values(length=position, head=head),
        execution_options={"synchronize_session": False},
    )


def _lock_chain(session: Session, day: date) -> AuditChainRow:
    """The day's chain, locked until the commit; begun on the head of the day before when it is new."""
    query = select(AuditChainRow).where(AuditChainRow.day == day).with_for_update()
    chain = session.scalar(query, execution_options={"populate_existing": True})
    if chain is not None:
        return chain
    last = session.scalar(select(AuditChainRow.head).order_by(AuditChainRow.day.desc()).limit(1)) or GENESIS
    dialect_insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    values = {"day": day, "anchor": last, "length": 0, "head": last}
    session.execute(dialect_insert(AuditChainRow).values(values).on_conflict_do_nothing(index_elements=["day"]))
    return session.scalars(query, execution_options={"populate_existing": True}).one()


def read_events(
    session: Session,
    *,
    order_reference: str | None = None,
    client: str | None = None,
    day: date | None = None,
    after: tuple[date, int] | None = None,
    limit: int = 1000,
) -> list[AuditEvent]:
    """Events in chain order, oldest first; with ``client`` only those of its orders."""
    query = select(AuditEventRow).order_by(AuditEventRow.day, AuditEventRow.position).limit(limit)
    if order_reference is not None:
        query = query.where(AuditEventRow.order_reference == order_reference)
    if client is not None:
        theirs = select(OrderRow.reference).where(OrderRow.client_code == client)
        query = query.where(AuditEventRow.order_reference.in_(theirs))
    if day is not None:
        query = query.where(AuditEventRow.day == day)
    if after is not None:
        later_day = AuditEventRow.day > after[0]
        same_day = (AuditEventRow.day == after[0]) & (AuditEventRow.position > after[1])
        query = query.where(later_day | same_day)
    return [_event(row) for row in session.scalars(query)]


def read_chain_days(session: Session, first_day: date) -> list[ChainDay]:
    """The days from ``first_day`` on that have events, oldest first."""
    query = select(AuditChainRow).where(AuditChainRow.day >= first_day).order_by(AuditChainRow.day)
    return [ChainDay(row.day, row.anchor, row.length, row.head) for row in session.scalars(query)]


def head_before(session: Session, day: date) -> str:
    """The head on which a chain that begins at ``day`` hangs."""
    query = select(AuditChainRow.head).where(AuditChainRow.day < day).order_by(AuditChainRow.day.desc()).limit(1)
    return session.scalar(query) or GENESIS


def _event(row: AuditEventRow) -> AuditEvent:
    return AuditEvent(
        id=row.id,
        day=row.day,
        position=row.position,
        at=clock.rfc3339(row.at),
        actor=row.actor,
        action=row.action,
        subject=row.subject,
        order_reference=row.order_reference,
        facts=json.loads(row.facts),
        previous=row.previous,
        hash=row.hash,
    )


def hashed_part(event: AuditEvent) -> dict[str, Any]:
    """The members of an event that its hash covers."""
    return {
        "id": event.id,
        "day": event.day.isoformat(),
        "position": event.position,
        "at": event.at,
        "actor": event.actor,
        "action": event.action,
        "subject": event.subject,
        "order_reference": event.order_reference,
        "facts": event.facts,
    }


def verify_chains(session: Session) -> Iterator[tuple[date, int, ChainFault | None]]:
    """Recompute every day's chain: yields the day, its number of events, and the first fault or None."""
    head = GENESIS
    for chain in session.scalars(select(AuditChainRow).order_by(AuditChainRow.day)):
        fault = None
        if chain.anchor != head:
            fault = ChainFault(chain.day, 0, "the day does not hang on the end of the day before")
        previous, position = chain.anchor, 0
        while fault is None and (events := read_events(session, day=chain.day, after=(chain.day, position))):
            for event in events:
                position += 1
                fault = fault_of(event, position, previous)
                if fault:
                    break
                previous = event.hash
        if fault is None and (position, previous) != (chain.length, chain.head):
            fault = ChainFault(chain.day, position, f"the chain ends at {position} where {chain.length} were written")
        yield chain.day, chain.length, fault
        head = chain.head


def fault_of(event: AuditEvent, position: int, previous: str) -> ChainFault | None:
    """Why the event is not the one that stands at ``position`` of its day after ``previous``; None when it is."""
    if event.position != position:
        return ChainFault(event.day, position, "an event is missing")
    if event.previous != previous:
        return ChainFault(event.day, position, "the event does not hang on the one before")
    if event.hash != chain_hash(previous, hashed_part(event)):
        return ChainFault(event.day, position, "the event was changed after it was written")
    return None
