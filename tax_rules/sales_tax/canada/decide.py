"""GST, HST, PST, QST and RST on one product: which of them are due in the province, and which of those are collected.

Each tax is taken from the price without the other and rounded on its own. The date is the day on which the tax becomes
payable: the earlier of the day the price is due and the day it is paid.
"""

from dataclasses import dataclass, replace
from decimal import Decimal

from tax_rules.decision import (
    Caution,
    Confidence,
    Jurisdiction,
    Outcome,
    PartRounding,
    Reason,
    RowRead,
    Step,
    TaxPart,
    Treatment,
    unique,
    weakest,
)
from tax_rules.errors import NoRuleInForce
from tax_rules.facts import GOODS, Address, Exemption, ProductKind, RegistrationKind, Situation
from tax_rules.money import ZERO, format_percent
from tax_rules.rulebook import RuleBook
from tax_rules.rulefiles import Row
from tax_rules.sales_tax.canada.province import LAW as PLACE_OF_SUPPLY
from tax_rules.sales_tax.canada.province import Province, find_province

COUNTRY = "CA"
STANDARD_RATED, EXEMPT, NOT_SUBJECT = "S", "E", "O"  # EN 16931, UNCL5305
FEDERAL = (RegistrationKind.GST, RegistrationKind.VAT)
"""Registrations for GST, which cover HST; ``vat`` is what a seller may call the same number."""
PROVINCIAL = {"qst": RegistrationKind.QST, "pst": RegistrationKind.PST, "rst": RegistrationKind.RST}
RESALE = "resale"
"""The reason of a customer that sells the goods again."""
ASSERTED = "exemption accepted by the seller (asserted)"
Facts = tuple[tuple[str, str], ...]
LIKE = {ProductKind.AUDIOBOOK: ProductKind.DIGITAL_MEDIA}
"""Kinds that a province taxes by the rule of another kind where it has none of their own."""


@dataclass(frozen=True, slots=True)
class _Tax:
    """A tax that is levied in the province; ``rows`` were read for it, ``step`` says what they mean."""

    rate: Decimal
    row: Row
    jurisdiction: Jurisdiction
    is_registered: bool
    is_taxable: bool
    rows: tuple[Row, ...]
    step: Step
    cautions: tuple[Caution, ...] = ()
    reason: Reason = Reason.STANDARD_RATED

    @property
    def tax_type(self) -> str:
        return str(self.row.tax_type)

    @property
    def name(self) -> str:
        return str(self.row.tax_name)

    @property
    def part(self) -> TaxPart:
        return TaxPart(
            jurisdiction=self.jurisdiction,
            tax_type=self.tax_type,
            tax_name=self.name,
            rate=self.rate,
            reason=self.reason,
            row=self.row.id,
        )


@dataclass(frozen=True, slots=True)
class _Case:
    """One question, with the province where the supply is made."""

    situation: Situation
    product: ProductKind
    book: RuleBook
    province: Province

    def find(self, parameter: str, jurisdiction: str | None = None) -> Row | None:
        return self.book.find(parameter, jurisdiction or self.province.jurisdiction, self.situation.on)

    @property
    def facts(self) -> Facts:
        return (("province", self.province.name), ("product", self.product.value))


def supply_address(situation: Situation, product: ProductKind) -> Address:
    """Where goods are delivered, or the customer of a service is."""
    is_moved = product in GOODS or product is ProductKind.SHIPPING
    return situation.destination if is_moved else situation.customer.address


