"""Facts of what a sale is offered or billed by: the invoice, the pro-forma invoice and the quote.

Law:
    Directive 2006/112/EC Art. 226 (content of an invoice), Art. 230 (VAT in the currency of the state that taxes).
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar

from app.documents.facts.parts import Header, InvoiceReference, Line, Notice, Party, Seller, TaxTotal, TaxType, Totals
from app.documents.facts.sums import RowFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxShare:
    """One tax of several on the same sale: whose it is, its rate in percent, and what it was taken on.

    ``place`` names the jurisdiction below its country where it has a name of its own, else its code.
    """

    country: str
    place: str | None = None
    tax_type: TaxType
    rate_percent: Decimal
    taxable: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale(RowFacts):
    """What the invoice, the pro-forma invoice and the quote have in common.

    ``taxes`` splits the tax by jurisdiction where several tax the same sale, else it is empty. ``certificate`` is the
    reference of the exemption certificate that the decision rests on.
    """

    header: Header
    seller: Seller
    customer: Party
    supply_date: date | None = None
    currency: str
    lines: tuple[Line, ...]
    tax_totals: tuple[TaxTotal, ...]
    totals: Totals
    taxes: tuple[TaxShare, ...] = ()
    certificate: str | None = None
    notices: tuple[Notice, ...] = ()
    law: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice(Sale):
    """The invoice of an order, or a copy of the one that was issued before: then it names it and is none itself.

    ``due_on`` is None where the order states no terms or nothing is due.
    """

    kind: ClassVar[str] = "invoice"

    copy_of: InvoiceReference | None = None
    amount_paid: Decimal
    amount_due: Decimal
    due_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote(Sale):
    """What the order would cost if it were placed; it bills nothing."""

    kind: ClassVar[str] = "quote"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProForma(Sale):
    """What will be billed, told before the invoice, for a customer's approval or a payment in advance."""

    kind: ClassVar[str] = "pro_forma"
