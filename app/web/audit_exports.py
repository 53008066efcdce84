"""Exports of a period: asked for in the auditor's room, with a page that shows how far the work is."""

from datetime import date
from typing import Any

from flask import Blueprint, Response, current_app, g, redirect, url_for
from marshmallow import ValidationError

from app.actor import Scope
from app.attachments import attached_file
from app.auth import page
from app.desk import Desk
from app.errors import InvalidInput
from app.facts import AuditExportAsked
from app.schemas.audit_exports import LARGEST_SAMPLE, LONGEST_SEED
from app.services.export_audit import (
    archive_name,
    ask_export,
    check_content,
    expires_at,
    export_content,
    read_export,
)
from app.services.find_work import name_actors
from app.web.audit import audit_room
from app.web.downloads import SANDBOX
from app.web.forms import N_, Form, PageSchema, Text, form_key, read_form
from app.web.render import render

FAULTS = {
    "before_from": N_("The last day must not be before the first."),
    "in_the_future": N_("Ask for days up to today."),
    "too_long": N_("Ask for at most 366 days at once."),
    "too_large": N_("The documents exceed 4 GiB; ask for shorter periods."),
}

bp = Blueprint("audit_exports", __name__)


class Day(Text):
    """A civil day as a browser's date field sends it."""

    def __init__(self, needed: str) -> None:
        super().__init__(most=10, needed=needed)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise ValidationError(N_("Give a day as year-month-day, such as 2026-03-31.")) from None
        if day.isoformat() != text:
            raise ValidationError(N_("Give a day as year-month-day, such as 2026-03-31."))
        return day


class Size(Text):
    """How many documents are drawn; empty for all."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and 1 <= int(text) <= LARGEST_SAMPLE):
            raise ValidationError(N_("Give a whole number, 1 to 1000, or leave it empty for all documents."))
        return int(text)


class ExportForm(PageSchema):
    """The period, and a sample where not everything is wanted."""

    first = Day(N_("Give the first day."))
    last = Day(N_("Give the last day."))
    size = Size(most=4)
    seed = Text(most=LONGEST_SEED)
    token = Text(most=60)


@bp.post("/audit/exports")
@page(Scope.AUDITOR)
def ask() -> Response:
    """Ask for the export; the same form sent again is the same export."""
    form, typed = read_form(ExportForm)
    if typed and bool(typed.get("size")) != bool(typed["seed"]):
        form = form.with_faults({"seed": N_("A sample needs both: how many documents, and what draws them.")})
    if form.faults:
        return audit_room(form, status=422)
    asked = AuditExportAsked(
        first_day=typed["first"],
        last_day=typed["last"],
        sample_size=typed.get("size") or None,
        sample_seed=typed["seed"] or None,
    )
    try:
        export = ask_export(_desk(), g.actor, asked, idempotency=form_key("audit export", typed["token"]), under="")
    except InvalidInput as refusal:
        return audit_room(_with_refusal(form, refusal), status=422)
    return redirect(url_for("audit_exports.show", export_id=export.id), 303)


@bp.get("/audit/exports/<export_id>")
@page(Scope.AUDITOR)
def show(export_id: str) -> Response:
    """How far it is, and the archive once it is there."""
    export = read_export(_desk(), g.actor, export_id)
    names = name_actors(_desk(), {export.asked_by})
    return render("audit_export", export=export, expires=expires_at(export), names=names, name=archive_name(export))


@bp.get("/audit/exports/<export_id>/content")
@page(Scope.AUDITOR)
def content(export_id: str) -> Response:
    """The archive as it was stored, to be saved."""
    export = check_content(read_export(_desk(), g.actor, export_id))
    response = attached_file(
        lambda: export_content(_desk(), g.actor, export_id),
        content_type="application/zip",
        name=archive_name(export),
        size=export.size or 0,
        sha256=export.sha256 or "",
    )
    response.headers["Content-Security-Policy"] = SANDBOX
    return response


def _desk() -> Desk:
    return current_app.extensions["desk"]


def _with_refusal(form: Form, refusal: InvalidInput) -> Form:
    found = {fault.pointer: FAULTS[fault.code] for fault in refusal.faults}
    fields = {"": "first", "/from": "first", "/to": "last"}  # as they stand on the page
    return form.with_faults({name: found[pointer] for pointer, name in fields.items() if pointer in found})
