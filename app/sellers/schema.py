"""What a seller's members may be, by marshmallow: the same for the YAML file and for what the database keeps."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate, validates_schema

from app.errors import Fault, InvalidInput
from app.facts import Address
from app.reference.load import reference
from app.sellers.entity import (
    BankAccount,
    Contact,
    ContactPoint,
    ResidenceCertificate,
    SellerEntity,
    Signatory,
    TaxForm,
)
from tax_rules.facts import DatedFlag, Registration, RegistrationKind

STATE_KINDS = frozenset({RegistrationKind.QST, RegistrationKind.PST, RegistrationKind.RST, RegistrationKind.SALES_TAX})


class InvalidSellers(InvalidInput):
    """The file of the seller entities cannot be used; ``faults`` has every reason with its line."""


def seller_from_json(members: Mapping[str, Any]) -> SellerEntity:
    """The entity that :meth:`SellerEntity.as_json` wrote.

    Raises:
        InvalidSellers: the members are not those of an entity.
    """
    try:
        entity: SellerEntity = _SellerSchema().load(members)
    except ValidationError as error:
        raise InvalidSellers(
            "The stored seller cannot be read.", *faults_of(error.normalized_messages(), {})
        ) from error
    return entity


def faults_of(messages: Any, lines: Mapping[str, int], pointer: str = "") -> list[Fault]:
    """marshmallow's messages with their JSON Pointers and, where it is known, the line of the file."""
    if isinstance(messages, Mapping):
        found: list[Fault] = []
        for name, inner in messages.items():
            found += faults_of(inner, lines, pointer if name == "_schema" else f"{pointer}/{name}")
        return found
    nearest = pointer
    while nearest and nearest not in lines:
        nearest = nearest.rpartition("/")[0]
    where = f"line {lines[nearest]}: " if nearest in lines else ""
    return [Fault(pointer, "invalid", f"{where}{message}") for message in messages]


class _Strict(Schema):
    class Meta:
        unknown = RAISE

    error_messages = {"unknown": "unknown key"}  # noqa: RUF012


class _Text(fields.String):
    """One printable line."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError("write a text here")
        if not value.strip() or not value.isprintable() or len(value) > 200:
            raise ValidationError("write 1 to 200 printable characters on one line")
        return super()._deserialize(value, attr, data, **kwargs)


class _Country(_Text):
    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        code = super()._deserialize(value, attr, data, **kwargs)
        if code not in reference().countries:
            raise ValidationError("write a country of ISO 3166-1 in two capitals")
        return code


class _Day(fields.Field[date]):
    """A civil date ``YYYY-MM-DD``."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:  # noqa: ARG002
        try:
            if isinstance(value, str) and len(value) == 10:
                return date.fromisoformat(value)
        except ValueError:
            pass
        raise ValidationError("write a date such as 2021-07-01")


class _RegistrationSchema(_Strict):
    kind = fields.Enum(RegistrationKind, by_value=True, required=True)
    country = _Country(required=True)
    number = _Text(required=True)
    valid_from = _Day(required=True, data_key="from")
    valid_to = _Day(data_key="to", allow_none=True, load_default=None)
    state = _Text(allow_none=True, load_default=None)

    @validates_schema
    def check(self, data: dict[str, Any], **_: Any) -> None:
        if data["kind"] in STATE_KINDS and not data["state"]:
            raise ValidationError({"state": [f"{data['kind'].value} needs the state or province"]})
        if data["valid_to"] and data["valid_to"] < data["valid_from"]:
            raise ValidationError({"to": ["the end lies before the beginning"]})

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Registration:
        return Registration(**data)


class _FlagSchema(_Strict):
    value = fields.Boolean(required=True, truthy={True}, falsy={False})
    valid_from = _Day(data_key="from", allow_none=True, load_default=None)
    valid_to = _Day(data_key="to", allow_none=True, load_default=None)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> DatedFlag:
        return DatedFlag(**data)


