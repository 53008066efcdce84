"""Checking one tax ID outside of any order, and the checks made so far."""

from flask import Blueprint, Response, current_app, g, redirect, url_for

from app import clock
from app.actor import Scope
from app.auth import page
from app.facts import TaxIdAsked
from app.services.check_tax_id import check_tax_id, find_checks, read_check
from app.web.forms import N_, Form, PageSchema, Text, declares_query, form_key, read_form, read_query
from app.web.render import render
from tax_rules.vat.evidence import number_country

PAGE = 15

bp = Blueprint("tax_ids", __name__)


class TaxIdsQuery(PageSchema):
    """The check to be shown, and where the list begins."""

    check = Text(most=60)
    before = Text(most=60)


class TaxIdForm(PageSchema):
    """A number as pasted; its country is needed only where the number does not begin with it."""

    number = Text(most=64, needed=N_("Paste the number."))
    country = Text(most=2)
    name = Text(most=300)
    token = Text(most=60)


@bp.get("/tax-ids")
@page(Scope.PAYMENTS, Scope.AUDITOR)
@declares_query
def show() -> Response:
    """The form, the last answer, and the checks so far."""
    asked = read_query(TaxIdsQuery)
    check = read_check(current_app.extensions["desk"], g.actor, asked["check"]) if asked["check"] else None
    return _page(Form(), check=check, before=asked["before"])


@bp.post("/tax-ids")
@page(Scope.PAYMENTS)
def ask() -> Response:
    """Check the number; the answer has an address of its own, so reloading asks nobody again."""
    form, typed = read_form(TaxIdForm)
    if not typed:
        return _page(form, status=422)
    desk, home = current_app.extensions["desk"], typed["country"].upper()
    country = number_country(typed["number"], customer_country=home, on=clock.today(), book=desk.book)
    if not country:
        fault = {"country": N_("The number does not begin with a country; type it.")}
        return _page(form.with_faults(fault), status=422)
    asked = TaxIdAsked(country=country, number=typed["number"], name=typed["name"] or None)
    check = check_tax_id(desk, g.actor, asked, idempotency=form_key("tax-ids", typed["token"]))
    if check.status == "malformed":
        return _page(form, check=check, status=422)
    return redirect(url_for("tax_ids.show", check=check.id), 303)


def _page(form: Form, *, check: object = None, before: str = "", status: int = 200) -> Response:
    found = find_checks(current_app.extensions["desk"], g.actor, before=before or None, limit=PAGE)
    following = url_for("tax_ids.show", before=found[PAGE - 1].id) if len(found) > PAGE else None
    return render(
        "tax_ids", status, form=form, check=check, checks=found[:PAGE], following=following, first=bool(before)
    )
