"""Making users and API keys; of a password or secret only a hash is kept."""

import hashlib
import secrets

from argon2 import PasswordHasher
from sqlalchemy import delete, update

from app import clock
from app.actor import Actor, Role, Scope
from app.desk import Desk
from app.errors import Conflict, Fault, InvalidInput, NotFound
from app.ids import new_id
from app.models.access import ApiKeyRow, SessionRow, UserRow
from app.store import audit
from app.store.access import find_user

MIN_PASSWORD_LENGTH = 12
KEY_PREFIX = "tdk"
hasher = PasswordHasher()


def create_user(desk: Desk, actor: Actor, *, email: str, role: str, password: str, language: str = "en") -> str:
    """Create a user and return the id.

    Raises:
        InvalidInput: no such role, an address without @, a password shorter than 12 letters.
        Conflict: the e-mail is taken.
    """
    email = email.strip().lower()
    faults = []
    if role not in set(Role):
        faults.append(Fault("/role", "unknown_role", f"Use one of {', '.join(Role)}."))
    if email.count("@") != 1 or len(email) > 254 or any(c.isspace() or not c.isprintable() for c in email):
        faults.append(Fault("/email", "not_an_email", "Send an address such as name@example.com."))
    if len(password) < MIN_PASSWORD_LENGTH:
        faults.append(Fault("/password", "too_short", f"Use at least {MIN_PASSWORD_LENGTH} characters."))
    if faults:
        raise InvalidInput("The user was not created.", *faults)
    hashed = hasher.hash(password)
    with desk.database.writing() as session:
        if find_user(session, email=email):
            raise Conflict("A user with this e-mail exists.")
        user_id = new_id("usr")
        session.add(
            UserRow(
                id=user_id,
                email=email,
                role=role,
                password_hash=hashed,
                language=language,
                created_at=clock.now(),
                disabled_at=None,
            )
        )
        audit.record(session, actor=actor.name, action="user.created", subject=user_id, role=role)
    return user_id


def set_password(desk: Desk, actor: Actor, *, email: str, password: str) -> str:
    """Give a user another password, end all their sessions, and return the user's id.

    Raises:
        NotFound: no such user. InvalidInput: a password shorter than 12 letters.
    """
    if len(password) < MIN_PASSWORD_LENGTH:
        fault = Fault("/password", "too_short", f"Use at least {MIN_PASSWORD_LENGTH} characters.")
        raise InvalidInput("The password was not changed.", fault)
    hashed = hasher.hash(password)
    with desk.database.writing() as session:
        user = find_user(session, email=email.strip().lower())
        if user is None:
            raise NotFound("There is no user with this e-mail.")
        session.get_one(UserRow, user.id).password_hash = hashed
        session.execute(delete(SessionRow).where(SessionRow.user_id == user.id))
        audit.record(session, actor=actor.name, action="user.password_set", subject=user.id)
    return user.id


def create_api_key(desk: Desk, actor: Actor, *, name: str, scopes: list[str], client: str | None = None) -> str:
    """Create an API key and return it; this is the only time it is shown.

    Raises:
        InvalidInput: no scope, or one that does not exist.
    """
    unknown = sorted(set(scopes) - set(Scope))
    if unknown or not scopes:
        raise InvalidInput(
            "The key was not created.", Fault("/scope", "unknown_scope", f"Use one or more of {', '.join(Scope)}.")
        )
    key_id, secret = new_id("k").removeprefix("k_"), secrets.token_urlsafe(32).replace("_", "-")
    with desk.database.writing() as session:
        session.add(
            ApiKeyRow(
                id=key_id,
                name=name,
                scopes=sorted(set(scopes)),
                client_code=client,
                secret_sha256=hash_secret(secret),
                created_at=clock.now(),
                revoked_at=None,
            )
        )
        audit.record(
            session, actor=actor.name, action="api_key.created", subject=f"key_{key_id}", scopes=sorted(set(scopes))
        )
    return "_".join((KEY_PREFIX, "live" if desk.settings.is_production else "dev", key_id, secret))


def revoke_api_key(desk: Desk, actor: Actor, key_id: str) -> None:
    """End an API key; calls with it are refused from the commit on."""
    with desk.database.writing() as session:
        session.execute(
            update(ApiKeyRow)
            .where(ApiKeyRow.id == key_id, ApiKeyRow.revoked_at.is_(None))
            .values(revoked_at=clock.now())
        )
        audit.record(session, actor=actor.name, action="api_key.revoked", subject=f"key_{key_id}")


def hash_secret(secret: str) -> str:
    """SHA-256 of a secret of ours: 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()
