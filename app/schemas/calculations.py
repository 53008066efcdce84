"""``POST /v1/tax/calculations``: the request to facts; :mod:`app.schemas.calculation_answers` writes the answer."""

from decimal import Decimal
from functools import cache
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from app.errors import InvalidInput
from app.reference.load import reference
from app.schemas.calculation_asked import CalculationAsked, ExemptionStated, TaxIdStated
from app.schemas.fields import (
    Amount,
    CivilDate,
    CountryCode,
    CurrencyCode,
    Percent,
    Quantity,
    Reference,
    StrictSchema,
    Text,
    amounts_fit,
    currency_ended,
    faults_of,
)
from app.schemas.strict_json import InexactNumber
from tax_rules.facts import (
    Address,
    CustomerKind,
    ExchangeRate,
    LocationEvidence,
    ProductKind,
    RateOverride,
    RoundingBasis,
    SaleLine,
    Shipping,
    TaxBehavior,
    TaxIdStatus,
)
from tax_rules.rulebook import shipped_rulebook
from tax_rules.stated_rates import SHIPPING

MAX_LINES = 1000
BASES = (*(basis.value for basis in RoundingBasis), "invoice")
EVIDENCE_KINDS = ("billing_address", "ip_address", "bank_country", "card_country", "sim_country", "fixed_line", "other")
TAX_TYPES = ("vat", "gst", "hst", "pst", "qst", "rst", "sales_tax", "consumption_tax", "other_tax")
LEVELS = ("country", "state", "county", "city", "district", "province")


def read_calculation(payload: Any) -> CalculationAsked:
    """The request that a parsed JSON body is.

    Raises:
        InvalidInput: with every fault and its JSON Pointer.
    """
    try:
        asked: CalculationAsked = _REQUEST.load(payload)
    except ValidationError as error:
        raise InvalidInput("The calculation was refused.", *faults_of(error.normalized_messages())) from error
    return asked


@cache
def _kinds() -> dict[str, tuple[ProductKind, bool]]:
    """Every word for a product kind: what it means, and whether it says that the sale is exempt."""
    found = {}
    for kind in reference().product_kinds:
        found |= {name: (ProductKind(kind.code), False) for name in (kind.code, *kind.aliases)}
        found |= {name: (ProductKind(kind.code), True) for name in kind.exempt_aliases}
    return found


class ProductKindField(fields.String):
    """A product kind or one of its aliases; becomes the kind and whether the alias means an exempt sale."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(metadata={"enum": sorted(_kinds())} | kwargs.pop("metadata", {}), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:  # noqa: ARG002
        found = _kinds().get(value) if isinstance(value, str) else None
        if found is None:
            raise ValidationError(f"Send one of: {', '.join(kind.value for kind in ProductKind)}.")
        return found


class Word(fields.String):
    """One of a fixed set of words."""

    def __init__(self, words: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(validate=validate.OneOf(words, error=f"Send one of: {', '.join(words)}."), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if isinstance(value, InexactNumber) or not isinstance(value, str):
            raise ValidationError("Send a string.")
        return super()._deserialize(value, attr, data, **kwargs)


class YesNo(fields.Boolean):
    """A JSON boolean and nothing else."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:  # noqa: ARG002
        if not isinstance(value, bool):
            raise ValidationError("Send true or false.")
        return value


class PlaceSchema(StrictSchema):
    """A place, as far as it is known."""

    country = CountryCode(required=True)
    state = Text(max_length=100, allow_none=True, load_default=None)
    county = Text(max_length=100, allow_none=True, load_default=None)
    city = Text(max_length=100, allow_none=True, load_default=None)
    postal_code = Text(max_length=20, allow_none=True, load_default=None)
    line1 = Text(max_length=200, allow_none=True, load_default=None)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Address:
        return Address(**data)


class TaxIdStatedSchema(StrictSchema):
    """A tax ID; over the API it is evidence by ``check_id`` or by a fresh check of ours, never by ``status`` alone."""

    kind = Word(("vat", "gst", "ein", "tin", "abn", "other"), load_default="vat")
    number = Text(required=True, max_length=64)
    check_id = Reference(allow_none=True, load_default=None)
    status = fields.Enum(TaxIdStatus, by_value=True, allow_none=True, load_default=None)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> TaxIdStated:
        return TaxIdStated(**data)


