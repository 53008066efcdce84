"""The arithmetic of several taxes on one price: shares of it, bands of a single article's price, two ways of rounding.

Bases as in :mod:`tax_rules.amounts`. Taxes of one stack are rounded together and then shared out by largest remainder,
or each on its own; a document basis does so over all lines of a group.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tax_rules.amounts import LineAmounts
from tax_rules.decision import PartRounding, TaxPart
from tax_rules.facts import RoundingBasis, TaxBehavior
from tax_rules.money import EXACT, HUNDRED, ZERO, Currency, Rounding, apportion, percent_of


@dataclass(frozen=True, slots=True, kw_only=True)
class StackedLine:
    """An amount that bears the taxes ``parts``; ``items`` articles make it up, for bands of a single article's price.

    Lines of one ``group`` are rounded together on a document basis.
    """

    amount: Decimal
    behavior: TaxBehavior
    parts: tuple[TaxPart, ...]
    rounding: PartRounding
    group: Hashable
    items: Decimal = Decimal(1)

    @property
    def is_inclusive(self) -> bool:
        return self.behavior is TaxBehavior.INCLUSIVE

    def bases(self, net: Decimal) -> list[Decimal]:
        """What each part takes of a net amount, exact."""
        return [_base(part, net, self.items) for part in self.parts]

    def taxes(self, net: Decimal) -> list[Decimal]:
        """The exact tax of each part on a net amount."""
        return [percent_of(base, part.rate) for base, part in zip(self.bases(net), self.parts, strict=True)]

    def exact_net(self) -> Decimal:
        """The net of the amount, to 50 digits where tax has to be taken out of it."""
        return _net_of_gross(self) if self.is_inclusive else self.amount


def tax_stacks(
    lines: Sequence[StackedLine], basis: RoundingBasis, currency: Currency, rounding: Rounding = Rounding.HALF_UP
) -> tuple[LineAmounts, ...]:
    """Net and taxes of every line, in the order of ``lines``; amounts in ``currency``.

    Law:
        SSUTA s. 324 (aggregate rate, third decimal above 4 rounds up, by item or invoice); Excise Tax Act s. 165.2.
    """
    answer: list[LineAmounts] = [LineAmounts(ZERO, ZERO)] * len(lines)
    groups: dict[Hashable, list[int]] = {}
    for n, line in enumerate(lines):
        apart = n if basis is RoundingBasis.LINE else None
        side = line.behavior if basis is RoundingBasis.DOCUMENT_GROSS else None
        groups.setdefault((line.rounding, line.group, side, apart), []).append(n)
    for members in groups.values():
        together = [lines[n] for n in members]
        one_tax = together[0].rounding is PartRounding.TOGETHER
        taxed = (_rounded_together if one_tax else _rounded_each)(together, basis, currency, rounding)
        for n, amounts in zip(members, taxed, strict=True):
            answer[n] = amounts
    return tuple(answer)


def _rounded_together(
    lines: Sequence[StackedLine], basis: RoundingBasis, currency: Currency, rounding: Rounding
) -> list[LineAmounts]:
    nets, exact = _exact(lines, basis, currency, rounding)
    of_lines = [sum(taxes, ZERO) for taxes in exact]
    keeps_price = basis in (RoundingBasis.LINE, RoundingBasis.DOCUMENT_GROSS)
    if keeps_price and all(line.is_inclusive for line in lines):
        total = sum((line.amount for line in lines), ZERO) - currency.round(sum(nets, ZERO), rounding)
    else:
        total = currency.round(sum(of_lines, ZERO), rounding)
    shared = apportion(total, of_lines, currency.unit)
    return [
        _amounts(line, apportion(tax, parts, currency.unit), net, basis, currency)
        for line, tax, parts, net in zip(lines, shared, exact, nets, strict=True)
    ]


def _rounded_each(
    lines: Sequence[StackedLine], basis: RoundingBasis, currency: Currency, rounding: Rounding
) -> list[LineAmounts]:
    """Each tax from the exact tax of all its lines; two parts of one tax at different rates are two taxes."""
    nets, exact = _exact(lines, basis, currency, rounding)
    places: dict[Hashable, list[tuple[int, int]]] = {}
    for n, line in enumerate(lines):
        for m, part in enumerate(line.parts):
            places.setdefault((part.jurisdiction, part.tax_type, part.rate), []).append((n, m))
    taxes = [[ZERO] * len(line.parts) for line in lines]
    for cells in places.values():
        shares = [exact[n][m] for n, m in cells]
        rounded = apportion(currency.round(sum(shares, ZERO), rounding), shares, currency.unit)
        for (n, m), tax in zip(cells, rounded, strict=True):
            taxes[n][m] = tax
    return [
        _amounts(line, tuple(parts), net, basis, currency) for line, parts, net in zip(lines, taxes, nets, strict=True)
    ]


def _exact(
    lines: Sequence[StackedLine], basis: RoundingBasis, currency: Currency, rounding: Rounding
) -> tuple[list[Decimal], list[list[Decimal]]]:
    """Nets and taxes before the rounding of taxes; ``document_net`` starts from nets that are rounded."""
    nets = [line.exact_net() for line in lines]
    if basis is RoundingBasis.DOCUMENT_NET:
        nets = [currency.round(net, rounding) for net in nets]
    return nets, [line.taxes(net) for line, net in zip(lines, nets, strict=True)]


def _amounts(
    line: StackedLine, taxes: tuple[Decimal, ...], net: Decimal, basis: RoundingBasis, currency: Currency
) -> LineAmounts:
    """The line with its taxes; an inclusive price is kept unless the net is the basis."""
    tax = sum(taxes, ZERO)
    if line.is_inclusive:
        net = net if basis is RoundingBasis.DOCUMENT_NET else line.amount - tax
    return LineAmounts(net, tax, tuple(currency.round(base) for base in line.bases(net)), taxes)


def _base(part: TaxPart, net: Decimal, items: Decimal) -> Decimal:
    taken = net
    if part.is_banded and items:
        price = EXACT.divide(net, items)
        if part.whole_from is not None and price < part.whole_from:
            return ZERO
        low, high = part.above or ZERO, price if part.up_to is None else min(price, part.up_to)
        taken = EXACT.multiply(max(high - low, ZERO), items)
    return percent_of(taken, part.taxable_percent)


def _net_of_gross(line: StackedLine) -> Decimal:
    """The net whose taxes make up the gross: the gross rises with the net, in straight pieces between the bands."""
    edges = {limit for part in line.parts for limit in (part.above, part.up_to, part.whole_from) if limit}
    low = ZERO
    for edge in sorted(EXACT.multiply(edge, line.items) for edge in edges):
        if edge + sum(line.taxes(edge), ZERO) > line.amount:
            break
        low = edge
    gross_at_low = low + sum(line.taxes(low), ZERO)
    slope = HUNDRED + sum((_rate_above(part, low, line.items) for part in line.parts), ZERO)
    return low + EXACT.divide(EXACT.multiply(line.amount - gross_at_low, HUNDRED), slope)


def _rate_above(part: TaxPart, net: Decimal, items: Decimal) -> Decimal:
    """The percent by which a part's tax grows just above a net amount."""
    if part.is_banded:
        price = EXACT.divide(net, items) if items else net
        if price < max(part.above or ZERO, part.whole_from or ZERO) or (part.up_to is not None and price >= part.up_to):
            return ZERO
    return percent_of(part.rate, part.taxable_percent)
