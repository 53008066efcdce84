"""Tax ID checks: the request of ``POST /v1/tax-id-checks`` to facts, checks to the answer."""

import re
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate

from app.facts import TaxIdAsked
from app.schemas.fields import CivilDate, CountryCode, Reference, StrictSchema, Text
from app.schemas.strict_json import InexactNumber
from tax_rules.identifiers import IdentifierCheck, check_identifier

LONGEST_TYPED = 200
MODES = ("register_if_possible", "offline", "register")
STATUSES = ("verified", "unverified", "pending", "unavailable", "not_checked", "malformed")
REASONS = ("length", "format", "checksum", "component", "unsupported")
MATCHES = ("match", "mismatch", "not_compared")
_KIND = re.compile("[a-z][a-z0-9_]{0,29}")


class TypedNumber(fields.String):
    """A number as somebody typed it: any signs at all, since telling what is wrong with them is the purpose."""

    def __init__(self, **kwargs: Any) -> None:
        metadata = {"minLength": 1, "maxLength": LONGEST_TYPED, "example": "FR40391895109"}
        super().__init__(metadata=metadata | kwargs.pop("metadata", {}), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:  # noqa: ARG002
        if isinstance(value, InexactNumber) or not isinstance(value, str):
            raise ValidationError("Send the number as a string.")
        if len(value) > LONGEST_TYPED:
            raise ValidationError(f"At most {LONGEST_TYPED} characters.")
        if not value.strip():
            raise ValidationError("This must not be blank.")
        return value


class AddressLines(Text):
    """An address as one line, or as an object like an order's; becomes lines: street, then postal code and city."""

    PARTS = ("line1", "line2", "postal_code", "city", "county", "state", "country")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, dict):
            return super()._deserialize(value, attr, data, **kwargs)
        if unknown := sorted(set(value) - set(self.PARTS)):
            raise ValidationError({name: ["The resource does not know this field."] for name in unknown})
        given = {n: super(AddressLines, self)._deserialize(v, attr, data, **kwargs) for n, v in value.items() if v}
        place = " ".join(given[name] for name in ("postal_code", "city") if name in given)
        lines = [line for line in (given.get("line1"), given.get("line2"), place) if line]
        if not lines:
            raise ValidationError("Give line1, postal_code or city.")
        return "\n".join(lines)


class TaxIdCheckRequestSchema(StrictSchema):
    """A tax ID to be checked, and what the register should compare."""

    country = CountryCode(required=True)
    number = TypedNumber(required=True)
    kind = fields.String(load_default="vat", validate=validate.Regexp(_KIND, error='Send a kind such as "vat".'))
    requester = TypedNumber(
        allow_none=True,
        load_default=None,
        metadata={"description": "our own EU VAT number with its prefix; the register gives a consultation number"},
    )
    name = Text(max_length=200, allow_none=True, load_default=None)
    address = AddressLines(max_length=300, allow_none=True, load_default=None)
    order_reference = Reference(allow_none=True, load_default=None)
    mode = fields.String(load_default=MODES[0], validate=validate.OneOf(MODES))

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> TaxIdAsked:
        requester = data["requester"]
        if requester:
            own = check_identifier(requester.strip()[:2], requester)
            if not own.valid:
                expected = f" ({own.expected})" if own.expected else ""
                raise ValidationError(f"This is no VAT number with its prefix{expected}.", "requester")
            data["requester"] = own.number
        return TaxIdAsked(**data)


class FormatSchema(StrictSchema):
    """What the number itself says."""

    valid = fields.Boolean(allow_none=True, metadata={"description": "null: we have no rule for the country or kind"})
    reason = fields.String(allow_none=True, validate=validate.OneOf(REASONS))
    expected = fields.String(allow_none=True, metadata={"example": "FR + 2 characters + 9 digits"})
    suggestion = fields.String(allow_none=True, metadata={"description": "the number that one slip explains"})
    suggestion_country = fields.String(
        allow_none=True, dump_default=None, metadata={"description": "its country, where that is another one"}
    )
    confidence = fields.String(
        allow_none=True,
        dump_default=None,
        validate=validate.OneOf(["high", "medium", "low"]),
        metadata={"description": "in our rule for the country: high where its source is official"},
    )


class MatchSchema(StrictSchema):
    """Whether what we sent agrees with the register."""

    name = fields.String(validate=validate.OneOf(MATCHES))
    address = fields.String(validate=validate.OneOf(MATCHES))


class RegisterAnswerSchema(StrictSchema):
    """What the register said; ``answered_at`` is null and ``error_code`` says why while nobody said anything."""

    name = fields.String(metadata={"example": "VIES"})
    asked_at = fields.String(metadata={"format": "date-time"})
    answered_at = fields.String(allow_none=True, metadata={"format": "date-time"})
    consultation_number = fields.String(allow_none=True)
    trader_name = fields.String(allow_none=True)
    trader_address = fields.String(allow_none=True)
    match = fields.Nested(MatchSchema)
    error_code = fields.String(allow_none=True, dump_default=None)


class TaxIdCheckSchema(StrictSchema):
    """A tax ID check as it stands."""

    id = fields.String(allow_none=True, metadata={"description": "null: not kept"})
    country = fields.String(metadata={"description": "as VAT uses it: EL, XI; FR for Monaco, GB for the Isle of Man"})
    kind = fields.String()
    number = fields.String(metadata={"description": "canonical"})
    format = fields.Nested(FormatSchema)
    status = fields.String(validate=validate.OneOf(STATUSES))
    register = fields.Nested(RegisterAnswerSchema, allow_none=True)
    valid_from = CivilDate(allow_none=True)
    evidence_document_id = fields.String(allow_none=True)


_CHECK = TaxIdCheckSchema()  # made once: making a schema takes longer than dumping


def offline_check(check: IdentifierCheck) -> dict[str, Any]:
    """The answer for a number that no register was asked about and that is not kept."""
    return _CHECK.dump(
        {
            "id": None,
            "country": check.country,
            "kind": check.kind,
            "number": check.number,
            "format": check,
            "status": "malformed" if check.valid is False else "not_checked",
            "register": None,
            "valid_from": None,
            "evidence_document_id": None,
        }
    )
