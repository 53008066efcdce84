"""Rates that the caller states in place of the book's: what is taxed, and for whom, stays as the rules say."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from tax_rules.decision import Jurisdiction, Outcome, PartRounding, Reason, Step, TaxPart, Treatment, unique
from tax_rules.errors import BadFacts
from tax_rules.facts import RateOverride
from tax_rules.money import HUNDRED, ZERO, format_percent, percent_of

SHIPPING = "shipping"
"""The reference by which stated rates name the carriage of a sale."""

_CHARGED = (Outcome.CHARGE, Outcome.ZERO_RATED, Outcome.UNDETERMINED)
_LOCAL = ("county", "city", "district")
_EACH = ("gst", "hst", "pst", "rst", "qst")


def state_rates(treatment: Treatment, reference: str, stated: Sequence[RateOverride]) -> Treatment:
    """The treatment of a line at the stated rates: those that name it, else those that name no line.

    Only where tax is charged at all, or where the rules do not know; an exemption, a reverse charge or a missing
    registration stays. Part of a price stays part of it.

    Raises:
        BadFacts: two rates of one tax for one line, without levels that tell them apart.
    """
    named = [rate for rate in stated if reference in rate.lines]
    rates = named or [rate for rate in stated if not rate.lines]
    is_exempt = treatment.outcome is Outcome.EXEMPT and treatment.reason is Reason.PRODUCT_EXEMPT
    if not rates or not (treatment.outcome in _CHARGED or (named and is_exempt)) or _is_special(treatment):
        return treatment
    alone = [rate.tax_type for rate in rates if rate.level is None]
    if len(set(alone)) < len(alone):
        raise BadFacts(f"line {reference}: more than one stated rate of one tax")
    parts = _parts(treatment, rates)
    nominal = (part for part in parts if part.above is None or part.reason is not Reason.CAPPED)
    total = sum((percent_of(part.rate, part.taxable_percent) for part in nominal), ZERO)
    is_single = len(parts) == 1 and parts[0].taxable_percent == HUNDRED and not parts[0].is_banded
    law = f"rate of {format_percent(total)} % stated by the caller"
    return replace(
        treatment,
        outcome=Outcome.CHARGE if total else Outcome.ZERO_RATED,
        reason=_reason(treatment, total),
        vat_category="S" if total else "Z",
        jurisdiction=treatment.jurisdiction if not rates[0].level else parts[0].jurisdiction,
        rate=total,
        tax_type=parts[0].tax_type if len({part.tax_type for part in parts}) == 1 else None,
        law=unique((*treatment.law, law)),
        steps=(*treatment.steps, Step("rate_stated", (("rate", format_percent(total)),), law)),
        parts=() if is_single else parts,
        part_rounding=PartRounding.EACH if parts[0].tax_type in _EACH else PartRounding.TOGETHER,
    )


def _reason(treatment: Treatment, total: Decimal) -> Reason:
    if treatment.outcome is Outcome.CHARGE and total:
        return treatment.reason
    return Reason.STANDARD_RATED if total else Reason.ZERO_RATED


def _is_special(treatment: Treatment) -> bool:
    """Whether the law gives the product one rate in place of all that could be stated for the place."""
    return bool(treatment.parts) and all(part.reason is Reason.REDUCED_RATED for part in treatment.parts)


def _parts(treatment: Treatment, rates: Sequence[RateOverride]) -> tuple[TaxPart, ...]:
    """A part for each stated rate, with the base that the rules give to a tax of its level.

    A tax that the rules put above a price and that nobody states another rate for stays.
    """
    left = list(treatment.parts)
    parts = []
    for stated in rates:
        like = _like(left, stated)
        if like is not None:
            left.remove(like)
        parts.append(_part(treatment, stated, like))
    return (*parts, *(part for part in left if part.above is not None and part.reason is Reason.CAPPED))


def _like(parts: Sequence[TaxPart], stated: RateOverride) -> TaxPart | None:
    """The tax of the rules whose rate is stated: of the same level, else one local tax for another."""
    same = [part for part in parts if part.jurisdiction.level == stated.level]
    local = [part for part in parts if stated.level in _LOCAL and part.jurisdiction.level in _LOCAL]
    return next(iter([*same, *local]), None)


def _part(treatment: Treatment, stated: RateOverride, like: TaxPart | None) -> TaxPart:
    """The stated rate on the base of the tax it takes the place of, else on what of the price is taxable at most."""
    place = treatment.jurisdiction
    own = Jurisdiction(
        country=place.country,
        name=stated.name or place.name,
        level=stated.level or place.level,
        state=place.state,
        code=place.code if not stated.level else None,
    )
    if like is not None:
        return replace(like, jurisdiction=own, tax_type=stated.tax_type, rate=stated.rate_percent, row=None)
    whole = max((part.taxable_percent for part in treatment.parts), default=HUNDRED)
    return TaxPart(jurisdiction=own, tax_type=stated.tax_type, rate=stated.rate_percent, taxable_percent=whole)
