"""Tax refunds: JSON to facts."""

from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from app.facts import RefundReason, TaxId, TaxRefundAsked, TransportProofGiven
from app.schemas.calculations import EvidenceSchema, YesNo
from app.schemas.certificates import CertificateRef
from app.schemas.fields import CivilDate, Reference, StrictSchema, Text
from app.schemas.orders import AddressSchema
from tax_rules.adjust.transport import KINDS
from tax_rules.facts import ProductKind, TaxIdStatus

# What each reason needs, and may bring along.
PROOF = {
    RefundReason.VAT_ID_PROVIDED: "tax_id",
    RefundReason.EXEMPTION_CERTIFICATE: "certificate",
    RefundReason.WRONG_ADDRESS: "address",
    RefundReason.OTHER: "note",
}
ONLY_WITH = {name: reason for reason, name in PROOF.items() if name != "note"} | {
    "transport_proof": RefundReason.VAT_ID_PROVIDED,
    "evidence": RefundReason.WRONG_ADDRESS,
}


class RefundTaxIdSchema(StrictSchema):
    """The tax ID that the customer gave later; ``check_id`` names a check of ours, ``status`` counts from an admin."""

    kind = fields.String(load_default="vat", validate=validate.OneOf(["vat", "gst"]))
    number = Text(required=True, max_length=64)
    check_id = Reference(allow_none=True, load_default=None)
    status = fields.String(allow_none=True, load_default=None, validate=validate.OneOf([str(s) for s in TaxIdStatus]))
    valid_from = CivilDate(allow_none=True, load_default=None)


class TransportProofSchema(StrictSchema):
    """A document on the transport of goods."""

    kind = fields.String(load_default="transport_document", validate=validate.OneOf(sorted(KINDS)))
    reference = Text(max_length=200, required=True)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> TransportProofGiven:
        return TransportProofGiven(**data)


class TransportProof(fields.Nested):
    """A document by its reference alone (one of the transport itself), or with its kind."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(TransportProofSchema, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return super()._deserialize({"reference": value} if isinstance(value, str) else value, attr, data, **kwargs)


class TaxRefundLineSchema(StrictSchema):
    """A line to look at, and the kind of product that it really is."""

    reference = Reference(required=True)
    product_kind = fields.String(
        allow_none=True, load_default=None, validate=validate.OneOf([str(kind) for kind in ProductKind])
    )


class TaxRefundLine(fields.Nested):
    """A line by its reference alone, or with its right kind of product."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(TaxRefundLineSchema, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return super()._deserialize({"reference": value} if isinstance(value, str) else value, attr, data, **kwargs)


class TaxRefundSchema(StrictSchema):
    """Why tax is to be given back, and the proof."""

    reason = fields.Enum(RefundReason, by_value=True, required=True)
    tax_id = fields.Nested(RefundTaxIdSchema, allow_none=True, load_default=None)
    transport_proof = fields.List(TransportProof(), load_default=list, validate=validate.Length(max=20))
    certificate = fields.Nested(CertificateRef, allow_none=True, load_default=None)
    address = fields.Nested(AddressSchema, allow_none=True, load_default=None)
    evidence = fields.List(fields.Nested(EvidenceSchema), load_default=list, validate=validate.Length(max=20))
    lines = fields.List(TaxRefundLine(), load_default=list, validate=validate.Length(max=500))
    dry_run = YesNo(load_default=False)  # 1 or "yes" must not decide whether something is issued
    note = Text(max_length=1000, allow_none=True, load_default=None)

    @validates_schema
    def check(self, data: dict[str, Any], **_: Any) -> None:
        faults: dict[str, Any] = {}
        reason = data["reason"]
        if (needed := PROOF.get(reason)) and not data[needed]:
            faults[needed] = [f"The reason {reason} needs this."]
        faults |= {
            name: [f"This goes with the reason {other} alone."]
            for name, other in ONLY_WITH.items()
            if data[name] and reason is not other
        }
        references = [line["reference"] for line in data["lines"]]
        if len(set(references)) != len(references):
            faults["lines"] = ["A line stands twice."]
        kinds = [line for line in data["lines"] if line["product_kind"]]
        if reason is RefundReason.WRONG_PRODUCT_KIND and not kinds:
            faults["lines"] = ["Name the lines with the product_kind that they really are."]
        if reason is not RefundReason.WRONG_PRODUCT_KIND and kinds:
            faults["lines"] = [f"A product_kind goes with the reason {RefundReason.WRONG_PRODUCT_KIND} alone."]
        if faults:
            raise ValidationError(faults)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        given, certificate = data["tax_id"], data["certificate"]
        facts = TaxRefundAsked(
            reason=data["reason"],
            tax_id=given and TaxId(**{name: given[name] for name in ("kind", "number", "check_id", "status")}),
            valid_from=given and given["valid_from"],
            lines=tuple(line["reference"] for line in data["lines"]),
            note=data["note"],
            transport_proof=tuple(data["transport_proof"]),
            certificate=certificate and certificate["id"],
            certificate_given=certificate and certificate["text"],
            address=data["address"],
            evidence=tuple(data["evidence"]),
            product_kinds={line["reference"]: line["product_kind"] for line in data["lines"] if line["product_kind"]},
        )
        return {"facts": facts, "dry_run": data["dry_run"]}
