"""Which taxes a province levies on a date, which of them the seller collects, and whether they take the product."""

from dataclasses import dataclass, replace
from decimal import Decimal

from tax_rules.decision import Caution, Jurisdiction, Reason, Step, TaxPart
from tax_rules.errors import NoRuleInForce
from tax_rules.facts import Exemption, ProductKind, RegistrationKind, Situation
from tax_rules.money import format_percent
from tax_rules.rulebook import RuleBook
from tax_rules.rulefiles import Row
from tax_rules.sales_tax.canada.province import Province

COUNTRY = "CA"
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
class Tax:
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
class Case:
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


def levied_taxes(case: Case) -> tuple[Tax, ...]:
    """The taxes that are levied in the province on the date: HST alone, or GST and that of the province.

    Raises:
        NoRuleInForce: it is not known which, or whether a tax that the seller collects takes this product.
    """
    if (hst := case.find("hst.rate")) is not None:
        return (_harmonized(case, hst),)
    federal = federal_tax(case)
    for tax_type, kind in PROVINCIAL.items():
        if (row := case.find(f"{tax_type}.rate")) is not None:
            return (federal, _tax(case, row, province_jurisdiction(case.province), (kind,)))
    case.book.in_force("provincial_tax.not_levied", case.province.jurisdiction, case.situation.on)
    return (federal,)


def federal_tax(case: Case) -> Tax:
    """GST, which is due in every province; the rate is the federal part of HST too.

    Raises:
        NoRuleInForce: no rate is in force, or the seller collects it and no row says whether it takes the product.
    """
    row = case.book.in_force("gst.rate", COUNTRY, case.situation.on)
    return _tax(case, row, Jurisdiction(country=COUNTRY, name="Canada"), FEDERAL)


def _harmonized(case: Case, row: Row) -> Tax:
    """HST; on printed books the provincial part is given back at the till, so that the federal part is left."""
    place = province_jurisdiction(case.province)
    tax = _tax(case, row, place, FEDERAL)
    is_book = tax.is_registered and tax.is_taxable and case.product is ProductKind.BOOK
    rebate = case.find("hst.printed_book_rebate") if is_book else None
    if rebate is None or rebate.value is not True:
        return tax
    federal = case.book.in_force("gst.rate", COUNTRY, case.situation.on)
    rate = _percent(federal)
    step = Step("ca_book_rebate", (*case.facts, ("rate", format_percent(rate))), rebate.law, rebate.id)
    rows = (*tax.rows, federal, rebate)
    return replace(tax, rate=rate, rows=rows, step=step, reason=Reason.REDUCED_RATED)


def _tax(case: Case, row: Row, place: Jurisdiction, kinds: tuple[RegistrationKind, ...]) -> Tax:
    """One tax with its rate, whether the seller collects it, and whether it takes the product.

    Raises:
        NoRuleInForce: the seller collects it, and no row says whether it takes the product.
    """
    tax, rate = "gst" if row.tax_type == "hst" else str(row.tax_type), _percent(row)
    is_registered = any(is_registered_in_canada(case.situation, kind, place.state) for kind in kinds)
    taxability = _taxability(case, tax)
    if taxability is None and is_registered:
        raise NoRuleInForce(f"{tax}.taxability.{case.product.value}", row.jurisdiction, case.situation.on)
    facts: Facts = (*case.facts, ("tax", str(row.tax_name)))
    rows = (row, taxability) if taxability else (row,)
    named = taxability.attribute("caution") if taxability else None
    cautions = (Caution(named, facts[:1]),) if named else ()
    if taxability is not None and taxability.value != "taxable":
        step = Step("ca_product_exempt", facts, taxability.law, taxability.id)
        return Tax(rate, row, place, is_registered, False, rows, step, cautions, Reason.PRODUCT_EXEMPT)
    if is_registered and (exempt := _exempted(case, tax, row, place, rows, facts)):
        return exempt
    if not is_registered:
        step = Step("ca_tax_left_out", facts, row.law, row.id)
        return Tax(rate, row, place, False, True, rows, step, (Caution("ca_tax_left_out", facts),))
    step = Step("ca_tax_due", (*facts, ("rate", format_percent(rate))), row.law, row.id)
    return Tax(rate, row, place, True, True, rows, step, cautions)


def _exempted(case: Case, tax: str, row: Row, place: Jurisdiction, rows: tuple[Row, ...], facts: Facts) -> Tax | None:
    """The tax without the sale of a customer whose exemption was accepted; one for resale frees of some taxes only."""
    exemption = case.situation.exemption
    if exemption is None or not covers(exemption, case):
        return None
    law = ASSERTED
    if exemption.reason == RESALE:
        resale = case.find(f"{tax}.resale_exemption")
        if resale is None:
            return None
        law, rows = resale.law, (*rows, resale)
    step = Step("ca_customer_exempt", (*facts, ("reason", exemption.reason)), law)
    caution = Caution("ca_exemption_asserted", (*facts[:1], *facts[2:]))
    return Tax(_percent(row), row, place, True, False, rows, step, (caution,), Reason.CUSTOMER_EXEMPT)


def covers(exemption: Exemption, case: Case) -> bool:
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


def _taxability(case: Case, tax: str) -> Row | None:
    """The row that says whether a tax takes the product: its own, else the one for all supplies."""
    jurisdiction = COUNTRY if tax == "gst" else case.province.jurisdiction
    names = dict.fromkeys((case.product.value, LIKE.get(case.product, case.product).value, "general"))
    found = (case.find(f"{tax}.taxability.{name}", jurisdiction) for name in names)
    return next((row for row in found if row is not None), None)


def province_jurisdiction(province: Province) -> Jurisdiction:
    """The province as the one whose tax it is."""
    return Jurisdiction(country=COUNTRY, name=province.name, level="province", state=province.code)


def is_registered_in_canada(situation: Situation, kind: RegistrationKind, province: str | None = None) -> bool:
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
