"""Server-rendered pages, one file per page group. They load a form, call one service and draw a template."""

from collections.abc import Callable

from flask import Flask, Response, current_app, request

from app.errors import Forbidden, NotFound
from app.web import (
    approve,
    assets,
    audit,
    audit_exports,
    calculator,
    documents,
    give_document,
    login,
    orders,
    refund,
    settings,
    tax_ids,
    tax_refund,
    verify,
    work,
)
from app.web.problem_page import problem_page
from app.web.render import open_environment

PAGES = (
    assets.bp,
    login.bp,
    work.bp,
    orders.bp,
    tax_refund.bp,
    refund.bp,
    approve.bp,
    give_document.bp,
    documents.bp,
    tax_ids.bp,
    calculator.bp,
    audit.bp,
    audit_exports.bp,
    settings.bp,
    verify.bp,
)
NAMES = frozenset(blueprint.name for blueprint in PAGES)
READING = frozenset({"GET", "HEAD", "OPTIONS"})
NO_CSRF = frozenset({"verify.compare"})  # changes nothing and knows nobody: visitors keep no session
OWN_SITE = frozenset({"same-origin", "none"})


def install_pages(app: Flask) -> Callable[[Exception], Response]:
    """Register the pages and their safeguards; returns how an error is shown."""
    # The Referer that Flask-WTF would ask for is never sent (Referrer-Policy); Sec-Fetch-Site is checked instead.
    app.config["WTF_CSRF_SSL_STRICT"] = False
    app.extensions["screens"] = open_environment()
    for blueprint in PAGES:
        app.register_blueprint(blueprint)
    app.before_request(_refuse_forged)
    app.before_request(_refuse_unprintable)
    return problem_page


def _refuse_forged() -> None:
    """Refuse a page's POST that does not come from a form of ours."""
    if request.blueprint not in NAMES or request.method in READING or request.endpoint in NO_CSRF:
        return
    if request.headers.get("Sec-Fetch-Site", "none") not in OWN_SITE:
        raise Forbidden("The form was sent from another site.")
    current_app.extensions["csrf"].protect()


def _refuse_unprintable() -> None:
    """No identifier of ours holds a control character; a database that cannot store one is not asked."""
    if any(isinstance(value, str) and not value.isprintable() for value in (request.view_args or {}).values()):
        raise NotFound("There is nothing here.")
