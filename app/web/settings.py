"""Who am I, and how the pages look to me; and the help."""

from flask import Blueprint, Response, redirect, url_for
from marshmallow import fields, validate

from app.auth import page
from app.web.forms import PageSchema, Text, read_form
from app.web.preferences import KEYS, LANGUAGE, LANGUAGES, THEME, THEMES, keep
from app.web.render import render
from app.web.safe_next import safe_next

bp = Blueprint("settings", __name__)


class SettingsForm(PageSchema):
    """The choices; what is not sent stays as it is."""

    theme = fields.String(validate=validate.OneOf(THEMES))
    language = fields.String(validate=validate.OneOf(LANGUAGES))
    keys = fields.String(validate=validate.OneOf(("on", "off")))
    onward = Text(most=2000)


@bp.get("/settings")
@page()
def show() -> Response:
    """The choices in force."""
    return render("settings", faults={})


@bp.post("/settings")
@page()
def change() -> Response:
    """Keep the choices in cookies and go back to where the reader was."""
    form, chosen = read_form(SettingsForm)
    if form.faults:
        return render("settings", 422, faults=form.faults)
    response = redirect(safe_next(chosen["onward"]) if chosen["onward"] else url_for("settings.show"), 303)
    for name, cookie in (("theme", THEME), ("language", LANGUAGE), ("keys", KEYS)):
        if name in chosen:
            keep(response, cookie, chosen[name])
    return response


@bp.get("/help")
@page()
def show_help() -> Response:
    """Keys, and where to find what."""
    return render("help")
