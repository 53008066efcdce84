"""The tax statement and the refund statement of an order, composed from what is stored: nothing is decided again."""

from collections.abc import Iterable
from datetime import UTC, date
from decimal import Decimal
from functools import partial
from typing import Any

from app.documents import facts
from app.errors import Fault, InvalidInput
from app.facts import PaymentKind, PriceRefundReason
from app.i18n import Language
from app.reference.load import reference
from app.sellers import SellerEntity
from app.services.charged_lines import PRICE
from app.services.compose_refund import party
from app.services.compose_sale import (
    certificate_of,
    invoice_of,
    notices_of,
    rows_of,
    sums_of,
    taxes_of,
    totals_by_rate,
)
from app.services.explain_decision import Explanation, LineShown, RowShown
from app.services.issue_document import Issue, document_language, seller_block
from app.services.read_order import ISSUED, OrderView
from app.services.refund_order import REASON_SHOWN
from app.store.adjustments import StoredAdjustment
from app.store.orders import OrderLine


def tax_statement_issue(
    view: OrderView,
    explained: Explanation | None,
    seller: SellerEntity,
    *,
    language: str | None,
    idempotency: str,
    actor: str,
) -> Issue:
    """Why this tax, as ``issue_document`` takes it.

    Raises:
        InvalidInput: the order has no decision of ours.
    """
    if explained is None:
        why = "The order has no tax decision of ours to explain."
        raise InvalidInput("Nothing was issued.", Fault("/kind", "no_decision", why))
    words = document_language(language or view.order.customer.language)
    return Issue(
        kind=facts.TaxStatement.kind,
        order=view.order,
        language=words,
        facts=partial(_tax_statement, view, explained, seller, words),
        idempotency=idempotency,
        actor=actor,
    )


def refund_statement_issue(
    view: OrderView, seller: SellerEntity, *, language: str | None, idempotency: str, actor: str
) -> Issue:
    """What was paid, what went back and what is left, as ``issue_document`` takes it."""
    words = document_language(language or view.order.customer.language)
    return Issue(
        kind=facts.RefundStatement.kind,
        order=view.order,
        language=words,
        facts=partial(_refund_statement, view, seller, words),
        idempotency=idempotency,
        actor=actor,
    )


def _tax_statement(
    view: OrderView, explained: Explanation, seller: SellerEntity, words: Language, header: facts.Header
) -> facts.TaxStatement:
    order, decided = view.order, explained.by_reference
    return facts.TaxStatement(
        header=header,
        **_parties(view, seller, words),
        lines=tuple(rows_of(view)),
        tax_totals=totals_by_rate(view),
        totals=sums_of(view),
        reasonings=tuple(_reasonings(order.lines, explained)),
        undecided=tuple(n for n, line in enumerate(order.lines, 1) if line.reference not in decided),
        steps_language=explained.language,
        certificate=certificate_of(explained),
        warnings=tuple(dict.fromkeys(warning.text for warning in explained.warnings)),
        notices=notices_of(view, words),
        rulebook_version=str(explained.rulebook["version"]),
        rulebook_sha256=explained.rulebook["sha256"],
    )


def _parties(view: OrderView, seller: SellerEntity, words: Language) -> dict[str, Any]:
    """Who, when and of which invoice: what both statements begin with."""
    order, invoice = view.order, invoice_of(view)
    return {
        "seller": seller_block(seller, words, order.supply_date, order.lines[0].tax_country),
        "customer": party(order.customer, words, with_tax_id=None),
        "original_invoice": invoice and facts.InvoiceReference(number=invoice.number, issued_on=invoice.issued_on),
        "supply_date": order.supply_date,
        "currency": order.currency,
    }


