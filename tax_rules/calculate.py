"""The tax on one sale: a treatment for every line, then the arithmetic over the document."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from tax_rules.amounts import LineAmounts, PricedLine, split_by_gross, tax_lines
from tax_rules.decision import Caution, Confidence, Jurisdiction, Notice, Outcome, Reason, Treatment, weakest
from tax_rules.errors import BadFacts
from tax_rules.facts import (
    GOODS,
    Address,
    Consignment,
    ProductKind,
    RoundingBasis,
    Sale,
    SaleLine,
    Situation,
    TaxBehavior,
)
from tax_rules.money import EXACT, ZERO, Currency
from tax_rules.national_currency import NationalTax, national_taxes
from tax_rules.rulebook import RuleBook
from tax_rules.sales_tax.us.fees import Fee, delivery_fees
from tax_rules.sales_tax.us.shipping import shipping_treatment
from tax_rules.stacks import StackedLine, tax_stacks
from tax_rules.stated_rates import SHIPPING, state_rates
from tax_rules.treatment import decide_treatments
from tax_rules.vat.territory import tax_place

US, DOLLAR = "US", "USD"
TAXED = (Outcome.CHARGE, Outcome.ZERO_RATED, Outcome.REVERSE_CHARGE, Outcome.NOT_COLLECTING)
"""Outcomes whose net is taxable, whoever accounts for the tax; not so where a US state's tax is not collected."""


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
        is_sales_tax = self.treatment.rule == US
        if self.treatment.outcome not in TAXED or (is_sales_tax and self.treatment.outcome is Outcome.NOT_COLLECTING):
            return ZERO
        return max(self.amounts.bases, default=self.amounts.net)

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
    parts = _shipping_parts(sale, charged, treatments, currency, book)
    priced = [
        _priced(amount, line.tax_behavior, t, _items(line))
        for amount, line, t in zip(charged, sale.lines, treatments, strict=True)
    ]
    priced += [_priced(amount, sale.shipping.tax_behavior, t) for amount, t in parts if sale.shipping]
    taxed = _tax(priced, basis, currency)
    lines = tuple(
        _taxed_line(line.reference, amount, t, a)
        for line, amount, t, a in zip(sale.lines, charged, treatments, taxed, strict=False)
    )
    shipping = _shipping_line(sale, parts, taxed[len(lines) :])
    answer = _document(sale, currency, basis, lines, shipping)
    fees, warnings = _fees(sale, lines, book)
    taxes = ((share.jurisdiction, share.tax) for share in answer.shares)
    national, missing = national_taxes(taxes, sale.currency, sale.exchange_rates, sale.tax_date, book)
    told = (*answer.warnings, *warnings, *_foreign_bands(sale, treatments), *missing)
    return replace(answer, fees=fees, national=national, warnings=told)


def _fees(sale: Sale, lines: tuple[TaxedLine, ...], book: RuleBook) -> tuple[tuple[Fee, ...], tuple[Caution, ...]]:
    """Flat fees on delivered goods that are taxed; a fee of another currency is not added but told."""
    of_kind = {line.reference: line.product_kind for line in sale.lines}
    goods = [line for line in lines if of_kind[line.reference] in GOODS and line.treatment.rule == US]
    taxable = sum((line.taxable or ZERO for line in goods if line.treatment.outcome is Outcome.CHARGE), ZERO)
    if not taxable:
        return (), ()
    fees = delivery_fees(sale.situation(), taxable, book)
    if fees and sale.currency != DOLLAR:
        return (), (Caution("us_fee_in_dollars", (("currency", sale.currency),)),)
    return fees, ()


def _foreign_bands(sale: Sale, treatments: list[Treatment]) -> tuple[Caution, ...]:
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
    situations = _situations(sale, charged)
    kinds: dict[Situation, set[ProductKind]] = {}
    for line, situation in zip(sale.lines, situations, strict=True):
        kinds.setdefault(situation, set()).add(line.product_kind)
    found = {situation: decide_treatments(situation, wanted, book) for situation, wanted in kinds.items()}
    decided = [found[situation][line.product_kind] for line, situation in zip(sale.lines, situations, strict=True)]
    if not sale.rates_override:
        return decided
    stated = sale.rates_override
    return [state_rates(t, line.reference, stated) for t, line in zip(decided, sale.lines, strict=True)]