class CalculationCustomerSchema(PlaceSchema):
    """Who buys and where."""

    kind = fields.Enum(CustomerKind, by_value=True, required=True)
    business_use = YesNo(load_default=True)
    tax_ids = fields.List(fields.Nested(TaxIdStatedSchema), load_default=list, validate=validate.Length(max=10))

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:  # type: ignore[override]
        own = {name: data.pop(name) for name in ("kind", "business_use", "tax_ids")}
        return own | {"address": Address(**data)}


class EvidenceSchema(StrictSchema):
    """One item that says where the customer is."""

    kind = Word(EVIDENCE_KINDS, required=True)
    country = CountryCode(required=True)
    source = Text(max_length=100, allow_none=True, load_default=None)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> LocationEvidence:
        return LocationEvidence(**data)


class CalculationLineSchema(StrictSchema):
    """One line; ``amount`` is its total after quantity, ``discount`` money taken off it."""

    reference = Reference(required=True)
    product_kind = ProductKindField(required=True)
    description = Text(max_length=500, allow_none=True, load_default=None)
    quantity = Quantity(load_default=Decimal(1))
    amount = Amount(required=True)
    discount = Amount(load_default=Decimal(0))
    tax_behavior = fields.Enum(TaxBehavior, by_value=True, allow_none=True, load_default=None)
    ship_to = fields.Nested(PlaceSchema, allow_none=True, load_default=None)
    price_per_item = Amount(allow_none=True, load_default=None)


class ExemptionSchema(StrictSchema):
    """An exemption that the customer claims, with its certificates."""

    reason = Text(max_length=64, required=True)
    certificate_ids = fields.List(Reference(), load_default=list, validate=validate.Length(max=50))
    certificate_number = Text(max_length=64, allow_none=True, load_default=None)

    @validates_schema
    def check(self, data: dict[str, Any], **_: Any) -> None:
        """A claim names its proof in one way."""
        if data["certificate_ids"] and data["certificate_number"]:
            raise ValidationError("Name certificate_ids or the certificate_number, not both.")

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> ExemptionStated:
        return ExemptionStated(**(data | {"certificate_ids": tuple(data["certificate_ids"])}))


class MarketplaceSchema(StrictSchema):
    """A marketplace through which the sale runs, and whether it collects the tax."""

    facilitator = Text(max_length=200, required=True)
    collects = YesNo(required=True)


class ExchangeRateSchema(StrictSchema):
    """One unit of the sale's currency in another one, on a day, by a source."""

    currency = CurrencyCode(required=True, former=True)
    rate = Quantity(required=True)
    date = CivilDate(required=True)
    source = Text(max_length=100, required=True)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> ExchangeRate:
        return ExchangeRate(currency=data["currency"], rate=data["rate"], on=data["date"], source=data["source"])


class RateOverrideSchema(StrictSchema):
    """A rate that the caller states; no ``lines`` means all of them."""

    tax_type = Word(TAX_TYPES, required=True)
    rate_percent = Percent(required=True)
    level = Word(LEVELS, allow_none=True, load_default=None)
    name = Text(max_length=100, allow_none=True, load_default=None)
    lines = fields.List(Reference(), load_default=list)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> RateOverride:
        return RateOverride(**(data | {"lines": tuple(data["lines"])}))


class ShippingSchema(StrictSchema):
    """Carriage charged with the sale."""

    amount = Amount(required=True)
    separately_stated = YesNo(load_default=True)


