"""What the API answers about orders, payments, adjustments and documents: records to JSON members.

Amounts are strings with exactly the decimals of their currency; the schemas below document each member.
"""

from decimal import Decimal
from typing import Any

from marshmallow import Schema, fields

from app import clock
from app.facts import as_json
from app.services.issue_refund import Refund
from app.services.read_order import OrderView, TimelineEntry
from app.store.adjustments import StoredAdjustment
from app.store.documents import StoredDocument
from app.store.orders import OrderLine, StoredOrder, StoredPayment
from tax_rules.money import format_percent
from tax_rules.rulebook import shipped_rulebook


class MoneyOut(fields.String):
    """An amount in an answer."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(metadata={"pattern": r"^-?[0-9]+(\.[0-9]+)?$", "example": "19.00"}, **kwargs)


class TotalsOut(Schema):
    """The money of an order; ``outstanding`` is negative when overpaid."""

    net = MoneyOut()
    tax = MoneyOut()
    gross = MoneyOut()
    paid = MoneyOut()
    refunded = MoneyOut()
    withheld = MoneyOut()
    credited = MoneyOut()
    outstanding = MoneyOut()


class OrderLineOut(Schema):
    """A line as charged; ``tax.source`` tells whether the caller stated the tax or we calculated it."""

    reference = fields.String()
    description = fields.String()
    product_kind = fields.String()
    quantity = fields.String()
    net = MoneyOut()
    tax = fields.Dict()
    gross = MoneyOut()
    tax_breakdown = fields.List(
        fields.Dict(), metadata={"description": "of a tax that we calculated, whose it is, part by part"}
    )


class PaymentOut(Schema):
    """A payment as recorded."""

    id = fields.String()
    reference = fields.String()
    kind = fields.String()
    amount = MoneyOut()
    currency = fields.String()
    option = fields.String()
    cost = MoneyOut(allow_none=True)
    occurred_at = fields.String()


class FormUsedOut(Schema):
    """Which form a document is, and whether it stands on the authority's blank or on our substitute."""

    code = fields.String()
    revision = fields.String()
    blank = fields.String(metadata={"enum": ["official", "substitute"]})
    blank_sha256 = fields.String()


class DocumentOut(Schema):
    """An issued document; ``sha256``, ``bytes`` and ``pages`` are null until it is drawn."""

    id = fields.String()
    kind = fields.String()
    order_reference = fields.String(allow_none=True)
    number = fields.String()
    status = fields.String(metadata={"enum": ["queued", "drawing", "ready", "failed"]})
    sha256 = fields.String(allow_none=True)
    bytes = fields.Integer(allow_none=True)
    pages = fields.Integer(allow_none=True)
    language = fields.String()
    form = fields.Nested(FormUsedOut, allow_none=True)
    created_at = fields.String()
    issued_at = fields.String()
    superseded_by = fields.String(allow_none=True)
    error = fields.String(allow_none=True)
    links = fields.Dict(keys=fields.String(), values=fields.String())


class AdjustmentOut(Schema):
    """A later change of the order's tax or price; amounts are zero while approval or a check is awaited."""

    id = fields.String(allow_none=True)
    kind = fields.String(metadata={"enum": ["tax_refund", "buyer_details", "refund"]})
    status = fields.String(metadata={"enum": ["issued", "pending_check", "needs_approval", "refused", "draft"]})
    reason = fields.String()
    currency = fields.String()
    tax_before = MoneyOut()
    tax_after = MoneyOut()
    tax_refund = MoneyOut()
    net_refund = MoneyOut()
    gross_refund = MoneyOut()
    lines = fields.List(fields.Dict())
    law = fields.List(fields.String())
    evidence = fields.Dict()
    outcome = fields.String(allow_none=True)
    note = fields.String(allow_none=True)
    created_at = fields.String()
    issued_at = fields.String(allow_none=True)


class TimelineOut(Schema):
    """Something that happened, with the hash that the audit chain gave it."""

    at = fields.String()
    actor = fields.String()
    action = fields.String()
    subject = fields.String()
    facts = fields.Dict()
    hash = fields.String()


class OrderOut(Schema):
    """An order with everything that hangs on it."""

    reference = fields.String()
    client = fields.String()
    seller = fields.String()
    status = fields.String()
    currency = fields.String()
    ordered_at = fields.String()
    supply_date = fields.String()
    purchase_order_number = fields.String(allow_none=True)
    payment_terms_days = fields.Integer(allow_none=True)
    invoices = fields.List(fields.Dict())
    customer = fields.Dict()
    lines = fields.List(fields.Nested(OrderLineOut))
    totals = fields.Nested(TotalsOut)
    payments = fields.List(fields.Nested(PaymentOut))
    adjustments = fields.List(fields.Nested(AdjustmentOut))
    documents = fields.List(fields.Nested(DocumentOut))
    inquiries = fields.List(fields.Dict())
    timeline = fields.List(fields.Nested(TimelineOut))
    calculation = fields.Dict(allow_none=True)
    warnings = fields.List(fields.Dict())
    created_at = fields.String()
    updated_at = fields.String()


class RefundOut(Schema):
    """The adjustment and the documents that were issued with it, or would be (dry run)."""

    adjustment = fields.Nested(AdjustmentOut)
    documents = fields.List(fields.Dict())
    warnings = fields.List(fields.Dict())
    dry_run = fields.Boolean()


