"""A document that somebody asked for: a form, a fact sheet, an invoice or a statement, issued against the order.

The newest of a kind and language takes the place of the one before, which stays readable and says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.actor import Actor
from app.desk import Desk
from app.facts import OrderStatus
from app.ids import new_id
from app.models.documents import DocumentRow
from app.sellers import SellerEntity
from app.services.compose_fact_sheet import fact_sheet_issue
from app.services.compose_sale import refusal_by_status, sale_issue
from app.services.compose_statements import refund_statement_issue, tax_statement_issue
from app.services.compose_tax_form import tax_form_issue
from app.services.explain_decision import explain_decision
from app.services.issue_document import (
    TAX_FORMS,
    Issue,
    ask_for_drawing,
    document_language,
    draft_facts,
    drawing_key,
    fix_documents,
)
from app.services.jobs import process_name, run_job
from app.services.read_order import view_order, visible_order
from app.services.read_sellers import seller_in_force
from app.store.documents import StoredDocument, find_document, find_document_by_idempotency
from app.store.jobs import find_job_by_key
from app.store.orders import StoredOrder, touch_orders

SALES = ("invoice", "pro_forma", "quote")
STATEMENTS = ("tax_statement", "refund_statement")
KINDS = ("vendor_fact_sheet", *SALES, *STATEMENTS, *sorted(TAX_FORMS))
LASTING = frozenset({"invoice"})  # one supply has one invoice: nothing but a correction takes its place
QUICK = TAX_FORMS  # drawn within the request


def offered_kinds(desk: Desk, order: StoredOrder) -> tuple[str, ...]:
    """The kinds that can be given for an order: its seller's own tax form, and what its status allows."""
    with desk.database.reading() as session:
        form = seller_in_force(session, order.seller).tax_form
    not_offered = {kind for kind in SALES if refusal_by_status(kind, OrderStatus(order.status))}
    not_offered |= TAX_FORMS - {form.kind if form else None}
    if order.invoices:
        not_offered.discard("invoice")  # a copy of it
    if order.decision_id is None:
        not_offered.add("tax_statement")
    return tuple(kind for kind in KINDS if kind not in not_offered)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentAsked:
    """What is asked for: one of ``KINDS`` and a BCP 47 language; without one the customer's."""

    kind: str
    language: str | None = None


def give_document(
    desk: Desk, actor: Actor, reference: str, asked: DocumentAsked, *, idempotency: str | None
) -> StoredDocument:
    """Issue the document against the order; a form is drawn at once, anything longer by a job.

    Args:
        idempotency: the same key gives the document that it gave before.
    Raises:
        NotFound: no such order, or one that the caller may not see.
        InvalidInput: the document cannot be made from what is known; nothing was issued.
    """
    key = f"given:{idempotency or new_id('idem')}"
    with desk.database.writing() as session:
        if known := find_document_by_idempotency(session, key):
            return known
        order = visible_order(session, actor, reference, lock=True)
        seller = seller_in_force(session, order.seller)
        issue = compose(desk, session, order, seller, asked, idempotency=key, actor=actor.name)
        draft_facts(desk, issue)
        (issued,) = give_issues(desk, session, [issue])
        ask_for_drawing(session, issued.id, wake=asked.kind not in QUICK)
        job = find_job_by_key(session, drawing_key(issued.id))
    if asked.kind in QUICK and job:
        run_job(desk, job.id, process_name())  # whatever ends it here, the sweeper calls a worker for it
    with desk.database.reading() as session:
        return find_document(session, issued.id) or issued


def compose(
    desk: Desk,
    session: Session,
    order: StoredOrder,
    seller: SellerEntity,
    asked: DocumentAsked,
    *,
    idempotency: str,
    actor: str,
) -> Issue:
    """What is to be issued. Raises InvalidInput and DrawingFailed where there is no such document."""
    if asked.kind in (*SALES, *STATEMENTS):
        return _composed_from_decision(desk, session, order, seller, asked, idempotency=idempotency, actor=actor)
    if asked.kind in TAX_FORMS:
        return tax_form_issue(desk, order, seller, kind=asked.kind, idempotency=idempotency, actor=actor)
    return fact_sheet_issue(order, seller, idempotency=idempotency, actor=actor, language=asked.language)


def _composed_from_decision(
    desk: Desk,
    session: Session,
    order: StoredOrder,
    seller: SellerEntity,
    asked: DocumentAsked,
    *,
    idempotency: str,
    actor: str,
) -> Issue:
    """A document about the sale, from the order, its stored decision told in the language, and its adjustments."""
    view = view_order(session, order)
    told = document_language(asked.language or order.customer.language).tag.split("-")[0]
    explained = None
    if view.decision is not None:
        explained = explain_decision(view.decision | {"id": order.decision_id}, language=told, book=desk.book)
    common = {"language": asked.language, "idempotency": idempotency, "actor": actor}
    if asked.kind == "tax_statement":
        return tax_statement_issue(view, explained, seller, **common)
    if asked.kind == "refund_statement":
        return refund_statement_issue(view, seller, **common)
    return sale_issue(view, explained, seller, kind=asked.kind, **common)


def give_issues(desk: Desk, session: Session, issues: Sequence[Issue]) -> list[StoredDocument]:
    """Fix documents whose drafts were made, each on an order that the caller has locked, in place of the older ones."""
    issued = fix_documents(desk, session, issues)
    orders = [issue.order for issue in issues]
    _supersede_older(session, {(order.id, d.kind, d.language): d.id for order, d in zip(orders, issued, strict=True)})
    touch_orders(session, [order.reference for order in orders])
    return issued


def _supersede_older(session: Session, newest: Mapping[tuple[str, str, str], str]) -> None:
    """Let the newest of an order, kind and language stand for those before it."""
    standing = select(DocumentRow).where(
        DocumentRow.order_id.in_({order_id for order_id, _, _ in newest}), DocumentRow.superseded_by.is_(None)
    )
    for row in session.scalars(standing):
        if row.kind in LASTING:
            continue
        successor = newest.get((row.order_id or "", row.kind, row.language))
        if successor not in {None, row.id}:
            row.superseded_by = successor
