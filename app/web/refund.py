"""The refund of a price in three clicks: say what goes back, see exactly what will be issued, confirm.

The preview has an address that names the wish, so the back button and a reload are harmless; a form carries one token,
so a double click issues once.
"""

import re
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, g, redirect, url_for
from marshmallow import ValidationError

from app.actor import Scope
from app.auth import page
from app.errors import DomainError, ExceedsRefundable, InvalidInput, RequestInFlight, Unavailable
from app.facts import PriceRefundReason, RefundAsked, RefundLineAsked, RefundMode
from app.problems import problem_of
from app.reference import reference as reference_data
from app.services.charged_lines import charged_lines
from app.services.issue_refund import Refund
from app.services.read_order import OrderView, read_order
from app.services.refund_order import refund_order
from app.web.forms import N_, Form, PageSchema, Text, declares_query, form_key, read_form, read_query
from app.web.refund_parts import in_words, money_path, this_desk
from app.web.render import render
from tax_rules.adjust.charged import ChargedLine

FULL, LINES, AMOUNT, PERCENT = "full", "lines", "amount", "percent"
SHARES = (FULL, AMOUNT, PERCENT, LINES)
WITH_TAX, BEFORE_TAX = "included", "excluded"
ON = "on"

bp = Blueprint("refund", __name__)


class Choice(Text):
    """One of a list's codes; nothing chosen is allowed here and asked for later, with all other faults."""

    def __init__(self, *codes: str) -> None:
        super().__init__(most=40)
        self.codes = codes

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        code = super()._deserialize(value, attr, data, **kwargs)
        if code and code not in self.codes:
            raise ValidationError(N_("Choose one of the list."))
        return code


class Number(Text):
    """A number above zero as people write it, with a dot or a comma before its decimals; empty is None."""

    def __init__(self) -> None:
        super().__init__(most=24)
        self.load_default = None

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not text:
            return None
        if not re.fullmatch(r"\d{1,15}([.,]\d{1,6})?", text, re.ASCII):
            raise ValidationError(N_("Type digits only, with a dot or a comma before the decimals, such as 1234.50."))
        number = Decimal(text.replace(",", "."))
        if number == 0:
            raise ValidationError(N_("This must be above zero."))
        return number


class WishFields(PageSchema):
    """What is to go back and why; each line of the order adds ``take_1`` and ``part_1``, and so on."""

    share = Choice(*SHARES)
    amount = Number()
    percent = Number()
    tax = Choice(WITH_TAX, BEFORE_TAX)
    reason = Choice(*map(str, PriceRefundReason))


class ConfirmFields(WishFields):
    """The wish again, with a note, the amount that the button named, and the token that makes it happen once."""

    note = Text(most=1000, lines=True)
    shown = Text(most=40)
    token = Text(most=60, needed=N_("The form was not complete; look at the preview again."))


@bp.get("/orders/<reference>/refund")
@page(Scope.PAYMENTS)
@declares_query
def show(reference: str) -> Response:
    """Step 1, or step 2 when the address names the wish."""
    view = read_order(this_desk(), g.actor, reference)
    wish = read_query(_with_lines(WishFields, view))
    form = Form({name: _typed(value) for name, value in wish.items() if value})
    if not wish.get("share"):
        return _ask(view, Form())
    asked, faults = _asked(view, wish)
    return _ask(view, form.with_faults(faults), status=422) if asked is None else _preview(view, asked, form)


@bp.post("/orders/<reference>/refund/preview")
@page(Scope.PAYMENTS)
def choose(reference: str) -> Response:
    """Put the wish to the rules; one that cannot be is told beside its field, the others have a preview."""
    view = read_order(this_desk(), g.actor, reference)
    form, wish = read_form(_with_lines(WishFields, view))
    asked, faults = (None, {}) if form.faults else _asked(view, wish)
    if asked is None:
        return _ask(view, form.with_faults(faults), status=422)
    try:
        refund_order(this_desk(), g.actor, reference, asked, dry_run=True, idempotency=None)
    except (InvalidInput, ExceedsRefundable) as error:
        return _ask(view, form.with_faults(_beside_fields(error, view, asked)), status=problem_of(error)[0].status)
    except DomainError:
        pass  # the preview tells it
    given = {name: value for name, value in form.typed.items() if value}
    return redirect(url_for("refund.show", reference=reference, **given), 303)


@bp.post("/orders/<reference>/refund")
@page(Scope.PAYMENTS)
def confirm(reference: str) -> Response:
    """Issue what the preview showed; the same form sent again is the same refund."""
    view = read_order(this_desk(), g.actor, reference)
    form, wish = read_form(_with_lines(ConfirmFields, view))
    asked, faults = (None, {}) if form.faults else _asked(view, wish, note=wish["note"] or None)
    if asked is None:
        return _ask(view, form.with_faults(faults), status=422)
    if _differs(reference, asked, wish["shown"]):
        fault = {"note": N_("The amount changed since the preview. Look at it again, then confirm.")}
        return _preview(view, asked, form.with_faults(fault), status=422)
    key = form_key(f"price refund {reference}", wish["token"])
    try:
        refund = refund_order(this_desk(), g.actor, reference, asked, dry_run=False, idempotency=key)
    except (Unavailable, RequestInFlight) as error:
        fault = {"note": N_("A part of the service is down. Nothing was changed; confirm again in a few seconds.")}
        return _preview(view, asked, form.with_faults(fault), status=problem_of(error)[0].status)
    except DomainError as error:
        return _preview(view, asked, form, refusal=error, status=problem_of(error)[0].status)
    return redirect(url_for("order_pages.show", reference=reference, done=refund.adjustment.id), 303)


