"""The calculator: what tax a sale would bear, and why; nothing is kept, nothing typed stands in an address."""

import unicodedata
from typing import Any

from flask import Blueprint, Response, current_app, g

from app import clock
from app.actor import Scope
from app.auth import page
from app.desk import Desk
from app.errors import Fault, InvalidInput
from app.i18n import language
from app.reference import reference as reference_data
from app.schemas.calculate import calculation_from_request
from app.services.explain_decision import explain_decision
from app.services.keep_calculation import known_facts
from app.web.forms import N_, Form, PageSchema, Text, read_form
from app.web.preferences import preferences
from app.web.render import DOMAIN, render
from app.web.words import word_of
from tax_rules.facts import CustomerKind, TaxBehavior

MOST_LINES = 10
GREEK_VAT = "EL"  # another code for GR, which is in the list
LINE = {"kind": 40, "amount": 30, "discount": 30}
PLAIN = {
    "seller": 64, "customer_kind": 20, "country": 2, "state": 100, "city": 100, "postal_code": 20, "line1": 200,
    "tax_id": 64, "ship_from_country": 2, "tax_date": 10, "currency": 3, "tax_behavior": 20, "shipping": 30,
    "shown_lines": 2, "action": 20,
}  # fmt: skip
# What is said at a field when the calculation refuses it; the API's own words are for programs.
SAYINGS = {
    "seller": N_("Choose the seller."),
    "customer_kind": N_("Choose who buys."),
    "country": N_("Choose the customer's country."),
    "ship_from_country": N_("Choose the country that the goods come from."),
    "tax_date": N_("Type a day as year-month-day, from 1990 to 2100."),
    "currency": N_("Choose a currency that was money on that day."),
    "amount": N_("Type an amount such as 1234.50, with no more decimals than the currency has."),
    "discount": N_("Type a discount that is no more than its amount."),
    "shipping": N_("Type what the carriage costs, such as 4.90."),
    "kind": N_("Choose what is sold."),
}
UNREADABLE = N_("This cannot be read; type it again.")
POINTERS = {
    "/customer/kind": "customer_kind",
    "/customer/tax_ids/0/number": "tax_id",
    "/ship_from/country": "ship_from_country",
    "/shipping/amount": "shipping",
}

bp = Blueprint("calculator", __name__)


def _line_fields() -> dict[str, Text]:
    return {f"{name}_{n}": Text(most=most) for n in range(MOST_LINES) for name, most in LINE.items()}


CalculatorForm: type[PageSchema] = PageSchema.from_dict(  # type: ignore[assignment]
    {name: Text(most=most) for name, most in PLAIN.items()} | _line_fields(), name="CalculatorForm"
)


@bp.get("/calculator")
@page(Scope.PAYMENTS, Scope.AUDITOR)
def show() -> Response:
    """The empty form."""
    return _page(Form({"tax_date": clock.today().isoformat(), "currency": "EUR"}), lines=1)


@bp.post("/calculator")
@page(Scope.PAYMENTS, Scope.AUDITOR)
def ask() -> Response:
    """The answer below the form as it was filled in; or the form with one line more."""
    form, typed = read_form(CalculatorForm)
    if not typed:
        return _page(form, lines=_shown(form), status=422)
    lines = _shown(form)
    if typed["action"] == "more":
        return _page(form, lines=min(lines + 1, MOST_LINES))
    numbers = [n for n in range(MOST_LINES) if typed[f"amount_{n}"]]
    if not numbers:
        return _page(form.with_faults({"amount_0": SAYINGS["amount"]}), lines=lines, status=422)
    desk: Desk = current_app.extensions["desk"]
    try:
        with known_facts(desk, g.actor) as known:
            answer = calculation_from_request(
                _request(typed, numbers), sellers=known.sellers, book=desk.book, may_assert=False, known=known
            )
    except InvalidInput as refusal:
        faults = dict(_at_field(fault, numbers) for fault in reversed(refusal.faults))
        return _page(form.with_faults(dict(reversed(faults.items()))), lines=lines, status=422)
    return _page(form, lines=lines, answer=answer)


