"""Sourcing and the stack: which place's taxes a sale bears, and the state, county, city and district taxes there."""

from dataclasses import dataclass, replace
from decimal import Decimal

from tax_rules.decision import Caution, Confidence, Jurisdiction, Reason, RowRead, Step, TaxPart
from tax_rules.facts import Address, LocalStack, LocalTax, ProductKind
from tax_rules.money import HUNDRED, ZERO, format_percent
from tax_rules.rulefiles import Row
from tax_rules.sales_tax.us.case import Case, Facts, state_name
from tax_rules.sales_tax.us.local_rates import find_in_sample, sample_of
from tax_rules.sales_tax.us.state import COUNTRY, find_state

SALES_TAX, TAX_NAME = "sales_tax", "Sales tax"
SSUTA_310 = "SSUTA 310"
DESTINATION, ORIGIN, MIXED = "destination", "origin", "mixed"
AT_DESTINATION_ALWAYS = {"TX": (ProductKind.DATA_PROCESSING, ProductKind.SAAS)}
GOODS_AT_ORIGIN = ("PA",)
CITY_AND_COUNTY = ("city", "county")


@dataclass(frozen=True, slots=True)
class Stack:
    """The taxes at the place. ``level`` says how precisely it was found."""

    parts: tuple[TaxPart, ...]
    rate: Decimal
    sourcing: str
    level: str
    rows: tuple[RowRead, ...]
    steps: tuple[Step, ...]
    warnings: tuple[Caution, ...]
    confidences: tuple[str, ...]
    is_place_known: bool


def find_stack(case: Case, state_row: Row | None, *, taxable: Decimal = HUNDRED) -> Stack:
    """The stack of taxes on a product that the state takes.

    Args:
        state_row: the state's own rate; None where it levies none.
        taxable: percent of the price that is taxed.
    Law:
        SSUTA 309, 310; the states' acts as the rows name them.
    """
    sourcing, sourced_by = _sourcing(case)
    local, warnings = _local(case, sourcing)
    reason = Reason.STANDARD_RATED if taxable == HUNDRED else Reason.PORTION_TAXABLE
    parts: list[TaxPart] = []
    rows = [RowRead.of(sourced_by)] if sourced_by else []
    law = sourced_by.law if sourced_by else SSUTA_310
    facts: Facts = (("sourcing", sourcing), ("place", _words(case.address)))
    steps = [Step("us_sourcing", facts, law, sourced_by.id if sourced_by else None)]
    confidences = [row.confidence for row in rows]
    if state_row is not None and (local is None or local.has_state_tax):
        parts.append(_state_part(case, state_row, reason, taxable))
        rows.append(RowRead.of(state_row))
        confidences.append(state_row.confidence)
    local_law = sample_of(case.book).laws.get(case.state)
    for tax in local.taxes if local else ():
        parts.append(_local_part(case, tax, reason, taxable))
        confidences.append(tax.confidence)
        if tax.valid_from is not None:
            rows.append(RowRead(tax.row, tax.valid_from, tax.rate, local_law or law, tax.source, tax.confidence))
    rate = sum((part.rate for part in parts), ZERO) * taxable / HUNDRED
    steps += [_step(case, part, local_law if part.jurisdiction.level != "state" else None) for part in parts]
    stack = Stack(
        parts=tuple(parts),
        rate=rate,
        sourcing=sourcing,
        level=local.level.value if local else "state",
        rows=tuple(rows),
        steps=tuple(steps),
        warnings=warnings,
        confidences=(*confidences, *((Confidence.LOW,) if warnings else ())),
        is_place_known=local is not None,
    )
    return _with_bands(case, stack) if case.is_tangible else stack


def _step(case: Case, part: TaxPart, law: str | None) -> Step:
    facts: Facts = (
        ("name", part.jurisdiction.name),
        ("level", part.jurisdiction.level),
        ("rate", format_percent(part.rate)),
        ("share", format_percent(part.taxable_percent)),
        ("product", case.product.value),
    )
    return Step("us_tax_due", facts, law, part.row)


def _sourcing(case: Case) -> tuple[str, Row | None]:
    """Between states the destination; within one what its row says."""
    origin = case.situation.ship_from
    if origin is None or find_state(origin, case.book) != case.state:
        return DESTINATION, None
    row = case.find("us.sourcing_within_state")
    is_fixed = case.product in AT_DESTINATION_ALWAYS.get(case.state, ())
    if row is None or is_fixed or (case.state in GOODS_AT_ORIGIN and not case.is_tangible):
        return DESTINATION, None
    return str(row.value), row


