"""What callers tell us about orders, payments and refunds: frozen facts, typed, JSON-able, without behaviour.

Schemas make them from JSON, services act on them, rows keep them as JSON.
"""

from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from tax_rules.facts import LocationEvidence


class OrderStatus(StrEnum):
    """Where an order stands; a preorder authorisation is an order."""

    QUOTE = "quote"
    PREAUTHORIZED = "preauthorized"
    OPEN = "open"
    PAID = "paid"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    CANCELLED = "cancelled"


class PaymentKind(StrEnum):
    """What a financial transaction on an order is."""

    PAYMENT = "payment"
    REFUND = "refund"
    CHARGEBACK = "chargeback"
    AUTHORIZATION = "authorization"


class RefundReason(StrEnum):
    """Why tax is to be given back."""

    VAT_ID_PROVIDED = "vat_id_provided"
    EXEMPTION_CERTIFICATE = "exemption_certificate"
    WRONG_RATE = "wrong_rate"
    WRONG_ADDRESS = "wrong_address"
    WRONG_PRODUCT_KIND = "wrong_product_kind"
    DUPLICATE_TAX = "duplicate_tax"
    OTHER = "other"


class PriceRefundReason(StrEnum):
    """Why a price is to be given back."""

    CUSTOMER_REQUEST = "customer_request"
    DUPLICATE = "duplicate"
    FRAUD = "fraud"
    NOT_DELIVERED = "not_delivered"
    PRICE_ADJUSTMENT = "price_adjustment"
    GOODWILL = "goodwill"
    OTHER = "other"


class RefundMode(StrEnum):
    """Whether all that stands goes back, or a part of it."""

    FULL = "full"
    PARTIAL = "partial"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A postal address; ``country`` as in :class:`app.schemas.fields.CountryCode`."""

    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    postal_code: str | None = None
    county: str | None = None
    state: str | None = None
    country: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxId:
    """A tax ID as given; ``check_id`` names a check of ours, ``status`` is somebody's word."""

    kind: str = "vat"
    number: str
    check_id: str | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """Who buys. ``reference`` is unique per client; ``language`` is a BCP 47 tag."""

    reference: str
    kind: str
    name: str
    romanised_name: str | None = None
    email: str
    language: str
    address: Address
    tax_ids: tuple[TaxId, ...] = ()

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Customer":
        """The customer that :func:`as_json` wrote."""
        address, tax_ids = Address(**data["address"]), tuple(TaxId(**t) for t in data["tax_ids"])
        return cls(**(data | {"address": address, "tax_ids": tax_ids}))


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedTax:
    """The tax that the billing system charged on a line, in the order's currency."""

    amount: Decimal
    rate_percent: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One product. ``amount`` is the line total after quantity, net or gross as ``tax_behavior`` says."""

    reference: str
    description: str
    product_kind: str
    quantity: Decimal
    amount: Decimal
    tax_behavior: str = "exclusive"
    tax: StatedTax | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """An invoice that the billing system issued for the order."""

    number: str
    issued_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An agreement to exchange goods or services for money."""

    client: str
    seller: str
    status: OrderStatus = OrderStatus.OPEN
    currency: str
    ordered_at: datetime
    supply_date: date
    purchase_order_number: str | None = None
    payment_terms_days: int | None = None
    invoices: tuple[Invoice, ...] = ()
    customer: Customer
    lines: tuple[Line, ...]
    charged_tax: Decimal | None = None
    ship_from: Address | None = None
    ship_to: Address | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """A financial transaction on an order; ``cost`` is what the payment option cost us, in the payment's currency."""

    reference: str
    kind: PaymentKind
    amount: Decimal
    currency: str
    option: str
    cost: Decimal | None = None
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxIdAsked:
    """A tax ID to be checked, with what the register should compare."""

    country: str
    number: str
    kind: str = "vat"
    requester: str | None = None
    name: str | None = None
    address: str | None = None
    order_reference: str | None = None
    mode: str = "register_if_possible"


