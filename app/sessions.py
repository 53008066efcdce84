"""The pages' sessions: kept in the database, so that they can be ended there; the browser holds only a random id.

30 minutes idle or 12 hours in all end a session. Nothing is stored for a visitor until something is put into it.
"""

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from flask import Flask, Request, Response
from flask.sessions import SessionInterface, SessionMixin
from sqlalchemy import delete
from werkzeug.datastructures import CallbackDict

from app import clock
from app.desk import Desk
from app.models.access import SessionRow
from app.store.access import SESSION_IDLE, SESSION_LIFE, find_session

SEEN_EVERY = timedelta(minutes=1)  # how often a page view is written down


class ServerSession(CallbackDict[str, Any], SessionMixin):
    """A session's data and what became of it in this request."""

    def __init__(self, data: dict[str, Any] | None = None, *, secret: str = "", seen: bool = False) -> None:
        def on_update(session: "ServerSession") -> None:
            session.modified = True

        super().__init__(data or {}, on_update)
        self.secret, self.seen = secret, seen
        self.new, self.modified, self.accessed = not secret, False, True
        self.renewed = False

    def renew(self) -> None:
        """Take a new id, keeping the data: at sign-in, so that an id known before is worthless after."""
        self.renewed = self.modified = True


class ServerSessions(SessionInterface):
    """Flask's sessions in the ``sessions`` table."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.secure = desk.settings.base_url.startswith("https://")
        self.cookie = "__Host-taxdesk" if self.secure else "taxdesk"

    def open_session(self, app: Flask, request: Request) -> ServerSession:  # noqa: ARG002 - Flask's signature
        secret = request.cookies.get(self.cookie, "")
        if not 20 <= len(secret) <= 64:
            return ServerSession()
        now = clock.now()
        with self.desk.database.reading() as reading:
            row = find_session(reading, _hashed(secret), seen_after=now - SESSION_IDLE, made_after=now - SESSION_LIFE)
        if row is None:
            return ServerSession()
        return ServerSession(dict(row.data), secret=secret, seen=row.last_seen_at > now - SEEN_EVERY)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:  # noqa: ARG002
        assert isinstance(session, ServerSession)  # noqa: S101 - made by open_session
        response.vary.add("Cookie")
        if not session:
            if session.secret and session.modified:
                self._end(session.secret)
                response.delete_cookie(self.cookie, path="/", secure=self.secure, httponly=True, samesite="Lax")
            return
        if session.seen and not session.modified:
            return
        old, now = session.secret, clock.now()
        secret = secrets.token_urlsafe(32) if session.renewed or not old else old
        with self.desk.database.writing() as writing:
            row = writing.get(SessionRow, _hashed(old)) if old else None
            made = row.created_at if row and not session.renewed else now
            if row and secret != old:
                writing.delete(row)
            writing.merge(
                SessionRow(
                    id_sha256=_hashed(secret),
                    user_id=session.get("user_id"),
                    data=dict(session),
                    created_at=made,
                    last_seen_at=now,
                )
            )
        if secret != old:
            response.set_cookie(self.cookie, secret, path="/", secure=self.secure, httponly=True, samesite="Lax")

    def _end(self, secret: str) -> None:
        with self.desk.database.writing() as writing:
            writing.execute(delete(SessionRow).where(SessionRow.id_sha256 == _hashed(secret)))


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
