"""GST, HST, PST, QST and RST on one product: which of them are due in the province, and which of those are collected.

Each tax is taken from the price without the other and rounded on its own. The date is the day on which the tax becomes
payable: the earlier of the day the price is due and the day it is paid.
"""

from dataclasses import replace

from tax_rules.decision import (
    Caution,
    Confidence,
    Jurisdiction,
    Outcome,
    PartRounding,
    Reason,
    RowRead,
    Step,
    Treatment,
    unique,
    weakest,
)
from tax_rules.errors import NoRuleInForce
from tax_rules.facts import GOODS, Address, ProductKind, Situation
from tax_rules.money import ZERO
from tax_rules.rulebook import RuleBook
from tax_rules.sales_tax.canada.province import LAW as PLACE_OF_SUPPLY
from tax_rules.sales_tax.canada.province import Province, find_province
from tax_rules.sales_tax.canada.taxes import (
    ASSERTED,
    COUNTRY,
    FEDERAL,
    PROVINCIAL,
    Case,
    Facts,
    Tax,
    covers,
    federal_tax,
    is_registered_in_canada,
    levied_taxes,
    province_jurisdiction,
)

STANDARD_RATED, EXEMPT, NOT_SUBJECT = "S", "E", "O"  # EN 16931, UNCL5305


def supply_address(situation: Situation, product: ProductKind) -> Address:
    """Where goods are delivered, or the customer of a service is."""
    is_moved = product in GOODS or product is ProductKind.SHIPPING
    return situation.destination if is_moved else situation.customer.address


def decide_canadian_tax(situation: Situation, product: ProductKind, book: RuleBook) -> Treatment:
    """Decide the taxes on a supply that is made in Canada.

    Returns:
        A treatment whose parts are rounded each on its own. Taxes without a registration in force are left out with a
        warning. Without any word of the province the federal tax, which is due everywhere, with low confidence;
        ``undetermined`` where a province is given that nobody knows, or whether it taxes the product is not known.
    Law:
        Excise Tax Act s. 165, 165.2, 221, 240; the acts of the provinces as the rows name them.
    """
    address = supply_address(situation, product)
    province = find_province(address, book)
    place = province_jurisdiction(province) if province else Jurisdiction(country=COUNTRY, name="Canada")
    if situation.is_collected_by_marketplace:
        return _nothing(place, Outcome.MARKETPLACE_COLLECTED, Reason.MARKETPLACE_COLLECTED, "ca_marketplace")
    if not any(is_registered_in_canada(situation, kind) for kind in (*FEDERAL, *PROVINCIAL.values())):
        facts: Facts = (("country", COUNTRY), ("seller_country", situation.seller.country))
        found = _nothing(place, Outcome.NOT_COLLECTING, Reason.NOT_COLLECTING, "not_collecting", facts)
        return found.with_warnings(Caution("not_registered", facts))
    if province is None and not address.state and not address.postal_code:
        return _federal_only(situation, product, book)
    if province is None:
        return _undetermined(place, (), Step("ca_province_unknown"), Caution("ca_province_unknown"))
    case = Case(situation, product, book, province)
    try:
        return _stack(case, levied_taxes(case)).with_warnings(*_cautions(case))
    except NoRuleInForce as missing:
        facts = (("parameter", missing.parameter), ("jurisdiction", missing.jurisdiction), ("date", str(missing.on)))
        return _undetermined(
            place, (_place_step(province),), Step("no_rule", facts), Caution("no_rule_in_force", facts)
        )


def _federal_only(situation: Situation, product: ProductKind, book: RuleBook) -> Treatment:
    """What is due wherever in Canada the customer is; that HST or a provincial tax may be due as well is said."""
    unknown = Province("", "Canada")
    case = Case(situation, product, book, unknown)
    try:
        found = _stack(case, (federal_tax(case),))
    except NoRuleInForce:
        return _undetermined(
            province_jurisdiction(unknown), (), Step("ca_province_unknown"), Caution("ca_province_unknown")
        )
    return replace(
        found.with_warnings(Caution("ca_province_unknown")),
        jurisdiction=Jurisdiction(country=COUNTRY, name="Canada"),
        steps=(Step("ca_province_unknown"), *found.steps[1:]),
        confidence=Confidence.LOW,
    )


