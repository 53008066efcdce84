"""Forgetting what is over: answers kept for repeated requests, and browser sessions (chores of the scheduler)."""

from datetime import timedelta

from sqlalchemy import delete

from app import clock
from app.desk import Desk
from app.models.access import IdempotencyRow, SessionRow
from app.store.access import SESSION_IDLE, SESSION_LIFE

ANSWERS_KEPT_FOR = timedelta(days=31)


def purge_answers(desk: Desk) -> None:
    """Forget the answers that were kept for 31 days."""
    with desk.database.writing() as session:
        session.execute(delete(IdempotencyRow).where(IdempotencyRow.created_at < clock.now() - ANSWERS_KEPT_FOR))


def purge_sessions(desk: Desk) -> None:
    """Forget sessions that nobody can use any more."""
    now = clock.now()
    with desk.database.writing() as session:
        over = (SessionRow.last_seen_at < now - SESSION_IDLE) | (SessionRow.created_at < now - SESSION_LIFE)
        session.execute(delete(SessionRow).where(over))
