"""The work queue: what there is to do now."""

from flask import Blueprint, Response, current_app, g

from app.actor import Scope
from app.auth import page
from app.services.find_work import find_work
from app.web.render import render

bp = Blueprint("work", __name__)


@bp.get("/")
@page(Scope.PAYMENTS, Scope.AUDITOR)
def show() -> Response:
    """What waits, longest first, and the newest orders."""
    return render("work", work=find_work(current_app.extensions["desk"], g.actor))
