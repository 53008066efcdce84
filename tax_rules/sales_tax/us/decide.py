"""US sales tax on one product: who collects, which state, whether it takes the product, and which taxes lie on it.

The steps are asked in order and the first that answers ends the question: marketplace, state, registration, taxability,
the customer's exemption, the stack. The date is the civil date of the sale.
"""

from dataclasses import replace
from decimal import Decimal

from tax_rules.decision import (
    Caution,
    Confidence,
    Jurisdiction,
    Outcome,
    Reason,
    RowRead,
    Step,
    TaxPart,
    Treatment,
    unique,
    weakest,
)
from tax_rules.facts import Address, ProductKind, Situation
from tax_rules.money import HUNDRED, ZERO, format_percent
from tax_rules.rulebook import RuleBook
from tax_rules.rulefiles import Row
from tax_rules.sales_tax.supply import supply_address
from tax_rules.sales_tax.us.case import CITY_REGISTRATION, Case, Facts, collects_in
from tax_rules.sales_tax.us.clothing import clothing_band, clothing_holiday
from tax_rules.sales_tax.us.exemption import LAW as EXEMPTION_LAW
from tax_rules.sales_tax.us.exemption import switches_to_business_use, why_not_exempt
from tax_rules.sales_tax.us.stack import SALES_TAX, TAX_NAME, Stack, find_stack, percent, state_jurisdiction
from tax_rules.sales_tax.us.state import COUNTRY, find_state
from tax_rules.sales_tax.us.taxability import find_taxability

RULE = "US"
STANDARD_RATED, EXEMPT, NOT_SUBJECT = "S", "E", "O"  # EN 16931, UNCL5305
FORCES = frozenset({"AA", "AE", "AP"})
ALASKA = "AK"
COLLECTING_LAW = "South Dakota v. Wayfair, Inc., 585 U.S. 162 (2018)"
FORCES_LAW = "USPS Publication 28 s. 225; Cal. Rev. & Tax. Code § 6396; 34 TAC § 3.323"
COUNTRY_WIDE = Jurisdiction(country=COUNTRY, name="United States")


def decide_us_sales_tax(situation: Situation, product: ProductKind, book: RuleBook) -> Treatment:
    """Decide the sales tax on a product that goes to a state of the United States.

    Returns:
        A treatment whose parts are rounded together. ``undetermined`` where the state, or whether it taxes the product,
        is not known; never a zero by default.
    Law:
        SSUTA 305, 309, 310, 317, 324; the states' acts as the rows name them.
    """
    address = supply_address(situation, product)
    if situation.is_collected_by_marketplace:
        return _nothing(COUNTRY_WIDE, Outcome.MARKETPLACE_COLLECTED, Reason.MARKETPLACE_COLLECTED, "us_marketplace")
    if (address.state or "").strip().upper() in FORCES:
        found = _nothing(COUNTRY_WIDE, Outcome.OUT_OF_SCOPE, Reason.NOT_SUBJECT_TO_TAX, "us_forces", law=FORCES_LAW)
        return replace(found, confidence=Confidence.MEDIUM).with_warnings(Caution("us_forces"))
    state = find_state(address, book)
    if state is None:
        return _without_state(situation, address)
    case = Case(situation, product, book, state, address)
    none = case.find("us.no_state_tax")
    if none is not None and state != ALASKA:
        place, facts = state_jurisdiction(case), case.facts[:1]
        found = _nothing(
            place, Outcome.OUT_OF_SCOPE, Reason.NOT_SUBJECT_TO_TAX, "us_no_state_tax", facts, none.law, none
        )
        return replace(found, confidence=Confidence(none.confidence))
    city = _city_tax(case)
    if city is None and not case.is_registered(state):
        return _not_collecting(state_jurisdiction(case), case.facts)
    return _in_state(case, city)


def _without_state(situation: Situation, address: Address) -> Treatment:
    """Without a state nothing is known, unless the seller collects nowhere."""
    if not collects_in(situation, None):
        return _not_collecting(COUNTRY_WIDE, (("state", COUNTRY_WIDE.name), ("product", "-")))
    facts: Facts = (("given", address.state or "-"),)
    return _undetermined(COUNTRY_WIDE, (), Step("us_state_unknown", facts), Caution("us_state_unknown", facts))


