"""The tax on one sale: a treatment for every line, then the arithmetic over the document."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from tax_rules.amounts import LineAmounts, PricedLine, split_by_gross, tax_lines
from tax_rules.decision import (
    Caution,
    Confidence,
    Jurisdiction,
    Notice,
    Outcome,
    Reason,
    Step,
    Treatment,
    unique,
    weakest,
)
from tax_rules.errors import BadFacts
from tax_rules.facts import RateOverride, RoundingBasis, Sale, SaleLine, TaxBehavior
from tax_rules.money import ZERO, Currency, format_percent
from tax_rules.rulebook import RuleBook
from tax_rules.treatment import decide_treatments
from tax_rules.vat.territory import tax_place

TAXED = (Outcome.CHARGE, Outcome.ZERO_RATED, Outcome.REVERSE_CHARGE, Outcome.NOT_COLLECTING)
"""Outcomes whose net is a taxable amount, whoever accounts for the tax."""


@dataclass(frozen=True, slots=True)
class TaxShare:
    """The part of one tax at one rate."""

    jurisdiction: Jurisdiction
    tax_type: str | None
    rate: Decimal
    taxable: Decimal
    tax: Decimal
    reason: Reason


@dataclass(frozen=True, slots=True)
class TaxedLine:
    """A line with its treatment. ``amount`` is the stated one less discount; ``amounts`` is None while undetermined."""

    reference: str
    amount: Decimal
    treatment: Treatment
    amounts: LineAmounts | None
    shares: tuple[TaxShare, ...] = ()

    @property
    def taxable(self) -> Decimal | None:
        if self.amounts is None:
            return None
        return self.amounts.net if self.treatment.outcome in TAXED else ZERO

    @property
    def exempt(self) -> Decimal | None:
        return None if self.amounts is None or self.taxable is None else self.amounts.net - self.taxable


@dataclass(frozen=True, slots=True)
class Calculation:
    """The answer for one sale. Document sums are None while any line is undetermined: unknown is not zero."""

    currency: Currency
    outcome: Outcome
    lines: tuple[TaxedLine, ...]
    shipping: TaxedLine | None
    net: Decimal | None
    taxable: Decimal | None
    tax: Decimal | None
    gross: Decimal | None
    shares: tuple[TaxShare, ...]
    notices: tuple[Notice, ...]
    warnings: tuple[Caution, ...]
    confidence: Confidence
    rounding_basis: RoundingBasis


def calculate(sale: Sale, book: RuleBook) -> Calculation:
    """Calculate the tax on a sale.

    Returns:
        Amounts in ``sale.currency``, rounded half up to its smallest unit on the sale's rounding basis or that of the
        taxing jurisdiction; net + tax = gross on every line and in the document.
    Raises:
        UnknownCode: the currency is unknown.
        BadFacts: a discount above its amount, more decimals than the currency has, two stated rates for one line.
    Law:
        The treatments name it.
    """
    currency = book.currency(sale.currency)
    charged = [_charged(line, currency) for line in sale.lines]
    treatments = _treatments(sale, book)
    basis = sale.rounding_basis or _default_basis(sale, book)
    parts = _shipping_parts(sale, charged, treatments, currency)
    priced = [
        _priced(amount, line.tax_behavior, t) for amount, line, t in zip(charged, sale.lines, treatments, strict=True)
    ]
    priced += [_priced(amount, sale.shipping.tax_behavior, t) for amount, t in parts if sale.shipping]
    known = [line for line in priced if line is not None]
    amounts = iter(tax_lines(known, basis, currency))
    taxed = [None if line is None else next(amounts) for line in priced]
    lines = tuple(
        _taxed_line(line.reference, amount, t, a)
        for line, amount, t, a in zip(sale.lines, charged, treatments, taxed, strict=False)
    )
    shipping = _shipping_line(sale, parts, taxed[len(lines) :])
    return _document(sale, currency, basis, lines, shipping)


def _charged(line: SaleLine, currency: Currency) -> Decimal:
    if not (currency.fits(line.amount) and currency.fits(line.discount)):
        raise BadFacts(
            f"line {line.reference}: an amount has more than the {currency.digits} decimals of {currency.code}"
        )
    if line.discount < 0 or line.discount > line.amount:
        raise BadFacts(f"line {line.reference}: the discount must lie between zero and the amount")
    return line.amount - line.discount


def _treatments(sale: Sale, book: RuleBook) -> list[Treatment]:
    kinds = (line.product_kind for line in sale.lines)
    found = decide_treatments(sale.situation(), kinds, book)
    return [_overridden(found[line.product_kind], line, sale.rates_override) for line in sale.lines]


def _overridden(treatment: Treatment, line: SaleLine, stated: tuple[RateOverride, ...]) -> Treatment:
    """A stated rate takes the place of the book's where tax is charged at all."""
    rates = [rate for rate in stated if not rate.lines or line.reference in rate.lines]
    if not rates or treatment.outcome not in (Outcome.CHARGE, Outcome.ZERO_RATED):
        return treatment
    if len(rates) > 1:
        raise BadFacts(f"line {line.reference}: more than one stated rate for a tax that has a single rate")
    rate = rates[0].rate_percent
    law = f"rate of {format_percent(rate)} % stated by the caller"
    return replace(
        treatment,
        outcome=Outcome.CHARGE if rate else Outcome.ZERO_RATED,
        reason=Reason.STANDARD_RATED if rate else Reason.ZERO_RATED,
        vat_category="S" if rate else "Z",
        rate=rate,
        tax_type=rates[0].tax_type,
        law=unique((*treatment.law, law)),
        steps=(*treatment.steps, Step("rate_stated", (("rate", format_percent(rate)),), law)),
    )


