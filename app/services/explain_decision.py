"""Why the tax is what it is: a stored decision told step by step, for the page, the API and the tax statement alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.actor import Actor
from app.desk import Desk
from app.errors import NotFound
from app.services.keep_calculation import read_calculation
from app.services.read_order import read_order
from tax_rules.decision import Caution, Step
from tax_rules.explain import caution_in_words, step_in_words
from tax_rules.rulebook import RuleBook


@dataclass(frozen=True, slots=True, kw_only=True)
class RowShown:
    """A row of the rule book as the decision read it; ``value`` as it was written down."""

    id: str
    valid_from: str
    value: Any
    law: str
    source: str
    confidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepShown:
    """One step of the reasoning in words, with its law, the row it read and the facts it used."""

    code: str
    text: str
    law: str | None
    row: RowShown | None
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxShown:
    """One tax on the line: whose, at which rate in percent, on what; amounts in the decision's currency."""

    jurisdiction: Mapping[str, str]
    tax_type: str | None
    rate_percent: Decimal
    taxable_amount: Decimal
    tax_amount: Decimal
    taxability_reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineShown:
    """A line with its reasons; amounts are None while its outcome is undetermined."""

    reference: str
    outcome: str
    taxability_reason: str
    amount: Decimal
    taxable_amount: Decimal | None
    exempt_amount: Decimal | None
    tax_amount: Decimal | None
    rate_percent: Decimal | None
    vat_category: str | None
    vatex: str | None
    sourcing: str | None
    address_level: str | None
    confidence: str
    steps: tuple[StepShown, ...]
    tax_breakdown: tuple[TaxShown, ...]
    law: tuple[str, ...]
    rules: tuple[RowShown, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WarningShown:
    """A warning in words, for one line or for all."""

    code: str
    text: str
    line: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A decision explained in ``language``; sums are None while any line is undetermined."""

    id: str | None
    language: str
    currency: str
    outcome: str
    taxable_amount: Decimal | None
    tax_amount: Decimal | None
    lines: tuple[LineShown, ...]
    shipping: LineShown | None
    warnings: tuple[WarningShown, ...]
    confidence: str
    rulebook: Mapping[str, str]

    @property
    def by_reference(self) -> dict[str, LineShown]:
        """The lines by their references."""
        return {line.reference: line for line in self.lines}


def explain_calculation(desk: Desk, actor: Actor, calculation_id: str, *, language: str) -> Explanation:
    """A kept calculation, or the decision of an order, explained; raises NotFound."""
    answer = read_calculation(desk, actor, calculation_id)
    return explain_decision(answer | {"id": calculation_id}, language=language, book=desk.book)


def explain_order(desk: Desk, actor: Actor, reference: str, *, language: str) -> Explanation:
    """The decision that is kept with an order, explained.

    Raises:
        NotFound: no such order for this caller, or it has no decision of ours.
    """
    view = read_order(desk, actor, reference)
    if view.decision is None:
        raise NotFound("The order has no tax decision of ours.")
    return explain_decision(view.decision | {"id": view.order.decision_id}, language=language, book=desk.book)


def explain_decision(answer: Mapping[str, Any], *, language: str, book: RuleBook) -> Explanation:
    """A stored answer as typed records, its sentences told anew in the language, in English where the book has none.

    A sentence that is no longer in the book keeps the words of its day. Nothing is decided or calculated here.
    """
    spoken = language if language in book.languages else "en"
    shipping = answer.get("shipping")
    return Explanation(
        id=answer["id"],
        language=spoken,
        currency=answer["currency"],
        outcome=answer["outcome"],
        taxable_amount=_decimal(answer["taxable_amount"]),
        tax_amount=_decimal(answer["tax_amount"]),
        lines=tuple(_line(line, spoken, book) for line in answer["lines"]),
        shipping=_line(shipping, spoken, book) if shipping else None,
        warnings=tuple(_warning(warning, spoken, book) for warning in answer["warnings"]),
        confidence=answer["confidence"],
        rulebook=dict(answer["rulebook"]),
    )


def _line(line: Mapping[str, Any], language: str, book: RuleBook) -> LineShown:
    rules = {row["id"]: _row(row) for row in line["rules"]}
    return LineShown(
        reference=line["reference"],
        outcome=line["outcome"],
        taxability_reason=line["taxability_reason"],
        amount=Decimal(line["amount"]),
        taxable_amount=_decimal(line["taxable_amount"]),
        exempt_amount=_decimal(line["exempt_amount"]),
        tax_amount=_decimal(line["tax_amount"]),
        rate_percent=_decimal(line["rate_percent"]),
        vat_category=line.get("vat_category"),
        vatex=line.get("vatex"),
        sourcing=line.get("sourcing"),
        address_level=line.get("address_level"),
        confidence=line["confidence"],
        steps=tuple(_step(step, rules, language, book) for step in line["steps"]),
        tax_breakdown=tuple(_tax(share) for share in line["tax_breakdown"]),
        law=tuple(line["law"]),
        rules=tuple(rules.values()),
    )


def _row(row: Mapping[str, Any]) -> RowShown:
    members = {name: row[name] for name in ("id", "value", "law", "source", "confidence")}
    return RowShown(valid_from=row["from"], **members)


def _step(step: Mapping[str, Any], rules: Mapping[str, RowShown], language: str, book: RuleBook) -> StepShown:
    told = Step(step["code"], facts=tuple(step["facts"].items()))
    try:
        text = step_in_words(told, language, book)
    except KeyError:
        text = step["text"]
    row = rules.get(step["row"] or "")
    return StepShown(code=step["code"], text=text, law=step["law"], row=row, facts=dict(step["facts"]))


def _tax(share: Mapping[str, Any]) -> TaxShown:
    return TaxShown(
        jurisdiction=dict(share["jurisdiction"]),
        tax_type=share["tax_type"],
        rate_percent=Decimal(share["rate_percent"]),
        taxable_amount=Decimal(share["taxable_amount"]),
        tax_amount=Decimal(share["tax_amount"]),
        taxability_reason=share["taxability_reason"],
    )


def _warning(warning: Mapping[str, Any], language: str, book: RuleBook) -> WarningShown:
    told = Caution(warning["code"], facts=tuple(warning.get("facts", {}).items()))
    try:
        text = caution_in_words(told, language, book)
    except KeyError:
        text = warning["message"]
    return WarningShown(code=warning["code"], text=text, line=warning.get("line"))


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
