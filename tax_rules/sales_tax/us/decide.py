"""US sales tax on one product: registration, place, taxability, exemption, then the stack of taxes.

The order is that of the decision table: who collects, whether the state taxes at all, where the sale is, whether the
product is taxed, whether the customer is exempt. Taxes of one stack are rounded together (SSUTA s. 324).
"""

from dataclasses import dataclass
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
from tax_rules.facts import Address, ProductKind, Registration, RegistrationKind, Situation
from tax_rules.money import ZERO, format_percent, percent_of
from tax_rules.rulebook import RuleBook
from tax_rules.rulefiles import Row
from tax_rules.sales_tax.us.exemption import claims_business_use, exempts
from tax_rules.sales_tax.us.holidays import Holiday, find_holiday
from tax_rules.sales_tax.us.place import UsPlace, find_us_place
from tax_rules.sales_tax.us.stack import PlaceTaxes, find_taxes, jurisdiction_of
from tax_rules.sales_tax.us.taxability import Taxability, find_taxability, is_tangible

COUNTRY, SALES_TAX = "US", "sales_tax"
STANDARD_RATED, EXEMPT, NOT_SUBJECT = "S", "E", "O"  # EN 16931, UNCL5305
NEXUS_LAW = "South Dakota v. Wayfair, 585 U.S. 162 (2018)"
MARKETPLACE_LAW = "the state's marketplace facilitator law"
MILITARY_LAW = "delivery to the forces' post is made outside every state"
Facts = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Case:
    """One question with the place where the sale is received."""

    situation: Situation
    product: ProductKind
    book: RuleBook
    address: Address
    place: UsPlace

    @property
    def facts(self) -> Facts:
        return (("state", self.place.name), ("product", self.product.value))

    @property
    def state(self) -> Jurisdiction:
        if self.place.state is None:
            return Jurisdiction(country=COUNTRY, name=self.place.name)
        return Jurisdiction(country=COUNTRY, name=self.place.name, level="state", state=self.place.state)

    def find(self, parameter: str) -> Row | None:
        return self.book.find(parameter, self.place.jurisdiction, self.situation.on)

    @property
    def registration(self) -> Registration | None:
        found = (r for r in self.situation.seller.registrations if r.kind is RegistrationKind.SALES_TAX)
        state = self.place.state
        return next((r for r in found if _is_of(r, state) and r.is_in_force(self.situation.on)), None)


def decide_us_sales_tax(situation: Situation, product: ProductKind, book: RuleBook) -> Treatment:
    """Decide the sales tax of the state and its localities on a sale that is received in the United States.

    Returns:
        A treatment with a part for each tax; ``undetermined`` with what is missing where the state, the taxability of
        the product or a tax that is only local is not known.
    Law:
        The statutes of the states as the rows name them; SSUTA s. 305, 309, 310, 317, 324.
    """
    is_moved = is_tangible(product) or product is ProductKind.SHIPPING
    address = situation.destination if is_moved else situation.customer.address
    case = _Case(situation, product, book, address, find_us_place(address, book))
    place = case.place
    warnings = (Caution("us_state_contradicted", case.facts[:1]),) if place.is_contradicted else ()
    return _decide(case).with_warnings(*warnings)


def _decide(case: _Case) -> Treatment:
    place, situation = case.place, case.situation
    if situation.is_collected_by_marketplace:
        return _nothing(
            case, Outcome.MARKETPLACE_COLLECTED, Reason.MARKETPLACE_COLLECTED, "us_marketplace", law=MARKETPLACE_LAW
        )
    if place.state is None:
        if not any(_is_of(r, None) and r.is_in_force(situation.on) for r in situation.seller.registrations):
            return _not_collecting(case)
        return _undetermined(case, "us_state_unknown")
    if place.is_military:
        return _nothing(case, Outcome.OUT_OF_SCOPE, Reason.NOT_SUBJECT_TO_TAX, "us_military", law=MILITARY_LAW)
    if (none := case.find("us.no_general_tax")) is not None:
        return _nothing(case, Outcome.OUT_OF_SCOPE, Reason.NOT_SUBJECT_TO_TAX, "us_no_general_tax", none)
    if case.registration is None:
        return _not_collecting(case)
    if (rate := case.find("us.sales_tax_rate")) is None:
        return _undetermined(case, "us_rate_unknown")
    is_business = situation.customer.acts_as_business or claims_business_use(situation, case.book)
    taxability = find_taxability(
        case.product, place.jurisdiction, is_business=is_business, on=situation.on, book=case.book
    )
    if taxability.treatment == "undetermined" or taxability.row is None:
        return _undetermined(case, "us_taxability_unknown", *([taxability.row] if taxability.row else []))
    if taxability.treatment == "exempt":
        return _nothing(case, Outcome.EXEMPT, Reason.PRODUCT_EXEMPT, "us_product_exempt", taxability.row)
    claim = exempts(situation, case.product, place.state, case.book)
    if isinstance(claim, Step):
        return _exempt(case, claim, taxability.row)
    charged = _charge(case, rate, taxability)
    return charged.with_warnings(claim) if claim else charged


