"""Drawing a page: one strict, escaping Jinja environment, in the reader's language, with few functions of its own."""

from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Response, current_app, g, request, url_for
from flask_wtf.csrf import generate_csrf
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from app import clock
from app.actor import Scope
from app.config import RegisterMode
from app.i18n import language
from app.ids import new_id
from app.web.assets import asset_url
from app.web.formats import Formats
from app.web.preferences import LANGUAGES, preferences
from app.web.words import status_of, word_of

TEMPLATES = Path(__file__).parents[2] / "templates"
DOMAIN = "screen"


def open_environment() -> Environment:
    """The environment of all pages: everything is escaped, and a name that is not there is an error, not a blank."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.globals |= {
        "asset": asset_url,
        "url_for": url_for,
        "csrf_field": csrf_field,
        "form_token": lambda: new_id("frm"),
        "status_of": status_of,
        "moment_of": moment_of,
        "say": _gettext,  # for texts that come from code: translated, but escaped like any other value
    }
    # messages go through the reader's catalogue; newstyle escapes what is put into them
    environment.install_gettext_callables(_gettext, _ngettext, newstyle=True)  # type: ignore[attr-defined]
    return environment


def render(template: str, status: int = 200, *, languages: tuple[str, ...] = LANGUAGES, **context: Any) -> Response:
    """The page as an answer.

    Args:
        template: below ``templates/screen``, without its suffix.
        languages: what the page is translated into; internal pages are in English and German.
    """
    chosen = preferences(languages=languages)
    g.page_language = chosen.language
    settings = current_app.extensions["desk"].settings
    html = (
        current_app.extensions["screens"]
        .get_template(f"screen/{template}.html")
        .render(
            preferences=chosen,
            languages=languages,
            format=Formats(language(chosen.language, DOMAIN)),
            word=lambda kind, code: _gettext(word_of(kind, code)),
            actor=g.get("actor"),
            user=g.get("user"),
            may=lambda *scopes: bool(g.get("actor")) and g.actor.may(*map(Scope, scopes)),
            nonce=g.nonce,
            request_id=g.request_id,
            here=request.full_path.rstrip("?") if request.method == "GET" else request.path,
            endpoint=request.endpoint or "",
            register_double=settings.registers is RegisterMode.DOUBLE,
            registers_off=settings.registers is RegisterMode.OFF,
            base_url=settings.base_url,
            **context,
        )
    )
    response = Response(html, status=status, content_type="text/html; charset=utf-8")
    response.content_language.add(chosen.language)
    response.vary.update(("Cookie", "Accept-Language"))
    return response


def csrf_field() -> Markup:
    """The hidden field that proves that a form is ours."""
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(generate_csrf())


def moment_of(value: datetime | str) -> datetime:
    """A moment from a record or from its RFC 3339 text."""
    return clock.parse_rfc3339(value) if isinstance(value, str) else value


def _gettext(message: str) -> str:
    return language(g.page_language, DOMAIN).gettext(message) if message else ""


def _ngettext(singular: str, plural: str, n: int) -> str:
    return language(g.page_language, DOMAIN).ngettext(singular, plural, n)
