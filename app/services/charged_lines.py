"""What was charged on an order's lines and what of it still stands, as the rules of adjustments want it."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from app.errors import Conflict, Fault, InvalidInput, NothingToRefund, OriginalInvoiceMissing
from app.facts import Invoice, OrderStatus
from app.services.read_order import ISSUED, OrderView
from app.store.orders import OrderLine
from tax_rules.adjust.charged import ChargedLine, ChargedPart
from tax_rules.facts import ProductKind

ZERO = Decimal(0)
ADJUSTABLE = frozenset({OrderStatus.OPEN, OrderStatus.PAID, OrderStatus.PARTIALLY_REFUNDED})
# What a tax is called of which no decision speaks; everywhere else it is VAT.
TAX_OF_COUNTRY = {"US": "sales_tax", "CA": "other_tax"}
PRICE = "refund"
"""The kind of an adjustment that gives a price back; all others change the tax alone."""


def charged_lines(view: OrderView, only: tuple[str, ...] = ()) -> tuple[ChargedLine, ...]:
    """The order's lines as charged, with what issued adjustments gave back since; ``only`` those named, if any are."""
    lines = {line.reference: _as_charged(view, line) for line in view.order.lines}
    issued = [adjustment for adjustment in view.adjustments if adjustment.status == ISSUED]
    for adjustment in sorted(issued, key=lambda a: (a.issued_at or a.created_at, a.id)):
        for given in adjustment.lines:
            line, tax = lines[given["reference"]], Decimal(given["tax_refund"])
            parts = tuple(Decimal(part["tax_refund"]) for part in given.get("parts", ()))
            if len(parts) != len(line.parts):  # that adjustment did not split its tax: it is one sum from then on
                line, parts = replace(line, parts=()), ()
            if adjustment.kind == PRICE:
                lines[line.reference] = line.after_price_refund(Decimal(given["net_refund"]), tax, parts)
            elif tax:
                lines[line.reference] = line.after_correction(tax, parts)
    return tuple(line for reference, line in lines.items() if not only or reference in only)


def refuse_unadjustable(view: OrderView, lines: tuple[str, ...]) -> None:
    """Refuse an order that has no invoice to correct yet or any more, and lines that it does not have."""
    if view.order.status == OrderStatus.REFUNDED:
        raise NothingToRefund("The order was refunded in full.", refundable="0")
    if view.order.status not in ADJUSTABLE:
        raise Conflict(f"An order with status {view.order.status} has no invoice to correct.")
    known = {line.reference for line in view.order.lines}
    faults = [
        Fault(f"/lines/{n}", "unknown_line", "The order has no such line.")
        for n, reference in enumerate(lines)
        if reference not in known
    ]
    if faults:
        raise InvalidInput("The refund was refused.", *faults)


def original_invoice(view: OrderView) -> Invoice:
    """The invoice that a credit note names. Raises OriginalInvoiceMissing."""
    if issued := invoice_issued(view):
        return issued
    if not view.order.invoices:
        raise OriginalInvoiceMissing("The order names no invoice, and a credit note must name the one it corrects.")
    return max(view.order.invoices, key=lambda invoice: invoice.issued_on)


def invoice_issued(view: OrderView) -> Invoice | None:
    """The invoice that was issued here for an order that names none; the first, since every other is a copy of it."""
    issued = [d for d in view.documents if d.kind == "invoice" and d.adjustment_id is None]
    if view.order.invoices or not issued:
        return None
    first = min(issued, key=lambda document: (document.created_at, document.id))
    return Invoice(number=first.number, issued_on=first.issued_on)


def tax_type(view: OrderView, line: OrderLine) -> str:
    """Which tax a line bears: the decision's one, ``other_tax`` for several together, else what its country levies."""
    breakdown = decided_line(view, line.reference).get("tax_breakdown", ())
    kinds = {share["tax_type"] for share in breakdown if share["tax_type"]}
    if len(kinds) > 1:
        return "other_tax"
    return kinds.pop() if kinds else TAX_OF_COUNTRY.get(line.tax_country, "vat")


def decided_line(view: OrderView, reference: str) -> dict[str, Any]:
    """What the decision kept with the order says of a line; empty where there is none."""
    lines = (view.decision or {}).get("lines", ())
    return next((line for line in lines if line.get("reference") == reference), {})


def _as_charged(view: OrderView, line: OrderLine) -> ChargedLine:
    return ChargedLine(
        reference=line.reference,
        product_kind=ProductKind(line.product_kind),
        net=line.net,
        tax=line.tax,
        rate=line.rate_percent if line.rate_percent is not None else ZERO,
        parts=_parts(decided_line(view, line.reference).get("tax_breakdown", ()), line.tax),
    )


def _parts(breakdown: Any, tax: Decimal) -> tuple[ChargedPart, ...]:
    """The taxes of a stack, where the decision split exactly the tax that was charged into several."""
    parts = tuple(
        ChargedPart(name=_name(share["jurisdiction"]), tax_type=share["tax_type"], tax=Decimal(share["tax_amount"]))
        for share in breakdown
        if share["tax_type"]
    )
    return parts if len(parts) > 1 and sum((part.tax for part in parts), ZERO) == tax else ()


def _name(jurisdiction: dict[str, Any]) -> str:
    words = (jurisdiction.get(name) for name in ("country", "state", "level", "name"))
    return "/".join(word for word in words if word)
