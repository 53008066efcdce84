"""What must be known to decide: sellers, customers, tax IDs and sales, frozen and hashable."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from tax_rules.hashing import KeepsHash, hashed_once


class CustomerKind(StrEnum):
    BUSINESS = "business"
    CONSUMER = "consumer"


class TaxIdStatus(StrEnum):
    """What is known of a tax ID. Only ``verified`` is evidence; nobody's answer is never ``unverified``."""

    VERIFIED = "verified"
    UNVERIFIED = "unverified"
    PENDING = "pending"
    UNAVAILABLE = "unavailable"
    NOT_CHECKED = "not_checked"
    MALFORMED = "malformed"


class TaxBehavior(StrEnum):
    """Whether an amount is net of tax or contains it."""

    EXCLUSIVE = "exclusive"
    INCLUSIVE = "inclusive"


class RoundingBasis(StrEnum):
    """Where tax is rounded: each line, the document's net, the document's gross, or once for each tax and rate."""

    LINE = "line"
    DOCUMENT_NET = "document_net"
    DOCUMENT_GROSS = "document_gross"
    PER_TAX = "per_tax"


class ProductKind(StrEnum):
    SOFTWARE_DOWNLOAD = "software_download"
    SOFTWARE_PHYSICAL = "software_physical"
    CUSTOM_SOFTWARE = "custom_software"
    SAAS = "saas"
    EBOOK = "ebook"
    AUDIOBOOK = "audiobook"
    DIGITAL_MEDIA = "digital_media"
    SUPPORT = "support"
    TRAINING = "training"
    DATA_PROCESSING = "data_processing"
    SERVICES = "services"
    BOOK = "book"
    GENERAL_GOODS = "general_goods"
    CLOTHING = "clothing"
    SHIPPING = "shipping"


GOODS = frozenset({ProductKind.SOFTWARE_PHYSICAL, ProductKind.BOOK, ProductKind.GENERAL_GOODS, ProductKind.CLOTHING})
"""Kinds that are moved to the customer; all others but shipping are electronic services or licences."""


class RegistrationKind(StrEnum):
    VAT = "vat"
    OSS_UNION = "oss_union"
    OSS_NON_UNION = "oss_non_union"
    IOSS = "ioss"
    GST = "gst"
    QST = "qst"
    PST = "pst"
    RST = "rst"
    SALES_TAX = "sales_tax"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """Where a seller collects tax: from and to are civil dates, ``valid_to`` inclusive, None open."""

    kind: RegistrationKind
    country: str
    number: str
    valid_from: date
    valid_to: date | None = None
    state: str | None = None

    def is_in_force(self, on: date) -> bool:
        """Whether the registration covers the date."""
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedFlag:
    """A yes or no that holds from one civil date to another, ``valid_to`` inclusive, None open."""

    value: bool
    valid_from: date | None = None
    valid_to: date | None = None

    def is_in_force(self, on: date) -> bool:
        """Whether this flag speaks about the date."""
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or on <= self.valid_to)


@hashed_once
@dataclass(frozen=True, slots=True, kw_only=True)
class SellerFacts(KeepsHash):
    """The seller as the law sees it: where it is established and where it is registered.

    ``below_eu_threshold``: all of Directive 2006/112/EC Art. 59c holds: one establishment, cross-border sales to EU
    consumers below the threshold this year and last, no option for taxation at destination.
    ``below_evidence_threshold``: electronic services to consumers of other member states stay below the threshold of
    Implementing Regulation 282/2011 Art. 24b, so that one item of evidence is enough.
    """

    code: str
    country: str
    registrations: tuple[Registration, ...] = ()
    below_eu_threshold: tuple[DatedFlag, ...] = ()
    below_evidence_threshold: tuple[DatedFlag, ...] = ()

    def registration(self, kind: RegistrationKind, country: str | None, on: date) -> Registration | None:
        """The registration of this kind in force on the date, in the country where one is named."""
        for registration in self.registrations:
            if registration.kind is kind and country in (None, registration.country) and registration.is_in_force(on):
                return registration
        return None

    def is_below_eu_threshold(self, on: date) -> bool:
        """Whether the seller stood below the EU threshold on the date; the later flag wins."""
        return _holds(self.below_eu_threshold, on)

    def needs_one_evidence_item(self, on: date) -> bool:
        """Whether one item of evidence of a consumer's place is enough; who is below the lower threshold is so here."""
        return self.is_below_eu_threshold(on) or _holds(self.below_evidence_threshold, on)


