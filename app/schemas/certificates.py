"""Exemption certificates: JSON to facts, and back."""

import re
from datetime import date
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from app import clock
from app.facts import CertificateGiven, CertificateText, StateNumber
from app.schemas.fields import CivilDate, Reference, StrictSchema, Text
from app.store.certificates import StoredCertificate
from tax_rules.facts import ProductKind

EXEMPTION_REASONS = (
    "federal_government", "state_local_government", "tribal_government", "foreign_diplomat", "charitable", "religious",
    "resale", "agricultural_production", "industrial_manufacturing", "direct_pay", "direct_mail", "other",
    "educational", "multiple_points_of_use", "business_use_attestation",
)  # fmt: skip
KINDS = ("single", "blanket")
STATUSES = ("pending", "valid", "expired", "revoked", "rejected")
_STATE = re.compile(r"[A-Z]{2}", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


class StateNumberSchema(StrictSchema):
    """A state where the certificate holds, and the customer's number there."""

    state = fields.String(required=True, validate=validate.Regexp(_STATE, error="Send a state as two capitals."))
    number = Text(max_length=64, allow_none=True, load_default=None)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> StateNumber:
        return StateNumber(**data)


class StateNamed(fields.Nested):
    """A state by its two letters alone, or with the customer's number there."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(StateNumberSchema, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return super()._deserialize({"state": value} if isinstance(value, str) else value, attr, data, **kwargs)


class CertificateContent(StrictSchema):
    """What a certificate says."""

    form = Text(max_length=64, load_default="other")
    reason = fields.String(required=True, validate=validate.OneOf(EXEMPTION_REASONS))
    states = fields.List(StateNamed(), load_default=list, validate=validate.Length(max=60))
    product_kinds = fields.List(
        fields.String(validate=validate.OneOf([str(kind) for kind in ProductKind])),
        load_default=list,
        validate=validate.Length(max=50),
    )
    kind = fields.String(load_default="blanket", validate=validate.OneOf(KINDS))
    signed_on = CivilDate(allow_none=True, load_default=None)
    effective_from = CivilDate(allow_none=True, load_default=None)
    expires_on = CivilDate(allow_none=True, load_default=None)
    document_sha256 = fields.String(
        allow_none=True, load_default=None, validate=validate.Regexp(_SHA256, error="Send 64 hexadecimal digits.")
    )

    @validates_schema
    def check(self, data: dict[str, Any], **_: Any) -> None:
        faults: dict[str, Any] = {}
        states = [named.state for named in data["states"]]
        if len(set(states)) != len(states):
            faults["states"] = ["A state stands twice."]
        begins = data["effective_from"] or data["signed_on"]
        if begins and data["expires_on"] and data["expires_on"] < begins:
            faults["expires_on"] = ["A certificate does not end before it begins."]
        if data["signed_on"] and data["signed_on"] > clock.today():
            faults["signed_on"] = ["Nobody has signed on a day that is still to come."]
        if faults:
            raise ValidationError(faults)


class CertificateSchema(CertificateContent):
    """A certificate to put on file: whose it is and what it says."""

    client = Text(max_length=64, required=True)
    customer = Text(max_length=64, required=True)
    order_reference = Reference(allow_none=True, load_default=None)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> CertificateGiven:
        owner = {name: data.pop(name) for name in ("client", "customer", "order_reference")}
        return CertificateGiven(**owner, text=_text(data))


class CertificateRef(CertificateContent):
    """A certificate on file by its ``id``, or one that is put on file with the refund."""

    id = Reference(allow_none=True, load_default=None)
    reason = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(EXEMPTION_REASONS))

    @validates_schema
    def check_choice(self, data: dict[str, Any], **_: Any) -> None:
        if data["id"] is None and data["reason"] is None:
            raise ValidationError({"id": ["Name a certificate on file, or say what the certificate says."]})
        if data["id"] is not None and (data["reason"] is not None or data["states"]):
            raise ValidationError({"id": ["A certificate on file says it all; leave the rest out."]})

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        certificate_id = data.pop("id")
        return {"id": certificate_id, "text": None if certificate_id else _text(data)}


class RevocationSchema(StrictSchema):
    """Why a certificate is revoked."""

    note = Text(max_length=1000, required=True)


class CertificateOut(Schema):
    """A certificate on file; ``numbers`` are the last characters of the customer's number by state."""

    id = fields.String()
    client = fields.String()
    customer = fields.String()
    form = fields.String()
    reason = fields.String()
    kind = fields.String(metadata={"enum": list(KINDS)})
    order_reference = fields.String(allow_none=True)
    states = fields.List(fields.String())
    numbers = fields.Dict(keys=fields.String(), values=fields.Dict())
    product_kinds = fields.List(fields.String())
    signed_on = fields.String(allow_none=True)
    effective_from = fields.String(allow_none=True)
    expires_on = fields.String(allow_none=True)
    document_sha256 = fields.String(allow_none=True)
    status = fields.String(metadata={"enum": list(STATUSES)})
    missing = fields.List(fields.String())
    reviewed_by = fields.String(allow_none=True)
    created_at = fields.String()
    revoked_at = fields.String(allow_none=True)
    note = fields.String(allow_none=True)


def certificate_answer(certificate: StoredCertificate) -> dict[str, Any]:
    """The members of a certificate."""

    def day(value: date | None) -> str | None:
        return value.isoformat() if value else None

    same = ("id", "client", "customer", "form", "reason", "kind", "order_reference", "document_sha256", "reviewed_by")
    return {name: getattr(certificate, name) for name in same} | {
        "states": list(certificate.states),
        "numbers": {state: {"kind": "number", "last4": last4} for state, last4 in certificate.numbers.items()},
        "product_kinds": list(certificate.product_kinds),
        "signed_on": day(certificate.signed_on),
        "effective_from": day(certificate.effective_from),
        "expires_on": day(certificate.expires_on),
        "status": certificate.status_on(clock.today()),
        "missing": list(certificate.missing),
        "created_at": clock.rfc3339(certificate.created_at),
        "revoked_at": clock.rfc3339(certificate.revoked_at) if certificate.revoked_at else None,
        "note": certificate.note,
    }


def _text(data: dict[str, Any]) -> CertificateText:
    lists = {"states": tuple(data["states"]), "product_kinds": tuple(data["product_kinds"])}
    return CertificateText(**(data | lists))
