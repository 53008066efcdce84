"""Tax refunds: JSON to facts."""

from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from app.facts import RefundReason, TaxId, TaxRefundAsked
from app.schemas.calculations import YesNo
from app.schemas.fields import CivilDate, Reference, StrictSchema, Text


class RefundTaxIdSchema(StrictSchema):
    """The tax ID that the customer gave later; ``check_id`` names a check of ours."""

    kind = fields.String(load_default="vat", validate=validate.OneOf(["vat", "gst"]))
    number = Text(required=True, max_length=64)
    check_id = Reference(allow_none=True, load_default=None)
    valid_from = CivilDate(allow_none=True, load_default=None)


class TaxRefundSchema(StrictSchema):
    """Why tax is to be given back, and the proof."""

    reason = fields.Enum(RefundReason, by_value=True, required=True)
    tax_id = fields.Nested(RefundTaxIdSchema, allow_none=True, load_default=None)
    lines = fields.List(Reference(), load_default=list, validate=validate.Length(max=500))
    dry_run = YesNo(load_default=False)  # 1 or "yes" must not decide whether something is issued
    note = Text(max_length=1000, allow_none=True, load_default=None)

    @validates_schema
    def check(self, data: dict[str, Any], **_: Any) -> None:
        faults: dict[str, Any] = {}
        if data["reason"] is RefundReason.VAT_ID_PROVIDED and data["tax_id"] is None:
            faults["tax_id"] = ["The reason vat_id_provided needs the tax ID."]
        if data["reason"] is not RefundReason.VAT_ID_PROVIDED:
            faults["reason"] = ["There are no rules for this reason yet; vat_id_provided is what can be refunded now."]
        if len(set(data["lines"])) != len(data["lines"]):
            faults["lines"] = ["A line stands twice."]
        if faults:
            raise ValidationError(faults)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        given = data["tax_id"]
        facts = TaxRefundAsked(
            reason=data["reason"],
            tax_id=given and TaxId(kind=given["kind"], number=given["number"], check_id=given["check_id"]),
            valid_from=given and given["valid_from"],
            lines=tuple(data["lines"]),
            note=data["note"],
        )
        return {"facts": facts, "dry_run": data["dry_run"]}
