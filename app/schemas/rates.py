"""``GET /v1/tax/rates``: what is asked, and which rates are in force there."""

from typing import Any

from marshmallow import Schema, fields

from app.schemas.calculation_answers import LEVELS, jurisdiction_members
from app.schemas.fields import CivilDate, CountryCode, StrictSchema, Text
from tax_rules.decision import Caution
from tax_rules.explain import caution_in_words
from tax_rules.facts import Address
from tax_rules.money import format_percent
from tax_rules.rates import RateInForce, RatesFound
from tax_rules.rulebook import RuleBook


class RatesQuery(StrictSchema):
    """A place and a day; the day is today where none is given."""

    country = CountryCode(required=True)
    state = Text(max_length=100, load_default=None)
    postal_code = Text(max_length=20, load_default=None)
    date = CivilDate(load_default=None)


class RateOut(Schema):
    """One rate: ``kind`` is standard, reduced, ebook and so on, or the level of a tax in a stack.

    ``rate_percent`` is null where no such tax is levied (``kind`` not_levied).
    """

    jurisdiction = fields.Dict(keys=fields.String(), values=fields.String())
    kind = fields.String()
    tax_type = fields.String()
    tax_name = fields.String(allow_none=True)
    rate_percent = fields.String(allow_none=True)
    valid_from = fields.String(data_key="from", allow_none=True, metadata={"format": "date"})
    law = fields.String(allow_none=True)
    source = fields.String(allow_none=True)
    confidence = fields.String(metadata={"enum": ["high", "medium", "low"]})
    row = fields.String(allow_none=True)


class CautionOut(Schema):
    """A warning, or what is not known, with a sentence."""

    code = fields.String()
    message = fields.String()


class RatesOut(Schema):
    """The rates of a place; what is not known stands in ``undetermined`` and is never zero.

    ``combined_rate_percent`` is the sum of the taxes that lie on one price in the United States and in Canada, for
    goods without any rule of their own.
    """

    country = fields.String()
    state = fields.String(allow_none=True)
    postal_code = fields.String(allow_none=True)
    date = fields.String(metadata={"format": "date"})
    jurisdiction = fields.Dict(keys=fields.String(), values=fields.String())
    address_level = fields.String(allow_none=True, metadata={"enum": [*LEVELS, None]})
    combined_rate_percent = fields.String(allow_none=True)
    rates = fields.List(fields.Nested(RateOut))
    undetermined = fields.List(fields.Nested(CautionOut))
    warnings = fields.List(fields.Nested(CautionOut))
    confidence = fields.String(metadata={"enum": ["high", "medium", "low"]})
    rulebook = fields.Dict(keys=fields.String(), values=fields.String())


def rates_answer(found: RatesFound, address: Address, day: str, book: RuleBook) -> dict[str, Any]:
    """The answer for a place and a day."""
    return {
        "country": address.country,
        "state": address.state,
        "postal_code": address.postal_code,
        "date": day,
        "jurisdiction": jurisdiction_members(found.jurisdiction),
        "address_level": found.address_level,
        "combined_rate_percent": None if found.combined is None else format_percent(found.combined),
        "rates": [_rate(rate) for rate in found.rates],
        "undetermined": [_told(caution, book) for caution in found.undetermined],
        "warnings": [_told(caution, book) for caution in found.warnings],
        "confidence": found.confidence.value,
        "rulebook": {"version": book.version, "sha256": book.sha256},
    }


def _rate(rate: RateInForce) -> dict[str, Any]:
    return {
        "jurisdiction": jurisdiction_members(rate.jurisdiction),
        "kind": rate.kind,
        "tax_type": rate.tax_type,
        "tax_name": rate.tax_name,
        "rate_percent": None if rate.rate is None else format_percent(rate.rate),
        "valid_from": rate.valid_from.isoformat() if rate.valid_from else None,
        "law": rate.law,
        "source": rate.source,
        "confidence": str(rate.confidence),
        "row": rate.row,
    }


def _told(caution: Caution, book: RuleBook) -> dict[str, str]:
    return {"code": caution.code, "message": caution_in_words(caution, "en", book)}
