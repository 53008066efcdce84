"""The answer of a calculation: amounts in the currency's own decimals, and what they rest on."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from marshmallow import Schema, fields

from tax_rules.calculate import Calculation
from tax_rules.decision import Caution, Jurisdiction, RowRead, Step, Treatment
from tax_rules.explain import caution_in_words, step_in_words
from tax_rules.facts import AddressLevel
from tax_rules.money import Currency, format_percent
from tax_rules.national_currency import NationalTax
from tax_rules.rulebook import RuleBook
from tax_rules.taxed_lines import TaxedLine, TaxShare

LEVELS = [level.value for level in AddressLevel]


class JurisdictionOut(Schema):
    """Whose tax it is."""

    country = fields.String()
    state = fields.String()
    level = fields.String()
    name = fields.String()
    code = fields.String()


class TaxShareOut(Schema):
    """The part of one tax at one rate."""

    jurisdiction = fields.Nested(JurisdictionOut)
    tax_type = fields.String(allow_none=True)
    rate_percent = fields.String()
    taxable_amount = fields.String()
    tax_amount = fields.String()
    taxability_reason = fields.String()


class CalculatedLineOut(Schema):
    """A line with its tax; amounts are null while its outcome is undetermined."""

    reference = fields.String()
    outcome = fields.String()
    amount = fields.String()
    taxable_amount = fields.String(allow_none=True)
    exempt_amount = fields.String(allow_none=True)
    tax_amount = fields.String(allow_none=True)
    rate_percent = fields.String(allow_none=True)
    vat_category = fields.String()
    vatex = fields.String()
    taxability_reason = fields.String()
    tax_breakdown = fields.List(fields.Nested(TaxShareOut))
    law = fields.List(fields.String())
    rules = fields.List(fields.Dict())
    steps = fields.List(fields.Dict())
    confidence = fields.String()
    sourcing = fields.String(metadata={"description": "by which place local taxes were found"})
    address_level = fields.String(metadata={"enum": LEVELS, "description": "how precisely the place was found"})


class NationalTaxOut(Schema):
    """The tax of a state in its own currency, with the stated rate that made it so."""

    jurisdiction = fields.Nested(JurisdictionOut)
    currency = fields.String()
    tax_amount = fields.String()
    rate = fields.String()
    rate_date = fields.String()
    rate_source = fields.String()
    law = fields.String()


class CalculationOut(Schema):
    """The tax on one sale; document amounts are null while any line is undetermined."""

    id = fields.String(allow_none=True)
    reference = fields.String()
    currency = fields.String()
    outcome = fields.String()
    amount_subtotal = fields.String(allow_none=True)
    taxable_amount = fields.String(allow_none=True)
    tax_amount = fields.String(allow_none=True)
    amount_total = fields.String(allow_none=True)
    rounding_basis = fields.String()
    lines = fields.List(fields.Nested(CalculatedLineOut))
    shipping = fields.Nested(CalculatedLineOut, allow_none=True)
    fees = fields.List(fields.Dict(), metadata={"description": "flat fees of a state, no tax; beside `amount_total`"})
    tax_breakdown = fields.List(fields.Nested(TaxShareOut))
    national_taxes = fields.List(
        fields.Nested(NationalTaxOut), metadata={"description": "where a state wants its tax in its own currency"}
    )
    sourcing = fields.String(metadata={"description": "of all lines where they have one; `mixed` where they differ"})
    address_level = fields.String(metadata={"enum": LEVELS, "description": "the least precise of the lines"})
    notices = fields.List(fields.Dict())
    warnings = fields.List(fields.Dict())
    confidence = fields.String()
    rulebook = fields.Dict()


def calculation_answer(
    calculation: Calculation, book: RuleBook, *, calculation_id: str | None = None, language: str = "en"
) -> dict[str, Any]:
    """The members of the answer; sentences in ``language`` where the rule book has them, else in English."""
    c, money = calculation, _Money(calculation.currency)
    every = (*c.lines, *((c.shipping,) if c.shipping else ()))
    reasons = {id(line.treatment): line.treatment for line in every}  # most lines share one: it is told once
    why = {key: _why(treatment, book, language) for key, treatment in reasons.items()}
    return {
        "id": calculation_id,
        "currency": c.currency.code,
        "outcome": c.outcome.value,
        "amount_subtotal": money(c.net),
        "taxable_amount": money(c.taxable),
        "tax_amount": money(c.tax),
        "amount_total": money(c.gross),
        "rounding_basis": c.rounding_basis.value,
        "lines": [_line(line, money, why[id(line.treatment)]) for line in c.lines],
        "shipping": _line(c.shipping, money, why[id(c.shipping.treatment)]) if c.shipping else None,
        "fees": [{"kind": fee.kind, "amount": money(fee.amount), "law": fee.law, "row": fee.row} for fee in c.fees],
        "tax_breakdown": [_share(share, money) for share in c.shares],
        "notices": [{"code": n.code, "language": n.language, "text": n.text} for n in c.notices],
        "warnings": [_warning(warning, language, book) for warning in c.warnings],
        "confidence": c.confidence.value,
        "rulebook": {"version": book.version, "sha256": book.sha256},
        **_place([line.treatment for line in every]),
        **({"national_taxes": [_national(tax, book) for tax in c.national]} if c.national else {}),
    }


class _Money:
    """Writes amounts of one currency; None stays None."""

    __slots__ = ("currency",)

    def __init__(self, currency: Currency) -> None:
        self.currency = currency

    def __call__(self, amount: Decimal | None) -> str | None:
        return None if amount is None else self.currency.format(amount)


def _line(line: TaxedLine, money: _Money, why: dict[str, Any]) -> dict[str, Any]:
    treatment = line.treatment
    return {
        "reference": line.reference,
        "outcome": treatment.outcome.value,
        "amount": money(line.amount),
        "taxable_amount": money(line.taxable),
        "exempt_amount": money(line.exempt),
        "tax_amount": money(line.amounts.tax) if line.amounts else None,
        "rate_percent": _rate(line),
        "taxability_reason": treatment.reason.value,
        "tax_breakdown": [_share(share, money) for share in line.shares],
        **why,
    }


def _why(treatment: Treatment, book: RuleBook, language: str) -> dict[str, Any]:
    """The members of a line that its treatment alone decides: what it rests on, step by step."""
    members = {
        "law": list(treatment.law),
        "rules": [rule_read(row) for row in treatment.rows],
        "steps": [_step(step, language, book) for step in treatment.steps],
        "confidence": treatment.confidence.value,
    }
    optional = {"vat_category": treatment.vat_category, "vatex": treatment.vatex}
    return members | {name: value for name, value in optional.items() if value} | _place([treatment])


def _place(treatments: Sequence[Treatment]) -> dict[str, str]:
    """By which place local taxes were found, and how precisely; nothing where no line has any."""
    sourcings = {t.sourcing for t in treatments if t.sourcing}
    levels = {t.address_level for t in treatments if t.address_level}
    members = {"sourcing": sourcings.pop() if len(sourcings) == 1 else "mixed"} if sourcings else {}
    return members | ({"address_level": max(levels, key=LEVELS.index)} if levels else {})


def _rate(line: TaxedLine) -> str | None:
    """The line's rate; null where none is known, and where shipping is split over several."""
    rates = {share.rate for share in line.shares}
    if line.amounts is None or len(rates) > 1 or line.treatment.rate is None:
        return None
    return format_percent(line.treatment.rate)