def _page(form: Form, *, lines: int, answer: dict[str, Any] | None = None, status: int = 200) -> Response:
    desk: Desk = current_app.extensions["desk"]
    spoken = preferences().language
    words = language(spoken, DOMAIN)
    with known_facts(desk, g.actor) as known:
        sellers = {code: seller.legal_name for code, seller in known.sellers.items()}
    data = reference_data()
    countries = {country.code: words.country(country.code) for country in data.countries if country.code != GREEK_VAT}
    return render(
        "calculator",
        status,
        form=form,
        lines=lines,
        most=MOST_LINES,
        sellers=sellers,
        countries=dict(sorted(countries.items(), key=lambda country: _as_read(country[1]))),
        currencies=[(code, code) for code, one in sorted(desk.book.currencies.items()) if one.valid_until is None],
        kinds={kind.code: kind.names.in_language(spoken) for kind in data.product_kinds if kind.code != "shipping"},
        customer_kinds=[(kind, words.gettext(word_of("customer_kind", kind))) for kind in CustomerKind],
        behaviors=[(way, words.gettext(word_of("tax_behavior", way))) for way in TaxBehavior],
        answer=answer,
        explanation=explain_decision(answer, language=spoken, book=desk.book) if answer else None,
    )


def _shown(form: Form) -> int:
    """How many lines the form showed, or more where more are filled."""
    asked = form.value("shown_lines")
    filled = [n + 1 for n in range(MOST_LINES) if form.value(f"amount_{n}")]
    return min(max(int(asked) if asked.isdecimal() else 1, 1, *filled), MOST_LINES)


def _as_read(name: str) -> str:
    """A name as a reader looks for it: Österreich between Oman and Pakistan."""
    return "".join(sign for sign in unicodedata.normalize("NFKD", name) if not unicodedata.combining(sign)).casefold()


def _request(typed: dict[str, str], numbers: list[int]) -> dict[str, Any]:
    """What was typed, as a request body; fields that are empty are left out."""
    customer = _filled(typed, "country", "state", "city", "postal_code", "line1")
    if typed["tax_id"]:
        customer["tax_ids"] = [{"number": typed["tax_id"]}]
    request: dict[str, Any] = _filled(typed, "seller", "tax_date", "currency", "tax_behavior")
    request |= {
        "customer": customer | {"kind": typed["customer_kind"]},
        "lines": [_line(typed, n) for n in numbers],
    }
    if typed["ship_from_country"]:
        request["ship_from"] = {"country": typed["ship_from_country"]}
    if typed["shipping"]:
        request["shipping"] = {"amount": _number(typed["shipping"])}
    return request


def _line(typed: dict[str, str], n: int) -> dict[str, Any]:
    line = {"reference": str(n + 1), "product_kind": typed[f"kind_{n}"], "amount": _number(typed[f"amount_{n}"])}
    return line | ({"discount": _number(typed[f"discount_{n}"])} if typed[f"discount_{n}"] else {})


def _filled(typed: dict[str, str], *names: str) -> dict[str, Any]:
    return {name: typed[name] for name in names if typed[name]}


def _number(text: str) -> str:
    """People type the comma of their language; where both signs stand, nobody can know which one is meant."""
    return text.replace(",", ".") if text.count(",") == 1 and "." not in text else text


def _at_field(fault: Fault, numbers: list[int]) -> tuple[str, str]:
    """The field that a fault is about, and what is said there."""
    parts = fault.pointer.split("/")
    if fault.pointer.startswith("/lines/") and len(parts) > 3 and parts[2].isdecimal():
        name = "kind" if parts[3] == "product_kind" else parts[3]
        return f"{name}_{numbers[int(parts[2])]}", SAYINGS.get(name, UNREADABLE)
    name = POINTERS.get(fault.pointer, parts[-1])
    return name or "seller", SAYINGS.get(name, UNREADABLE)