def _in_state(case: Case, city: Row | None) -> Treatment:
    """A seller that collects there: is the product taxed, is the customer exempt, and what lies on the price?"""
    if city is not None and not case.is_registered(case.state):
        return _city_only(case, city)
    carriage = case.find("us.shipping") if case.product is ProductKind.SHIPPING else None
    if carriage is not None and carriage.value == "exempt_if_separate":
        return _exempt(case, Reason.PRODUCT_EXEMPT, "us_carriage_exempt", carriage)
    holiday = clothing_holiday(case)
    if holiday is not None:
        return _exempt(case, Reason.HOLIDAY, "us_clothing_holiday", holiday)
    row = find_taxability(case) if case.state != ALASKA else None
    if row is not None and row.value == "exempt":
        return _city_only(case, city, row) if city else _exempt(case, Reason.PRODUCT_EXEMPT, "us_product_exempt", row)
    refused = None
    if case.situation.exemption is not None:
        refused = why_not_exempt(case.situation.exemption, case.state, case.product, case.situation.on, case.book)
        if refused is None:
            return _customer_exempt(case)
    found = _alaska(case) if case.state == ALASKA else _taxed(case, row, city)
    if refused is None or found.outcome is not Outcome.CHARGE:
        return found
    reason = case.situation.exemption.reason if case.situation.exemption else "-"
    caution = Caution(refused, (("reason", reason), *case.facts))
    return found if switches_to_business_use(case.situation.exemption, case.book) else found.with_warnings(caution)


def _taxed(case: Case, row: Row | None, city: Row | None) -> Treatment:
    if row is None or row.value == "undetermined":
        step, caution = Step("us_taxability_unknown", case.facts), Caution("us_taxability_unknown", case.facts)
        return _undetermined(state_jurisdiction(case), (), step, caution)
    state_row = case.find("us.state_rate")
    if state_row is None:
        facts: Facts = (*case.facts, ("date", str(case.situation.on)))
        return _undetermined(state_jurisdiction(case), (), Step("us_no_rate", facts), Caution("us_no_rate", facts))
    if row.value == "reduced":
        return _reduced(case, row)
    taxable = Decimal(row.attribute("taxable_percent") or HUNDRED)
    stack = clothing_band(case, find_stack(case, state_row, taxable=taxable))
    code = "us_product_taxable" if taxable == HUNDRED else "us_portion_taxable"
    facts = (*case.facts, ("share", format_percent(taxable)))
    reason = Reason.STANDARD_RATED if taxable == HUNDRED else Reason.PORTION_TAXABLE
    if city is not None:
        stack = replace(
            stack,
            parts=(*stack.parts, _city_part(case, city)),
            rate=stack.rate + percent(city),
            rows=(*stack.rows, RowRead.of(city)),
        )
    return _charged(case, stack, reason, Step(code, facts, row.law, row.id), row)


def _charged(case: Case, stack: Stack, reason: Reason, step: Step, row: Row | None) -> Treatment:
    rows = (RowRead.of(row), *stack.rows) if row else stack.rows
    is_single = len(stack.parts) == 1 and not stack.parts[0].is_banded and stack.parts[0].taxable_percent == HUNDRED
    return Treatment(
        outcome=Outcome.CHARGE,
        reason=reason,
        rule=RULE,
        jurisdiction=state_jurisdiction(case),
        rate=stack.rate,
        tax_type=SALES_TAX,
        tax_name=TAX_NAME,
        vat_category=STANDARD_RATED,
        law=unique(tuple(read.law for read in rows)),
        rows=rows,
        steps=(step, *stack.steps),
        warnings=stack.warnings,
        confidence=weakest(*(read.confidence for read in rows), *stack.confidences),
        parts=() if is_single else stack.parts,
        sourcing=stack.sourcing,
        address_level=stack.level,
    )


def _reduced(case: Case, row: Row) -> Treatment:
    """A rate that stands in place of all rates of the state; there is no local part."""
    rate = Decimal(row.attribute("rate_percent") or 0)
    step = Step("us_reduced_rate", (*case.facts, ("rate", format_percent(rate))), row.law, row.id)
    return Treatment(
        outcome=Outcome.CHARGE,
        reason=Reason.REDUCED_RATED,
        rule=RULE,
        jurisdiction=state_jurisdiction(case),
        rate=rate,
        tax_type=SALES_TAX,
        tax_name=TAX_NAME,
        vat_category=STANDARD_RATED,
        law=(row.law,),
        rows=(RowRead.of(row),),
        steps=(step,),
        confidence=Confidence(row.confidence),
        sourcing="destination",
        address_level="state",
    )