def _reasonings(lines: Iterable[OrderLine], explained: Explanation) -> Iterable[facts.Reasoning]:
    """One reasoning for all lines that were decided alike, in the order of the first of them."""
    alike: dict[tuple[Any, ...], list[tuple[int, LineShown]]] = {}
    decided = explained.by_reference
    for n, line in enumerate(lines, 1):
        if shown := decided.get(line.reference):
            is_stated = shown.tax_amount != line.tax
            key = (shown.outcome, shown.taxability_reason, shown.rate_percent, is_stated)
            key += (tuple((s.text, s.law, s.row and s.row.id) for s in shown.steps), tuple(r.id for r in shown.rules))
            alike.setdefault(key, []).append((n, shown))
    for key, members in alike.items():
        shown = members[0][1]
        yield facts.Reasoning(
            lines=tuple(n for n, _ in members),
            outcome=shown.outcome,  # type: ignore[arg-type] - the same words
            taxability=shown.taxability_reason,  # type: ignore[arg-type] - the same words
            rate_percent=shown.rate_percent,
            taxes=taxes_of([line for _, line in members]),
            steps=tuple(facts.StepShown(text=s.text, law=s.law, row=s.row.id if s.row else None) for s in shown.steps),
            rows=tuple(map(_row, shown.rules)),
            confidence=shown.confidence,  # type: ignore[arg-type] - the same words
            is_stated=bool(key[3]),
        )


def _row(row: RowShown) -> facts.RowShown:
    value = row.value if row.value is None or isinstance(row.value, str) else str(row.value)
    return facts.RowShown(
        id=row.id,
        valid_from=date.fromisoformat(row.valid_from),
        value=value or None,
        law=row.law,
        source=row.source,
        confidence=row.confidence,  # type: ignore[arg-type] - the same words
    )


def _refund_statement(
    view: OrderView, seller: SellerEntity, words: Language, header: facts.Header
) -> facts.RefundStatement:
    charged = sums_of(view)
    zero = charged.gross - charged.gross
    adjusted = tuple(_adjusted(view, a, zero) for a in view.adjustments if a.status == ISSUED and a.gross_refund)
    credited = _plus(zero, *(a.credited for a in adjusted))
    remaining = facts.Totals(
        net=charged.net - credited.net, tax=charged.tax - credited.tax, gross=charged.gross - credited.gross
    )
    paid, refunded = view.totals.paid + zero, view.totals.refunded + zero
    return facts.RefundStatement(
        header=header,
        **_parties(view, seller, words),
        charged=charged,
        adjustments=adjusted,
        credited=credited,
        remaining=remaining,
        movements=tuple(_movements(view, words, zero)),
        paid=paid,
        refunded=refunded,
        outstanding=remaining.gross - paid + refunded,
    )


def _adjusted(view: OrderView, adjustment: StoredAdjustment, zero: Decimal) -> facts.Adjusted:
    net, tax = adjustment.net_refund + zero, adjustment.tax_refund + zero
    issued = [d for d in view.documents if d.adjustment_id == adjustment.id]
    shown = REASON_SHOWN.get(PriceRefundReason(adjustment.reason)) if adjustment.kind == PRICE else None
    return facts.Adjusted(
        issued_on=(adjustment.issued_at or adjustment.created_at).astimezone(UTC).date(),
        reason=shown or adjustment.reason,  # type: ignore[arg-type] - the same words
        credited=facts.Totals(net=net, tax=tax, gross=net + tax),
        documents=tuple(document.number for document in sorted(issued, key=lambda d: d.id)),
        law=adjustment.law,
    )


def _plus(zero: Decimal, *sums: facts.Totals) -> facts.Totals:
    net, tax = sum((s.net for s in sums), zero), sum((s.tax for s in sums), zero)
    return facts.Totals(net=net, tax=tax, gross=net + tax)


def _movements(view: OrderView, words: Language, zero: Decimal) -> Iterable[facts.MoneyMoved]:
    """The money that changed hands; authorisations move none."""
    options = reference().payment_options
    for payment in view.payments:
        if payment.kind != PaymentKind.AUTHORIZATION:
            yield facts.MoneyMoved(
                on=payment.occurred_at.astimezone(UTC).date(),
                kind=payment.kind,  # type: ignore[arg-type] - the same words
                option=options[payment.option].names.in_language(words.tag),
                reference=payment.reference,
                amount=payment.amount + zero,
            )