def _charge(case: _Case, rate: Row, taxability: Taxability) -> Treatment:
    """The state's tax and the local ones, or the one rate that takes the place of all of them."""
    row = taxability.row
    if taxability.treatment == "reduced" and row is not None:
        part = TaxPart(
            jurisdiction=case.state,
            tax_type=SALES_TAX,
            rate=taxability.percent,
            reason=Reason.REDUCED_RATED,
            row=row.id,
        )
        step = Step("us_reduced", (*case.facts, ("rate", format_percent(part.rate))), row.law, row.id)
        none = PlaceTaxes(
            (), find_taxes(case.situation, case.product, case.address, case.place, case.book).level, "destination"
        )
        return _treatment(case, (part,), none, (row,), (step,))
    local = find_taxes(case.situation, case.product, case.address, case.place, case.book)
    if rate.value == ZERO and not local.is_known:
        return _undetermined(case, "us_local_tax_unknown", rate)
    holiday = find_holiday(case.product, case.place, case.situation.on, case.book)
    parts = [_state_part(case, rate, taxability, holiday)] if rate.value and local.has_state_tax else []
    cap = case.find("us.local_base_cap") if is_tangible(case.product) else None
    parts += [
        TaxPart(
            jurisdiction=jurisdiction_of(tax, case.place),
            tax_type=SALES_TAX,
            rate=tax.rate,
            reason=_part_reason(taxability, cap),
            taxable_percent=taxability.percent,
            up_to=_amount(cap),
            whole_from=holiday.taxed_from if holiday else None,
            row=tax.row,
        )
        for tax in local.taxes
    ]
    if cap is not None and not local.is_known:
        parts.append(_unknown_local_part(case, cap))
    rows = [row for row in (rate, row, cap, *local.rows) if row is not None]
    steps = [_taxed_step(case, taxability), *_rate_steps([part for part in parts if part.rate])]
    single = case.find("us.single_article_rate") if is_tangible(case.product) else None
    if single is not None:
        parts.append(_single_article_part(case, single))
        rows.append(single)
        steps.append(Step("us_single_article", (*case.facts, *single.attributes), single.law, single.id))
    if cap is not None:
        steps.append(Step("us_local_cap", (("state", case.place.name), ("amount", str(cap.value))), cap.law, cap.id))
    if holiday is not None:
        steps.append(Step("us_holiday", (*case.facts, ("amount", format_percent(holiday.taxed_from))), holiday.law))
    threshold = case.find(f"us.item_threshold.{case.product.value}")
    if threshold is not None:
        rows.append(threshold)
        facts = (*case.facts, ("amount", str(threshold.value)))
        steps.append(Step(f"us_threshold_{threshold.attribute('scope')}", facts, threshold.law, threshold.id))
    return _treatment(case, tuple(parts), local, tuple(rows), tuple(steps)).with_warnings(*_cautions(case, threshold))


def _state_part(case: _Case, rate: Row, taxability: Taxability, holiday: Holiday | None) -> TaxPart:
    threshold = case.find(f"us.item_threshold.{case.product.value}")
    scope = threshold.attribute("scope") if threshold else None
    whole = _amount(threshold) if scope == "whole" else None
    return TaxPart(
        jurisdiction=case.state,
        tax_type=SALES_TAX,
        rate=Decimal(str(rate.value)),
        reason=_part_reason(taxability, threshold),
        taxable_percent=taxability.percent,
        above=_amount(threshold) if scope == "excess" else None,
        whole_from=holiday.taxed_from if holiday else whole,
        row=rate.id,
    )


def _unknown_local_part(case: _Case, cap: Row) -> TaxPart:
    """The base of local taxes that the address does not tell: nothing is charged on it, a stated rate may be."""
    place = Jurisdiction(
        country=COUNTRY, name=f"{case.place.name}, local taxes", level="county", state=case.place.state
    )
    return TaxPart(
        jurisdiction=place, tax_type=SALES_TAX, rate=ZERO, reason=Reason.CAPPED, up_to=_amount(cap), row=cap.id
    )


def _single_article_part(case: _Case, row: Row) -> TaxPart:
    above, up_to = (Decimal(str(row.attribute(name))) for name in ("above", "up_to"))
    return TaxPart(
        jurisdiction=Jurisdiction(
            country=COUNTRY, name=f"{case.place.name}, single article", level="state", state=case.place.state
        ),
        tax_type=SALES_TAX, rate=Decimal(str(row.value)), reason=Reason.CAPPED, above=above, up_to=up_to, row=row.id,
    )  # fmt: skip


def _part_reason(taxability: Taxability, cap: Row | None) -> Reason:
    if taxability.treatment == "partial":
        return Reason.PORTION_TAXABLE
    return Reason.CAPPED if cap is not None else Reason.STANDARD_RATED


def _taxed_step(case: _Case, taxability: Taxability) -> Step:
    row = taxability.row
    facts = (*case.facts, ("percent", format_percent(taxability.percent)))
    code = "us_partial" if taxability.treatment == "partial" else "us_taxable"
    return Step(code, facts, row.law if row else None, row.id if row else None)