def _default_basis(sale: Sale, book: RuleBook) -> RoundingBasis:
    place = tax_place(sale.customer.address, sale.tax_date, book)
    for jurisdiction in (place.state or place.given, "EU" if place.is_eu else "WORLD", "WORLD"):
        if row := book.find("vat.rounding_basis", jurisdiction, sale.tax_date):
            return RoundingBasis(str(row.value))
    return RoundingBasis.LINE


def _priced(amount: Decimal, behavior: TaxBehavior, treatment: Treatment) -> PricedLine | None:
    if treatment.outcome is Outcome.UNDETERMINED or treatment.rate is None:
        return None
    group = (treatment.jurisdiction, treatment.tax_type, treatment.vat_category)
    return PricedLine(amount=amount, behavior=behavior, rate=treatment.rate, group=group)


def _shipping_parts(
    sale: Sale, charged: list[Decimal], treatments: list[Treatment], currency: Currency
) -> list[tuple[Decimal, Treatment]]:
    """Carriage follows the goods: split over their rates by gross, the remainder to the highest rate."""
    if sale.shipping is None:
        return []
    undetermined = [t for t in treatments if t.outcome is Outcome.UNDETERMINED or t.rate is None]
    if undetermined:
        return [(sale.shipping.amount, undetermined[0])]
    priced = [
        _priced(amount, line.tax_behavior, t) for amount, line, t in zip(charged, sale.lines, treatments, strict=True)
    ]
    grosses = [
        (amounts.gross, line.rate)
        for line in priced
        if line is not None
        for amounts in tax_lines([line], RoundingBasis.LINE, currency)
    ]
    by_rate = {t.rate: t for t in treatments}
    parts = split_by_gross(sale.shipping.amount, grosses, currency.unit)
    return [(amount, by_rate[rate]) for rate, amount in parts.items()]


def _taxed_line(reference: str, amount: Decimal, treatment: Treatment, amounts: LineAmounts | None) -> TaxedLine:
    shares: tuple[TaxShare, ...] = ()
    if amounts is not None and treatment.outcome in TAXED and treatment.rate is not None:
        t = treatment
        shares = (TaxShare(t.jurisdiction, t.tax_type, treatment.rate, amounts.net, amounts.tax, t.reason),)
    return TaxedLine(reference, amount, treatment, amounts, shares)


