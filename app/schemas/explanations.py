"""``/explanation``: why the tax is what it is, as JSON; the page and the tax statement read the same records."""

from typing import Any

from marshmallow import Schema, fields

from app.schemas.calculation_answers import LEVELS, TaxShareOut
from app.schemas.fields import LanguageTag, StrictSchema


class ExplanationQuery(StrictSchema):
    """In which language the steps are told: as asked, else by ``Accept-Language``, else in English."""

    language = LanguageTag(load_default=None)


class RowOut(Schema):
    """A dated row of the rule book as it was read."""

    id = fields.String()
    valid_from = fields.String(metadata={"format": "date"})
    value = fields.Raw(allow_none=True)
    law = fields.String()
    source = fields.String()
    confidence = fields.String(metadata={"enum": ["high", "medium", "low"]})


class StepOut(Schema):
    """One step in words, with its law, the row it read and the facts it used."""

    code = fields.String()
    text = fields.String()
    law = fields.String(allow_none=True)
    row = fields.Nested(RowOut, allow_none=True)
    facts = fields.Dict(keys=fields.String(), values=fields.String())


class ExplainedLineOut(Schema):
    """A line with its reasons; amounts are null while its outcome is undetermined."""

    reference = fields.String()
    outcome = fields.String()
    taxability_reason = fields.String()
    amount = fields.String()
    taxable_amount = fields.String(allow_none=True)
    exempt_amount = fields.String(allow_none=True)
    tax_amount = fields.String(allow_none=True)
    rate_percent = fields.String(allow_none=True)
    vat_category = fields.String(allow_none=True)
    vatex = fields.String(allow_none=True)
    sourcing = fields.String(allow_none=True)
    address_level = fields.String(allow_none=True, metadata={"enum": [*LEVELS, None]})
    confidence = fields.String()
    steps = fields.List(fields.Nested(StepOut))
    tax_breakdown = fields.List(fields.Nested(TaxShareOut))
    law = fields.List(fields.String())
    rules = fields.List(fields.Nested(RowOut))


class WarningOut(Schema):
    """A warning in words, for one line or for all."""

    code = fields.String()
    text = fields.String()
    line = fields.String(allow_none=True)


class ExplanationOut(Schema):
    """Why the tax of each line is what it is, in ``language``."""

    id = fields.String()
    language = fields.String()
    currency = fields.String()
    outcome = fields.String()
    taxable_amount = fields.String(allow_none=True)
    tax_amount = fields.String(allow_none=True)
    lines = fields.List(fields.Nested(ExplainedLineOut))
    shipping = fields.Nested(ExplainedLineOut, allow_none=True)
    warnings = fields.List(fields.Nested(WarningOut))
    confidence = fields.String()
    rulebook = fields.Dict(keys=fields.String(), values=fields.String())


def language_asked(asked: str | None, accepted: Any, languages: tuple[str, ...]) -> str:
    """The language of the sentences; a region is left off where there are sentences of the language alone."""
    if asked is not None:
        return asked if asked in languages else asked.split("-")[0]
    return accepted.best_match(languages, default="en")