def _rate_steps(parts: list[TaxPart]) -> list[Step]:
    return [
        Step("us_rate", (("place", part.jurisdiction.name), ("rate", format_percent(part.rate))), None, part.row)
        for part in parts
    ]


def _cautions(case: _Case, threshold: Row | None) -> tuple[Caution, ...]:
    found = []
    if threshold is not None and (local := case.find("us.has_local_taxes")) is not None and local.value:
        found.append(Caution("us_local_threshold_unknown", case.facts))
    city = f"{case.place.jurisdiction}-{(case.place.city or '').upper()}"
    if case.product is ProductKind.SAAS and case.book.find("us.city_lease_tax", city, case.situation.on):
        found.append(Caution("us_city_tax_not_collected", (("city", (case.place.city or "").title()),)))
    return tuple(found)


def _treatment(
    case: _Case, parts: tuple[TaxPart, ...], local: PlaceTaxes, rows: tuple[Row, ...], steps: tuple[Step, ...]
) -> Treatment:
    read = tuple({row.id: row for row in (*(RowRead.of(row) for row in rows), *local.rows_read)}.values())
    levels = [row.confidence for row in read] + ([] if local.is_known else [Confidence.LOW])
    total = sum((_nominal(part) for part in parts), ZERO)
    return Treatment(
        outcome=Outcome.CHARGE,
        reason=parts[0].reason if parts else Reason.STANDARD_RATED,
        rule="US",
        jurisdiction=case.state,
        rate=total,
        tax_type=SALES_TAX,
        tax_name="Sales tax",
        vat_category=STANDARD_RATED,
        law=unique(tuple(row.law for row in rows)),
        rows=read,
        steps=(_place_step(case, local), *steps),
        warnings=local.cautions,
        confidence=weakest(*levels),
        parts=parts,
        part_rounding=PartRounding.TOGETHER,
        sourcing=local.sourcing,
        address_level=local.level.value,
    )


def _nominal(part: TaxPart) -> Decimal:
    """What a part adds to the rate that is shown: nothing where only part of an article's price bears it."""
    return ZERO if part.above is not None else percent_of(part.rate, part.taxable_percent)


def _exempt(case: _Case, step: Step, row: Row) -> Treatment:
    return _bare(case, Outcome.EXEMPT, Reason.CUSTOMER_EXEMPT, EXEMPT, (step,), (row,), (str(step.law),))


def _not_collecting(case: _Case) -> Treatment:
    facts = (("state", case.place.name), ("seller_country", case.situation.seller.country))
    found = _nothing(case, Outcome.NOT_COLLECTING, Reason.NOT_COLLECTING, "us_not_collecting", law=NEXUS_LAW)
    return found.with_warnings(Caution("us_not_registered", facts))


def _nothing(
    case: _Case, outcome: Outcome, reason: Reason, code: str, row: Row | None = None, *, law: str | None = None
) -> Treatment:
    """No tax is charged, and the step says why."""
    law = row.law if row else law
    category = EXEMPT if outcome is Outcome.EXEMPT else NOT_SUBJECT
    step = Step(code, case.facts, law, row.id if row else None)
    return _bare(case, outcome, reason, category, (step,), (row,) if row else (), (law,) if law else ())


def _bare(
    case: _Case, outcome: Outcome, reason: Reason, category: str, steps: tuple[Step, ...], rows: tuple[Row, ...],
    law: tuple[str, ...],
) -> Treatment:  # fmt: skip
    return Treatment(
        outcome=outcome,
        reason=reason,
        rule="US",
        jurisdiction=case.state,
        rate=ZERO,
        tax_type=SALES_TAX if outcome is not Outcome.OUT_OF_SCOPE else None,
        vat_category=category,
        law=unique((*law, *(row.law for row in rows))),
        rows=tuple(RowRead.of(row) for row in rows),
        steps=steps,
        confidence=weakest(*(row.confidence for row in rows)),
        address_level="state" if case.place.state else "country",
    )


def _undetermined(case: _Case, code: str, *rows: Row) -> Treatment:
    return Treatment(
        outcome=Outcome.UNDETERMINED,
        reason=Reason.UNDETERMINED,
        rule="none",
        jurisdiction=case.state,
        rows=tuple(RowRead.of(row) for row in rows),
        steps=(Step(code, case.facts, rows[0].law if rows else None, rows[0].id if rows else None),),
        warnings=(Caution(code, case.facts),),
        confidence=Confidence.LOW,
    )


def _place_step(case: _Case, local: PlaceTaxes) -> Step:
    return Step("us_place", (("state", case.place.name), ("sourcing", local.sourcing), ("level", local.level.value)))


def _is_of(registration: Registration, state: str | None) -> bool:
    """Whether it is a sales tax registration in the state; in any where none is named."""
    is_us = registration.kind is RegistrationKind.SALES_TAX and registration.country == COUNTRY
    return is_us and state in (None, (registration.state or "").removeprefix("US-"))


def _amount(row: Row | None) -> Decimal | None:
    return row.value if row is not None and isinstance(row.value, Decimal) else None
