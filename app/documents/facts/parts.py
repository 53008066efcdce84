"""What facts of several kinds are made of: header, parties, rows, totals, notices; and how all of them are read.

Amounts are Decimals with exactly the decimals of the currency, in the currency of the document. No template computes:
totals, refund and notices arrive decided. ``from_json`` is strict and names every fault at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar, Literal, Self

from app.documents import codec
from app.documents.errors import InvalidFacts, TooManyRows
from app.errors import Fault

MOST_ROWS = 500  # DESIGN: rows in one statement; linked parts after that

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
TaxType = Literal["vat", "gst", "hst", "pst", "qst", "rst", "sales_tax", "consumption_tax", "other_tax"]


def text(most: int) -> Any:
    """A text of at most ``most`` letters."""
    return field(metadata={codec.MOST: most})


class DocumentFacts:
    """The facts of one kind of document; ``kind`` names its template."""

    __slots__ = ()

    kind: ClassVar[str]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, as it is kept."""
        members: dict[str, Any] = codec.encode(self)
        return members

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Raises InvalidFacts or TooManyRows, with a JSON Pointer for every fault."""
        rows = data.get("lines") if isinstance(data, Mapping) else None
        if isinstance(rows, list | tuple) and len(rows) > MOST_ROWS:
            detail = f"{len(rows)} rows; one document has at most {MOST_ROWS}, split it."
            raise TooManyRows(Fault("/lines", "too_many_rows", detail))
        facts = codec.decode(cls, data)
        if faults := facts.contradictions():
            raise InvalidFacts(*faults)
        return facts

    def contradictions(self) -> list[Fault]:
        """What in the facts cannot all be true."""
        return []


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

    name: str = text(300)
    romanised_name: str | None = field(default=None, metadata={codec.MOST: 300})
    address: tuple[str, ...] = field(metadata={codec.MOST: 200, codec.MOST_ITEMS: 9})
    country: str
    tax_ids: tuple[TaxId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seller:
    """The seller entity on the document: tax IDs are the registrations used for this supply, not all it has."""

    name: str = text(300)
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
    description: str = text(500)
    quantity: Decimal
    unit_price: Decimal | None = None
    net: Decimal
    rate_percent: Decimal | None
    tax: Decimal
    gross: Decimal
    category: Category


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxTotal:
    """Taxable amount and tax of one category and rate, for the state whose tax it is; without ``tax_type`` VAT."""

    category: Category
    rate_percent: Decimal | None
    country: str | None = None
    tax_type: TaxType | None = None
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
    text: str = text(1000)
    law: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """Money that goes back: to which payment option, and in how many business days it usually arrives."""

    amount: Decimal
    payment_option: str | None = None
    arrives_days_from: int | None = None
    arrives_days_to: int | None = None
