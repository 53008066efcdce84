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

SALES_TAX = "sales_tax"

_CHARGED = (Outcome.CHARGE, Outcome.ZERO_RATED, Outcome.UNDETERMINED)
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
    if treatment.reason is Reason.REDUCED_RATED and treatment.tax_type == SALES_TAX:
        return treatment  # it stands in place of every rate of the state, so of those that are stated too
    is_exempt = treatment.outcome is Outcome.EXEMPT and treatment.reason is Reason.PRODUCT_EXEMPT
    if not rates or not (treatment.outcome in _CHARGED or (named and is_exempt)):
        return treatment
    alone = [rate.tax_type for rate in rates if rate.level is None]
    if len(set(alone)) < len(alone):
        raise BadFacts(f"line {reference}: more than one stated rate of one tax")
    parts = tuple(_part(treatment, rate) for rate in rates)
    total = sum((percent_of(part.rate, part.taxable_percent) for part in parts), ZERO)
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


def _part(treatment: Treatment, stated: RateOverride) -> TaxPart:
    """The stated rate with the base that the rules give to a tax of its level."""
    country = treatment.jurisdiction
    place = Jurisdiction(
        country=country.country,
        name=stated.name or country.name,
        level=stated.level or country.level,
        state=country.state,
        code=country.code if not stated.level else None,
    )
    like = next((part for part in treatment.parts if part.jurisdiction.level == place.level), None)
    whole = max((part.taxable_percent for part in treatment.parts), default=HUNDRED)
    return TaxPart(
        jurisdiction=place,
        tax_type=stated.tax_type,
        rate=stated.rate_percent,
        reason=like.reason if like else Reason.STANDARD_RATED,
        taxable_percent=like.taxable_percent if like else whole,
        above=like.above if like else None,
        up_to=like.up_to if like else None,
    )
