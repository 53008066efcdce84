"""Facts of the two statements: why a sale bears the tax it bears, and what of its price went back."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import ClassVar, Literal

from app.documents import codec
from app.documents.facts.parts import (
    DocumentFacts,
    Header,
    InvoiceReference,
    Line,
    Notice,
    Party,
    Reason,
    Seller,
    TaxTotal,
    Totals,
    text,
)
from app.documents.facts.sales import TaxShare
from app.documents.facts.sums import RowFacts
from app.errors import Fault

Outcome = Literal[
    "charge",
    "zero_rated",
    "reverse_charge",
    "export",
    "intra_community_supply",
    "exempt",
    "out_of_scope",
    "not_collecting",
    "marketplace_collected",
    "undetermined",
]
Taxability = Literal[
    "standard_rated",
    "reduced_rated",
    "zero_rated",
    "product_exempt",
    "customer_exempt",
    "portion_taxable",
    "holiday",
    "capped",
    "not_collecting",
    "not_subject_to_tax",
    "reverse_charge",
    "export",
    "intra_community_supply",
    "marketplace_collected",
    "not_supported",
    "undetermined",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepShown:
    """One step of the reasoning as a sentence, with its law and the id of the row of the rule book that it read."""

    text: str = text(1000)
    law: str | None = None
    row: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RowShown:
    """A row of the rule book that was read: in force from when, its value as written, its law and where it is found."""

    id: str
    valid_from: date
    value: str | None = None
    law: str
    source: str
    confidence: Literal["high", "medium", "low"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasoning:
    """Why some lines bear their tax: ``lines`` are their numbers in the table, from 1.

    ``taxes`` are sums over these lines. ``is_stated``: the amounts are those that the billing system charged, and the
    rules would have given others.
    """

    lines: tuple[int, ...]
    outcome: Outcome
    taxability: Taxability
    rate_percent: Decimal | None
    taxes: tuple[TaxShare, ...] = ()
    steps: tuple[StepShown, ...]
    rows: tuple[RowShown, ...]
    confidence: Literal["high", "medium", "low"]
    is_stated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxStatement(RowFacts):
    """Why this tax: for each line the outcome, the rate, the law and the steps of the decision with what they read.

    ``steps_language`` is the one that the sentences of the steps are in. ``undecided`` are the numbers of the lines
    that the billing system taxed and no decision of ours explains.
    """

    kind: ClassVar[str] = "tax_statement"

    header: Header
    seller: Seller
    customer: Party
    original_invoice: InvoiceReference | None = None
    supply_date: date
    currency: str
    lines: tuple[Line, ...]
    tax_totals: tuple[TaxTotal, ...]
    totals: Totals
    reasonings: tuple[Reasoning, ...]
    undecided: tuple[int, ...] = ()
    steps_language: str
    certificate: str | None = None
    warnings: tuple[str, ...] = field(default=(), metadata={codec.MOST: 1000, codec.MOST_ITEMS: 100})
    notices: tuple[Notice, ...] = ()
    rulebook_version: str
    rulebook_sha256: str

    def contradictions(self) -> list[Fault]:
        """Sums that do not add up, and lines without a reason or with more than one."""
        explained = sorted([*self.undecided, *(n for reasoning in self.reasonings for n in reasoning.lines)])
        faults = RowFacts.contradictions(self)
        if explained != list(range(1, len(self.lines) + 1)):
            faults.append(Fault("/reasonings", "wrong_lines", "Give each line one reasoning, or none as undecided."))
        return faults


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyMoved:
    """Money that changed hands on a civil date, by a payment option as the reader knows it."""

    on: date
    kind: Literal["payment", "refund", "chargeback"]
    option: str
    reference: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjusted:
    """What one adjustment credited, when and why, and the numbers of the documents that say so."""

    issued_on: date
    reason: Reason
    credited: Totals
    documents: tuple[str, ...] = ()
    law: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundStatement(DocumentFacts):
    """What was charged and paid, what went back when and why, and what is left.

    ``remaining`` is what still stands of the charge. ``outstanding`` is what the customer still owes; below zero it is
    what we still owe the customer.
    """

    kind: ClassVar[str] = "refund_statement"

    header: Header
    seller: Seller
    customer: Party
    original_invoice: InvoiceReference | None = None
    supply_date: date
    currency: str
    charged: Totals
    adjustments: tuple[Adjusted, ...] = ()
    credited: Totals
    remaining: Totals
    movements: tuple[MoneyMoved, ...] = ()
    paid: Decimal
    refunded: Decimal
    outstanding: Decimal

    def contradictions(self) -> list[Fault]:
        """Sums that do not add up, and amounts of other decimals than the charge has."""
        places = self.charged.gross.as_tuple().exponent
        faults = [
            Fault(pointer, "wrong_decimals", "Give all amounts as many decimals as the charge has.")
            for pointer, amount in codec.decimals(self)
            if amount.as_tuple().exponent != places
        ]
        for name in ("net", "tax", "gross"):
            charged, credited = getattr(self.charged, name), getattr(self.credited, name)
            if sum(getattr(a.credited, name) for a in self.adjustments) != credited:
                faults.append(Fault(f"/credited/{name}", "wrong_sum", "The adjustments must add up to it."))
            if charged - credited != getattr(self.remaining, name):
                faults.append(Fault(f"/remaining/{name}", "wrong_sum", "Give what is charged less what is credited."))
        if self.remaining.gross - self.paid + self.refunded != self.outstanding:
            faults.append(Fault("/outstanding", "wrong_sum", "Give what remains less what was paid and not refunded."))
        return faults
