"""Orders and payments: JSON to facts and back."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from app.facts import (
    Address,
    Customer,
    Invoice,
    Line,
    Order,
    OrderStatus,
    Payment,
    PaymentKind,
    StatedTax,
    TaxId,
)
from app.schemas.fields import (
    Amount,
    CivilDate,
    CountryCode,
    CurrencyCode,
    LanguageTag,
    Percent,
    Quantity,
    Reference,
    StrictSchema,
    Text,
    UtcMoment,
    amounts_fit,
)
from tax_rules.facts import ProductKind, TaxIdStatus

MAX_LINES = 500


class AddressSchema(StrictSchema):
    """A postal address."""

    line1 = Text(max_length=200, allow_none=True, load_default=None)
    line2 = Text(max_length=200, allow_none=True, load_default=None)
    city = Text(max_length=100, allow_none=True, load_default=None)
    postal_code = Text(max_length=20, allow_none=True, load_default=None)
    county = Text(max_length=100, allow_none=True, load_default=None)
    state = Text(max_length=100, allow_none=True, load_default=None)
    country = CountryCode(required=True)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Address:
        return Address(**data)


class TaxIdSchema(StrictSchema):
    """A tax ID as given; only ``check_id`` or a fresh check of ours makes it evidence."""

    kind = fields.String(load_default="vat", validate=validate.OneOf(["vat", "gst", "ein", "tin", "other"]))
    number = Text(required=True, max_length=64)
    check_id = Reference(allow_none=True, load_default=None)
    status = fields.String(allow_none=True, load_default=None, validate=validate.OneOf([str(s) for s in TaxIdStatus]))

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> TaxId:
        return TaxId(**data)


class EmailAddress(fields.Email):
    """An address that mail reaches: printable signs only, so that it adds no header and every library can read it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(metadata={"maxLength": 254} | kwargs.pop("metadata", {}), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str) or not value.isprintable() or " " in value or len(value) > 254:
            raise ValidationError("Send an address such as name@example.com.")
        return super()._deserialize(value, attr, data, **kwargs)


class CustomerSchema(StrictSchema):
    """Who buys."""

    reference = Reference(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(["business", "consumer"]))
    name = Text(required=True, max_length=300)
    romanised_name = Text(max_length=300, allow_none=True, load_default=None)
    email = EmailAddress(required=True)
    language = LanguageTag(required=True)
    address = fields.Nested(AddressSchema, required=True)
    tax_ids = fields.List(fields.Nested(TaxIdSchema), load_default=list, validate=validate.Length(max=10))

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Customer:
        return Customer(**(data | {"tax_ids": tuple(data["tax_ids"])}))


class StatedTaxSchema(StrictSchema):
    """The tax that was charged on the line."""

    amount = Amount(required=True)
    rate_percent = Percent(allow_none=True, load_default=None)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> StatedTax:
        return StatedTax(**data)


class LineSchema(StrictSchema):
    """One product; ``amount`` is the line total after quantity."""

    reference = Reference(required=True)
    description = Text(required=True, max_length=500)
    product_kind = fields.String(
        required=True, validate=validate.OneOf([str(kind) for kind in ProductKind if kind != "shipping"])
    )
    quantity = Quantity(load_default=Decimal(1))
    amount = Amount(required=True)
    tax_behavior = fields.String(load_default="exclusive", validate=validate.OneOf(["exclusive", "inclusive"]))
    tax = fields.Nested(StatedTaxSchema, allow_none=True, load_default=None)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Line:
        return Line(**data)


class InvoiceSchema(StrictSchema):
    """An invoice that was issued for the order."""

    number = Text(required=True, max_length=64)
    issued_on = CivilDate(required=True)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Invoice:
        return Invoice(**data)


