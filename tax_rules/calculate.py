"""The tax on one sale: a treatment for every line, then the arithmetic over the document."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from tax_rules.carriage import shipping_line, shipping_parts
from tax_rules.decision import Caution, Confidence, Notice, Outcome, Treatment, weakest
from tax_rules.errors import BadFacts
from tax_rules.facts import (
    GOODS,
    ProductKind,
    RoundingBasis,
    Sale,
    SaleLine,
    Situation,
    TaxBehavior,
)
from tax_rules.money import ZERO, Currency
from tax_rules.national_currency import NationalTax, national_taxes
from tax_rules.rulebook import RuleBook
from tax_rules.sales_tax.us.fees import Fee, delivery_fees
from tax_rules.situations import situations_of
from tax_rules.stated_rates import state_rates
from tax_rules.taxed_lines import US, TaxedLine, TaxShare, items_of, priced, tax_all, taxed_line
from tax_rules.treatment import decide_treatments
from tax_rules.vat.territory import tax_place

DOLLAR = "USD"


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
    fees: tuple[Fee, ...] = ()
    national: tuple[NationalTax, ...] = ()


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
    treatments = _treatments(sale, charged, book)
    basis = sale.rounding_basis or _default_basis(sale, book)
    parts = shipping_parts(sale, charged, treatments, currency, book)
    prices = [
        priced(amount, line.tax_behavior, t, items_of(line))
        for amount, line, t in zip(charged, sale.lines, treatments, strict=True)
    ]
    prices += [priced(amount, sale.shipping.tax_behavior, t) for amount, t in parts if sale.shipping]
    taxed = tax_all(prices, basis, currency)
    lines = tuple(
        taxed_line(line.reference, amount, t, a)
        for line, amount, t, a in zip(sale.lines, charged, treatments, taxed, strict=False)
    )
    shipping = shipping_line(sale, parts, taxed[len(lines) :])
    return _document(sale, currency, basis, lines, shipping, book)


def _fees(sale: Sale, lines: tuple[TaxedLine, ...], book: RuleBook) -> tuple[tuple[Fee, ...], tuple[Caution, ...]]:
    """Flat fees on delivered goods that are taxed; a fee of another currency is not added but told."""
    if all(line.treatment.rule != US for line in lines):
        return (), ()
    of_kind = {line.reference: line.product_kind for line in sale.lines}
    goods = [line for line in lines if of_kind[line.reference] in GOODS and line.treatment.rule == US]
    taxable = sum((line.taxable or ZERO for line in goods if line.treatment.outcome is Outcome.CHARGE), ZERO)
    if not taxable:
        return (), ()
    fees = delivery_fees(sale.situation(), taxable, book)
    if fees and sale.currency != DOLLAR:
        return (), (Caution("us_fee_in_dollars", (("currency", sale.currency),)),)
    return fees, ()


def _foreign_bands(sale: Sale, treatments: Iterable[Treatment]) -> tuple[Caution, ...]:
    """Bands of an article's price are in the currency of the law."""
    if sale.currency == DOLLAR or not any(part.is_banded for t in treatments for part in t.parts):
        return ()
    return (Caution("us_bands_in_dollars", (("currency", sale.currency),)),)


def _charged(line: SaleLine, currency: Currency) -> Decimal:
    if not (currency.fits(line.amount) and (not line.discount or currency.fits(line.discount))):
        raise BadFacts(
            f"line {line.reference}: an amount has more than the {currency.digits} decimals of {currency.code}"
        )
    if line.discount < 0 or line.discount > line.amount:
        raise BadFacts(f"line {line.reference}: the discount must lie between zero and the amount")
    return line.amount - line.discount


def _treatments(sale: Sale, charged: list[Decimal], book: RuleBook) -> list[Treatment]:
    """The treatment of every line, with the rates that the caller states."""
    situations = situations_of(sale, charged)
    kinds: dict[Situation, set[ProductKind]] = {}
    for line, situation in zip(sale.lines, situations, strict=True):
        kinds.setdefault(situation, set()).add(line.product_kind)
    found = {situation: decide_treatments(situation, wanted, book) for situation, wanted in kinds.items()}
    decided = [found[situation][line.product_kind] for line, situation in zip(sale.lines, situations, strict=True)]
    if not sale.rates_override:
        return decided
    stated = sale.rates_override
    return [state_rates(t, line.reference, stated) for t, line in zip(decided, sale.lines, strict=True)]


def _default_basis(sale: Sale, book: RuleBook) -> RoundingBasis:
    place = tax_place(sale.customer.address, sale.tax_date, book)
    for jurisdiction in (place.state or place.given, "EU" if place.is_eu else "WORLD", "WORLD"):
        if row := book.find("vat.rounding_basis", jurisdiction, sale.tax_date):
            return RoundingBasis(str(row.value))
    return RoundingBasis.LINE


def _document(
    sale: Sale,
    currency: Currency,
    basis: RoundingBasis,
    lines: tuple[TaxedLine, ...],
    shipping: TaxedLine | None,
    book: RuleBook,
) -> Calculation:
    every = (*lines, *((shipping,) if shipping else ()))
    treatments = [line.treatment for line in every]
    amounts = [line.amounts for line in every if line.amounts is not None]
    is_known = len(amounts) == len(every)
    net, tax = sum([a.net for a in amounts], ZERO), sum([a.tax for a in amounts], ZERO)
    taxable = sum([line.taxable or ZERO for line in every], ZERO)
    outcomes = {treatment.outcome for treatment in treatments}
    shares = _sum_shares(share for line in every for share in line.shares)
    fees, fee_warnings = _fees(sale, lines, book)
    taxes = ((share.jurisdiction, share.tax) for share in shares)
    national, missing = national_taxes(taxes, sale.currency, sale.exchange_rates, sale.tax_date, book)
    return Calculation(
        currency=currency,
        outcome=outcomes.pop() if len(outcomes) == 1 else Outcome.MIXED,
        lines=lines,
        shipping=shipping,
        net=net if is_known else None,
        taxable=taxable if is_known else None,
        tax=tax if is_known else None,
        gross=net + tax if is_known else None,
        shares=shares,
        notices=tuple(dict.fromkeys(notice for t in treatments for notice in t.notices)),
        warnings=(
            *_warnings(lines),
            *_price_warning(sale, every, net + tax, currency, is_known=is_known),
            *fee_warnings,
            *_foreign_bands(sale, treatments),
            *missing,
        ),
        confidence=weakest(*{treatment.confidence for treatment in treatments}),
        rounding_basis=basis,
        fees=fees,
        national=national,
    )


def _sum_shares(shares: Iterable[TaxShare]) -> tuple[TaxShare, ...]:
    """One share for each tax, rate and reason, in the order they first appear."""
    grouped: dict[tuple[object, ...], list[TaxShare]] = {}
    for share in shares:
        grouped.setdefault((share.jurisdiction, share.tax_type, share.rate, share.reason), []).append(share)
    return tuple(same[0] if len(same) == 1 else _sum_of(same) for same in grouped.values())


def _sum_of(same: list[TaxShare]) -> TaxShare:
    first = same[0]
    taxable, tax = sum([share.taxable for share in same], ZERO), sum([share.tax for share in same], ZERO)
    return TaxShare(first.jurisdiction, first.tax_type, first.rate, taxable, tax, first.reason)


def _warnings(lines: tuple[TaxedLine, ...]) -> tuple[Caution, ...]:
    """A warning that all lines share is told once, for the document; others name their line."""
    if not any(line.treatment.warnings for line in lines):
        return ()
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