class _Flags(fields.Field[tuple[DatedFlag, ...]]):
    """``true``, ``false``, or a list of ``{from, to, value}``."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> tuple[DatedFlag, ...]:  # noqa: ARG002
        if isinstance(value, bool):
            return (DatedFlag(value=True),) if value else ()
        if not isinstance(value, list):
            raise ValidationError("write true, false or a list of {from, to, value}")
        return tuple(_FlagSchema(many=True).load(value))


class _AddressSchema(_Strict):
    line1 = _Text(required=True)
    line2 = _Text(allow_none=True, load_default=None)
    city = _Text(required=True)
    postal_code = _Text(allow_none=True, load_default=None)
    county = _Text(allow_none=True, load_default=None)
    state = _Text(allow_none=True, load_default=None)
    country = _Country(required=True)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Address:
        return Address(**data)


class _ContactSchema(_Strict):
    email = _Text(allow_none=True, load_default=None)
    phone = _Text(allow_none=True, load_default=None)
    website = _Text(allow_none=True, load_default=None)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Contact:
        return Contact(**data)


class _ContactPointSchema(_Strict):
    role = _Text(required=True, validate=validate.OneOf(["accounts_receivable", "tax", "orders"]))
    name = _Text(allow_none=True, load_default=None)
    email = _Text(allow_none=True, load_default=None)
    phone = _Text(allow_none=True, load_default=None)

    @validates_schema
    def check(self, data: dict[str, Any], **_: Any) -> None:
        if not (data["email"] or data["phone"]):
            raise ValidationError("give an email or a phone")

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> ContactPoint:
        return ContactPoint(**data)


class _BankSchema(_Strict):
    currency = _Text(required=True, validate=validate.Regexp(r"\A[A-Z]{3}\Z", error="write three capitals"))
    holder = _Text(required=True)
    bank_name = _Text(required=True)
    iban = _Text(allow_none=True, load_default=None)
    bic = _Text(allow_none=True, load_default=None)
    account = _Text(allow_none=True, load_default=None)
    routing = _Text(allow_none=True, load_default=None)

    @validates_schema
    def check(self, data: dict[str, Any], **_: Any) -> None:
        if not (data["iban"] or data["account"]):
            raise ValidationError("give an iban, or an account with its routing number")

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> BankAccount:
        return BankAccount(**data)


class _SignatorySchema(_Strict):
    name = _Text(required=True)
    title = _Text(required=True)
    capacity = _Text(allow_none=True, load_default=None)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Signatory:
        return Signatory(**data)


class _TaxFormSchema(_Strict):
    kind = _Text(required=True, validate=validate.OneOf(["w9", "w8ben", "w8bene", "w8eci", "w8exp", "w8imy"]))
    revision = _Text(required=True)
    answers = fields.Dict(keys=fields.String(), load_default=dict)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> TaxForm:
        return TaxForm(**data)


class _CertificateSchema(_Strict):
    year = fields.Integer(required=True, validate=validate.Range(2000, 2100))
    file = _Text(required=True)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> ResidenceCertificate:
        return ResidenceCertificate(**data)


class _Series(_Text):
    """A pattern of numbers such as ``DE-CN-{year}-{n:06d}``: the counter must be in it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        pattern = super()._deserialize(value, attr, data, **kwargs)
        try:
            first, second = (pattern.format(year=2026, n=n) for n in (1, 2))
        except (KeyError, IndexError, ValueError, AttributeError):
            raise ValidationError("use {year} and {n:06d} only") from None
        if first == second:
            raise ValidationError("the counter {n:06d} is missing, numbers would repeat")
        return pattern


def _tuple_of(schema: type[Schema], **kwargs: Any) -> fields.List:
    return fields.List(fields.Nested(schema), **kwargs)


class _SellerSchema(_Strict):
    code = _Text(
        required=True, validate=validate.Regexp(r"\A[a-z][a-z0-9_-]{0,15}\Z", error="write lower-case letters")
    )
    legal_name = _Text(required=True)
    trade_name = _Text(allow_none=True, load_default=None)
    country = _Country(required=True)
    country_of_incorporation = _Country(allow_none=True, load_default=None)
    address = fields.Nested(_AddressSchema, required=True)
    mailing_address = fields.Nested(_AddressSchema, allow_none=True, load_default=None)
    registrations = _tuple_of(_RegistrationSchema, required=True)
    below_eu_threshold = _Flags(load_default=())
    below_evidence_threshold = _Flags(load_default=())
    tax_form = fields.Nested(_TaxFormSchema, allow_none=True, load_default=None)
    bank_accounts = _tuple_of(_BankSchema, load_default=list)
    signatories = _tuple_of(_SignatorySchema, load_default=list)
    contact = fields.Nested(_ContactSchema, load_default=Contact)
    contacts = _tuple_of(_ContactPointSchema, load_default=list)
    residence_certificates = _tuple_of(_CertificateSchema, load_default=list)
    series = fields.Dict(keys=_Text(), values=_Series(), load_default=dict)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> SellerEntity:
        return SellerEntity(**{name: tuple(v) if isinstance(v, list) else v for name, v in data.items()})


class FileSchema(_Strict):
    sellers = _tuple_of(_SellerSchema, required=True, validate=validate.Length(min=1, error="name at least one seller"))

    @validates_schema
    def check(self, data: dict[str, Any], **_: Any) -> None:
        codes = [seller.code for seller in data["sellers"]]
        twice = {n: {"code": ["another seller has this code"]} for n, code in enumerate(codes) if code in codes[:n]}
        if twice:
            raise ValidationError({"sellers": twice})
