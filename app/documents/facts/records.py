"""Facts of records about a party: the evidence of a tax ID check, and the supplier's fact sheet."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import ClassVar, Literal

from app.documents import codec
from app.documents.facts.parts import DocumentFacts, Header, Notice, Seller, TaxId, text


@dataclass(frozen=True, slots=True, kw_only=True)
class OfflineCheck:
    """What the check of form and check digits said, without asking anybody. ``valid`` None: format not supported."""

    valid: bool | None
    reason: Literal["length", "format", "checksum", "component", "unsupported"] | None = None
    expected: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterAnswer:
    """What a register said, and to whom. Matches are None where the register compares nothing."""

    register: str
    asked_at: datetime
    answered_at: datetime | None = None
    requester: str | None = None
    consultation_number: str | None = None
    trader_name: str | None = field(default=None, metadata={codec.MOST: 500})
    trader_address: str | None = field(default=None, metadata={codec.MOST: 1000})
    name_matches: bool | None = None
    address_matches: bool | None = None
    valid_from: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxIdEvidence(DocumentFacts):
    """What was asked about a tax ID, when, of whom, and what was answered. Evidence for an auditor."""

    kind: ClassVar[str] = "tax_id_evidence"

    header: Header
    seller: Seller
    check_id: str
    tax_id: TaxId
    asked_name: str | None = field(default=None, metadata={codec.MOST: 300})
    asked_address: str | None = field(default=None, metadata={codec.MOST: 1000})
    asked_at: datetime
    offline: OfflineCheck
    status: Literal["verified", "unverified", "pending", "unavailable", "not_checked", "malformed"]
    answer: RegisterAnswer | None = None
    notices: tuple[Notice, ...] = ()
    law: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationShown:
    """A tax registration of the seller; ``state`` where a state or province gave it."""

    kind: Literal[
        "vat", "oss_union", "oss_non_union", "ioss", "gst", "qst", "pst", "rst", "sales_tax"
    ]  # RegistrationKind
    country: str
    state: str | None = None
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactPoint:
    """Whom to ask about what."""

    role: Literal["general", "accounts_receivable", "tax", "orders"]
    name: str | None = field(default=None, metadata={codec.MOST: 200})
    email: str | None = field(default=None, metadata={codec.MOST: 200})
    phone: str | None = field(default=None, metadata={codec.MOST: 200})


@dataclass(frozen=True, slots=True, kw_only=True)
class FormOnFile:
    """The seller's own tax form that customers are given; ``revision`` is a month ``YYYY-MM`` where it is one."""

    kind: Literal["w9", "w8ben", "w8bene", "w8eci", "w8exp", "w8imy"]
    revision: str = text(200)
    ein: str | None = field(default=None, metadata={codec.MOST: 200})


@dataclass(frozen=True, slots=True, kw_only=True)
class BankDetails:
    """The account to pay to, in full: by ``iban`` and ``bic``, or by ``account`` and ``routing``."""

    holder: str = text(200)
    bank_name: str = text(200)
    iban: str | None = field(default=None, metadata={codec.MOST: 200})
    bic: str | None = field(default=None, metadata={codec.MOST: 200})
    account: str | None = field(default=None, metadata={codec.MOST: 200})
    routing: str | None = field(default=None, metadata={codec.MOST: 200})


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorFactSheet(DocumentFacts):
    """What a customer's accounts-payable department asks of a supplier before it pays an order.

    ``registrations`` stand in the order in which they are printed. ``bank_account`` is None where the seller has no
    account in ``currency``; ``payment_terms_days`` None where the order states none.
    """

    kind: ClassVar[str] = "vendor_fact_sheet"

    header: Header
    seller: Seller
    trade_name: str | None = field(default=None, metadata={codec.MOST: 300})
    country_of_incorporation: str
    mailing_address: tuple[str, ...] = field(default=(), metadata={codec.MOST: 200, codec.MOST_ITEMS: 9})
    customer_name: str = text(300)
    contacts: tuple[ContactPoint, ...] = field(default=(), metadata={codec.MOST_ITEMS: 6})
    registrations: tuple[RegistrationShown, ...] = field(default=(), metadata={codec.MOST_ITEMS: 60})
    tax_form: FormOnFile | None = None
    bank_account: BankDetails | None = None
    currency: str
    payment_terms_days: int | None = None
    client: str = text(200)
    products: tuple[str, ...] = field(default=(), metadata={codec.MOST: 500, codec.MOST_ITEMS: 6})
    further_products: int = 0
