"""The facts a document is drawn from: frozen, complete, JSON-able. Everything on the page is here or in a catalogue.

Amounts are Decimals with exactly the decimals of the currency, in the currency of the document. No template computes:
totals, refund and notices arrive decided. ``from_json`` is strict and names every fault at once.

Law:
    Directive 2006/112/EC Art. 226 (content of an invoice), Art. 219 (a document that amends an invoice refers
    specifically and unambiguously to it).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar, Literal, Self, TypeVar

from app.documents import codec
from app.documents.errors import InvalidFacts, TooManyRows
from app.errors import Fault

MOST_ROWS = 500  # DESIGN: rows in one statement; linked parts after that

T = TypeVar("T")

Reason = Literal[
    "vat_id_provided",
    "exemption_certificate",
    "wrong_rate",
    "wrong_address",
    "wrong_product_kind",
    "duplicate_tax",
    "other",
    "customer_request",
    "duplicate",
    "order_cancelled",
    "not_delivered",
    "price_adjustment",
    "goodwill",
    "price_refunded",
]
TaxIdKind = Literal["vat", "gst", "ein", "tin", "abn", "uid", "other"]
Category = Literal["S", "Z", "E", "AE", "K", "G", "O", "L", "M"]  # EN 16931


def _text(most: int) -> Any:
    return field(metadata={codec.MOST: most})


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What every document bears: its identity, language (BCP 47), civil date of issue, and the order it belongs to."""

    document_id: str
    number: str
    code: str
    verify_url: str
    language: str
    issued_on: date
    order_reference: str | None = None
    purchase_order_number: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxId:
    """A tax number of a party, as its state writes it; ``country`` is the prefix's (``EL``, ``XI`` included)."""

    kind: TaxIdKind
    number: str
    country: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A name with its address in the order of the country, last line the country; without the name itself."""

    name: str = _text(300)
    romanised_name: str | None = field(default=None, metadata={codec.MOST: 300})
    address: tuple[str, ...] = field(metadata={codec.MOST: 200, codec.MOST_ITEMS: 9})
    country: str
    tax_ids: tuple[TaxId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seller:
    """The seller entity on the document: tax IDs are the registrations used for this supply, not all it has."""

    name: str = _text(300)
    address: tuple[str, ...] = field(metadata={codec.MOST: 200, codec.MOST_ITEMS: 9})
    country: str
    tax_ids: tuple[TaxId, ...] = ()
    legal_notes: tuple[str, ...] = field(default=(), metadata={codec.MOST: 200, codec.MOST_ITEMS: 6})
    email: str | None = None
    phone: str | None = None
    website: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceReference:
    """The specific and unambiguous reference of Directive 2006/112/EC Art. 219."""

    number: str
    issued_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row. ``rate_percent`` is None where no rate applies (reverse charge, out of scope). ``net + tax = gross``."""

    reference: str
    description: str = _text(500)
    quantity: Decimal
    unit_price: Decimal | None = None
    net: Decimal
    rate_percent: Decimal | None
    tax: Decimal
    gross: Decimal
    category: Category


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxTotal:
    """Taxable amount and tax of one category and rate, for the state whose tax it is."""

    category: Category
    rate_percent: Decimal | None
    country: str | None = None
    net: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Sums of the document; they equal the sums of the tax totals."""

    net: Decimal
    tax: Decimal
    gross: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A legal wording, already resolved into the document's language, and the law that wants it."""

    code: str
    text: str = _text(1000)
    law: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """Money that goes back: to which payment option, and in how many business days it usually arrives."""

    amount: Decimal
    payment_option: str | None = None
    arrives_days_from: int | None = None
    arrives_days_to: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditNote:
    """A credit note (German: Rechnungskorrektur). It repeats the buyer's identity of the original invoice.

    ``credits``: ``invoice`` credits net and tax of its lines, and usually a new invoice follows; ``tax`` credits the
    tax alone: ``net`` is then the unchanged taxable amount, not credited, and gross amounts are not printed.
    ``offset_amount`` is what is set against the new invoice instead of being paid out.
    """

    kind: ClassVar[str] = "credit_note"

    header: Header
    seller: Seller
    customer: Party
    original_invoice: InvoiceReference
    supply_date: date
    currency: str
    credits: Literal["invoice", "tax"]
    reason: Reason
    lines: tuple[Line, ...]
    tax_totals: tuple[TaxTotal, ...]
    totals: Totals
    notices: tuple[Notice, ...] = ()
    new_invoice_number: str | None = None
    offset_amount: Decimal | None = None
    refund: Refund | None = None
    law: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return codec.encode(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Raises InvalidFacts or TooManyRows, with a JSON Pointer for every fault."""
        return _from_json(cls, data)


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectedInvoice:
    """The invoice that takes the place of another one, with the buyer's data as corrected.

    ``replacement``: ``new_invoice`` follows a credit note that cancelled the original (reverse charge after a late VAT
    ID); ``amended_invoice`` amends the original's data and leaves its amounts (a domestic buyer).
    """

    kind: ClassVar[str] = "corrected_invoice"

    header: Header
    seller: Seller
    customer: Party
    replacement: Literal["new_invoice", "amended_invoice"]
    original_invoice: InvoiceReference
    credit_note_number: str | None = None
    supply_date: date
    currency: str
    lines: tuple[Line, ...]
    tax_totals: tuple[TaxTotal, ...]
    totals: Totals
    amount_paid: Decimal
    amount_due: Decimal
    notices: tuple[Notice, ...] = ()
    law: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return codec.encode(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Raises InvalidFacts or TooManyRows, with a JSON Pointer for every fault."""
        return _from_json(cls, data)


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
class TaxIdEvidence:
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

    def to_json(self) -> dict[str, Any]:
        return codec.encode(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Raises InvalidFacts, with a JSON Pointer for every fault."""
        return _from_json(cls, data)


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
    revision: str = _text(200)
    ein: str | None = field(default=None, metadata={codec.MOST: 200})


@dataclass(frozen=True, slots=True, kw_only=True)
class BankDetails:
    """The account to pay to, in full: by ``iban`` and ``bic``, or by ``account`` and ``routing``."""

    holder: str = _text(200)
    bank_name: str = _text(200)
    iban: str | None = field(default=None, metadata={codec.MOST: 200})
    bic: str | None = field(default=None, metadata={codec.MOST: 200})
    account: str | None = field(default=None, metadata={codec.MOST: 200})
    routing: str | None = field(default=None, metadata={codec.MOST: 200})


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorFactSheet:
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
    customer_name: str = _text(300)
    contacts: tuple[ContactPoint, ...] = field(default=(), metadata={codec.MOST_ITEMS: 6})
    registrations: tuple[RegistrationShown, ...] = field(default=(), metadata={codec.MOST_ITEMS: 60})
    tax_form: FormOnFile | None = None
    bank_account: BankDetails | None = None
    currency: str
    payment_terms_days: int | None = None
    client: str = _text(200)
    products: tuple[str, ...] = field(default=(), metadata={codec.MOST: 500, codec.MOST_ITEMS: 6})
    further_products: int = 0

    def to_json(self) -> dict[str, Any]:
        return codec.encode(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Raises InvalidFacts, with a JSON Pointer for every fault."""
        return _from_json(cls, data)


Facts = CreditNote | CorrectedInvoice | TaxIdEvidence | VendorFactSheet
KINDS: dict[str, type[Facts]] = {
    cls.kind: cls for cls in (CreditNote, CorrectedInvoice, TaxIdEvidence, VendorFactSheet)
}
# Members that are sealed where facts are kept, by kind of document; named after the kind of number they hold.
SEALED: dict[str, tuple[str, ...]] = {
    VendorFactSheet.kind: ("/tax_form/ein", "/bank_account/iban", "/bank_account/account"),
}


def load(kind: str, data: Mapping[str, Any]) -> Facts:
    """The facts of a document of this kind.

    Raises:
        InvalidFacts: the kind is unknown, or the data are not its facts; every fault at once.
        TooManyRows: more than ``MOST_ROWS`` rows.
    """
    if kind not in KINDS:
        raise InvalidFacts(Fault("", "unknown_kind", f"Send one of {', '.join(KINDS)}."))
    return KINDS[kind].from_json(data)


def _from_json(cls: type[T], data: Mapping[str, Any]) -> T:
    rows = data.get("lines") if isinstance(data, Mapping) else None
    if isinstance(rows, list | tuple) and len(rows) > MOST_ROWS:
        raise TooManyRows(
            Fault("/lines", "too_many_rows", f"{len(rows)} rows; one document has at most {MOST_ROWS}, split it.")
        )
    facts = codec.decode(cls, data)
    if isinstance(facts, CreditNote | CorrectedInvoice) and (faults := _contradictions(facts)):
        raise InvalidFacts(*faults)
    return facts


def _contradictions(facts: CreditNote | CorrectedInvoice) -> list[Fault]:
    """Sums that do not add up, and amounts that do not all have the currency's decimals."""
    faults = []
    places = facts.totals.gross.as_tuple().exponent
    for pointer, amount in codec.decimals(facts):
        if not pointer.endswith(("/quantity", "/rate_percent", "/unit_price")) and amount.as_tuple().exponent != places:
            faults.append(Fault(pointer, "wrong_decimals", "Give all amounts as many decimals as the total has."))
    for n, line in enumerate(facts.lines):
        if line.net + line.tax != line.gross:
            faults.append(Fault(f"/lines/{n}/gross", "wrong_sum", "Net and tax must add up to gross."))
    totals = facts.totals
    if totals.net + totals.tax != totals.gross:
        faults.append(Fault("/totals/gross", "wrong_sum", "Net and tax must add up to gross."))
    faults += [
        Fault(f"/totals/{name}", "wrong_sum", "The tax totals must add up to it.")
        for name in ("net", "tax")
        if sum(getattr(row, name) for row in facts.tax_totals) != getattr(totals, name)
    ]
    if not facts.lines:
        faults.append(Fault("/lines", "missing", "Send at least one line."))
    return faults
