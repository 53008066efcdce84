"""Facts of the documents that change an invoice: the credit note, and the invoice that takes another's place.

Law:
    Directive 2006/112/EC Art. 219 (a document that amends an invoice refers specifically and unambiguously to it).
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar, Literal

from app.documents.facts.parts import (
    Header,
    InvoiceReference,
    Line,
    Notice,
    Party,
    Reason,
    Refund,
    Seller,
    TaxTotal,
    Totals,
)
from app.documents.facts.sums import RowFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditNote(RowFacts):
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


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectedInvoice(RowFacts):
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
