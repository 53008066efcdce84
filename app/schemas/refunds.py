"""Refunds of a price: JSON to facts."""

from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from app.facts import PriceRefundReason, RefundAsked, RefundLineAsked, RefundMode
from app.schemas.calculations import YesNo
from app.schemas.fields import Amount, Percent, Quantity, Reference, StrictSchema, Text

SHARES = ("lines", "amount", "percent")


class PositiveAmount(Amount):
    """An amount above zero."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal:
        amount = super()._deserialize(value, attr, data, **kwargs)
        if amount <= 0:
            raise ValidationError("An amount to refund is above zero.")
        return amount


class Share(Percent):
    """A percentage above 0, up to 100."""

    example = "50"

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal:
        percent = super()._deserialize(value, attr, data, **kwargs)
        if percent == 0:
            raise ValidationError("A percentage to refund is above zero.")
        return percent


class RefundLineSchema(StrictSchema):
    """A line that goes back: whole, or one of ``amount``, ``percent`` and ``quantity`` of it."""

    reference = Reference(required=True)
    amount = PositiveAmount(allow_none=True, load_default=None)
    percent = Share(allow_none=True, load_default=None)
    quantity = Quantity(allow_none=True, load_default=None)

    @validates_schema
    def check(self, data: dict[str, Any], **_: Any) -> None:
        if sum(data[name] is not None for name in ("amount", "percent", "quantity")) > 1:
            raise ValidationError("Say how much of the line by one of amount, percent and quantity.")

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> RefundLineAsked:
        return RefundLineAsked(**data)


class RefundLine(fields.Nested):
    """A line by its reference alone, or with how much of it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(RefundLineSchema, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return super()._deserialize({"reference": value} if isinstance(value, str) else value, attr, data, **kwargs)


class RefundSchema(StrictSchema):
    """What of the price is to go back, and why."""

    mode = fields.Enum(RefundMode, by_value=True, required=True)
    reason = fields.Enum(PriceRefundReason, by_value=True, required=True)
    lines = fields.List(RefundLine(), load_default=list, validate=validate.Length(max=500))
    amount = PositiveAmount(allow_none=True, load_default=None)
    percent = Share(allow_none=True, load_default=None)
    tax_included = YesNo(load_default=True)
    override_window = YesNo(load_default=False)
    dry_run = YesNo(load_default=False)  # 1 or "yes" must not decide whether something is issued
    note = Text(max_length=1000, allow_none=True, load_default=None)

    @validates_schema
    def check(self, data: dict[str, Any], **_: Any) -> None:
        faults: dict[str, Any] = {}
        given = [name for name in SHARES if data[name]]
        if data["mode"] is RefundMode.FULL:
            faults |= {name: ["A full refund takes all that stands; leave this out."] for name in given}
        elif len(given) != 1:
            detail = "A partial refund names lines, an amount or a percent: one of them."
            faults |= {name: [detail] for name in given or ("mode",)}
        references = [line.reference for line in data["lines"]]
        if len(set(references)) != len(references):
            faults["lines"] = ["A line stands twice."]
        if faults:
            raise ValidationError(faults)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        dry_run = data.pop("dry_run")
        return {"facts": RefundAsked(**(data | {"lines": tuple(data["lines"])})), "dry_run": dry_run}


class DecisionSchema(StrictSchema):
    """What a second person says to a refund."""

    note = Text(max_length=1000, allow_none=True, load_default=None)
