"""Who may call what. Every route names its guard; a route without one is refused and a test finds it.

On the API the guard is an API key's scope, on the pages a signed-in user's. ``g.actor`` is set before the view runs.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, current_app, g, redirect, request, session, url_for

from app.actor import Actor, Scope
from app.errors import Forbidden, NotFound, Unauthenticated
from app.services.authenticate import actor_of, authenticate_key
from app.store.access import find_user

View = TypeVar("View", bound=Callable[..., Any])
GUARD = "taxdesk_guard"
EVERYBODY = frozenset(Scope)
_KEY = re.compile(r"[\x21-\x7e]{1,200}", re.ASCII)  # what could be a key at all; the rest is not looked up


@dataclass(frozen=True, slots=True)
class Guard:
    """What a route asks of its caller."""

    door: str  # "key", "page" or "open"
    scopes: frozenset[Scope] = frozenset()


def requires(*scopes: Scope) -> Callable[[View], View]:
    """Guard an API route: one of ``scopes`` (``admin`` always passes)."""
    return _guarded(Guard("key", frozenset(scopes)))


def page(*scopes: Scope) -> Callable[[View], View]:
    """Guard a page: a signed-in user with one of ``scopes``; nobody signed in is sent to the login."""
    return _guarded(Guard("page", frozenset(scopes) or EVERYBODY))


def public(view: View) -> View:
    """Mark a route that anybody may call."""
    return _guarded(Guard("open"))(view)


def open_in_development(*scopes: Scope) -> Callable[[View], View]:
    """Guard a route that needs a key in production only (metrics, API docs)."""
    return _guarded(Guard("development", frozenset(scopes)))


def _guarded(guard: Guard) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        setattr(view, GUARD, guard)
        return view

    return decorate


def guard_of(app: Flask, endpoint: str) -> Guard | None:
    """The guard of an endpoint; what Flask serves itself (``static``) is open."""
    if endpoint == "static":
        return Guard("open")
    return getattr(app.view_functions[endpoint], GUARD, None)


def install_guards(app: Flask) -> None:
    """Check the guard of every request before its view runs."""

    @app.before_request
    def check() -> Any:
        if request.endpoint is None:
            return None  # 404 or 405, answered by Flask
        guard = guard_of(app, request.endpoint)
        if guard is None:
            raise NotFound("There is nothing here.")
        production = current_app.extensions["desk"].settings.is_production
        if guard.door == "open" or (guard.door == "development" and not production):
            return None
        if guard.door == "page":
            return _check_page(guard)
        _check_key(guard)
        return None


def _check_key(guard: Guard) -> None:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not _KEY.fullmatch(key.strip()):
        raise Unauthenticated("Send `Authorization: Bearer <key>`.")
    g.actor = authenticate_key(current_app.extensions["desk"], key.strip())
    _check_scope(g.actor, guard)


def _check_page(guard: Guard) -> Any:
    g.actor = signed_in_actor()
    if g.actor is None:
        return redirect(url_for("login.show", next=request.full_path.rstrip("?") if request.method == "GET" else "/"))
    _check_scope(g.actor, guard)
    return None


def signed_in_actor() -> Actor | None:
    """The user of this browser's session, if one is signed in and still enabled."""
    if "user_id" not in session:
        return None
    with current_app.extensions["desk"].database.reading() as reading:
        user = find_user(reading, user_id=session["user_id"])
    if user is None:
        return None
    g.user = user
    return actor_of(user)


def _check_scope(actor: Actor, guard: Guard) -> None:
    if not actor.may(*guard.scopes):
        raise Forbidden(f"This needs one of the scopes: {', '.join(sorted(guard.scopes))}.")