def decide_canadian_tax(situation: Situation, product: ProductKind, book: RuleBook) -> Treatment:
    """Decide the taxes on a supply that is made in Canada.

    Returns:
        A treatment whose parts are rounded each on its own. Taxes without a registration in force are left out with a
        warning. ``undetermined`` where the province, or whether it taxes the product, is not known.
    Law:
        Excise Tax Act s. 165, 165.2, 221, 240; the acts of the provinces as the rows name them.
    """
    province = find_province(supply_address(situation, product), book)
    place = _province(province) if province else Jurisdiction(country=COUNTRY, name="Canada")
    if situation.is_collected_by_marketplace:
        return _nothing(place, Outcome.MARKETPLACE_COLLECTED, Reason.MARKETPLACE_COLLECTED, "ca_marketplace")
    if not any(_is_canadian(situation, kind) for kind in (*FEDERAL, *PROVINCIAL.values())):
        facts: Facts = (("country", COUNTRY), ("seller_country", situation.seller.country))
        found = _nothing(place, Outcome.NOT_COLLECTING, Reason.NOT_COLLECTING, "not_collecting", facts)
        return found.with_warnings(Caution("not_registered", facts))
    if province is None:
        return _undetermined(place, (), Step("ca_province_unknown"), Caution("ca_province_unknown"))
    case = _Case(situation, product, book, province)
    try:
        return _stack(case, _taxes(case)).with_warnings(*_cautions(case))
    except NoRuleInForce as missing:
        facts = (("parameter", missing.parameter), ("jurisdiction", missing.jurisdiction), ("date", str(missing.on)))
        return _undetermined(
            place, (_place_step(province),), Step("no_rule", facts), Caution("no_rule_in_force", facts)
        )


def _taxes(case: _Case) -> tuple[_Tax, ...]:
    """The taxes that are levied in the province on the date: HST alone, or GST and that of the province.

    Raises:
        NoRuleInForce: it is not known which, or whether a tax that the seller collects takes this product.
    """
    if (hst := case.find("hst.rate")) is not None:
        return (_harmonized(case, hst),)
    on = case.situation.on
    gst = case.book.in_force("gst.rate", COUNTRY, on)
    federal = _tax(case, gst, Jurisdiction(country=COUNTRY, name="Canada"), FEDERAL)
    for tax_type, kind in PROVINCIAL.items():
        if (row := case.find(f"{tax_type}.rate")) is not None:
            return (federal, _tax(case, row, _province(case.province), (kind,)))
    case.book.in_force("provincial_tax.not_levied", case.province.jurisdiction, on)
    return (federal,)


def _harmonized(case: _Case, row: Row) -> _Tax:
    """HST; on printed books the provincial part is given back at the till, so that the federal part is left."""
    place = _province(case.province)
    tax = _tax(case, row, place, FEDERAL)
    is_book = tax.is_registered and case.product is ProductKind.BOOK
    rebate = case.find("hst.printed_book_rebate") if is_book else None
    if rebate is None or rebate.value is not True:
        return tax
    federal = case.book.in_force("gst.rate", COUNTRY, case.situation.on)
    rate = _percent(federal)
    step = Step("ca_book_rebate", (*case.facts, ("rate", format_percent(rate))), rebate.law, rebate.id)
    rows = (*tax.rows, federal, rebate)
    return replace(tax, rate=rate, rows=rows, step=step, reason=Reason.REDUCED_RATED)


def _tax(case: _Case, row: Row, place: Jurisdiction, kinds: tuple[RegistrationKind, ...]) -> _Tax:
    """One tax with its rate, whether the seller collects it, and whether it takes the product.

    Raises:
        NoRuleInForce: the seller collects it, and no row says whether it takes the product.
    """
    tax, rate = "gst" if row.tax_type == "hst" else str(row.tax_type), _percent(row)
    is_registered = any(_is_canadian(case.situation, kind, place.state) for kind in kinds)
    taxability = _taxability(case, tax)
    if taxability is None and is_registered:
        raise NoRuleInForce(f"{tax}.taxability.{case.product.value}", row.jurisdiction, case.situation.on)
    facts: Facts = (*case.facts, ("tax", str(row.tax_name)))
    rows = (row, taxability) if taxability else (row,)
    named = taxability.attribute("caution") if taxability else None
    cautions = (Caution(named, facts[:1]),) if named else ()
    if taxability is not None and taxability.value != "taxable":
        step = Step("ca_product_exempt", facts, taxability.law, taxability.id)
        return _Tax(rate, row, place, is_registered, False, rows, step, cautions, Reason.PRODUCT_EXEMPT)
    if is_registered and (exempt := _exempted(case, tax, row, place, rows, facts)):
        return exempt
    if not is_registered:
        step = Step("ca_tax_left_out", facts, row.law, row.id)
        return _Tax(rate, row, place, False, True, rows, step, (Caution("ca_tax_left_out", facts),))
    step = Step("ca_tax_due", (*facts, ("rate", format_percent(rate))), row.law, row.id)
    return _Tax(rate, row, place, True, True, rows, step, cautions)


