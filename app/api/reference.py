"""``/v1/reference``: the code lists that requests are written with."""

from typing import Any

from babel import Locale
from marshmallow import Schema, fields

from app.actor import Scope
from app.api.house import ApiBlueprint, desk
from app.auth import requires
from app.reference.load import reference

bp = ApiBlueprint("Reference", __name__, url_prefix="/v1/reference", description="Code lists")
EVERYBODY = (Scope.BILLING, Scope.PAYMENTS, Scope.AUDITOR)


def _codes(name: str, **members: fields.Field[Any]) -> type[Schema]:
    """The answer of a code list whose rows have ``code``, ``name`` and these members."""
    row = Schema.from_dict({"code": fields.String(), "name": fields.String()} | members, name=name)
    return Schema.from_dict({"data": fields.List(fields.Nested(row))}, name=f"{name}List")


_TEXTS = fields.List(fields.String())
CURRENCIES = _codes("Currency", digits=fields.Integer())
COUNTRIES = _codes("Country", standing=fields.String(allow_none=True), note=fields.String(allow_none=True))
LANGUAGES = _codes("Language", internal=fields.Boolean())
PAYMENT_OPTIONS = _codes(
    "PaymentOption",
    family=fields.String(),
    refundable=fields.Raw(),
    refund_business_days=fields.List(fields.Integer()),
    evidence=_TEXTS,
    currencies=_TEXTS,
    countries=_TEXTS,
)
PRODUCT_KINDS = _codes("ProductKind", delivery=fields.String(), aliases=_TEXTS)


class ReasonsOut(Schema):
    """Why tax or money goes back."""

    tax_refund = fields.List(fields.Dict(keys=fields.String(), values=fields.String()))
    refund = fields.List(fields.Dict(keys=fields.String(), values=fields.String()))


@bp.get("/currencies")
@requires(*EVERYBODY)
@bp.response(200, CURRENCIES)
@bp.doc(operationId="listCurrencies", summary="Currencies of ISO 4217 with their decimals")
def currencies() -> Any:
    book = desk().book
    rows = [
        {"code": c.code, "digits": c.digits, "name": c.name} for c in book.currencies.values() if c.valid_until is None
    ]
    return {"data": rows}


@bp.get("/countries")
@requires(*EVERYBODY)
@bp.response(200, COUNTRIES)
@bp.doc(operationId="listCountries", summary="Country codes that requests may use")
def countries() -> Any:
    names = Locale("en").territories
    return {
        "data": [
            {"code": c.code, "name": names.get(c.iso_code, c.code), "standing": c.standing, "note": c.note}
            for c in reference().countries
        ]
    }


@bp.get("/languages")
@requires(*EVERYBODY)
@bp.response(200, LANGUAGES)
@bp.doc(operationId="listLanguages", summary="Languages of customers and documents")
def languages() -> Any:
    return {"data": [{"code": x.code, "name": x.native_name, "internal": x.internal} for x in reference().languages]}


@bp.get("/payment-options")
@requires(*EVERYBODY)
@bp.response(200, PAYMENT_OPTIONS)
@bp.doc(operationId="listPaymentOptions", summary="How customers pay, and how long a refund takes")
def payment_options() -> Any:
    return {
        "data": [
            {
                "code": option.code,
                "family": option.family,
                "name": option.names.in_language("en"),
                "refundable": option.refundable,
                "refund_business_days": list(option.refund_days),
                "evidence": list(option.evidence),
                "currencies": list(option.currencies),
                "countries": list(option.countries),
            }
            for option in reference().payment_options
        ]
    }


@bp.get("/product-kinds")
@requires(*EVERYBODY)
@bp.response(200, PRODUCT_KINDS)
@bp.doc(operationId="listProductKinds", summary="What is sold, as the tax rules tell it apart")
def product_kinds() -> Any:
    return {
        "data": [
            {"code": k.code, "delivery": k.delivery, "name": k.names.in_language("en"), "aliases": list(k.aliases)}
            for k in reference().product_kinds
        ]
    }


@bp.get("/reasons")
@requires(*EVERYBODY)
@bp.response(200, ReasonsOut)
@bp.doc(operationId="listReasons", summary="Why money goes back")
def reasons() -> Any:
    data = reference()
    return {
        "tax_refund": [{"code": r.code, "name": r.names.in_language("en")} for r in data.tax_refund_reasons],
        "refund": [{"code": r.code, "name": r.names.in_language("en")} for r in data.refund_reasons],
    }