class CalculationRequestSchema(StrictSchema):
    """One sale whose tax is asked for."""

    reference = Reference(allow_none=True, load_default=None)
    currency = CurrencyCode(required=True, former=True)
    tax_date = CivilDate(required=True)
    seller = Reference(required=True)
    customer = fields.Nested(CalculationCustomerSchema, required=True)
    ship_from = fields.Nested(PlaceSchema, allow_none=True, load_default=None)
    ship_to = fields.Nested(PlaceSchema, allow_none=True, load_default=None)
    evidence = fields.List(fields.Nested(EvidenceSchema), load_default=list, validate=validate.Length(max=20))
    tax_behavior = fields.Enum(TaxBehavior, by_value=True, load_default=TaxBehavior.EXCLUSIVE)
    rounding_basis = Word(BASES, allow_none=True, load_default=None)
    exemption = fields.Nested(ExemptionSchema, allow_none=True, load_default=None)
    marketplace = fields.Nested(MarketplaceSchema, allow_none=True, load_default=None)
    exchange_rates = fields.List(fields.Nested(ExchangeRateSchema), load_default=list, validate=validate.Length(max=50))
    rates_override = fields.List(
        fields.Nested(RateOverrideSchema), load_default=list, validate=validate.Length(max=100)
    )
    lines = fields.List(
        fields.Nested(CalculationLineSchema), required=True, validate=validate.Length(min=1, max=MAX_LINES)
    )
    shipping = fields.Nested(ShippingSchema, allow_none=True, load_default=None)

    @validates_schema
    def check(self, data: dict[str, Any], **_: Any) -> None:
        """Rules between fields, all faults at once."""
        faults: dict[str, Any] = {}
        currency = shipped_rulebook().currency(data["currency"])
        if not currency.is_current(data["tax_date"]):
            ended = currency.valid_until is not None and currency.valid_until < data["tax_date"]
            began = f"{currency.code} began on {currency.valid_from}."
            faults["currency"] = [currency_ended(currency) if ended else began]
        lines = _line_faults(data["lines"], data["currency"])
        if lines:
            faults["lines"] = lines
        if data["shipping"]:
            here: dict[str, Any] = {}
            amounts_fit(data["currency"], here, {"amount": data["shipping"]["amount"]})
            if data["shipping"]["amount"] < 0:
                here["amount"] = ["Shipping is zero or more."]
            if here:
                faults["shipping"] = here
        if unknown := _unknown_lines(data):
            faults["rates_override"] = unknown
        if faults:
            raise ValidationError(faults)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> CalculationAsked:
        customer, behavior, basis = data["customer"], data["tax_behavior"], data["rounding_basis"]
        marketplace, shipping = data["marketplace"], data["shipping"]
        return CalculationAsked(
            seller=data["seller"],
            currency=data["currency"],
            tax_date=data["tax_date"],
            customer_kind=customer["kind"],
            business_use=customer["business_use"],
            address=customer["address"],
            tax_ids=tuple(customer["tax_ids"]),
            lines=tuple(_sale_line(line, behavior) for line in data["lines"]),
            reference=data["reference"],
            evidence=tuple(data["evidence"]),
            rounding_basis=RoundingBasis("document_net" if basis == "invoice" else basis) if basis else None,
            shipping=shipping and Shipping(tax_behavior=behavior, **shipping),
            rates_override=tuple(data["rates_override"]),
            ship_from=data["ship_from"],
            ship_to=data["ship_to"],
            exempt_lines=tuple(line["reference"] for line in data["lines"] if line["product_kind"][1]),
            exemption=data["exemption"],
            is_collected_by_marketplace=bool(marketplace and marketplace["collects"]),
            exchange_rates=tuple(data["exchange_rates"]),
        )


def _sale_line(line: dict[str, Any], behavior: TaxBehavior) -> SaleLine:
    return SaleLine(
        reference=line["reference"],
        product_kind=line["product_kind"][0],
        amount=line["amount"],
        discount=line["discount"],
        quantity=line["quantity"],
        tax_behavior=line["tax_behavior"] or behavior,
        ship_to=line["ship_to"],
        price_per_item=line["price_per_item"],
    )


def _line_faults(lines: list[dict[str, Any]], currency: str) -> dict[int, Any]:
    faults: dict[int, Any] = {}
    seen: set[str] = set()
    for n, line in enumerate(lines):
        here: dict[str, Any] = {}
        amounts_fit(currency, here, {name: line[name] for name in ("amount", "discount")})
        if line["amount"] < 0:
            here["amount"] = ["A line is zero or more; a reduction is a discount or a refund."]
        elif (line["price_per_item"] or 0) < 0:
            here["price_per_item"] = ["A price is zero or more."]
        elif not 0 <= line["discount"] <= line["amount"]:
            here["discount"] = ["A discount lies between zero and the amount of its line."]
        if line["reference"] in seen:
            here["reference"] = ["Another line has this reference."]
        seen.add(line["reference"])
        if here:
            faults[n] = here
    return faults


def _unknown_lines(data: dict[str, Any]) -> dict[int, Any]:
    known = {line["reference"] for line in data["lines"]} | ({SHIPPING} if data["shipping"] else set())
    return {
        n: {"lines": {m: ["No line has this reference."] for m, name in enumerate(rate.lines) if name not in known}}
        for n, rate in enumerate(data["rates_override"])
        if not known.issuperset(rate.lines)
    }


_REQUEST = CalculationRequestSchema()
