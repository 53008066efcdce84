"""Doing a POST once: keeping the first answer under its caller and key."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from app import clock
from app.desk import Desk
from app.errors import IdempotencyKeyReused, RequestInFlight
from app.ids import new_id
from app.models.access import IdempotencyRow
from app.store.sealed import open_text, seal_text

TAKEN_OVER_AFTER = timedelta(seconds=60)  # longer than any request may take


@dataclass(frozen=True, slots=True)
class Answer:
    """The first answer to a request."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of a request; ``answer`` is set when an earlier try was answered.

    ``token`` is the same for every try of the same caller and key: services keep it, unique, beside what they create.
    """

    principal: str
    key: str
    owner: str
    token: str
    answer: Answer | None


def begin_attempt(desk: Desk, *, principal: str, key: str, fingerprint: str) -> Attempt:
    """Take the key for this request.

    Raises:
        IdempotencyKeyReused: the key came with another request.
        RequestInFlight: the same request is being worked on.
    """
    owner, now = new_id("try"), clock.now()
    token = hashlib.sha256(f"{principal}\n{key}".encode()).hexdigest()
    values = {"principal": principal, "key": key, "fingerprint": fingerprint, "state": "in_flight", "owner": owner}
    with desk.database.writing() as session:
        insert = sqlite_insert if desk.database.is_sqlite else postgresql_insert
        taken = session.execute(
            insert(IdempotencyRow)
            .values(**values, taken_at=now, created_at=now)
            .on_conflict_do_nothing(index_elements=["principal", "key"])
            .returning(IdempotencyRow.key)
        )
        if taken.first():
            return Attempt(principal, key, owner, token, None)
        row = session.get_one(IdempotencyRow, (principal, key), with_for_update=True)
        if row.fingerprint != fingerprint:
            raise IdempotencyKeyReused("This Idempotency-Key came before with another request.")
        if row.state == "done":
            answer = Answer(row.status or 200, tuple((n, v) for n, v in row.headers or ()), _body(session, row))
            return Attempt(principal, key, owner, token, answer)
        if row.taken_at > now - TAKEN_OVER_AFTER:
            raise RequestInFlight("The same request is being worked on.")
        row.owner, row.taken_at = owner, now
        return Attempt(principal, key, owner, token, None)


def finish_attempt(desk: Desk, attempt: Attempt, *, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
    """Keep the first answer, its body sealed."""
    with desk.database.writing() as session:
        place = IdempotencyRow(principal=attempt.principal, key=attempt.key)
        sealed = seal_text(session, place, base64.b64encode(body).decode())
        session.execute(
            update(IdempotencyRow)
            .where(*_mine(attempt))
            .values(
                state="done",
                status=status,
                headers=[list(h) for h in headers],
                body=sealed.encode(),
                key_id=place.key_id,
            )
        )


def give_up_attempt(desk: Desk, attempt: Attempt) -> None:
    """Free the key after a failure, so that the mended or repeated request may use it."""
    with desk.database.writing() as session:
        session.execute(delete(IdempotencyRow).where(*_mine(attempt)))


def _body(session: Session, row: IdempotencyRow) -> bytes:
    return base64.b64decode(open_text(session, row, row.body.decode())) if row.body else b""


def _mine(attempt: Attempt) -> tuple[Any, ...]:
    return (
        IdempotencyRow.principal == attempt.principal,
        IdempotencyRow.key == attempt.key,
        IdempotencyRow.owner == attempt.owner,
    )
