"""The arithmetic of tax on a document: net + tax = gross on every line, and the lines sum to the document.

No law is decided here: each line comes with its rate. Rounding is half up to the currency's smallest unit, as often as
the basis says; what a document-wide rounding leaves over is given to lines by largest remainder.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tax_rules.facts import RoundingBasis, TaxBehavior
from tax_rules.money import ZERO, Currency, Rounding, apportion, distribute, net_of_gross, percent_of


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedLine:
    """An amount to be taxed: ``rate`` in percent; ``group`` names the tax, lines of one group are rounded together."""

    amount: Decimal
    behavior: TaxBehavior
    rate: Decimal
    group: Hashable

    @property
    def is_inclusive(self) -> bool:
        return self.behavior is TaxBehavior.INCLUSIVE


@dataclass(frozen=True, slots=True)
class LineAmounts:
    """A taxed line, each figure a multiple of the currency's unit.

    Of a stack of taxes ``bases`` and ``taxes`` say for each part what was taxed, and the tax; otherwise they are empty.
    """

    net: Decimal
    tax: Decimal
    bases: tuple[Decimal, ...] = ()
    taxes: tuple[Decimal, ...] = ()

    @property
    def gross(self) -> Decimal:
        return self.net + self.tax


def tax_lines(
    lines: Sequence[PricedLine], basis: RoundingBasis, currency: Currency, rounding: Rounding = Rounding.HALF_UP
) -> tuple[LineAmounts, ...]:
    """Net and tax of every line, in the order of ``lines``.

    ``line``: every line by itself; an inclusive price is kept. ``document_net``: inclusive lines are brought to a
    rounded net, then each group's tax is taken once from the sum of nets; the total may leave the charged price by
    cents. ``document_gross``: once for each group and behaviour; the sum of inclusive prices is kept. ``per_tax``: once
    for each group from the exact tax of all its lines; inclusive prices are kept.

    Law:
        EN 16931 BR-CO-17 (document bases); CJEU C-484/06 and C-302/07 leave the method to the states.
    """
    if basis is RoundingBasis.LINE:
        return tuple(_line(line, currency, rounding) for line in lines)
    if _are_one_group(lines):
        return _group(lines, basis, currency, rounding)
    answer: list[LineAmounts] = [LineAmounts(ZERO, ZERO)] * len(lines)
    groups: dict[Hashable, list[int]] = {}
    for n, line in enumerate(lines):
        key = (line.group, line.rate, line.behavior if basis is RoundingBasis.DOCUMENT_GROSS else None)
        groups.setdefault(key, []).append(n)
    for members in groups.values():
        grouped = _group([lines[n] for n in members], basis, currency, rounding)
        for n, amounts in zip(members, grouped, strict=True):
            answer[n] = amounts
    return tuple(answer)


def _are_one_group(lines: Sequence[PricedLine]) -> bool:
    """Whether every line bears the same tax at the same rate in the same way, as on most documents."""
    if not lines:
        return False
    group, rate, behavior = lines[0].group, lines[0].rate, lines[0].behavior
    return all(line.behavior is behavior and line.rate == rate and line.group == group for line in lines)


def _line(line: PricedLine, currency: Currency, rounding: Rounding) -> LineAmounts:
    if line.is_inclusive:
        net = currency.round(net_of_gross(line.amount, line.rate), rounding)
        return LineAmounts(net, line.amount - net)
    return LineAmounts(line.amount, currency.round(percent_of(line.amount, line.rate), rounding))


def _group(
    lines: Sequence[PricedLine], basis: RoundingBasis, currency: Currency, rounding: Rounding
) -> tuple[LineAmounts, ...]:
    if basis is RoundingBasis.DOCUMENT_NET:
        nets = [_line(line, currency, rounding).net for line in lines]
        exact = [percent_of(net, line.rate) for net, line in zip(nets, lines, strict=True)]
        taxes = apportion(currency.round(sum(exact, ZERO), rounding), exact, currency.unit)
        return tuple(LineAmounts(net, tax) for net, tax in zip(nets, taxes, strict=True))
    exact = [_exact_tax(line) for line in lines]
    if basis is RoundingBasis.DOCUMENT_GROSS and lines[0].is_inclusive:
        gross = sum((line.amount for line in lines), ZERO)
        total = gross - currency.round(net_of_gross(gross, lines[0].rate), rounding)
    else:
        total = currency.round(sum(exact, ZERO), rounding)
    taxes = apportion(total, exact, currency.unit)
    return tuple(
        LineAmounts(line.amount - tax if line.is_inclusive else line.amount, tax)
        for line, tax in zip(lines, taxes, strict=True)
    )


def _exact_tax(line: PricedLine) -> Decimal:
    return (
        line.amount - net_of_gross(line.amount, line.rate) if line.is_inclusive else percent_of(line.amount, line.rate)
    )


def split_by_gross(amount: Decimal, grosses: Sequence[tuple[Decimal, Decimal]], unit: Decimal) -> tuple[Decimal, ...]:
    """Split an ancillary charge over goods by their gross amounts.

    Args:
        grosses: gross amount and rate of each.
    Returns:
        A part for each, in their order; of equal remainders the higher rate takes the unit.
    """
    order = sorted(range(len(grosses)), key=lambda n: -grosses[n][1])
    parts = distribute(amount, [grosses[n][0] for n in order], unit)
    of_place = dict(zip(order, parts, strict=True))
    return tuple(of_place[n] for n in range(len(grosses)))