def _local(case: Case, sourcing: str) -> tuple[LocalStack | None, tuple[Caution, ...]]:
    """The local taxes to charge, and what is not sure about them; None where the place is not known."""
    has_local = case.find("us.local_taxes")
    if has_local is not None and has_local.value is False:
        return None, ()
    origin = case.situation.ship_from
    address = origin if sourcing == ORIGIN and origin is not None else case.address
    found = _at(case, address)
    if sourcing == MIXED and case.state == "TX" and origin is not None:
        found = _from_texas(_at(case, origin), found)
    facts: Facts = (("state", state_name(case.state, case.book)), ("place", _words(address)))
    if found is None:
        return None, (Caution("imprecise_address", facts),)
    warnings = (Caution("several_local_rates", facts),) if found.is_ambiguous else ()
    return _limited(case, found), warnings


def _at(case: Case, address: Address) -> LocalStack | None:
    """What an imported official table says of an address, else the sample that ships."""
    for known in (case.situation.local, case.situation.local_at_origin):
        if known is not None and known.address == address:
            return known
    return find_in_sample(address, case.state, case.situation.on, case.book)


def _from_texas(origin: LocalStack | None, destination: LocalStack | None) -> LocalStack | None:
    """Texas: the taxes of the place of business, then districts at the destination while the limit leaves room.

    Law:
        34 TAC § 3.334(c).
    """
    if origin is None or destination is None:
        return origin
    known = {(tax.level, tax.name) for tax in origin.taxes}
    further = tuple(t for t in destination.taxes if t.level == "district" and (t.level, t.name) not in known)
    is_ambiguous = origin.is_ambiguous or destination.is_ambiguous
    return replace(origin, taxes=origin.taxes + further, is_ambiguous=is_ambiguous)


def _limited(case: Case, local: LocalStack) -> LocalStack:
    """The local taxes up to what the state lets all of them take together."""
    limit = case.find("us.local_rate_limit")
    if limit is None or not isinstance(limit.value, Decimal):
        return local
    left, kept = limit.value, []
    for tax in local.taxes:
        if left > ZERO:
            kept.append(tax if tax.rate <= left else replace(tax, rate=left))
            left -= tax.rate
    return replace(local, taxes=tuple(kept))


def _state_part(case: Case, row: Row, reason: Reason, taxable: Decimal) -> TaxPart:
    return TaxPart(
        jurisdiction=state_jurisdiction(case),
        tax_type=SALES_TAX,
        tax_name=TAX_NAME,
        rate=percent(row),
        reason=reason,
        taxable_percent=taxable,
        row=row.id,
    )


def percent(row: Row) -> Decimal:
    """The rate that a row holds.

    Raises:
        TypeError: the row holds no number.
    """
    if not isinstance(row.value, Decimal):
        raise TypeError(f"{row.id} is no rate")
    return row.value


def state_jurisdiction(case: Case) -> Jurisdiction:
    """The state, as the one whose tax it is."""
    return Jurisdiction(country=COUNTRY, name=state_name(case.state, case.book), level="state", state=case.state)


def _local_part(case: Case, tax: LocalTax, reason: Reason, taxable: Decimal) -> TaxPart:
    place = Jurisdiction(country=COUNTRY, name=tax.name, level=tax.level, state=case.state, code=tax.code)
    return TaxPart(
        jurisdiction=place,
        tax_type=SALES_TAX,
        tax_name=TAX_NAME,
        rate=tax.rate,
        reason=reason,
        taxable_percent=taxable,
        row=tax.row,
    )


def _with_bands(case: Case, stack: Stack) -> Stack:
    """What depends on the price of a single tangible article: local taxes up to a base, a further state tax above."""
    base = case.find("us.single_article_local_base")
    if base is None or not isinstance(base.value, Decimal):
        return stack
    capped = (
        replace(part, up_to=base.value, reason=Reason.CAPPED) if part.jurisdiction.level in CITY_AND_COUNTY else part
        for part in stack.parts
    )
    facts: Facts = (("state", state_name(case.state, case.book)), ("base", str(base.value)))
    steps = [Step("us_single_article_base", facts, base.law, base.id)]
    rows = [RowRead.of(base)]
    parts = tuple(capped)
    further, above, up_to = (
        case.find(name) for name in ("us.single_article_rate", "us.single_article_above", "us.single_article_up_to")
    )
    if further is not None and above is not None and up_to is not None:
        values = (further.value, above.value, up_to.value)
        rate, low, high = (Decimal(str(value)) for value in values)
        name = further.tax_name or TAX_NAME
        part = _state_part(case, further, Reason.CAPPED, HUNDRED)
        parts += (replace(part, tax_name=name, above=low, up_to=high),)
        band: Facts = (("rate", format_percent(rate)), ("above", str(low)), ("up_to", str(high)))
        steps.append(Step("us_single_article_band", band, further.law, further.id))
        rows += map(RowRead.of, (further, above, up_to))
    return replace(stack, parts=parts, steps=(*stack.steps, *steps), rows=(*stack.rows, *rows))


def _words(address: Address) -> str:
    return " ".join(part for part in (address.city, address.state, address.postal_code) if part) or address.country