def _stack(case: Case, taxes: tuple[Tax, ...]) -> Treatment:
    """The taxes that are collected; without any the outcome says whether something is due that nobody collects."""
    due = [tax for tax in taxes if tax.is_taxable]
    charged = [tax for tax in due if tax.is_registered]
    if charged:
        outcome, reason, category = Outcome.CHARGE, charged[0].reason, STANDARD_RATED
    elif due:
        outcome, reason, category = Outcome.NOT_COLLECTING, Reason.NOT_COLLECTING, NOT_SUBJECT
    else:
        outcome, reason, category = Outcome.EXEMPT, taxes[0].reason, EXEMPT
    is_asserted = any(tax.reason is Reason.CUSTOMER_EXEMPT for tax in taxes)
    rows = tuple({row.id: RowRead.of(row) for tax in taxes for row in tax.rows}.values())
    is_single = len(charged) == 1
    return Treatment(
        outcome=outcome,
        reason=reason,
        rule="CA",
        jurisdiction=charged[0].jurisdiction if is_single else province_jurisdiction(case.province),
        rate=sum((tax.rate for tax in charged), ZERO),
        tax_type=charged[0].tax_type if is_single else None,
        tax_name=charged[0].name if is_single else None,
        vat_category=category,
        law=unique((*(row.law for row in rows), PLACE_OF_SUPPLY, *((ASSERTED,) if is_asserted else ()))),
        rows=rows,
        steps=(_place_step(case.province), *(tax.step for tax in taxes)),
        warnings=tuple(caution for tax in taxes for caution in tax.cautions),
        confidence=Confidence.LOW if is_asserted else weakest(*(row.confidence for row in rows)),
        parts=() if is_single else tuple(tax.part for tax in charged),
        part_rounding=PartRounding.EACH,
        sourcing="destination" if charged else None,
    )


def _cautions(case: Case) -> tuple[Caution, ...]:
    """What the facts leave open: a contradicted place, a registered buyer, an exemption that is claimed."""
    situation, found = case.situation, []
    if case.province.is_contradicted:
        found.append(Caution("ca_province_contradicted", case.facts[:1]))
    numbers = [tax_id for tax_id in situation.customer.tax_ids if tax_id.country == COUNTRY]
    if numbers and situation.customer.acts_as_business and situation.seller.country != COUNTRY:
        found.append(Caution("ca_registered_buyer"))
    exemption = situation.exemption
    if exemption is not None and exemption.country == COUNTRY and not covers(exemption, case):
        found.append(Caution("ca_exemption_not_accepted", case.facts[:1]))
    return tuple(found)


def _place_step(province: Province) -> Step:
    code = "ca_place_by_postal_code" if province.by_postal_code else "ca_place"
    return Step(code, (("province", province.name),), PLACE_OF_SUPPLY)


def _nothing(place: Jurisdiction, outcome: Outcome, reason: Reason, code: str, facts: Facts = ()) -> Treatment:
    """No tax of the seller's to collect, whatever the province."""
    law = "Excise Tax Act s. 221, 240"
    return Treatment(
        outcome=outcome,
        reason=reason,
        rule="CA",
        jurisdiction=place,
        rate=ZERO,
        vat_category=NOT_SUBJECT,
        law=(law,),
        steps=(Step(code, facts, law),),
    )


def _undetermined(place: Jurisdiction, before: tuple[Step, ...], step: Step, warning: Caution) -> Treatment:
    return Treatment(
        outcome=Outcome.UNDETERMINED,
        reason=Reason.UNDETERMINED,
        rule="CA",
        jurisdiction=place,
        steps=(*before, step),
        warnings=(warning,),
        confidence=Confidence.LOW,
    )