def _holds(flags: tuple[DatedFlag, ...], on: date) -> bool:
    """What the last flag that speaks about the date says; no where none does."""
    return next((flag.value for flag in reversed(flags) if flag.is_in_force(on)), False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A place as given: ``country`` ISO 3166-1 alpha-2, or XI, XK, EL."""

    country: str
    state: str | None = None
    county: str | None = None
    city: str | None = None
    postal_code: str | None = None
    line1: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxId:
    """A tax ID of the customer with what is known of it.

    ``country``: whose number it is (GR also for EL, XI for Northern Ireland); ``valid_from`` where a register says so;
    ``asserted``: somebody with the right to do so says the status, no register was asked.
    """

    kind: str
    number: str
    country: str
    status: TaxIdStatus = TaxIdStatus.NOT_CHECKED
    valid_from: date | None = None
    asserted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationEvidence:
    """One item that says where the customer is (Implementing Regulation 282/2011 Art. 24f)."""

    kind: str
    country: str
    source: str | None = None


@hashed_once
@dataclass(frozen=True, slots=True, kw_only=True)
class Customer(KeepsHash):
    """Who buys and where. ``business_use`` false makes a business buy as a consumer (private use)."""

    kind: CustomerKind
    address: Address
    tax_ids: tuple[TaxId, ...] = ()
    business_use: bool = True
    evidence: tuple[LocationEvidence, ...] = ()

    @property
    def acts_as_business(self) -> bool:
        return self.kind is CustomerKind.BUSINESS and self.business_use


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemption:
    """An exemption that the customer claims: why, where it holds, for what, and from when to when.

    ``reason`` is a code of the shipped list of exemption reasons. ``states`` empty: the certificate names none, so it
    holds where the sale is taxed; ``products`` empty: for every kind. ``valid_to`` inclusive, None open.
    ``is_accepted`` False: the certificate is there but was not accepted (expired, revoked, rejected or pending).
    """

    reason: str
    certificate: str | None = None
    country: str = "US"
    states: tuple[str, ...] = ()
    products: tuple[ProductKind, ...] = ()
    lines: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None
    is_accepted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeRate:
    """One unit of the sale's currency in ``currency``, on a civil date, by a named source."""

    currency: str
    rate: Decimal
    on: date
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Consignment:
    """What goods bound for one place are worth together, without carriage, in the currency of the sale.

    ``value`` is net of tax, ``inclusive_value`` contains it; ``dearest_item`` and ``dearest_inclusive_item`` are the
    highest prices of one article among them. ``rates`` bring them to the currency of a threshold; where none does, the
    threshold cannot be judged.
    """

    value: Decimal
    currency: str
    rates: tuple[ExchangeRate, ...] = ()
    inclusive_value: Decimal = Decimal(0)
    dearest_item: Decimal = Decimal(0)
    dearest_inclusive_item: Decimal = Decimal(0)


class AddressLevel(StrEnum):
    """How precisely a place was found in a table of local taxes."""

    ZIP9 = "zip9"
    ZIP5 = "zip5"
    CITY = "city"
    STATE = "state"
    COUNTRY = "country"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalTax:
    """One local tax in force at a place on the date: ``rate`` in percent, ``level`` county, city or district."""

    level: str
    name: str
    rate: Decimal
    code: str | None = None
    food_drug_rate: Decimal | None = None
    row: str = ""
    valid_from: date | None = None
    source: str = ""
    confidence: str = "high"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalStack:
    """What an imported official table says about one address: its local taxes, and how precisely it was found.

    ``is_ambiguous``: the postal code has several stacks, of which this is the one the law lets us take.
    ``has_state_tax``: the state's own tax is due there too.
    """

    address: Address
    level: AddressLevel
    taxes: tuple[LocalTax, ...]
    is_ambiguous: bool = False
    has_state_tax: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleLine:
    """One line: ``amount`` is its total after quantity; ``discount`` is money taken off it.

    Raises:
        BadFacts: from the calculation, when the discount is above the amount.
    """

    reference: str
    product_kind: ProductKind
    amount: Decimal
    discount: Decimal = Decimal(0)
    quantity: Decimal = Decimal(1)
    tax_behavior: TaxBehavior = TaxBehavior.EXCLUSIVE
    ship_to: Address | None = None
    price_per_item: Decimal | None = None


@hashed_once
@dataclass(frozen=True, slots=True, kw_only=True)
class Situation(KeepsHash):
    """Everything that decides how a product is taxed, but the product and the money: frozen, so answers may be kept.

    ``on`` is the civil date of the chargeable event. ``ship_to`` is where the goods of this line go, None for the
    customer's address. ``consignment`` is known for goods only. ``local`` is what an imported table says of the place;
    None leaves it to the sample that ships.
    """

    seller: SellerFacts
    customer: Customer
    on: date
    ship_from: Address | None = None
    ship_to: Address | None = None
    exemption: Exemption | None = None
    is_collected_by_marketplace: bool = False
    consignment: Consignment | None = None
    local: LocalStack | None = None

    @property
    def destination(self) -> Address:
        """Where the goods go, or the service is received."""
        return self.ship_to or self.customer.address


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipping:
    """Carriage charged with the sale."""

    amount: Decimal
    tax_behavior: TaxBehavior = TaxBehavior.EXCLUSIVE
    separately_stated: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RateOverride:
    """A stated rate in percent that replaces the one of the book; no ``lines`` means all lines."""

    tax_type: str
    rate_percent: Decimal
    level: str | None = None
    name: str | None = None
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """Everything one calculation needs. ``tax_date`` is the chargeable event; amounts are in ``currency``."""

    seller: SellerFacts
    customer: Customer
    currency: str
    tax_date: date
    lines: tuple[SaleLine, ...]
    shipping: Shipping | None = None
    rounding_basis: RoundingBasis | None = None
    rates_override: tuple[RateOverride, ...] = field(default=())
    ship_from: Address | None = None
    ship_to: Address | None = None
    exemption: Exemption | None = None
    is_collected_by_marketplace: bool = False
    exchange_rates: tuple[ExchangeRate, ...] = ()
    local_stacks: tuple[LocalStack, ...] = ()

    def situation(self, line: SaleLine | None = None, *, consignment: Consignment | None = None) -> Situation:
        """What decides the treatment of a line, or of the whole sale."""
        ship_to = (line.ship_to if line else None) or self.ship_to
        place = ship_to or self.customer.address
        exemption = self.exemption
        if exemption and exemption.lines and line and line.reference not in exemption.lines:
            exemption = None
        return Situation(
            seller=self.seller,
            customer=self.customer,
            on=self.tax_date,
            ship_from=self.ship_from,
            ship_to=ship_to,
            exemption=exemption,
            is_collected_by_marketplace=self.is_collected_by_marketplace,
            consignment=consignment,
            local=next((stack for stack in self.local_stacks if stack.address == place), None),
        )