class VerificationOut(Schema):
    """What is known of a PDF."""

    result = fields.String(metadata={"enum": ["genuine", "altered", "unknown"]})
    document = fields.Nested(DocumentOut, allow_none=True)
    superseded_by = fields.String(allow_none=True)


def money(amount: Decimal | None, currency: str) -> str | None:
    """An amount with exactly the decimals of its currency."""
    return None if amount is None else shipped_rulebook().currency(currency).format(amount)


def order_answer(view: OrderView, warnings: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    """The order's members, with all that hangs on it."""
    order, currency = view.order, view.order.currency
    names = ("net", "tax", "gross", "paid", "refunded", "withheld", "credited", "outstanding")
    summary = order_summary(order)
    return summary | {
        "lines": _with_breakdown(summary["lines"], view.decision),
        "totals": {name: money(getattr(view.totals, name), currency) for name in names},
        "payments": [payment_answer(payment) for payment in view.payments],
        "adjustments": [adjustment_answer(adjustment) for adjustment in view.adjustments],
        "documents": [document_answer(document) for document in view.documents],
        "inquiries": [],
        "timeline": [_timeline_entry(entry) for entry in view.timeline],
        "calculation": view.decision,
        "warnings": list(warnings),
    }


def _with_breakdown(lines: list[dict[str, Any]], decision: dict[str, Any] | None) -> list[dict[str, Any]]:
    """Lines whose tax we calculated get its parts; of a stated tax nobody told us any."""
    parts = {line["reference"]: line["tax_breakdown"] for line in (decision or {}).get("lines", ())}
    return [
        line | {"tax_breakdown": parts[line["reference"]]}
        if line["tax"]["source"] == "calculated" and line["reference"] in parts
        else line
        for line in lines
    ]


def order_summary(order: StoredOrder) -> dict[str, Any]:
    """The order's own members, as lists show it."""
    return {
        "reference": order.reference,
        "client": order.client,
        "seller": order.seller,
        "status": order.status,
        "currency": order.currency,
        "ordered_at": clock.rfc3339(order.ordered_at),
        "supply_date": order.supply_date.isoformat(),
        "purchase_order_number": order.purchase_order_number,
        "payment_terms_days": order.payment_terms_days,
        "invoices": [as_json(invoice) for invoice in order.invoices],
        "customer": as_json(order.customer),
        "lines": [_line(line, order.currency) for line in order.lines],
        "created_at": clock.rfc3339(order.created_at),
        "updated_at": clock.rfc3339(order.updated_at),
    }


def payment_answer(payment: StoredPayment) -> dict[str, Any]:
    """The members of a payment."""
    return {
        "id": payment.id,
        "reference": payment.reference,
        "kind": payment.kind,
        "amount": money(payment.amount, payment.currency),
        "currency": payment.currency,
        "option": payment.option,
        "cost": money(payment.cost, payment.currency),
        "occurred_at": clock.rfc3339(payment.occurred_at),
    }


def document_answer(document: StoredDocument) -> dict[str, Any]:
    """The members of a document."""
    here = f"/v1/documents/{document.id}"
    links = {"self": here, "verify": f"/verify/{document.code}"}
    if document.status == "ready":
        links["content"] = f"{here}/content"
    return {
        "id": document.id,
        "kind": document.kind,
        "order_reference": document.order_reference,
        "number": document.number,
        "status": document.status,
        "sha256": document.sha256,
        "bytes": document.size,
        "pages": document.pages,
        "language": document.language,
        "form": document.facts.get("form"),
        "created_at": clock.rfc3339(document.created_at),
        "issued_at": document.issued_on.isoformat(),
        "superseded_by": document.superseded_by,
        "error": document.error,
        "links": links,
    }


def adjustment_answer(adjustment: StoredAdjustment) -> dict[str, Any]:
    """The members of an adjustment."""
    currency = adjustment.currency
    amounts = ("tax_before", "tax_after", "tax_refund", "net_refund", "gross_refund")
    return {
        "id": adjustment.id,
        "kind": adjustment.kind,
        "status": adjustment.status,
        "reason": adjustment.reason,
        "currency": currency,
        **{name: money(getattr(adjustment, name), currency) for name in amounts},
        "lines": list(adjustment.lines),
        "law": list(adjustment.law),
        "evidence": adjustment.evidence,
        "outcome": adjustment.outcome,
        "note": adjustment.note,
        "created_at": clock.rfc3339(adjustment.created_at),
        "issued_at": clock.rfc3339(adjustment.issued_at) if adjustment.issued_at else None,
    }


def refund_answer(refund: Refund, *, dry_run: bool) -> dict[str, Any]:
    """The adjustment with its documents, or what both would be."""
    return {
        "adjustment": adjustment_answer(refund.adjustment),
        "documents": [{"id": d.id, "kind": d.kind, "number": d.number} for d in refund.documents],
        "warnings": list(refund.warnings),
        "dry_run": dry_run,
    }


def _line(line: OrderLine, currency: str) -> dict[str, Any]:
    return {
        "reference": line.reference,
        "description": line.description,
        "product_kind": line.product_kind,
        "quantity": format(line.quantity, "f"),
        "net": money(line.net, currency),
        "tax": {
            "amount": money(line.tax, currency),
            "rate_percent": None if line.rate_percent is None else format_percent(line.rate_percent),
            "vat_category": line.vat_category,
            "source": line.tax_source,
        },
        "gross": money(line.gross, currency),
    }


def _timeline_entry(entry: TimelineEntry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in ("at", "actor", "action", "subject", "facts", "hash")}
