"""A request for a calculation as typed facts, before anybody asked what is known of its tax IDs and certificates."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from app import facts
from tax_rules.facts import (
    Address,
    Customer,
    CustomerKind,
    ExchangeRate,
    Exemption,
    LocalStack,
    LocationEvidence,
    RateOverride,
    RoundingBasis,
    Sale,
    SaleLine,
    SellerFacts,
    Shipping,
    TaxId,
    TaxIdStatus,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxIdStated:
    """A tax ID as the caller gave it: ``check_id`` names a check of ours, ``status`` is the caller's word."""

    number: str
    kind: str = "vat"
    check_id: str | None = None
    status: TaxIdStatus | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExemptionStated:
    """An exemption as the caller claimed it: by certificates that we keep, or by the number of one."""

    reason: str
    certificate_ids: tuple[str, ...] = ()
    certificate_number: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CalculationAsked:
    """A request for a calculation, typed.

    ``exempt_lines`` name lines whose product kind says that they are exempt.
    """

    seller: str
    currency: str
    tax_date: date
    customer_kind: CustomerKind
    business_use: bool
    address: Address
    tax_ids: tuple[TaxIdStated, ...]
    lines: tuple[SaleLine, ...]
    reference: str | None = None
    evidence: tuple[LocationEvidence, ...] = ()
    rounding_basis: RoundingBasis | None = None
    shipping: Shipping | None = None
    rates_override: tuple[RateOverride, ...] = ()
    ship_from: Address | None = None
    ship_to: Address | None = None
    exempt_lines: tuple[str, ...] = ()
    exemption: ExemptionStated | None = None
    is_collected_by_marketplace: bool = False
    exchange_rates: tuple[ExchangeRate, ...] = ()

    @property
    def destinations(self) -> tuple[Address, ...]:
        """Every place that something of the sale goes to, each once."""
        home = self.ship_to or self.address
        return tuple(dict.fromkeys((home, *(line.ship_to for line in self.lines if line.ship_to))))

    def sale(
        self,
        seller: SellerFacts,
        resolve: Callable[[TaxIdStated], TaxId],
        *,
        exemption: Exemption | None = None,
        local_stacks: tuple[LocalStack, ...] = (),
    ) -> Sale:
        """The facts for the rules.

        Args:
            resolve: says what is known of a tax ID: by a check of ours, or by the caller's word where it counts.
            exemption: what is known of the exemption that was claimed.
            local_stacks: what our imported tables say of the destinations.
        """
        customer = Customer(
            kind=self.customer_kind,
            business_use=self.business_use,
            address=self.address,
            tax_ids=tuple(resolve(tax_id) for tax_id in self.tax_ids),
            evidence=self.evidence,
        )
        return Sale(
            seller=seller,
            customer=customer,
            currency=self.currency,
            tax_date=self.tax_date,
            lines=self.lines,
            shipping=self.shipping,
            rounding_basis=self.rounding_basis,
            rates_override=self.rates_override,
            ship_from=self.ship_from,
            ship_to=self.ship_to,
            exemption=exemption,
            is_collected_by_marketplace=self.is_collected_by_marketplace,
            exchange_rates=self.exchange_rates,
            local_stacks=local_stacks,
        )


class Known(Protocol):
    """What our database says of the facts that a caller cannot prove by words."""

    @property
    def tax_id(self) -> Callable[[facts.TaxId, str, date], TaxId]:
        """Of a tax ID: as given, the country of the customer's address, and the tax date."""

    @property
    def exemption(self) -> Callable[[Sequence[str], date], Exemption]:
        """Of certificates that we keep, by their ids, on the tax date; raises InvalidInput where there is none."""

    @property
    def local_stacks(self) -> Callable[[Iterable[Address], date, str | None], tuple[LocalStack, ...]]:
        """Of places: their local taxes by the tables that were imported, on the date, from the state of origin."""