def _with_lines(schema: type[PageSchema], view: OrderView) -> type[PageSchema]:
    """The form with the two fields of every line of this order."""
    numbers = range(1, len(view.order.lines) + 1)
    fields = {f"take_{n}": Choice(ON) for n in numbers} | {f"part_{n}": Number() for n in numbers}
    return type(schema.__name__, (schema,), fields)


def _typed(value: object) -> str:
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _asked(
    view: OrderView, wish: dict[str, Any], *, note: str | None = None
) -> tuple[RefundAsked | None, dict[str, str]]:
    """The wish as the service takes it, or what is missing or contradicts itself, by field."""
    share = wish["share"]
    lines = _lines(view, wish)
    faults: dict[str, str] = {}
    if not share:
        faults["share"] = N_("Choose what goes back.")
    elif share in (AMOUNT, PERCENT) and wish.get(share) is None:
        faults[share] = N_("Say how much.")
    elif share == LINES and not lines:
        faults["share"] = N_("Choose at least one line.")
    elif share == PERCENT and wish["percent"] > 100:
        faults["percent"] = N_("More than 100 % cannot go back.")
    other = {AMOUNT: wish.get("amount"), PERCENT: wish.get("percent"), LINES: lines}
    if share and any(value for name, value in other.items() if name != share):
        faults.setdefault("share", N_("You filled in another way than you chose. Choose one, and empty the others."))
    if not wish["reason"]:
        faults["reason"] = N_("Choose the reason.")
    if faults:
        return None, faults
    return RefundAsked(
        mode=RefundMode.FULL if share == FULL else RefundMode.PARTIAL,
        reason=PriceRefundReason(wish["reason"]),
        lines=lines,
        amount=wish.get("amount"),
        percent=wish.get("percent"),
        tax_included=wish["tax"] != BEFORE_TAX,
        note=note,
    ), {}


def _lines(view: OrderView, wish: dict[str, Any]) -> tuple[RefundLineAsked, ...]:
    """The lines that were ticked or given an amount; ticked alone means the whole line."""
    return tuple(
        RefundLineAsked(reference=line.reference, amount=wish.get(f"part_{n}"))
        for n, line in enumerate(view.order.lines, 1)
        if wish.get(f"take_{n}") or wish.get(f"part_{n}") is not None
    )


def _beside_fields(error: DomainError, view: OrderView, asked: RefundAsked) -> dict[str, str]:
    """The refusal of a wish, beside the fields it is about."""
    numbers = {line.reference: n for n, line in enumerate(view.order.lines, 1)}
    faults = {}
    for fault in error.faults:
        place = re.match(r"/lines/(\d+)", fault.pointer)
        faults[f"part_{numbers[asked.lines[int(place[1])].reference]}" if place else fault.pointer[1:]] = fault.detail
    named = AMOUNT if asked.amount is not None else PERCENT if asked.percent is not None else "share"
    return faults or {named: error.detail}


def _differs(reference: str, asked: RefundAsked, shown: str) -> bool:
    """Whether the refund would be another than the preview said."""
    try:
        now = refund_order(this_desk(), g.actor, reference, asked, dry_run=True, idempotency=None)
    except DomainError:
        return False  # refused, or issued by this very form before: the real call tells
    return format(now.adjustment.gross_refund, "f") != shown


def _ask(view: OrderView, form: Form, *, status: int = 200) -> Response:
    return render(
        "refund_ask",
        status,
        view=view,
        form=form,
        charged=charged_lines(view),
        reasons=reference_data().refund_reasons,
        waiting=any(adjustment.status == "needs_approval" for adjustment in view.adjustments),
    )


def _preview(
    view: OrderView, asked: RefundAsked, form: Form, *, refusal: DomainError | None = None, status: int = 200
) -> Response:
    refund: Refund | None = None
    if refusal is None:
        try:
            refund = refund_order(this_desk(), g.actor, view.order.reference, asked, dry_run=True, idempotency=None)
        except DomainError as error:
            refusal = error
    lines, names = charged_lines(view), _with_lines(WishFields, view)().fields
    wish = {name: value for name, value in form.typed.items() if name in names and value}
    return render(
        "refund_preview",
        status,
        view=view,
        form=form,
        wish=wish,
        refund=refund,
        refusal=in_words(refusal) if refusal else None,
        reason=reference_data().refund_reasons[asked.reason],
        path=money_path(view),
        left=sum((line.gross_left for line in lines), Decimal(0)),
        after=_after(lines, refund),
    )


def _after(lines: tuple[ChargedLine, ...], refund: Refund | None) -> dict[str, Decimal]:
    """What is left of each line that the refund touches, tax included, once it is issued."""
    left = {line.reference: line.gross_left for line in lines}
    back = refund.adjustment.lines if refund else ()
    return {line["reference"]: left[line["reference"]] - Decimal(line["gross_refund"]) for line in back}