def _alaska(case: Case) -> Treatment:
    """No state tax; municipalities of the remote seller commission may take all products."""
    stack = find_stack(case, None)
    step = Step("us_alaska", case.facts, "Alaska Stat. 29.45.650; Remote Seller Sales Tax Code")
    if not stack.is_place_known:
        return _undetermined(state_jurisdiction(case), (step,), *_unknown_place(case))
    if not stack.parts:
        found = _nothing(state_jurisdiction(case), Outcome.OUT_OF_SCOPE, Reason.NOT_SUBJECT_TO_TAX, "us_alaska_none")
        return replace(found, confidence=Confidence.LOW)
    return replace(_charged(case, stack, Reason.STANDARD_RATED, step, None), confidence=Confidence.LOW)


def _unknown_place(case: Case) -> tuple[Step, Caution]:
    facts: Facts = (("state", case.facts[0][1]), ("place", case.address.postal_code or case.address.city or "-"))
    return Step("us_place_unknown", facts), Caution("imprecise_address", facts)


def _city_tax(case: Case) -> Row | None:
    """Chicago's own tax on hosted software, of a seller that is registered with the city."""
    if case.product is not ProductKind.SAAS or (case.address.city or "").strip().upper() != "CHICAGO":
        return None
    return case.find("us.chicago_lease_tax") if case.is_registered(CITY_REGISTRATION) else None


def _city_part(case: Case, row: Row) -> TaxPart:
    return TaxPart(
        jurisdiction=Jurisdiction(country=COUNTRY, name="Chicago", level="city", state=case.state),
        tax_type=row.tax_type or SALES_TAX,
        tax_name=row.tax_name,
        rate=percent(row),
        row=row.id,
    )


def _city_only(case: Case, city: Row, exempting: Row | None = None) -> Treatment:
    """The city's tax alone, where the state takes nothing or the seller does not collect for it."""
    part = _city_part(case, city)
    facts: Facts = (("name", "Chicago"), ("rate", format_percent(part.rate)), case.facts[1])
    rows = (RowRead.of(exempting), RowRead.of(city)) if exempting else (RowRead.of(city),)
    return Treatment(
        outcome=Outcome.CHARGE,
        reason=Reason.STANDARD_RATED,
        rule=RULE,
        jurisdiction=part.jurisdiction,
        rate=part.rate,
        tax_type=part.tax_type,
        tax_name=part.tax_name,
        vat_category=STANDARD_RATED,
        law=unique(tuple(read.law for read in rows)),
        rows=rows,
        steps=(Step("us_city_tax", facts, city.law, city.id),),
        confidence=weakest(*(read.confidence for read in rows)),
        sourcing="destination",
        address_level="city",
    )


def _exempt(case: Case, reason: Reason, code: str, row: Row) -> Treatment:
    found = _nothing(state_jurisdiction(case), Outcome.EXEMPT, reason, code, case.facts, row.law, row)
    return replace(found, vat_category=EXEMPT, confidence=Confidence(row.confidence))


def _customer_exempt(case: Case) -> Treatment:
    exemption = case.situation.exemption
    facts: Facts = (
        ("reason", exemption.reason if exemption else "-"),
        ("certificate", (exemption.certificate if exemption else None) or "-"),
        *case.facts,
    )
    found = _nothing(
        state_jurisdiction(case), Outcome.EXEMPT, Reason.CUSTOMER_EXEMPT, "us_customer_exempt", facts, EXEMPTION_LAW
    )
    return replace(found, vat_category=EXEMPT)


def _not_collecting(place: Jurisdiction, facts: Facts) -> Treatment:
    found = _nothing(place, Outcome.NOT_COLLECTING, Reason.NOT_COLLECTING, "us_not_registered", facts)
    return replace(found, confidence=Confidence.MEDIUM).with_warnings(Caution("us_not_registered", facts))


def _nothing(
    place: Jurisdiction,
    outcome: Outcome,
    reason: Reason,
    code: str,
    facts: Facts = (),
    law: str = COLLECTING_LAW,
    row: Row | None = None,
) -> Treatment:
    """No tax of the seller's to collect."""
    return Treatment(
        outcome=outcome,
        reason=reason,
        rule=RULE,
        jurisdiction=place,
        rate=ZERO,
        tax_type=SALES_TAX,
        tax_name=TAX_NAME,
        vat_category=NOT_SUBJECT,
        law=(law,),
        rows=(RowRead.of(row),) if row else (),
        steps=(Step(code, facts, law, row.id if row else None),),
    )


def _undetermined(place: Jurisdiction, before: tuple[Step, ...], step: Step, warning: Caution) -> Treatment:
    return Treatment(
        outcome=Outcome.UNDETERMINED,
        reason=Reason.UNDETERMINED,
        rule=RULE,
        jurisdiction=place,
        steps=(*before, step),
        warnings=(warning,),
        confidence=Confidence.LOW,
    )