def _national(tax: NationalTax, book: RuleBook) -> dict[str, Any]:
    return {
        "jurisdiction": jurisdiction_members(tax.jurisdiction),
        "currency": tax.currency,
        "tax_amount": book.currency(tax.currency).format(tax.tax),
        "rate": f"{tax.rate.rate:f}",
        "rate_date": tax.rate.on.isoformat(),
        "rate_source": tax.rate.source,
        "law": tax.law,
    }


def _share(share: TaxShare, money: _Money) -> dict[str, Any]:
    return {
        "jurisdiction": jurisdiction_members(share.jurisdiction),
        "tax_type": share.tax_type,
        "rate_percent": format_percent(share.rate),
        "taxable_amount": money(share.taxable),
        "tax_amount": money(share.tax),
        "taxability_reason": share.reason.value,
    }


def jurisdiction_members(place: Jurisdiction) -> dict[str, str]:
    """Whose tax it is, without the members that it does not have."""
    members = {"country": place.country, "state": place.state, "level": place.level, "name": place.name}
    return {name: value for name, value in (members | {"code": place.code}).items() if value}


def rule_read(row: RowRead) -> dict[str, Any]:
    """A row of the rule book as the answer shows it."""
    value = row.value
    shown = format_percent(value) if isinstance(value, Decimal) else str(value).lower() if value is True else value
    members = {"id": row.id, "from": row.valid_from.isoformat(), "value": shown}
    return members | {"law": row.law, "source": row.source, "confidence": row.confidence}


def _step(step: Step, language: str, book: RuleBook) -> dict[str, Any]:
    text = step_in_words(step, language, book)
    return {"code": step.code, "text": text, "law": step.law, "row": step.row, "facts": dict(step.facts)}


def _warning(warning: Caution, language: str, book: RuleBook) -> dict[str, Any]:
    message = caution_in_words(warning, language, book)
    members = {"code": warning.code, "message": message, "facts": dict(warning.facts)}
    return members | ({"line": warning.line} if warning.line else {})
