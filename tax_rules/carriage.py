"""The tax on carriage: it follows the goods, unless a state has a rule of its own."""

from decimal import Decimal

from tax_rules.amounts import LineAmounts, split_by_gross
from tax_rules.decision import Outcome, Treatment
from tax_rules.facts import RoundingBasis, Sale
from tax_rules.money import ZERO, Currency
from tax_rules.rulebook import RuleBook
from tax_rules.sales_tax.us.shipping import shipping_treatment
from tax_rules.stated_rates import SHIPPING, state_rates
from tax_rules.taxed_lines import US, TaxedLine, items_of, priced, tax_all, taxed_line


def shipping_parts(
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
        taxed = tax_all([priced(amount, line.tax_behavior, t, items_of(line))], RoundingBasis.LINE, currency)[0]
        key = (t.rate, t.tax_type, t.jurisdiction, t.parts)
        gross, first = grosses.get(key, (ZERO, t))
        grosses[key] = (gross + (taxed.gross if taxed else ZERO), first)
    of_goods = list(grosses.values())
    shares = split_by_gross(sale.shipping.amount, [(gross, t.rate or ZERO) for gross, t in of_goods], currency.unit)
    by_rate = sorted(zip(shares, of_goods, strict=True), key=lambda part: -(part[1][1].rate or ZERO))
    return [(share, state_rates(t, SHIPPING, sale.rates_override)) for share, (_, t) in by_rate]


def shipping_line(
    sale: Sale, parts: list[tuple[Decimal, Treatment]], taxed: list[LineAmounts | None]
) -> TaxedLine | None:
    """The carriage as one line, from the parts that it was split into; None where there is none."""
    if sale.shipping is None:
        return None
    lines = [taxed_line(SHIPPING, part, t, a) for (part, t), a in zip(parts, taxed, strict=True)]
    known = [line.amounts for line in lines if line.amounts is not None]
    total = LineAmounts(sum((a.net for a in known), ZERO), sum((a.tax for a in known), ZERO)) if known else None
    if len(known) == 1:
        total = known[0]
    shares = tuple(share for line in lines for share in line.shares)
    return TaxedLine(SHIPPING, sale.shipping.amount, lines[0].treatment, total, shares)
