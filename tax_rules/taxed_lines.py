"""A line with its tax: from the treatment and the price to the amounts, and to the share of each tax."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from tax_rules.amounts import LineAmounts, PricedLine, tax_lines
from tax_rules.decision import Jurisdiction, Outcome, Reason, Treatment
from tax_rules.facts import RoundingBasis, SaleLine, TaxBehavior
from tax_rules.money import EXACT, ZERO, Currency
from tax_rules.stacks import StackedLine, tax_stacks

US = "US"
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


def items_of(line: SaleLine) -> Decimal:
    """How many articles make up the line, for taxes on part of a single article's price."""
    if line.price_per_item:
        return EXACT.divide(line.amount, line.price_per_item)
    return line.quantity


def priced(
    amount: Decimal, behavior: TaxBehavior, treatment: Treatment, items: Decimal = Decimal(1)
) -> PricedLine | StackedLine | None:
    """The price with what taxes it; None where the tax is not known."""
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


def tax_all(
    priced: Sequence[PricedLine | StackedLine | None], basis: RoundingBasis, currency: Currency
) -> list[LineAmounts | None]:
    """The amounts of every line, in the order given; None stays None."""
    simple = [line for line in priced if isinstance(line, PricedLine)]
    if len(simple) == len(priced):
        return list(tax_lines(simple, basis, currency))
    stacked = [line for line in priced if isinstance(line, StackedLine)]
    of_simple, of_stacked = iter(tax_lines(simple, basis, currency)), iter(tax_stacks(stacked, basis, currency))
    found: list[LineAmounts | None] = []
    for line in priced:
        if line is None:
            found.append(None)
        else:
            found.append(next(of_simple if isinstance(line, PricedLine) else of_stacked))
    return found


def taxed_line(reference: str, amount: Decimal, treatment: Treatment, amounts: LineAmounts | None) -> TaxedLine:
    """The line with its amounts and the share of each tax; a base on which nothing is charged has no share."""
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
