"""Named example facts, complete and consistent, for preview, tests and bench. All parties are fictitious."""

from collections.abc import Callable

from app.documents.examples.letters import (
    CUSTOMER,
    LETTERS,
    SELLER,
    corrected_invoice,
    credit_note,
    credit_note_long,
    credit_note_tax_only,
    lines,
    sums,
    tax_id_evidence,
    vendor_fact_sheet,
    vendor_fact_sheet_us,
)
from app.documents.examples.sales import SALES, invoice, refund_statement, tax_statement, tax_statement_texas
from app.documents.facts import Facts

__all__ = [
    "CUSTOMER",
    "EXAMPLES",
    "SELLER",
    "corrected_invoice",
    "credit_note",
    "credit_note_long",
    "credit_note_tax_only",
    "invoice",
    "lines",
    "refund_statement",
    "sums",
    "tax_id_evidence",
    "tax_statement",
    "tax_statement_texas",
    "vendor_fact_sheet",
    "vendor_fact_sheet_us",
]

EXAMPLES: dict[str, Callable[[str], Facts]] = LETTERS | SALES
