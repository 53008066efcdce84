"""``/v1/orders``: orders, their payments, tax refunds and documents."""

from typing import Any

from flask import Response, make_response, request
from marshmallow import fields, validate

from app.actor import Scope
from app.api.house import (
    ApiBlueprint,
    PageQuery,
    actor,
    check_if_match,
    desk,
    etag_of,
    idempotency,
    idempotent,
    page_answer,
    page_of,
    read_cursor,
    with_etag,
)
from app.auth import requires
from app.errors import Fault, InvalidInput
from app.facts import Order, OrderStatus, Payment, as_json
from app.schemas.answers import (
    DocumentOut,
    OrderOut,
    PaymentOut,
    RefundOut,
    document_answer,
    order_answer,
    order_summary,
    payment_answer,
    refund_answer,
)
from app.schemas.calculation_answers import calculation_answer
from app.schemas.documents import DocumentAskedSchema
from app.schemas.explanations import ExplanationOut, ExplanationQuery, language_asked
from app.schemas.fields import is_reference
from app.schemas.orders import OrderSchema, PaymentSchema
from app.schemas.refunds import RefundSchema
from app.schemas.tax_refunds import TaxRefundSchema
from app.services.explain_decision import explain_order
from app.services.find_orders import find_orders
from app.services.give_document import DocumentAsked, give_document
from app.services.issue_refund import Refund
from app.services.put_order import put_order
from app.services.read_order import read_order
from app.services.record_payment import record_payment
from app.services.refund_order import refund_order
from app.services.refund_tax import refund_tax
from app.store.orders import StoredOrder

bp = ApiBlueprint("Orders", __name__, url_prefix="/v1/orders", description="Orders and what happens to them")


class OrderQuery(PageQuery):
    """How orders are looked for."""

    query = fields.String(load_default=None, validate=validate.Length(max=200))
    status = fields.Enum(OrderStatus, by_value=True, load_default=None)
    client = fields.String(load_default=None, validate=validate.Length(max=64))
    seller = fields.String(load_default=None, validate=validate.Length(max=64))


@bp.get("")
@requires(Scope.BILLING, Scope.PAYMENTS, Scope.AUDITOR)
@bp.arguments(OrderQuery, location="query")
@bp.response(200, page_of(OrderOut))
@bp.doc(operationId="listOrders", summary="Find orders, newest first")
def list_orders(query: dict[str, Any]) -> Any:
    rows = find_orders(
        desk(),
        actor(),
        text=query["query"],
        status=query["status"] and str(query["status"]),
        client=query["client"],
        seller=query["seller"],
        before=read_cursor(query["cursor"]),
        limit=query["limit"],
    )
    return page_answer(rows, limit=query["limit"], position=lambda order: order.id, dump=order_summary)


@bp.put("/<reference>")
@requires(Scope.BILLING)
@bp.arguments(OrderSchema)
@bp.response(200, OrderOut)
@bp.alt_response(201, schema=OrderOut, description="The order is new")
@bp.doc(operationId="putOrder", summary="Register an order, or change it while nothing was issued on it")
def put(order: Order, reference: str) -> Any:
    if not is_reference(reference):
        raise InvalidInput(
            "The order was refused.",
            Fault("", "invalid_reference", "Use 1 to 64 of A-Z a-z 0-9 . _ : - in the path."),
        )
    stored = put_order(
        desk(),
        actor(),
        reference,
        order,
        may_change=lambda known: check_if_match(order_etag(known)),
        describe=lambda calculation: calculation_answer(calculation, desk().book),
    )
    view = read_order(desk(), actor(), reference)
    answer = order_answer(view, stored.warnings)
    response = with_etag(OrderOut().dump(answer), order_etag(view.order), status=201 if stored.is_new else 200)
    response.headers["Location"] = f"/v1/orders/{reference}"
    return response


@bp.get("/<reference>")
@requires(Scope.BILLING, Scope.PAYMENTS, Scope.AUDITOR)
@bp.response(200, OrderOut)
@bp.doc(operationId="getOrder", summary="An order with its totals, payments, adjustments, documents and timeline")
def get(reference: str) -> Any:
    view = read_order(desk(), actor(), reference)
    return with_etag(OrderOut().dump(order_answer(view)), order_etag(view.order))