@dataclass(frozen=True, slots=True, kw_only=True)
class StateNumber:
    """A state where a certificate holds, with the number that the customer has there."""

    state: str
    number: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateText:
    """What an exemption certificate says. ``product_kinds`` empty: for all. A ``single`` one holds for one order."""

    form: str
    reason: str
    states: tuple[StateNumber, ...]
    product_kinds: tuple[str, ...] = ()
    kind: str = "blanket"
    signed_on: date | None = None
    effective_from: date | None = None
    expires_on: date | None = None
    document_sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateGiven:
    """An exemption certificate as a customer of a client gave it."""

    client: str
    customer: str
    text: CertificateText
    order_reference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportProofGiven:
    """A document on the transport of goods."""

    kind: str
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxRefundAsked:
    """A tax refund on an order: why, and the proof.

    ``certificate`` is the id of one on file, ``certificate_given`` one that comes with the wish. ``product_kinds`` are
    the right ones by line. ``address`` is the right one and ``evidence`` shows it.
    """

    reason: RefundReason
    tax_id: TaxId | None = None
    valid_from: date | None = None
    lines: tuple[str, ...] = ()
    note: str | None = None
    transport_proof: tuple[TransportProofGiven, ...] = ()
    certificate: str | None = None
    certificate_given: CertificateText | None = None
    address: Address | None = None
    evidence: tuple[LocationEvidence, ...] = ()
    product_kinds: dict[str, str] = field(default_factory=dict)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "TaxRefundAsked":
        """The wish that :func:`as_json` wrote; one of an earlier version has fewer members."""
        given = {name: data[name] for name in ("note", "certificate", "product_kinds") if name in data}
        return cls(
            reason=RefundReason(data["reason"]),
            tax_id=TaxId(**data["tax_id"]) if data["tax_id"] else None,
            valid_from=date.fromisoformat(data["valid_from"]) if data["valid_from"] else None,
            lines=tuple(data["lines"]),
            transport_proof=tuple(TransportProofGiven(**proof) for proof in data.get("transport_proof", ())),
            address=Address(**data["address"]) if data.get("address") else None,
            evidence=tuple(LocationEvidence(**item) for item in data.get("evidence", ())),
            **given,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundLineAsked:
    """A line that goes back: whole, a number of its pieces, an amount or a percentage of it."""

    reference: str
    amount: Decimal | None = None
    percent: Decimal | None = None
    quantity: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundAsked:
    """A refund of the price of an order. A partial one names ``lines``, an ``amount`` or a ``percent``.

    ``tax_included``: whether amounts contain the tax. ``override_window``: refund although the time for it is over.
    """

    mode: RefundMode
    reason: PriceRefundReason
    lines: tuple[RefundLineAsked, ...] = ()
    amount: Decimal | None = None
    percent: Decimal | None = None
    tax_included: bool = True
    override_window: bool = False
    note: str | None = None

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "RefundAsked":
        """The wish that :func:`as_json` wrote."""

        def exact(members: dict[str, Any]) -> dict[str, Any]:
            decimals = {name: members[name] for name in ("amount", "percent", "quantity") if name in members}
            return members | {name: value and Decimal(value) for name, value in decimals.items()}

        lines = tuple(RefundLineAsked(**exact(line)) for line in data["lines"])
        mode, reason = RefundMode(data["mode"]), PriceRefundReason(data["reason"])
        return cls(**(exact(data) | {"mode": mode, "reason": reason, "lines": lines}))


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditExportAsked:
    """What an auditor wants to have: everything of a period (civil days in UTC, both included), or a sample of it.

    Args:
        sample_size: how many documents are drawn; None for all.
        sample_seed: what decides which; the same seed draws the same documents.
    """

    first_day: date
    last_day: date
    sample_size: int | None = None
    sample_seed: str | None = None


def as_json(facts: Any) -> dict[str, Any]:
    """Facts as JSON-able members: decimals as strings, dates and moments in ISO 8601, enumerations by value."""
    return {name: _plain(value) for name, value in asdict(facts).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, StrEnum) else value
