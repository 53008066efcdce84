"""A seller's own W-9, W-8BEN-E … for one of its customers, composed from the order and the seller entity."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from app.desk import Desk
from app.documents.facts import Header
from app.documents.tax_form import FormUsed, TaxFormFacts, form_to_use
from app.errors import Fault, InvalidInput
from app.i18n import language
from app.postal import address_lines
from app.sellers import SellerEntity, TaxForm
from app.services.issue_document import Issue
from app.store.orders import StoredOrder

LANGUAGE = "en"  # the only one that the authority prints these forms in


def tax_form_issue(
    desk: Desk, order: StoredOrder, seller: SellerEntity, *, kind: str, idempotency: str, actor: str
) -> Issue:
    """The form as :func:`app.services.issue_document.issue_document` takes it.

    Raises:
        InvalidInput: the seller gives another form, or none.
        DrawingFailed: ``form_not_available``.
    """
    form = seller.tax_form
    if form is None or form.kind != kind:
        has = f"its form is {form.kind}" if form else "no form of it is on file"
        raise InvalidInput(
            "Nothing was issued.",
            Fault("/kind", "not_the_sellers_form", f"Seller {seller.code} does not give it: {has}."),
        )
    used = form_to_use(form.kind, form.revision, desk.settings.forms_dir)
    return Issue(
        kind=kind,
        order=order,
        language=language(LANGUAGE),
        facts=partial(_facts, order, seller, form, used),
        idempotency=idempotency,
        actor=actor,
    )


def _facts(order: StoredOrder, seller: SellerEntity, form: TaxForm, used: FormUsed, header: Header) -> TaxFormFacts:
    return TaxFormFacts(
        header=header,
        form=used,
        author=seller.legal_name,
        checked_on=header.issued_on,
        answers={"requester": _requester(order)} | _given(form.answers),
    )


def _given(answers: Mapping[str, Any]) -> dict[str, Any]:
    return {name: answer for name, answer in answers.items() if answer is not None}


def _requester(order: StoredOrder) -> str:
    """The customer's name and postal address, as lines."""
    return "\n".join((order.customer.name, *address_lines(order.customer.address, language(LANGUAGE))))