@bp.get("/<reference>/explanation")
@requires(Scope.BILLING, Scope.PAYMENTS, Scope.AUDITOR)
@bp.arguments(ExplanationQuery, location="query")
@bp.response(200, ExplanationOut)
@bp.doc(operationId="explainOrder", summary="Why the order's tax is what it is, by the decision kept with it")
def explain(query: dict[str, Any], reference: str) -> Any:
    language = language_asked(query["language"], request.accept_languages, desk().book.languages)
    return as_json(explain_order(desk(), actor(), reference, language=language))


@bp.post("/<reference>/payments")
@requires(Scope.BILLING, Scope.PAYMENTS)
@idempotent
@bp.arguments(PaymentSchema)
@bp.response(201, PaymentOut)
@bp.doc(operationId="recordPayment", summary="Record a payment, refund, chargeback or authorisation")
def post_payment(payment: Payment, reference: str) -> Any:
    stored, _ = record_payment(desk(), actor(), reference, payment)
    return payment_answer(stored)


@bp.post("/<reference>/tax-refunds")
@requires(Scope.PAYMENTS, Scope.BILLING)
@idempotent
@bp.arguments(TaxRefundSchema)
@bp.response(201, RefundOut)
@bp.alt_response(202, schema=RefundOut, description="Waits for the register, then finishes by itself")
@bp.alt_response(200, schema=RefundOut, description="Dry run: nothing was changed")
@bp.doc(operationId="refundTax", summary="Give back the tax of an order after a late VAT ID")
def post_tax_refund(asked: dict[str, Any], reference: str) -> Any:
    refund = refund_tax(desk(), actor(), reference, asked["facts"], dry_run=asked["dry_run"], idempotency=idempotency())
    return refund_response(refund, dry_run=asked["dry_run"])


@bp.post("/<reference>/refunds")
@requires(Scope.PAYMENTS, Scope.BILLING)
@idempotent
@bp.arguments(RefundSchema)
@bp.response(201, RefundOut)
@bp.alt_response(202, schema=RefundOut, description="Waits for the approval of another person")
@bp.alt_response(200, schema=RefundOut, description="Dry run: nothing was changed")
@bp.doc(operationId="refundOrder", summary="Give back the price of an order, in full or in part, with its tax")
def post_refund(asked: dict[str, Any], reference: str) -> Any:
    dry_run = asked["dry_run"]
    refund = refund_order(desk(), actor(), reference, asked["facts"], dry_run=dry_run, idempotency=idempotency())
    return refund_response(refund, dry_run=dry_run)


@bp.post("/<reference>/documents")
@requires(Scope.BILLING, Scope.PAYMENTS)
@idempotent
@bp.arguments(DocumentAskedSchema)
@bp.response(202, DocumentOut)
@bp.doc(operationId="giveDocument", summary="Issue a tax form or a fact sheet of ours for the order")
def post_document(asked: DocumentAsked, reference: str) -> Any:
    document = give_document(desk(), actor(), reference, asked, idempotency=idempotency())
    response = make_response(DocumentOut().dump(document_answer(document)), 202)
    response.headers["Location"] = f"/v1/documents/{document.id}"
    return response


@bp.get("/<reference>/documents")
@requires(Scope.BILLING, Scope.PAYMENTS, Scope.AUDITOR)
@bp.response(200, page_of(DocumentOut))
@bp.doc(operationId="listOrderDocuments", summary="The documents of an order, newest first")
def list_documents(reference: str) -> Any:
    view = read_order(desk(), actor(), reference)
    return {"data": [document_answer(document) for document in view.documents], "next": None}


def refund_response(refund: Refund, *, dry_run: bool) -> Response:
    """200 for what would be, 202 for what waits, 201 for what was issued."""
    waits = refund.adjustment.status in {"pending_check", "needs_approval"}
    return make_response(
        RefundOut().dump(refund_answer(refund, dry_run=dry_run)), 200 if dry_run else 202 if waits else 201
    )


def order_etag(order: StoredOrder) -> str:
    """The order's ETag: it changes with every change of anything the order shows."""
    return etag_of(f"{order.id}:{order.version}")
