"""The answer of a calculation, and the one way from a request to it that HTTP and the command line share."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from marshmallow import Schema, fields

from app.errors import Fault, InvalidInput
from app.schemas.calculations import CalculationAsked, TaxIdStated, read_calculation
from app.sellers import SellerEntity
from tax_rules.calculate import Calculation, TaxedLine, TaxShare, calculate
from tax_rules.decision import Caution, Jurisdiction, Outcome, RowRead, Step, Treatment
from tax_rules.errors import BadFacts
from tax_rules.explain import caution_in_words, step_in_words
from tax_rules.facts import TaxId, TaxIdStatus
from tax_rules.identifiers import check_identifier
from tax_rules.money import Currency, format_percent
from tax_rules.rulebook import RuleBook
from tax_rules.vat.evidence import number_country

Resolve = Callable[[TaxIdStated, str, date], TaxId]
"""What is known of a tax ID: as stated, the country of the customer's address, and the tax date."""


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
    fees = fields.List(fields.Dict())
    tax_breakdown = fields.List(fields.Nested(TaxShareOut))
    notices = fields.List(fields.Dict())
    warnings = fields.List(fields.Dict())
    confidence = fields.String()
    rulebook = fields.Dict()


def calculation_from_request(
    payload: Any,
    *,
    sellers: Mapping[str, SellerEntity],
    book: RuleBook,
    may_assert: bool,
    may_override: bool = False,
    resolve: Resolve | None = None,
) -> dict[str, Any]:
    """The answer to a parsed request body, without storing anything; ``id`` is null.

    Args:
        may_assert: a stated status of a tax ID is used, and the law line says "asserted".
        may_override: ``rates_override`` is used; only the command line allows it.
        resolve: finds what our own checks say of a tax ID; None where there is no database to look in.
    Raises:
        InvalidInput: with every fault and its JSON Pointer; also where something is asked that no engine decides yet.
    """
    asked = read_calculation(payload)
    seller = sellers.get(asked.seller)
    faults = list(_faults(asked, sellers, may_override=may_override, knows_checks=resolve is not None))
    if seller is None or faults:
        raise InvalidInput("The calculation was refused.", *faults)
    home, on = asked.address.country, asked.tax_date

    def known(tax_id: TaxIdStated) -> TaxId:
        if resolve is not None:
            return resolve(tax_id, home, on)
        return stated_tax_id(tax_id, home, on, book=book, may_assert=may_assert)

    try:
        calculation = calculate(asked.sale(seller.facts(), known), book)
    except BadFacts as error:
        raise InvalidInput("The calculation was refused.", Fault("", "contradiction", f"{error}.")) from error
    if undecided := tuple(_undecided(asked, calculation)):
        raise InvalidInput("The calculation was refused.", *undecided)
    members = calculation_answer(calculation, book)
    return members | ({"reference": asked.reference} if asked.reference else {})


def stated_tax_id(tax_id: TaxIdStated, home: str, on: date, *, book: RuleBook, may_assert: bool) -> TaxId:
    """What is known of a tax ID without asking anybody: the caller's word where it counts, else its form."""
    country = number_country(tax_id.number, customer_country=home, on=on, book=book)
    offline = check_identifier(country, tax_id.number, kind=tax_id.kind)
    status = TaxIdStatus.MALFORMED if offline.valid is False else TaxIdStatus.NOT_CHECKED
    is_asserted = may_assert and tax_id.status is not None
    if is_asserted and tax_id.status is not None:
        status = tax_id.status
    return TaxId(kind=tax_id.kind, number=offline.number, country=country, status=status, asserted=is_asserted)


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
        "fees": [],
        "tax_breakdown": [_share(share, money) for share in c.shares],
        "notices": [{"code": n.code, "language": n.language, "text": n.text} for n in c.notices],
        "warnings": [_warning(warning, language, book) for warning in c.warnings],
        "confidence": c.confidence.value,
        "rulebook": {"version": book.version, "sha256": book.sha256},
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
    return members | {name: value for name, value in optional.items() if value}


def _rate(line: TaxedLine) -> str | None:
    """The line's rate; null where none is known, and where shipping is split over several."""
    rates = {share.rate for share in line.shares}
    if line.amounts is None or len(rates) > 1 or line.treatment.rate is None:
        return None
    return format_percent(line.treatment.rate)


def _share(share: TaxShare, money: _Money) -> dict[str, Any]:
    return {
        "jurisdiction": _jurisdiction(share.jurisdiction),
        "tax_type": share.tax_type,
        "rate_percent": format_percent(share.rate),
        "taxable_amount": money(share.taxable),
        "tax_amount": money(share.tax),
        "taxability_reason": share.reason.value,
    }


def _jurisdiction(place: Jurisdiction) -> dict[str, str]:
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
    members = {"code": warning.code, "message": caution_in_words(warning, language, book)}
    return members | ({"line": warning.line} if warning.line else {})


def _faults(
    asked: CalculationAsked, sellers: Mapping[str, SellerEntity], *, may_override: bool, knows_checks: bool
) -> list[Fault]:
    faults = []
    if asked.seller not in sellers:
        faults.append(Fault("/seller", "unknown_seller", f"Name a seller of ours: {', '.join(sellers)}."))
    if asked.rates_override and not may_override:
        faults.append(Fault("/rates_override", "not_allowed", "Rates are stated on the command line only."))
    if not knows_checks:
        faults += [
            Fault(
                f"/customer/tax_ids/{n}/check_id", "not_available", "There are no stored checks here; state a status."
            )
            for n, tax_id in enumerate(asked.tax_ids)
            if tax_id.check_id
        ]
    return faults


def _undecided(asked: CalculationAsked, calculation: Calculation) -> list[Fault]:
    """What was asked for and would have been ignored: refused, because the answer would be wrong."""
    if all(line.treatment.outcome is Outcome.UNDETERMINED for line in calculation.lines):
        return []  # the answer already says that nothing was decided
    faults = []
    if asked.has_exemption:
        faults.append(Fault("/exemption", "not_supported", "Exemptions are not decided by this version."))
    if asked.is_collected_by_marketplace:
        faults.append(
            Fault("/marketplace", "not_supported", "Sales through marketplaces are not decided by this version.")
        )
    return faults
