"""Reading who may call: users, API keys and sessions."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app.models.access import ApiKeyRow, SessionRow, UserRow

SESSION_IDLE = timedelta(minutes=30)
SESSION_LIFE = timedelta(hours=12)

# Built once: every call of the API asks it, so that a revoked key stops at once, and building takes longer than asking.
_KEY_IN_FORCE = select(
    ApiKeyRow.id, ApiKeyRow.name, ApiKeyRow.scopes, ApiKeyRow.client_code, ApiKeyRow.secret_sha256
).where(ApiKeyRow.id == bindparam("key_id"), ApiKeyRow.revoked_at.is_(None))


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may sign in; ``password_hash`` is argon2id."""

    id: str
    email: str
    role: str
    language: str
    password_hash: str


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key that is not revoked."""

    id: str
    name: str
    scopes: tuple[str, ...]
    client_code: str | None
    secret_sha256: str


def find_user(session: Session, *, email: str | None = None, user_id: str | None = None) -> User | None:
    """The enabled user with this e-mail (lower case) or id."""
    query = select(UserRow).where(UserRow.disabled_at.is_(None))
    query = query.where(UserRow.email == email) if email is not None else query.where(UserRow.id == user_id)
    row = session.scalar(query)
    return row and User(row.id, row.email, row.role, row.language, row.password_hash)


def find_api_key(session: Session, key_id: str) -> ApiKey | None:
    """The API key with this id, unless it was revoked."""
    row = session.execute(_KEY_IN_FORCE, {"key_id": key_id}).first()
    return row and ApiKey(row.id, row.name, tuple(row.scopes), row.client_code, row.secret_sha256)


def find_session(session: Session, id_sha256: str, *, seen_after: datetime, made_after: datetime) -> SessionRow | None:
    """The browser session with this hash that is neither idle nor too old."""
    row = session.get(SessionRow, id_sha256)
    if row is None or row.last_seen_at < seen_after or row.created_at < made_after:
        return None
    return row