class OrderSchema(StrictSchema):
    """An order as a billing system tells it."""

    client = Reference(required=True)
    seller = Reference(required=True)
    status = fields.Enum(OrderStatus, by_value=True, load_default=OrderStatus.OPEN)
    currency = CurrencyCode(required=True)
    ordered_at = UtcMoment(required=True)
    supply_date = CivilDate(load_default=None, allow_none=True)
    purchase_order_number = Text(max_length=100, allow_none=True, load_default=None)
    payment_terms_days = fields.Integer(
        strict=True, allow_none=True, load_default=None, validate=validate.Range(min=0, max=365)
    )
    invoices = fields.List(fields.Nested(InvoiceSchema), load_default=list, validate=validate.Length(max=50))
    customer = fields.Nested(CustomerSchema, required=True)
    lines = fields.List(fields.Nested(LineSchema), required=True, validate=validate.Length(min=1, max=MAX_LINES))
    charged_tax = Amount(allow_none=True, load_default=None)
    ship_from = fields.Nested(AddressSchema, allow_none=True, load_default=None)
    ship_to = fields.Nested(AddressSchema, allow_none=True, load_default=None)

    @validates_schema(skip_on_field_errors=False)
    def check(self, data: dict[str, Any], **_: Any) -> None:
        """Rules between fields, told together with the faults of single fields: what is faulty is not in ``data``."""
        faults: dict[str, Any] = {}
        lines = [_Told.of(line) for line in data.get("lines", ())]
        found = _line_faults(lines, data.get("currency"))
        if found:
            faults["lines"] = found
        charged = data.get("charged_tax")
        _fit(data.get("currency"), faults, {"charged_tax": charged})
        if charged is not None and charged < 0:
            faults["charged_tax"] = ["A tax is zero or more; what is given back is a refund."]
        stated = [line.tax_amount for line in lines if line.tax_amount is not None]
        if stated and len(stated) == len(lines) and charged is not None and sum(stated) != charged:
            faults["charged_tax"] = [f"The lines' taxes add up to {sum(stated)}."]
        if faults:
            raise ValidationError(faults)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Order:
        supply_date: date = data["supply_date"] or data["ordered_at"].date()
        return Order(
            **(
                data
                | {
                    "supply_date": supply_date,
                    "invoices": tuple(data["invoices"]),
                    "lines": tuple(data["lines"]),
                }
            )
        )


@dataclass(frozen=True, slots=True)
class _Told:
    """What is right in a line, whose other members may be faulty."""

    reference: str | None
    amount: Decimal | None
    tax_behavior: str | None
    is_taxed: bool
    tax_amount: Decimal | None

    @classmethod
    def of(cls, line: Any) -> "_Told":
        """From a whole line, or from the members that could be read."""
        members = line if isinstance(line, dict) else {name: getattr(line, name) for name in _MEMBERS}
        tax = members.get("tax")
        return cls(
            reference=members.get("reference"),
            amount=members.get("amount"),
            tax_behavior=members.get("tax_behavior"),
            is_taxed=tax is not None,
            tax_amount=tax.get("amount") if isinstance(tax, dict) else tax and tax.amount,
        )


_MEMBERS = ("reference", "amount", "tax_behavior", "tax")


def _line_faults(lines: list[_Told], currency: str | None) -> dict[int, Any]:
    """Decimals of the currency, unique references, no negative line, tax on all lines or on none."""
    faults: dict[int, Any] = {}
    seen: set[str] = set()
    some_taxed = any(line.is_taxed for line in lines)
    for n, line in enumerate(lines):
        here: dict[str, Any] = {}
        tax: dict[str, Any] = {}
        _fit(currency, here, {"amount": line.amount})
        _fit(currency, tax, {"amount": line.tax_amount})
        if line.reference is not None and line.reference in seen:
            here["reference"] = ["Another line has this reference."]
        seen.add(line.reference or "")
        if line.amount is not None and line.amount < 0:
            here["amount"] = ["A line is zero or more; a reduction is a refund or a discount."]
        elif line.tax_behavior == "inclusive" and (line.tax_amount or 0) > (line.amount or 0):
            tax["amount"] = ["The tax cannot be more than the amount that contains it."]
        if line.tax_amount is not None and line.tax_amount < 0:
            tax["amount"] = ["A tax is zero or more; what is given back is a refund."]
        if tax:
            here["tax"] = tax
        elif some_taxed and not line.is_taxed:
            here["tax"] = ["Give the tax on every line or on none."]
        if here:
            faults[n] = here
    return faults


def _fit(currency: str | None, faults: dict[str, Any], amounts: dict[str, Decimal | None]) -> None:
    if currency is not None:  # of a currency that was refused nobody knows the decimals
        amounts_fit(currency, faults, amounts)


class PaymentSchema(StrictSchema):
    """A financial transaction on an order."""

    kind = fields.Enum(PaymentKind, by_value=True, required=True)
    amount = Amount(required=True)
    currency = CurrencyCode(required=True)
    option = Reference(required=True)
    cost = Amount(allow_none=True, load_default=None)
    occurred_at = UtcMoment(required=True)
    reference = Reference(required=True)

    @validates_schema(skip_on_field_errors=False)
    def check(self, data: dict[str, Any], **_: Any) -> None:
        faults: dict[str, Any] = {}
        _fit(data.get("currency"), faults, {name: data.get(name) for name in ("amount", "cost")})
        if faults:
            raise ValidationError(faults)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Payment:
        return Payment(**data)