def _shipping_line(
    sale: Sale, parts: list[tuple[Decimal, Treatment]], taxed: list[LineAmounts | None]
) -> TaxedLine | None:
    if sale.shipping is None:
        return None
    lines = [_taxed_line("shipping", part, t, a) for (part, t), a in zip(parts, taxed, strict=True)]
    known = [line.amounts for line in lines if line.amounts is not None]
    total = LineAmounts(sum((a.net for a in known), ZERO), sum((a.tax for a in known), ZERO)) if known else None
    shares = tuple(share for line in lines for share in line.shares)
    return TaxedLine("shipping", sale.shipping.amount, lines[0].treatment, total, shares)


def _document(
    sale: Sale, currency: Currency, basis: RoundingBasis, lines: tuple[TaxedLine, ...], shipping: TaxedLine | None
) -> Calculation:
    every = (*lines, *((shipping,) if shipping else ()))
    treatments = [line.treatment for line in every]
    amounts = [line.amounts for line in every if line.amounts is not None]
    is_known = len(amounts) == len(every)
    net, tax = (sum((getattr(a, figure) for a in amounts), ZERO) for figure in ("net", "tax"))
    taxable = sum((line.taxable or ZERO for line in every), ZERO)
    outcomes = {treatment.outcome for treatment in treatments}
    return Calculation(
        currency=currency,
        outcome=outcomes.pop() if len(outcomes) == 1 else Outcome.MIXED,
        lines=lines,
        shipping=shipping,
        net=net if is_known else None,
        taxable=taxable if is_known else None,
        tax=tax if is_known else None,
        gross=net + tax if is_known else None,
        shares=_sum_shares(share for line in every for share in line.shares),
        notices=tuple(dict.fromkeys(notice for t in treatments for notice in t.notices)),
        warnings=(*_warnings(lines), *_price_warning(sale, every, net + tax, currency, is_known=is_known)),
        confidence=weakest(*(treatment.confidence for treatment in treatments)),
        rounding_basis=basis,
    )


def _sum_shares(shares: Iterable[TaxShare]) -> tuple[TaxShare, ...]:
    """One share for each tax, rate and reason, in the order they first appear."""
    grouped: dict[tuple[object, ...], list[TaxShare]] = {}
    for share in shares:
        grouped.setdefault((share.jurisdiction, share.tax_type, share.rate, share.reason), []).append(share)
    return tuple(
        replace(same[0], taxable=sum((s.taxable for s in same), ZERO), tax=sum((s.tax for s in same), ZERO))
        for same in grouped.values()
    )


def _warnings(lines: tuple[TaxedLine, ...]) -> tuple[Caution, ...]:
    """A warning that all lines share is told once, for the document; others name their line."""
    given: dict[Caution, list[str]] = {}
    for line in lines:
        for warning in line.treatment.warnings:
            given.setdefault(warning, []).append(line.reference)
    found: list[Caution] = []
    for warning, references in given.items():
        everywhere = len(references) == len(lines)
        found += [warning] if everywhere else [replace(warning, line=reference) for reference in references]
    return tuple(found)


def _price_warning(
    sale: Sale, lines: tuple[TaxedLine, ...], gross: Decimal, currency: Currency, *, is_known: bool
) -> tuple[Caution, ...]:
    """With inclusive prices and ``document_net`` the total may leave the price that was promised."""
    if not is_known or any(line.tax_behavior is TaxBehavior.EXCLUSIVE for line in sale.lines):
        return ()
    promised = sum((line.amount for line in lines), ZERO)
    if promised == gross:
        return ()
    facts = (("promised", currency.format(promised)), ("total", currency.format(gross)))
    return (Caution("total_leaves_price", facts),)
