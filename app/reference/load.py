"""Read the reference data: strict, every fault at once, with the file's name."""

import csv
from collections import Counter
from dataclasses import fields
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from marshmallow import Schema, ValidationError, post_load, validate
from marshmallow import fields as f

from app.reference.records import (
    CodeList,
    Country,
    Evidence,
    Language,
    Names,
    PaymentOption,
    ProductKind,
    Reason,
    Reference,
)

DATA = Path(__file__).parent / "data"
FAMILIES = ("card", "wallet", "bank_transfer", "direct_debit", "cash_voucher", "invoice", "other")
CODE = validate.Regexp(r"\A[a-z][a-z0-9_]*\Z")
COUNTRY = validate.Regexp(r"\A[A-Z]{2}\Z")
CURRENCY = validate.Regexp(r"\A[A-Z]{3}\Z")


class ReferenceFault(Exception):
    """A file of the reference data breaks its form; the text names the file and everything wrong in it."""


@cache
def reference() -> Reference:
    """The shipped reference data, read once a process."""
    return load_reference(DATA)


def load_reference(folder: Path) -> Reference:
    """Read a folder of reference data.

    Raises:
        ReferenceFault: unknown, missing or duplicate keys, a wrong type, a code that is used twice or not defined.
    """
    options = _read(folder / "payment_options.yaml", _PaymentFile())
    kinds = _read(folder / "product_kinds.yaml", _KindFile())["kinds"]
    reasons = _read(folder / "reasons.yaml", _ReasonFile())
    languages = _read(folder / "languages.yaml", _LanguageFile())["languages"]
    return Reference(
        evidence=CodeList("kind of evidence", options["evidence"]),
        payment_options=CodeList("payment option", options["options"]),
        product_kinds=CodeList("product kind", kinds),
        tax_refund_reasons=CodeList("reason", reasons["tax_refund"]),
        refund_reasons=CodeList("reason", reasons["refund"]),
        countries=CodeList("country", _read_countries(folder / "countries.csv")),
        languages=CodeList("language", languages),
    )


class _Record(Schema):
    """A schema whose result is a frozen record."""

    record: type

    @post_load
    def _freeze(self, data: dict[str, Any], **_: Any) -> Any:
        return self.record(**data)


class _TupleOf(f.List):
    """A list that is loaded as a tuple."""

    def _deserialize(self, *args: Any, **kwargs: Any) -> Any:
        return tuple(super()._deserialize(*args, **kwargs))


class _Day(f.Field[date]):
    """A date as YAML reads it."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> date:
        if type(value) is not date:
            raise ValidationError("Write a date such as 2024-12-31.")
        return value


def _text(*validators: Any) -> f.String:
    return f.String(required=True, validate=[validate.Length(min=1), *validators])


def _codes(check: validate.Validator) -> _TupleOf:
    return _TupleOf(f.String(validate=check), load_default=(), validate=_unique)


def _unique(values: tuple[Any, ...]) -> None:
    codes = [getattr(value, "code", value) for value in values]
    if doubled := [code for code, times in Counter(codes).items() if times > 1]:
        raise ValidationError(f"Used twice: {', '.join(doubled)}")


def _list_of(schema: type[Schema]) -> _TupleOf:
    return _TupleOf(f.Nested(schema), required=True, validate=[validate.Length(min=1), _unique])


class _Names(_Record):
    record = Names
    en, de, fr = _text(), _text(), _text()


class _PaymentOption(_Record):
    record = PaymentOption
    code = _text(CODE)
    family = _text(validate.OneOf(FAMILIES))
    names = f.Nested(_Names, required=True)
    refundable = f.Boolean(required=True, truthy={True}, falsy={False})
    refund_days = _TupleOf(f.Integer(strict=True, validate=validate.Range(0, 60)), required=True)
    evidence = _TupleOf(f.String(), required=True, validate=[validate.Length(min=1), _unique])
    currencies = _codes(CURRENCY)
    countries = _codes(COUNTRY)
    valid_from = _Day(data_key="from", load_default=None)
    valid_to = _Day(data_key="to", load_default=None)
    note = f.String(load_default="")

    @post_load
    def _freeze(self, data: dict[str, Any], **_: Any) -> PaymentOption:
        if len(data["refund_days"]) != 2 or data["refund_days"][0] > data["refund_days"][1]:
            raise ValidationError("Give the fewest and the most days.", "refund_days")
        if data["valid_from"] and data["valid_to"] and data["valid_from"] > data["valid_to"]:
            raise ValidationError("Ends before it begins.", "to")
        return PaymentOption(**data)


class _PaymentFile(Schema):
    evidence = f.Dict(keys=f.String(validate=CODE), values=f.Nested(_Names), required=True)
    options = _list_of(_PaymentOption)

    @post_load
    def _join(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        known = data["evidence"]
        for option in data["options"]:
            if missing := [code for code in option.evidence if code not in known]:
                raise ValidationError(f"{option.code}: evidence is not defined: {', '.join(missing)}", "options")
        return data | {"evidence": tuple(Evidence(code, names) for code, names in known.items())}


class _ProductKind(_Record):
    record = ProductKind
    code = _text(CODE)
    delivery = _text(validate.OneOf(("electronic", "physical", "service")))
    names = f.Nested(_Names, required=True)
    aliases = _codes(CODE)
    exempt_aliases = _codes(CODE)


class _KindFile(Schema):
    kinds = _list_of(_ProductKind)

    @post_load
    def _tell_apart(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        _unique(tuple(code for kind in data["kinds"] for code in (kind.code, *kind.aliases, *kind.exempt_aliases)))
        return data


class _Reason(_Record):
    record = Reason
    code = _text(CODE)
    names = f.Nested(_Names, required=True)


class _ReasonFile(Schema):
    tax_refund = _list_of(_Reason)
    refund = _list_of(_Reason)


class _Language(_Record):
    record = Language
    code = _text(validate.Regexp(r"\A[a-z]{2}(-[A-Z]{2})?\Z"))
    locale = _text(validate.Regexp(r"\A[a-z]{2}_[A-Z]{2}\Z"))
    native_name = _text()
    internal = f.Boolean(required=True, truthy={True}, falsy={False})


class _LanguageFile(Schema):
    languages = _list_of(_Language)


class _Country(_Record):
    record = Country
    code = _text(COUNTRY)
    iso_code = _text(COUNTRY)
    standing = _text(validate.OneOf(("iso", "user_assigned", "vat_only")))
    note = f.String(required=True)


class _UniqueKeyLoader(yaml.SafeLoader):
    """PyYAML's safe loader, which would let the last of two equal keys win, refusing them."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        if doubled := [key for key, times in Counter(keys).items() if times > 1]:
            raise yaml.constructor.ConstructorError(None, None, f"key {doubled[0]!r} stands twice", node.start_mark)
        return super().construct_mapping(node, deep)


def _read(path: Path, schema: Schema) -> dict[str, Any]:
    try:
        return schema.load(yaml.load(path.read_text("utf-8"), _UniqueKeyLoader))  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, ValidationError) as error:
        raise ReferenceFault(f"{path.name}: {error}") from error


def _read_countries(path: Path) -> tuple[Country, ...]:
    columns = [field.name for field in fields(Country)]
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        if reader.fieldnames != columns:
            raise ReferenceFault(f"{path.name}: the header must be {','.join(columns)}")
        try:
            countries = tuple(_Country(many=True).load(list(reader)))
            _unique(countries)
        except (csv.Error, ValidationError) as error:
            raise ReferenceFault(f"{path.name}: {error}") from error
    return countries
