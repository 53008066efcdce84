"""The tax refund in three clicks: check the ID, see exactly what will be issued, confirm.

Every step has an address, so the back button and a reload are harmless; a form carries one token, so a double click
issues once.
"""

from decimal import Decimal

from flask import Blueprint, Response, g, redirect, url_for

from app.actor import Scope
from app.auth import page
from app.errors import DomainError, NotFound, RequestInFlight, Unavailable
from app.facts import RefundReason, TaxId, TaxIdAsked, TaxRefundAsked
from app.problems import problem_of
from app.reference import reference as reference_data
from app.services.check_tax_id import check_tax_id, read_check
from app.services.issue_refund import Refund
from app.services.read_order import OrderView, read_order
from app.services.refund_tax import refund_tax
from app.store.tax_id_checks import StoredCheck
from app.web.forms import N_, Form, PageSchema, Text, declares_query, form_key, read_form, read_query
from app.web.refund_parts import in_words, money_path, this_desk
from app.web.render import render
from tax_rules.vat.evidence import number_country

HOPELESS = frozenset({"malformed", "unverified"})  # nothing can be issued on such a number

bp = Blueprint("tax_refund", __name__)


class RefundQuery(PageSchema):
    """The check that step 2 stands on."""

    check = Text(most=60)


class CheckForm(PageSchema):
    """Step 1: the number as pasted."""

    number = Text(most=64, needed=N_("Paste the VAT ID that the customer sent."))
    token = Text(most=60)


class ConfirmForm(PageSchema):
    """Step 3: the check, a note, the amount that the button named, and the token that makes it happen once."""

    check = Text(most=60)
    note = Text(most=1000, lines=True)
    shown = Text(most=40)
    token = Text(most=60, needed=N_("The form was not complete; look at the preview again."))


@bp.get("/orders/<reference>/tax-refund")
@page(Scope.PAYMENTS)
@declares_query
def show(reference: str) -> Response:
    """Step 1, or step 2 when the address names a check."""
    view = _view(reference)
    check_id = read_query(RefundQuery)["check"]
    return _preview(view, _check_of(view, check_id), Form()) if check_id else _ask(view, Form())


@bp.post("/orders/<reference>/tax-refund/check")
@page(Scope.PAYMENTS)
def check(reference: str) -> Response:
    """Check the number: its form at once, the register for two seconds, after that in the background."""
    view = _view(reference)
    form, typed = read_form(CheckForm)
    if not typed:
        return _ask(view, form, status=422)
    order, customer = view.order, view.order.customer
    country = number_country(
        typed["number"], customer_country=customer.address.country, on=order.supply_date, book=this_desk().book
    )
    asked = TaxIdAsked(
        country=country,
        number=typed["number"],
        name=customer.romanised_name or customer.name,
        order_reference=reference,
    )
    found = check_tax_id(this_desk(), g.actor, asked, idempotency=form_key(f"check {reference}", typed["token"]))
    if found.status == "malformed":
        fault = {"number": N_("This cannot be a valid number.")}
        return _ask(view, form.with_faults(fault), malformed=found, status=422)
    return redirect(url_for("tax_refund.show", reference=reference, check=found.id), 303)


@bp.post("/orders/<reference>/tax-refund")
@page(Scope.PAYMENTS)
def confirm(reference: str) -> Response:
    """Issue what the preview showed; the same form sent again is the same refund."""
    view = _view(reference)
    form, typed = read_form(ConfirmForm)
    checked = _check_of(view, form.value("check"))
    if typed and _differs(reference, checked, typed["shown"]):
        form = form.with_faults({"note": N_("The amount changed since the preview. Look at it again, then confirm.")})
    if form.faults:
        return _preview(view, checked, form, status=422)
    try:
        refund = refund_tax(
            this_desk(),
            g.actor,
            reference,
            _asked(checked, typed["note"]),
            dry_run=False,
            idempotency=form_key(f"refund {reference}", typed["token"]),
        )
    except (Unavailable, RequestInFlight) as error:
        fault = {"note": N_("A part of the service is down. Nothing was changed; confirm again in a few seconds.")}
        return _preview(view, checked, form.with_faults(fault), status=problem_of(error)[0].status)
    except DomainError as error:
        return _preview(view, checked, form, refusal=error, status=problem_of(error)[0].status)
    return redirect(url_for("order_pages.show", reference=reference, done=refund.adjustment.id), 303)


def _differs(reference: str, check: StoredCheck, shown: str) -> bool:
    """Whether the refund would be another than the preview said. Nothing was said while the register was silent."""
    if not shown:
        return False
    try:
        now = refund_tax(this_desk(), g.actor, reference, _asked(check, ""), dry_run=True, idempotency=None)
    except DomainError:
        return False  # refused, or issued by this very form before: the real call tells
    return format(now.adjustment.tax_refund, "f") != shown


def _view(reference: str) -> OrderView:
    return read_order(this_desk(), g.actor, reference)


def _check_of(view: OrderView, check_id: str) -> StoredCheck:
    found = read_check(this_desk(), g.actor, check_id)
    if found.order_reference != view.order.reference:
        raise NotFound("There is no such check on this order.")
    return found


def _asked(check: StoredCheck, note: str) -> TaxRefundAsked:
    tax_id = TaxId(kind=check.kind, number=check.number, check_id=check.id)
    return TaxRefundAsked(reason=RefundReason.VAT_ID_PROVIDED, tax_id=tax_id, note=note or None)


def _ask(view: OrderView, form: Form, *, malformed: StoredCheck | None = None, status: int = 200) -> Response:
    known = next((tax_id.number for tax_id in view.order.customer.tax_ids if tax_id.kind == "vat"), "")
    waiting = any(adjustment.status == "pending_check" for adjustment in view.adjustments)
    return render("tax_refund_ask", status, view=view, form=form, malformed=malformed, known=known, waiting=waiting)


def _preview(
    view: OrderView, check: StoredCheck, form: Form, *, refusal: DomainError | None = None, status: int = 200
) -> Response:
    refund: Refund | None = None
    if refusal is None and check.status not in HOPELESS:
        try:
            refund = refund_tax(
                this_desk(), g.actor, view.order.reference, _asked(check, ""), dry_run=True, idempotency=None
            )
        except DomainError as error:
            refusal = error
    return render(
        "tax_refund_preview",
        status,
        view=view,
        check=check,
        form=form,
        refund=refund,
        refusal=in_words(refusal) if refusal else None,
        reason=reference_data().tax_refund_reasons[RefundReason.VAT_ID_PROVIDED],
        path=money_path(view),
        refundable=view.order.tax - sum((a.tax_refund for a in view.adjustments if a.status == "issued"), Decimal(0)),
    )
