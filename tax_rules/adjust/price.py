"""A price that goes back, in full or in part: the tax falls with it, at the original rate and date (A5, A8).

Nothing is decided anew: what was charged is the measure, whatever the rules or rates are today.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from tax_rules.adjust.charged import ChargedLine
from tax_rules.adjust.decision import CREDIT_NOTE, AdjustmentDecision, Credits, PartRefund, RefundLine, RefundOutcome
from tax_rules.decision import Step
from tax_rules.errors import BadFacts
from tax_rules.money import EXACT, HUNDRED, ZERO, Currency, apportion, distribute, percent_of

_LAW = {
    "EU": ("Directive 2006/112/EC Art. 90(1), 185", "CJEU C-317/94 Elida Gibbs"),
    "DE": ("UStG § 17(1)",),
    "GB": ("VAT Regulations 1995 (SI 1995/2518) reg. 38",),
    "CH": ("MWSTG Art. 41(1)",),
    "CA": ("Excise Tax Act s. 232",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRefund:
    """What is to go back of the price: in full, a share, or an amount.

    Of each line: ``amounts`` (same order as the lines; None: the whole line). Otherwise ``percent`` of the price as it
    was charged or last corrected, or ``amount`` spread over the lines by what is left of them. All None: everything.
    ``tax_included`` says whether amounts contain the tax.
    """

    amounts: tuple[Decimal | None, ...] | None = None
    percent: Decimal | None = None
    amount: Decimal | None = None
    tax_included: bool = True


def refund_price(
    lines: Sequence[ChargedLine], asked: PriceRefund, currency: Currency, *, tax_of: Sequence[str] = ()
) -> AdjustmentDecision:
    """Decide what goes back of net and tax when the price of lines goes back, in full or in part.

    The tax refund of a line is its tax less the tax on what remains less what was refunded before; the last refund
    takes the remainder. A sum over several lines is split by largest remainder.

    Args:
        lines: those the refund is spread over, as charged and as they stand.
        tax_of: the states whose tax law the sale was under, ``EU`` beside a member state.
    Returns:
        Amounts in ``currency``, half up to its unit. ``REFUSED`` with ``nothing_left``, or with ``exceeds_refundable``
        and what is left (with tax where the wish was with tax), when so much does not stand any more.
    Raises:
        BadFacts: no lines, a wish that is not above zero or has more decimals than the currency, a percent above 100.
    Law:
        Directive 2006/112/EC Art. 90(1), 185; UStG § 17(1); CJEU C-317/94.
    """
    _check(lines, asked, currency)
    law = tuple(law for state in tax_of for law in _LAW.get(state, ()))
    left = sum((_left(line, asked) for line in lines), ZERO)
    if all(line.gross_left == 0 for line in lines):
        return _refused("nothing_left", lines, law, ZERO)
    wishes = _wishes(lines, asked, currency)
    if any(wish > _left(line, asked) for line, wish in zip(lines, wishes, strict=True)):
        return _refused("exceeds_refundable", lines, law, left)
    refunded = tuple(_refund_line(x, wish, asked, currency) for x, wish in zip(lines, wishes, strict=True) if wish)
    if not refunded:
        return _refused("nothing_left", lines, law, left)
    clears = all(line.net == 0 and line.tax_after == 0 for line in refunded) and len(refunded) == len(lines)
    reason = "price_refunded" if clears else "price_reduced"
    step = Step(f"refund_{reason}", (), law[0] if law else None)
    return AdjustmentDecision(
        outcome=RefundOutcome.REFUND,
        reason=reason,
        rule="A5",
        lines=refunded,
        law=law,
        documents=(CREDIT_NOTE,),
        credits=Credits.PRICE,
        steps=(step,),
    )


def _check(lines: Sequence[ChargedLine], asked: PriceRefund, currency: Currency) -> None:
    given = [x for x in (asked.amount, *(asked.amounts or ())) if x is not None]
    if not lines or (asked.amounts is not None and len(asked.amounts) != len(lines)):
        raise BadFacts("a refund needs at least one line, and an amount or None for each where amounts are given")
    if any(x <= 0 or not currency.fits(x) for x in given):
        raise BadFacts(
            f"an amount to refund is above zero, with at most the {currency.digits} decimals of the currency"
        )
    if asked.percent is not None and not 0 < asked.percent <= HUNDRED:
        raise BadFacts("a percentage to refund lies above 0 and up to 100")


def _left(line: ChargedLine, asked: PriceRefund) -> Decimal:
    """What the wish can be at most: a net wish never takes the tax of a line whose net is gone."""
    return line.gross_left if asked.tax_included else line.net_left


def _wishes(lines: Sequence[ChargedLine], asked: PriceRefund, currency: Currency) -> tuple[Decimal, ...]:
    """What is to go back of each line, with or without its tax as the wish says."""
    lefts = [_left(line, asked) for line in lines]
    if asked.amounts is not None:
        return tuple(left if x is None else x for x, left in zip(asked.amounts, lefts, strict=True))
    if asked.percent is not None:
        return _shares(lines, asked.percent, lefts, asked, currency)
    if asked.amount is None:
        return tuple(lefts)
    if asked.amount > sum(lefts, ZERO):  # more than any line can give: the refusal names what is left
        return (asked.amount,) * len(lines)
    return distribute(asked.amount, lefts, currency.unit)


def _shares(
    lines: Sequence[ChargedLine], percent: Decimal, lefts: Sequence[Decimal], asked: PriceRefund, currency: Currency
) -> tuple[Decimal, ...]:
    """A percentage of every line that still stands; the half cent that rounding asks too much is not asked."""
    bases = [
        (line.base_net + (line.base_tax if asked.tax_included else ZERO)) if left else ZERO
        for line, left in zip(lines, lefts, strict=True)
    ]
    exact = [percent_of(base, percent) for base in bases]
    wishes = apportion(currency.round(sum(exact, ZERO)), exact, currency.unit)
    return tuple(
        left if left < wish and share - left < currency.unit else wish
        for wish, share, left in zip(wishes, exact, lefts, strict=True)
    )


def _refund_line(line: ChargedLine, wish: Decimal, asked: PriceRefund, currency: Currency) -> RefundLine:
    """Net and tax of one line that go back for a wish that the line can give."""
    remaining = _left(line, asked) - wish
    base = line.base_net + (line.base_tax if asked.tax_included else ZERO)
    parts = _parts_of_remainder(line, remaining, base, currency)
    tax = currency.round(_in_proportion(line.base_tax, remaining, base)) if parts is None else sum(parts, ZERO)
    if asked.tax_included:
        least, most = max(ZERO, remaining - line.net_left), min(line.tax_left, remaining)
        tax_after = min(max(tax, least), most)
        net_after = remaining - tax_after
    else:
        tax_after, net_after = min(tax, line.tax_left), remaining
    return RefundLine(
        reference=line.reference,
        net=net_after,
        tax_before=line.tax_left,
        tax_after=tax_after,
        rate_before=line.rate,
        net_refund=line.net_left - net_after,
        parts=refund_parts(line, tax_after, parts, currency),
    )


def _in_proportion(tax: Decimal, remaining: Decimal, base: Decimal) -> Decimal:
    return EXACT.divide(EXACT.multiply(tax, remaining), base) if base else ZERO


def _parts_of_remainder(
    line: ChargedLine, remaining: Decimal, base: Decimal, currency: Currency
) -> tuple[Decimal, ...] | None:
    """The taxes on what remains, each rounded on its own; None where the taxes of the stack are rounded as one."""
    if len({part.tax_type for part in line.parts}) < 2:
        return None
    return tuple(currency.round(_in_proportion(part.base_tax, remaining, base)) for part in line.parts)


def refund_parts(
    line: ChargedLine, tax_after: Decimal, after: Sequence[Decimal] | None, currency: Currency
) -> tuple[PartRefund, ...]:
    """What goes back of each tax of a stack when ``tax_after`` stays; never more of one than stands of it.

    Args:
        after: what stays of each tax where the taxes were rounded one by one; None: they share ``tax_after``.
    """
    if not line.parts:
        return ()
    if after is None or sum(after, ZERO) != tax_after:
        after = distribute(tax_after, [part.base_tax for part in line.parts], currency.unit)
    refunds = tuple(part.tax_left - stays for part, stays in zip(line.parts, after, strict=True))
    if any(refund < 0 for refund in refunds):  # rounding gave a tax a cent back: share what goes by what is left
        lefts = [part.tax_left for part in line.parts]
        refunds = distribute(line.tax_left - tax_after, lefts, currency.unit)
    return tuple(PartRefund(part.name, part.tax_type, refund) for part, refund in zip(line.parts, refunds, strict=True))


def _refused(
    reason: str, lines: Sequence[ChargedLine], law: tuple[str, ...], refundable: Decimal
) -> AdjustmentDecision:
    standing = tuple(RefundLine(x.reference, x.net_left, x.tax_left, x.tax_left, x.rate) for x in lines)
    return AdjustmentDecision(
        outcome=RefundOutcome.REFUSED, reason=reason, rule="A8", lines=standing, law=law, refundable=refundable
    )
