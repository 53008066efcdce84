"""Signing in and out. Limited before the password is hashed, because hashing is what a flood would make us do."""

import hashlib

from flask import Blueprint, Response, current_app, redirect, request, session, url_for
from flask_limiter import RateLimitExceeded
from marshmallow import fields

from app.auth import public, signed_in_actor
from app.errors import TooManyRequests, Unauthenticated
from app.services.authenticate import sign_in
from app.web.forms import N_, Form, PageSchema, Secret, Text, declares_query, read_form, read_query
from app.web.render import render
from app.web.safe_next import safe_next

FROM_ONE_ADDRESS = "20 per minute; 200 per hour"
ON_ONE_ACCOUNT = "10 per minute; 60 per hour"
PAGES_FROM_ONE_ADDRESS = "120 per minute"

bp = Blueprint("login", __name__)


class LoginQuery(PageSchema):
    """Where the reader wanted to go."""

    next = fields.String(load_default="")  # judged by safe_next


class LoginForm(PageSchema):
    """E-mail and password; the password is taken as pasted."""

    email = Text(most=254, needed=N_("Type your e-mail address."))
    password = Secret(most=1024, needed=N_("Type your password."))
    next = fields.String(load_default="")  # judged by safe_next


@bp.get("/login")
@public
@declares_query
def show() -> Response:
    """The form, or on to the page for somebody who is signed in."""
    onward = safe_next(read_query(LoginQuery)["next"])
    if signed_in_actor() is not None:
        return redirect(onward, 303)
    _limit(PAGES_FROM_ONE_ADDRESS)
    return render("login", form=Form(), onward=onward)


@bp.post("/login")
@public
def enter() -> Response:
    """Sign in and go on; a wrong pair is told in the same words and time whether or not the e-mail is known."""
    form, facts = read_form(LoginForm)
    onward = safe_next(form.value("next"))
    _limit(FROM_ONE_ADDRESS)
    if not facts:
        return render("login", 422, form=form, onward=onward)
    _limit(ON_ONE_ACCOUNT, account=facts["email"])
    try:
        user = sign_in(current_app.extensions["desk"], email=facts["email"], password=facts["password"])
    except Unauthenticated:
        fault = {"email": N_("The e-mail or the password is not right. Check both; capital letters count.")}
        return render("login", 422, form=form.with_faults(fault), onward=onward)
    session.clear()  # what a visitor's session held, its CSRF token included, ends here
    session["user_id"] = user.id
    session.renew()  # type: ignore[attr-defined] - app/sessions.py
    return redirect(onward, 303)


@bp.post("/logout")
@public
def leave() -> Response:
    """End the session on the server and in the browser."""
    session.clear()
    return redirect(url_for("login.show"), 303)


def _limit(rate: str, account: str = "") -> None:
    """Raise TooManyRequests over the rate; an account is counted by its hash, over all addresses."""
    key = f"account:{hashlib.sha256(account.lower().encode()).hexdigest()}" if account else None
    limiter = current_app.extensions["rate_limit"]
    try:
        with limiter.limit(rate, key_func=(lambda: key) if key else None, scope=request.method):
            return
    except RateLimitExceeded as error:
        raise TooManyRequests("Too many tries to sign in.") from error
