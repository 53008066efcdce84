"""One question about sales tax: the facts, the state, and looking up its rows."""

from dataclasses import dataclass

from tax_rules.facts import GOODS, Address, ProductKind, RegistrationKind, Situation
from tax_rules.rulebook import RuleBook
from tax_rules.rulefiles import Row
from tax_rules.sales_tax.us.exemption import switches_to_business_use
from tax_rules.sales_tax.us.state import COUNTRY

Facts = tuple[tuple[str, str], ...]
CITY_REGISTRATION = "IL-CHICAGO"
"""How a registration with a city, and not with its state, names its place."""


@dataclass(frozen=True, slots=True)
class Case:
    """A product in a situation, with the state that the sale goes to."""

    situation: Situation
    product: ProductKind
    book: RuleBook
    state: str
    address: Address

    @property
    def jurisdiction(self) -> str:
        return f"{COUNTRY}-{self.state}"

    @property
    def facts(self) -> Facts:
        return (("state", state_name(self.state, self.book)), ("product", self.product.value))

    @property
    def is_tangible(self) -> bool:
        return self.product in GOODS or self.product is ProductKind.SHIPPING

    @property
    def buys_as_business(self) -> bool:
        """Business use by the customer's kind or by an attestation of it."""
        situation = self.situation
        return situation.customer.acts_as_business or switches_to_business_use(situation.exemption, self.book)

    def find(self, parameter: str) -> Row | None:
        """The row of the state in force on the tax date."""
        return self.book.find(parameter, self.jurisdiction, self.situation.on)

    def is_registered(self, place: str) -> bool:
        """Whether a registration for sales tax is in force in a state, or with a city."""
        return collects_in(self.situation, place)


def collects_in(situation: Situation, place: str | None) -> bool:
    """Whether a registration for sales tax is in force at a place; without one named, anywhere in the country."""
    return any(
        registration.kind is RegistrationKind.SALES_TAX
        and registration.country == COUNTRY
        and registration.is_in_force(situation.on)
        and (place is None or _place(registration.state, place) == place)
        for registration in situation.seller.registrations
    )


def _place(given: str | None, wanted: str) -> str:
    """The place of a registration; one that names none holds for every state, but for no city."""
    if given is None:
        return "" if wanted == CITY_REGISTRATION else wanted
    return given.strip().upper().removeprefix(f"{COUNTRY}-")


def state_name(state: str, book: RuleBook) -> str:
    """The name of a state by its two letters."""
    return book.derive(_names)[state]


def _names(book: RuleBook) -> dict[str, str]:
    return {row["code"]: row["name"] for row in book.table("codes.us_states")}
