"""Tax ID checks and the registers' answers: queries in, frozen records out."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, select
from sqlalchemy.orm import Session

from app.models.decisions import TaxIdCheckRow

# Every calculation with a tax ID asks it: built once, and of the table instead of the class, which asks in half the
# time.
_CHECKS = TaxIdCheckRow.__table__
_NEWEST_ANSWERED = (
    select(_CHECKS)
    .where(
        _CHECKS.c.number_sha256 == bindparam("digest"),
        _CHECKS.c.answered_at >= bindparam("first"),
        _CHECKS.c.answered_at < bindparam("after"),
    )
    .order_by(_CHECKS.c.answered_at.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCheck:
    """A tax ID check as it stands. ``register`` is what the register said last, None while nobody said anything."""

    id: str
    client: str | None
    order_reference: str | None
    country: str
    kind: str
    number: str
    asked_with: dict[str, Any]
    format: dict[str, Any]
    status: str
    register: dict[str, Any] | None
    valid_from: date | None
    attempts: int
    created_at: datetime
    answered_at: datetime | None
    evidence_document_id: str | None


def find_check(session: Session, check_id: str, *, lock: bool = False) -> StoredCheck | None:
    """The check with this id; ``lock`` keeps every change of it waiting until the transaction ends."""
    row = session.get(TaxIdCheckRow, check_id, with_for_update=lock or None, populate_existing=lock)
    return row and check_record(row)


def find_check_by_idempotency(session: Session, token: str | None) -> StoredCheck | None:
    """The check that this request made before, if it did."""
    row = token and session.scalar(select(TaxIdCheckRow).where(TaxIdCheckRow.idempotency == token))
    return check_record(row) if row else None


def find_fresh_check(
    session: Session, number: str, *, asked_with: dict[str, Any], after: datetime
) -> StoredCheck | None:
    """The newest register's answer about this number since ``after`` to the same question."""
    query = (
        select(TaxIdCheckRow)
        .where(TaxIdCheckRow.number_sha256 == number_digest(number), TaxIdCheckRow.answered_at > after)
        .order_by(TaxIdCheckRow.answered_at.desc())
        .limit(20)
    )
    for row in session.scalars(query):
        if row.number == number and row.asked_with == asked_with and row.status in {"verified", "unverified"}:
            return check_record(row)
    return None


def find_answered_check(session: Session, number: str, *, first_day: date, last_day: date) -> StoredCheck | None:
    """The newest answered check of a number, answered from the first to the last civil day (UTC), both included.

    Of this transaction's own changes it sees what was flushed.
    """
    first, after = (datetime.combine(day, time(), UTC) for day in (first_day, last_day + timedelta(days=1)))
    asked = {"digest": number_digest(number), "first": first, "after": after}
    row = session.execute(_NEWEST_ANSWERED, asked).first()
    return check_record(row) if row else None


def list_checks(
    session: Session,
    *,
    client: str | None,
    order_reference: str | None = None,
    number: str | None = None,
    before: str | None = None,
    limit: int,
) -> list[StoredCheck]:
    """Checks newest first; up to ``limit + 1``."""
    query = select(TaxIdCheckRow).order_by(TaxIdCheckRow.id.desc()).limit(limit + 1)
    if client is not None:
        query = query.where(TaxIdCheckRow.client_code == client)
    if order_reference is not None:
        query = query.where(TaxIdCheckRow.order_reference == order_reference)
    if number is not None:
        query = query.where(TaxIdCheckRow.number_sha256 == number_digest(number))
    if before is not None:
        query = query.where(TaxIdCheckRow.id < before)
    return [check_record(row) for row in session.scalars(query)]


def number_digest(number: str) -> str:
    """What a number is looked up by, so that it stands in no index in the clear."""
    return hashlib.sha256(number.encode()).hexdigest()


def check_record(row: TaxIdCheckRow | Row[Any]) -> StoredCheck:
    """The record of a row, mapped or of the table."""
    return StoredCheck(
        id=row.id,
        client=row.client_code,
        order_reference=row.order_reference,
        country=row.country,
        kind=row.kind,
        number=row.number,
        asked_with=row.asked_with,
        format=row.format,
        status=row.status,
        register=row.register,
        valid_from=row.valid_from,
        attempts=row.attempts,
        created_at=row.created_at,
        answered_at=row.answered_at,
        evidence_document_id=row.evidence_document_id,
    )
