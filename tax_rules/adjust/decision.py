"""What an adjustment answers: what goes back on each line, why, and which documents say so."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from tax_rules.adjust.charged import ChargedLine
from tax_rules.decision import Caution, Confidence, Notice, RowRead, Step, Treatment
from tax_rules.money import ZERO

CREDIT_NOTE, NEW_INVOICE, CORRECTED_INVOICE = "credit_note", "invoice", "corrected_invoice"


class RefundOutcome(StrEnum):
    REFUND = "refund"
    """Money goes back: a credit note and, where the supply stands under other rules, a new invoice."""
    BUYER_DETAILS = "buyer_details"
    """The tax stays due; the buyer gets a corrected invoice with its data and deducts."""
    NO_REFUND = "no_refund"
    """The new fact changes nothing for this supply, or more tax would be due; ``reason`` says which."""
    PENDING = "pending"
    """Nobody has confirmed the number yet."""
    REFUSED = "refused"
    """The proof was not accepted, or there is not so much left to refund; ``reason`` says which."""


class Credits(StrEnum):
    """What the credit note takes back."""

    INVOICE = "invoice"
    """All that stands of its lines; a new invoice follows where the supply stands."""
    PRICE = "price"
    """Part of the price with its tax, or all of it."""
    TAX = "tax"
    """The tax alone; the price stays and no new invoice follows."""


@dataclass(frozen=True, slots=True)
class PartRefund:
    """What goes back of one tax of a stack."""

    name: str
    tax_type: str
    tax_refund: Decimal


@dataclass(frozen=True, slots=True)
class RefundLine:
    """One line before and after; ``net`` is the net price that stays, ``net_refund`` what goes back of it.

    ``treatment`` is the corrected supply's where another rule takes it; None where the original one stands.
    """

    reference: str
    net: Decimal
    tax_before: Decimal
    tax_after: Decimal
    rate_before: Decimal
    net_refund: Decimal = ZERO
    parts: tuple[PartRefund, ...] = ()
    treatment: Treatment | None = None

    @property
    def tax_refund(self) -> Decimal:
        return self.tax_before - self.tax_after


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustmentDecision:
    """What goes back and which documents say so.

    ``documents``: kinds in the order they are issued. ``vat_category``, ``vatex`` and ``notices`` are those of the new
    invoice; None where there is none. ``treatment`` is the decision of the supply with the new facts, where one was
    made. ``refundable`` is what is left where more was asked for; ``more_due`` the tax that the new facts would add,
    which nobody charges by this.
    """

    outcome: RefundOutcome
    reason: str
    rule: str
    lines: tuple[RefundLine, ...]
    law: tuple[str, ...]
    documents: tuple[str, ...] = ()
    credits: Credits = Credits.INVOICE
    vat_category: str | None = None
    vatex: str | None = None
    notices: tuple[Notice, ...] = ()
    warnings: tuple[Caution, ...] = ()
    steps: tuple[Step, ...] = ()
    rows: tuple[RowRead, ...] = ()
    confidence: Confidence = Confidence.HIGH
    treatment: Treatment | None = None
    refundable: Decimal | None = None
    more_due: Decimal = ZERO

    @property
    def tax_before(self) -> Decimal:
        return sum((line.tax_before for line in self.lines), ZERO)

    @property
    def tax_after(self) -> Decimal:
        return sum((line.tax_after for line in self.lines), ZERO)

    @property
    def tax_refund(self) -> Decimal:
        return sum((line.tax_refund for line in self.lines), ZERO)

    @property
    def net_refund(self) -> Decimal:
        return sum((line.net_refund for line in self.lines), ZERO)

    @property
    def gross_refund(self) -> Decimal:
        return self.net_refund + self.tax_refund


def whole_parts(line: ChargedLine) -> tuple[PartRefund, ...]:
    """All that stands of each tax of a stack."""
    return tuple(PartRefund(part.name, part.tax_type, part.tax_left) for part in line.parts)
