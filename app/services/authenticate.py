"""Telling who calls: an API key on the API, e-mail and password on the login page."""

import hmac
from functools import cache

from argon2.exceptions import InvalidHashError, VerificationError

from app.actor import SCOPES_OF_ROLE, Actor, Role, Scope
from app.desk import Desk
from app.errors import Unauthenticated
from app.services.grant_access import KEY_PREFIX, hash_secret, hasher
from app.store import audit
from app.store.access import User, find_api_key, find_user


@cache
def _nobodys_hash() -> str:
    """Verified against when the e-mail is unknown, so that it takes as long as a wrong password."""
    return hasher.hash("nobody's password")


def authenticate_key(desk: Desk, key: str) -> Actor:
    """The actor behind an API key.

    Raises:
        Unauthenticated: the key is malformed, unknown or revoked; which of them is not told.
    """
    parts = key.split("_")
    with desk.database.reading() as session:
        known = find_api_key(session, parts[2]) if len(parts) == 4 and parts[0] == KEY_PREFIX else None
    if known is None or not hmac.compare_digest(known.secret_sha256, hash_secret(parts[3])):
        raise Unauthenticated("The API key is unknown or was revoked.")
    return Actor(f"key:{known.id}", frozenset(map(Scope, known.scopes)), client=known.client_code)


def sign_in(desk: Desk, *, email: str, password: str) -> User:
    """The user with this e-mail and password.

    Raises:
        Unauthenticated: no such user, or another password; the same answer and the same time for both.
    """
    with desk.database.reading() as session:
        user = find_user(session, email=email.strip().lower())
    try:
        hasher.verify(user.password_hash if user else _nobodys_hash(), password)
    except (VerificationError, InvalidHashError):
        user = None
    with desk.database.writing() as session:
        subject = user.id if user else "unknown"
        audit.record(session, actor="system", action=f"sign_in.{'accepted' if user else 'refused'}", subject=subject)
    if user is None:
        raise Unauthenticated("The e-mail or the password is not right.")
    return user


def actor_of(user: User) -> Actor:
    """What a user may do, by role."""
    role = Role(user.role)
    return Actor(f"user:{user.id}", SCOPES_OF_ROLE[role], role=role)