def _exempted(case: _Case, tax: str, row: Row, place: Jurisdiction, rows: tuple[Row, ...], facts: Facts) -> _Tax | None:
    """The tax without the sale of a customer whose exemption was accepted; one for resale frees of some taxes only."""
    exemption = case.situation.exemption
    if exemption is None or not _covers(exemption, case):
        return None
    law = ASSERTED
    if exemption.reason == RESALE:
        resale = case.find(f"{tax}.resale_exemption")
        if resale is None:
            return None
        law, rows = resale.law, (*rows, resale)
    step = Step("ca_customer_exempt", (*facts, ("reason", exemption.reason)), law)
    caution = Caution("ca_exemption_asserted", (*facts[:1], *facts[2:]))
    return _Tax(_percent(row), row, place, True, False, rows, step, (caution,), Reason.CUSTOMER_EXEMPT)


def _covers(exemption: Exemption, case: _Case) -> bool:
    """Whether an accepted exemption speaks about the province, the product and the date."""
    on = case.situation.on
    return (
        exemption.is_accepted
        and exemption.country == COUNTRY
        and (not exemption.states or case.province.code in exemption.states)
        and (not exemption.products or case.product in exemption.products)
        and (exemption.valid_from is None or exemption.valid_from <= on)
        and (exemption.valid_to is None or on <= exemption.valid_to)
    )


def _taxability(case: _Case, tax: str) -> Row | None:
    """The row that says whether a tax takes the product: its own, else the one for all supplies."""
    jurisdiction = COUNTRY if tax == "gst" else case.province.jurisdiction
    names = dict.fromkeys((case.product.value, LIKE.get(case.product, case.product).value, "general"))
    found = (case.find(f"{tax}.taxability.{name}", jurisdiction) for name in names)
    return next((row for row in found if row is not None), None)


def _stack(case: _Case, taxes: tuple[_Tax, ...]) -> Treatment:
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
        jurisdiction=charged[0].jurisdiction if is_single else _province(case.province),
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


def _cautions(case: _Case) -> tuple[Caution, ...]:
    """What the facts leave open: a contradicted place, a registered buyer, an exemption that is claimed."""
    situation, found = case.situation, []
    if case.province.is_contradicted:
        found.append(Caution("ca_province_contradicted", case.facts[:1]))
    numbers = [tax_id for tax_id in situation.customer.tax_ids if tax_id.country == COUNTRY]
    if numbers and situation.customer.acts_as_business and situation.seller.country != COUNTRY:
        found.append(Caution("ca_registered_buyer"))
    exemption = situation.exemption
    if exemption is not None and exemption.country == COUNTRY and not _covers(exemption, case):
        found.append(Caution("ca_exemption_not_accepted", case.facts[:1]))
    return tuple(found)


def _is_canadian(situation: Situation, kind: RegistrationKind, province: str | None = None) -> bool:
    """Whether a registration of this kind is in force, in the province where one is named."""
    return any(
        registration.kind is kind
        and registration.country == COUNTRY
        and registration.is_in_force(situation.on)
        and (province is None or (registration.state or province).removeprefix("CA-") == province)
        for registration in situation.seller.registrations
    )


def _percent(row: Row) -> Decimal:
    if not isinstance(row.value, Decimal):
        raise TypeError(f"{row.id} is no rate")
    return row.value


def _province(province: Province) -> Jurisdiction:
    return Jurisdiction(country=COUNTRY, name=province.name, level="province", state=province.code)


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