def _situations(sale: Sale, charged: list[Decimal]) -> list[Situation]:
    """What decides each line: all goods that go to one place together are one consignment."""
    consignments: dict[Address, Consignment] = {}
    for line, amount in zip(sale.lines, charged, strict=True):
        if line.product_kind in GOODS:
            place = _destination(sale, line)
            known = consignments.get(place, Consignment(value=ZERO, currency=sale.currency, rates=sale.exchange_rates))
            consignments[place] = _with_line(known, line, amount)
    has_own_exemptions = sale.exemption is not None and sale.exemption.lines
    if not consignments and not has_own_exemptions and not any(line.ship_to for line in sale.lines):
        return [sale.situation()] * len(sale.lines)
    situations = []
    for line in sale.lines:
        is_moved = line.product_kind in GOODS or line.product_kind is ProductKind.SHIPPING
        consignment = consignments.get(_destination(sale, line)) if is_moved else None
        situations.append(sale.situation(line, consignment=consignment))
    return situations


def _destination(sale: Sale, line: SaleLine) -> Address:
    return line.ship_to or sale.ship_to or sale.customer.address


def _with_line(consignment: Consignment, line: SaleLine, amount: Decimal) -> Consignment:
    """The consignment with one line more."""
    items = _items(line)
    item = EXACT.divide(amount, items) if items else amount
    if line.tax_behavior is TaxBehavior.INCLUSIVE:
        value, dearest = consignment.inclusive_value + amount, max(consignment.dearest_inclusive_item, item)
        return replace(consignment, inclusive_value=value, dearest_inclusive_item=dearest)
    value, dearest = consignment.value + amount, max(consignment.dearest_item, item)
    return replace(consignment, value=value, dearest_item=dearest)


def _default_basis(sale: Sale, book: RuleBook) -> RoundingBasis:
    place = tax_place(sale.customer.address, sale.tax_date, book)
    for jurisdiction in (place.state or place.given, "EU" if place.is_eu else "WORLD", "WORLD"):
        if row := book.find("vat.rounding_basis", jurisdiction, sale.tax_date):
            return RoundingBasis(str(row.value))
    return RoundingBasis.LINE


def _items(line: SaleLine) -> Decimal:
    """How many articles make up the line, for taxes on part of a single article's price."""
    if line.price_per_item:
        return EXACT.divide(line.amount, line.price_per_item)
    return line.quantity


def _priced(
    amount: Decimal, behavior: TaxBehavior, treatment: Treatment, items: Decimal = Decimal(1)
) -> PricedLine | StackedLine | None:
    if treatment.outcome is Outcome.UNDETERMINED or treatment.rate is None:
        return None
    if treatment.parts:
        place = treatment.jurisdiction
        return StackedLine(
            amount=amount,
            behavior=behavior,
            parts=treatment.parts,
            rounding=treatment.part_rounding,
            group=(place.country, place.state),
            items=items,
        )
    group = (treatment.jurisdiction, treatment.tax_type, treatment.vat_category)
    return PricedLine(amount=amount, behavior=behavior, rate=treatment.rate, group=group)


def _tax(
    priced: Sequence[PricedLine | StackedLine | None], basis: RoundingBasis, currency: Currency
) -> list[LineAmounts | None]:
    """The amounts of every line, in the order given; None stays None."""
    simple = [line for line in priced if isinstance(line, PricedLine)]
    stacked = [line for line in priced if isinstance(line, StackedLine)]
    of_simple, of_stacked = iter(tax_lines(simple, basis, currency)), iter(tax_stacks(stacked, basis, currency))
    found: list[LineAmounts | None] = []
    for line in priced:
        if line is None:
            found.append(None)
        else:
            found.append(next(of_simple if isinstance(line, PricedLine) else of_stacked))
    return found


