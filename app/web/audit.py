"""The auditor's room: does the trail hold, a period or an order in one file. Nothing can be changed here."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, current_app, g, url_for

from app import clock
from app.actor import Scope
from app.auth import page
from app.services.check_trail import check_trail
from app.services.export_audit import find_exports
from app.services.find_orders import find_orders
from app.services.read_document import find_documents
from app.web.forms import Form, PageSchema, Text, declares_query, read_query
from app.web.render import render

AT_ONCE = 20_000  # events that are recomputed within a page view; more are recomputed when asked
PAGE = 25
EXPORTS = 5

bp = Blueprint("audit", __name__)


class AuditQuery(PageSchema):
    """What is looked for, where the page begins, and whether the whole trail is to be recomputed."""

    query = Text(most=200)
    before = Text(most=60)
    recompute = Text(most=3)


@bp.get("/audit")
@page(Scope.AUDITOR)
@declares_query
def show() -> Response:
    """The chain check, the exports, the orders with their archives, the newest documents."""
    return audit_room(Form(), asked=read_query(AuditQuery))


def audit_room(form: Form, *, asked: dict[str, Any] | None = None, status: int = 200) -> Response:
    """The page, with the form for an export as it was sent."""
    desk = current_app.extensions["desk"]
    asked = asked or {"query": "", "before": "", "recompute": ""}
    found = find_orders(desk, g.actor, text=asked["query"] or None, before=asked["before"] or None, limit=PAGE)
    kept = {"query": asked["query"]} if asked["query"] else {}
    last_month_ends = clock.today().replace(day=1) - timedelta(days=1)
    return render(
        "audit",
        status,
        trail=check_trail(desk, at_most=None if asked["recompute"] else AT_ONCE),
        form=form,
        exports=find_exports(desk, g.actor, limit=EXPORTS)[:EXPORTS],
        today=clock.today().isoformat(),
        last_month=(last_month_ends.replace(day=1).isoformat(), last_month_ends.isoformat()),
        orders=found[:PAGE],
        asked=asked,
        following=url_for("audit.show", **kept, before=found[PAGE - 1].id) if len(found) > PAGE else None,
        first=url_for("audit.show", **kept) if asked["before"] else None,
        documents=find_documents(desk, g.actor, limit=PAGE)[:PAGE],
    )
