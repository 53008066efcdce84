"""The facts a document is drawn from: frozen, complete, JSON-able. Everything on the page is here or in a catalogue."""

from collections.abc import Mapping
from typing import Any

from app.documents.errors import InvalidFacts
from app.documents.facts.corrections import CorrectedInvoice, CreditNote
from app.documents.facts.parts import (
    MOST_ROWS,
    DocumentFacts,
    Header,
    InvoiceReference,
    Line,
    Notice,
    Party,
    Refund,
    Seller,
    TaxId,
    TaxTotal,
    Totals,
)
from app.documents.facts.records import (
    BankDetails,
    ContactPoint,
    FormOnFile,
    OfflineCheck,
    RegisterAnswer,
    RegistrationShown,
    TaxIdEvidence,
    VendorFactSheet,
)
from app.documents.facts.sales import Invoice, ProForma, Quote, Sale, TaxShare
from app.documents.facts.statements import (
    Adjusted,
    MoneyMoved,
    Reasoning,
    RefundStatement,
    RowShown,
    StepShown,
    TaxStatement,
)
from app.documents.facts.sums import RowFacts
from app.errors import Fault

__all__ = [
    "MOST_ROWS",
    "Adjusted",
    "BankDetails",
    "ContactPoint",
    "CorrectedInvoice",
    "CreditNote",
    "DocumentFacts",
    "Facts",
    "FormOnFile",
    "Header",
    "Invoice",
    "InvoiceReference",
    "Line",
    "MoneyMoved",
    "Notice",
    "OfflineCheck",
    "Party",
    "ProForma",
    "Quote",
    "Reasoning",
    "Refund",
    "RefundStatement",
    "RegisterAnswer",
    "RegistrationShown",
    "RowFacts",
    "RowShown",
    "Sale",
    "Seller",
    "StepShown",
    "TaxId",
    "TaxIdEvidence",
    "TaxShare",
    "TaxStatement",
    "TaxTotal",
    "Totals",
    "VendorFactSheet",
    "load",
    "template_of",
]

Facts = (
    CreditNote
    | CorrectedInvoice
    | TaxIdEvidence
    | VendorFactSheet
    | Invoice
    | Quote
    | ProForma
    | TaxStatement
    | RefundStatement
)
KINDS: dict[str, type[Facts]] = {
    cls.kind: cls
    for cls in (
        CreditNote,
        CorrectedInvoice,
        TaxIdEvidence,
        VendorFactSheet,
        Invoice,
        Quote,
        ProForma,
        TaxStatement,
        RefundStatement,
    )
}
# Members that are sealed where facts are kept, by kind of document; named after the kind of number they hold.
SEALED: dict[str, tuple[str, ...]] = {
    VendorFactSheet.kind: ("/tax_form/ein", "/bank_account/iban", "/bank_account/account"),
}


def template_of(kind: str, data: Mapping[str, Any]) -> str:
    """The kind whose facts these are: an invoice that takes another's place has those of a corrected invoice."""
    return CorrectedInvoice.kind if kind == Invoice.kind and "replacement" in data else kind


def load(kind: str, data: Mapping[str, Any]) -> Facts:
    """The facts of a document of this kind.

    Raises:
        InvalidFacts: the kind is unknown, or the data are not its facts; every fault at once.
        TooManyRows: more than ``MOST_ROWS`` rows.
    """
    if kind not in KINDS:
        raise InvalidFacts(Fault("", "unknown_kind", f"Send one of {', '.join(KINDS)}."))
    return KINDS[kind].from_json(data)