def _shipping_parts(
    sale: Sale, charged: list[Decimal], treatments: list[Treatment], currency: Currency, book: RuleBook
) -> list[tuple[Decimal, Treatment]]:
    """Carriage follows the goods: split over their treatments by gross, the remainder to the highest rate."""
    if sale.shipping is None:
        return []
    if all(t.rule == US for t in treatments):
        stated = sale.shipping.separately_stated
        own = shipping_treatment(sale.situation(), treatments, separately_stated=stated, book=book)
        if own is not None:
            return [(sale.shipping.amount, state_rates(own, SHIPPING, sale.rates_override))]
    undetermined = [t for t in treatments if t.outcome is Outcome.UNDETERMINED or t.rate is None]
    if undetermined:
        return [(sale.shipping.amount, undetermined[0])]
    grosses: dict[tuple[object, ...], tuple[Decimal, Treatment]] = {}
    for amount, line, t in zip(charged, sale.lines, treatments, strict=True):
        taxed = _tax([_priced(amount, line.tax_behavior, t, _items(line))], RoundingBasis.LINE, currency)[0]
        key = (t.rate, t.tax_type, t.jurisdiction, t.parts)
        gross, first = grosses.get(key, (ZERO, t))
        grosses[key] = (gross + (taxed.gross if taxed else ZERO), first)
    of_goods = list(grosses.values())
    shares = split_by_gross(sale.shipping.amount, [(gross, t.rate or ZERO) for gross, t in of_goods], currency.unit)
    by_rate = sorted(zip(shares, of_goods, strict=True), key=lambda part: -(part[1][1].rate or ZERO))
    return [(share, state_rates(t, SHIPPING, sale.rates_override)) for share, (_, t) in by_rate]


def _taxed_line(reference: str, amount: Decimal, treatment: Treatment, amounts: LineAmounts | None) -> TaxedLine:
    shares: tuple[TaxShare, ...] = ()
    t = treatment
    if amounts is not None and t.parts:
        shares = tuple(
            TaxShare(part.jurisdiction, part.tax_type, part.rate, base, tax, part.reason)
            for part, base, tax in zip(t.parts, amounts.bases, amounts.taxes, strict=True)
            if part.rate or not part.is_banded
        )
    elif amounts is not None and t.outcome in TAXED and t.rate is not None:
        shares = (TaxShare(t.jurisdiction, t.tax_type, t.rate, amounts.net, amounts.tax, t.reason),)
    return TaxedLine(reference, amount, treatment, amounts, shares)


def _shipping_line(
    sale: Sale, parts: list[tuple[Decimal, Treatment]], taxed: list[LineAmounts | None]
) -> TaxedLine | None:
    if sale.shipping is None:
        return None
    lines = [_taxed_line(SHIPPING, part, t, a) for (part, t), a in zip(parts, taxed, strict=True)]
    known = [line.amounts for line in lines if line.amounts is not None]
    total = LineAmounts(sum((a.net for a in known), ZERO), sum((a.tax for a in known), ZERO)) if known else None
    if len(known) == 1:
        total = known[0]
    shares = tuple(share for line in lines for share in line.shares)
    return TaxedLine(SHIPPING, sale.shipping.amount, lines[0].treatment, total, shares)


def _document(
    sale: Sale, currency: Currency, basis: RoundingBasis, lines: tuple[TaxedLine, ...], shipping: TaxedLine | None
) -> Calculation:
    every = (*lines, *((shipping,) if shipping else ()))
    treatments = [line.treatment for line in every]
    amounts = [line.amounts for line in every if line.amounts is not None]
    is_known = len(amounts) == len(every)
    net, tax = sum([a.net for a in amounts], ZERO), sum([a.tax for a in amounts], ZERO)
    taxable = sum([line.taxable or ZERO for line in every], ZERO)
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
        confidence=weakest(*{treatment.confidence for treatment in treatments}),
        rounding_basis=basis,
    )


def _sum_shares(shares: Iterable[TaxShare]) -> tuple[TaxShare, ...]:
    """One share for each tax, rate and reason, in the order they first appear."""
    grouped: dict[tuple[object, ...], list[TaxShare]] = {}
    for share in shares:
        grouped.setdefault((share.jurisdiction, share.tax_type, share.rate, share.reason), []).append(share)
    return tuple(same[0] if len(same) == 1 else _sum_of(same) for same in grouped.values())


def _sum_of(same: list[TaxShare]) -> TaxShare:
    return replace(same[0], taxable=sum([s.taxable for s in same], ZERO), tax=sum([s.tax for s in same], ZERO))


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
