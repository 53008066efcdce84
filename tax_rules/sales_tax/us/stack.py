"""The taxes of a place: the state's and the local ones, by where the sale is sourced."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from tax_rules.decision import Caution, Jurisdiction, RowRead
from tax_rules.facts import Address, AddressLevel, LocalStack, LocalTax, ProductKind, Situation
from tax_rules.money import ZERO
from tax_rules.rulebook import RuleBook
from tax_rules.rulefiles import Row
from tax_rules.sales_tax.us.local_sample import find_sample
from tax_rules.sales_tax.us.place import UsPlace, find_us_place

ORIGIN, ORIGIN_AND_DISTRICTS = "origin", "origin_and_destination_districts"
DISTRICT = "district"


@dataclass(frozen=True, slots=True)
class PlaceTaxes:
    """The local taxes that a sale bears. ``is_known`` False: the state has some, and the address does not say which.

    ``has_state_tax`` False: an imported table says that the state's own tax is not due at the place.
    """

    taxes: tuple[LocalTax, ...]
    level: AddressLevel
    sourcing: str
    is_known: bool = True
    cautions: tuple[Caution, ...] = ()
    rows: tuple[Row, ...] = ()
    has_state_tax: bool = True

    @property
    def rows_read(self) -> tuple[RowRead, ...]:
        """The local rows that were taken."""
        return tuple(
            RowRead(tax.row, tax.valid_from, tax.rate, f"local tax of {tax.name}", tax.source, tax.confidence)
            for tax in self.taxes
            if tax.valid_from is not None
        )


def find_taxes(
    situation: Situation, product: ProductKind, address: Address, place: UsPlace, book: RuleBook
) -> PlaceTaxes:
    """The local taxes at the destination, or where the state says so at the place the goods leave.

    Law:
        SSUTA s. 309, 310 (destination; the rows of a state say where a sale inside it follows its origin).
    """
    on, facts = situation.on, (("state", place.name),)
    local = book.find("us.has_local_taxes", place.jurisdiction, on)
    if local is None or not local.value:
        return PlaceTaxes((), AddressLevel.STATE, "destination")
    rule = book.find("us.intrastate_sourcing", place.jurisdiction, on)
    leaves = situation.ship_from
    is_inside = leaves is not None and leaves.country == "US" and find_us_place(leaves, book).state == place.state
    always = book.find("us.sourced_at_destination", place.jurisdiction, on) if is_inside else None
    if always is not None and product.value in str(always.value).split():
        rule = always
    stack = situation.local or find_sample(place, address, on, book)
    if not is_inside or rule is None or rule.value not in (ORIGIN, ORIGIN_AND_DISTRICTS) or leaves is None:
        return _taxes(stack, place, situation, book, "destination")
    home = find_sample(find_us_place(leaves, book), leaves, on, book)
    origin = replace(_taxes(home, place, situation, book, "origin"), rows=(rule,))
    if rule.value == ORIGIN or stack is None or home is None:
        missing = (Caution("us_imprecise_address", facts),) if rule.value != ORIGIN and stack is None else ()
        return replace(origin, cautions=(*origin.cautions, *missing))
    districts = (tax for tax in stack.taxes if tax.level == DISTRICT and tax.name not in {t.name for t in home.taxes})
    base = home.taxes if book.find("us.local_rate_cap", place.jurisdiction, on) else _without_districts(home.taxes)
    taxes, cap = _capped((*base, *districts), place, situation, book)
    return replace(origin, taxes=taxes, sourcing="mixed", rows=(rule, *cap))


def _taxes(stack: LocalStack | None, place: UsPlace, situation: Situation, book: RuleBook, sourcing: str) -> PlaceTaxes:
    facts = (("state", place.name),)
    if stack is None:
        everywhere = book.find("us.statewide_local_rate", place.jurisdiction, situation.on)
        taxes = (_statewide(everywhere, place),) if everywhere else ()
        rows = (everywhere,) if everywhere else ()
        return PlaceTaxes(taxes, AddressLevel.STATE, sourcing, False, (Caution("us_imprecise_address", facts),), rows)
    cautions = [Caution("us_several_places", (*facts, ("level", stack.level.value)))] if stack.is_ambiguous else []
    if stack.level in (AddressLevel.CITY, AddressLevel.STATE):
        cautions.append(Caution("us_imprecise_address", facts))
    capped, cap = _capped(stack.taxes, place, situation, book)
    return PlaceTaxes(capped, stack.level, sourcing, True, tuple(cautions), cap, stack.has_state_tax)


def _statewide(row: Row, place: UsPlace) -> LocalTax:
    """The local tax that every locality levies at the same rate."""
    name = f"{place.name}, every locality"
    return LocalTax(
        level="county", name=name, rate=Decimal(str(row.value)), row=row.id, valid_from=row.valid_from,
        source=row.source, confidence=row.confidence,
    )  # fmt: skip


def _without_districts(taxes: Iterable[LocalTax]) -> tuple[LocalTax, ...]:
    return tuple(tax for tax in taxes if tax.level != DISTRICT)


def _capped(
    taxes: tuple[LocalTax, ...], place: UsPlace, situation: Situation, book: RuleBook
) -> tuple[tuple[LocalTax, ...], tuple[Row, ...]]:
    """The local taxes up to the state's highest local rate, in their order; what does not fit is left out."""
    row = book.find("us.local_rate_cap", place.jurisdiction, situation.on)
    if row is None or not isinstance(row.value, Decimal):
        return taxes, ()
    left, kept = row.value, []
    for tax in taxes:
        rate = min(tax.rate, left)
        left -= rate
        if rate > ZERO:
            kept.append(tax if rate == tax.rate else replace(tax, rate=rate))
    return tuple(kept), (row,)


def jurisdiction_of(tax: LocalTax, place: UsPlace) -> Jurisdiction:
    """Whose local tax it is."""
    return Jurisdiction(country="US", name=tax.name, level=tax.level, state=place.state, code=tax.code)
