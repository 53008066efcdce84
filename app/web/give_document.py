"""Issuing a tax form or a fact sheet of ours from the order page: pick, press, it stands among the documents."""

from flask import Blueprint, Response, current_app, g, redirect, url_for
from marshmallow import ValidationError, validates

from app.actor import Scope
from app.auth import page
from app.errors import DomainError
from app.i18n import SHIPPED
from app.problems import problem_of
from app.services.give_document import KINDS, DocumentAsked, give_document
from app.web.forms import N_, PageSchema, Text, form_key, read_form
from app.web.orders import show_order

bp = Blueprint("give_document", __name__)


class GiveForm(PageSchema):
    """What is to be issued, and the token that makes it happen once."""

    kind = Text(most=40, needed=N_("Choose a document."))
    language = Text(most=10)
    token = Text(most=60, needed=N_("The form was not complete; choose again."))

    @validates("kind")
    def is_known(self, value: str, **_: object) -> None:
        if value and value not in KINDS:
            raise ValidationError(N_("Choose a document."))

    @validates("language")
    def is_shipped(self, value: str, **_: object) -> None:
        if value and value not in SHIPPED:
            raise ValidationError(N_("Choose a language of the list."))


@bp.post("/orders/<reference>/documents")
@page(Scope.PAYMENTS)
def give(reference: str) -> Response:
    """Issue it and show the document; the same form sent again is the same document."""
    form, typed = read_form(GiveForm)
    if not typed:
        return show_order(reference, form, status=422)
    asked = DocumentAsked(kind=typed["kind"], language=typed["language"] or None)
    desk, key = current_app.extensions["desk"], form_key(f"give {reference}", typed["token"])
    try:
        document = give_document(desk, g.actor, reference, asked, idempotency=key)
    except DomainError as error:
        return show_order(reference, form.with_faults({"kind": error.detail}), status=problem_of(error)[0].status)
    return redirect(url_for("document_pages.show", document_id=document.id), 303)
