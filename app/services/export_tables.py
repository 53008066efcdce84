"""The tables of an auditor's export: which columns they have, and the pages they are read in.

No tax ID, bank account, name or address stands in them: they name things by number and id, and the PDFs hold the rest.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from app.archives import Archive
from app.facts import AuditExportAsked
from app.spreadsheets import BYTE_ORDER_MARK, Value, csv_lines
from app.store.adjustments import StoredAdjustment
from app.store.audit import AuditEvent, canonical
from app.store.audit_exports import (
    DecisionLine,
    DocumentLine,
    page_of_adjustments,
    page_of_checks,
    page_of_decisions,
    page_of_orders,
)
from app.store.database import Database
from app.store.orders import StoredOrder
from app.store.tax_id_checks import StoredCheck
from tax_rules.rulebook import shipped_rulebook

PAGE = 500

DOCUMENT_COLUMNS = (
    "id", "number", "kind", "language", "order_reference", "client", "adjustment_id", "check_id", "issued_on",
    "drawn_at", "sha256", "bytes", "pages", "superseded_by", "file", "left_out",
)  # fmt: skip
EVENT_COLUMNS = ("day", "position", "at", "actor", "action", "subject", "order_reference", "facts", "hash")


@dataclass(frozen=True, slots=True)
class Table:
    """A table that is read page by page; ``read`` takes session, asked, client, after and limit."""

    name: str
    columns: tuple[str, ...]
    read: Callable[..., Sequence[Any]]
    row: Callable[[Any], tuple[Value, ...]]
    key: Callable[[Any], str] = lambda record: str(record.id)


def write_table(
    archive: Archive, name: str, columns: Sequence[str], pages: Iterator[Sequence[tuple[Value, ...]]]
) -> int:
    """Write a CSV file into the archive, page by page; how many rows it has."""
    count = 0
    with archive.stream(name) as write:
        write(BYTE_ORDER_MARK + csv_lines([columns]))
        for page in pages:
            write(csv_lines(page))
            count += len(page)
    return count


def pages_of(
    database: Database, table: Table, asked: AuditExportAsked, client: str | None
) -> Iterator[list[tuple[Value, ...]]]:
    """The rows of a table, each page in a transaction of its own: a long export keeps none open."""
    after = ""
    while True:
        with database.reading() as session:
            records = table.read(session, asked, client=client, after=after, limit=PAGE)
        if not records:
            return
        after = table.key(records[-1])
        yield [table.row(record) for record in records]


def document_row(document: DocumentLine, *, sha256: str | None, file: str | None, why: str | None) -> tuple[Value, ...]:
    """The line of a document; ``sha256`` is what the trail says, ``file`` or ``why`` it is not there is filled."""
    d = document
    return (
        d.id, d.number, d.kind, d.language, d.order_reference, d.client, d.adjustment_id, d.check_id, d.issued_on,
        d.drawn_at, sha256, d.size, d.pages, d.superseded_by, file, why,
    )  # fmt: skip


def event_row(event: AuditEvent) -> tuple[Value, ...]:
    """The line of an event."""
    return (
        event.day, event.position, event.at, event.actor, event.action, event.subject, event.order_reference,
        canonical(event.facts).decode(), event.hash,
    )  # fmt: skip


def _order(order: StoredOrder) -> tuple[Value, ...]:
    money = shipped_rulebook().currency(order.currency).format
    return (
        order.reference, order.client, order.seller, order.status, order.currency, order.ordered_at,
        order.supply_date, order.purchase_order_number, [invoice.number for invoice in order.invoices],
        order.customer.reference, order.customer.kind, order.customer.address.country, money(order.net),
        money(order.tax), money(order.gross), order.decision_id, order.created_at, order.updated_at,
    )  # fmt: skip


def _adjustment(found: tuple[StoredAdjustment, str]) -> tuple[Value, ...]:
    a, reference = found
    money = shipped_rulebook().currency(a.currency).format
    return (
        a.id, reference, a.kind, a.status, a.reason, a.currency, money(a.tax_before), money(a.tax_after),
        money(a.net_refund), money(a.tax_refund), money(a.gross_refund), a.law, a.check_id, a.asked_by, a.approved_by,
        a.outcome, a.created_at, a.issued_at,
    )  # fmt: skip


def _decision(decision: DecisionLine) -> tuple[Value, ...]:
    answer = decision.answer
    members = ("outcome", "currency", "amount_subtotal", "taxable_amount", "tax_amount", "amount_total", "confidence")
    law = dict.fromkeys(text for line in answer.get("lines", ()) for text in line.get("law", ()))
    return (
        decision.id, decision.reference, decision.client, *(answer.get(name) for name in members), list(law),
        decision.rulebook_sha256, decision.created_at,
    )  # fmt: skip


def _check(check: StoredCheck) -> tuple[Value, ...]:
    said = check.register or {}
    return (
        check.id, check.order_reference, check.client, check.country, check.kind, last4(check.number),
        check.format.get("valid"), check.status, said.get("name"), said.get("consultation_number"), check.created_at,
        check.answered_at, check.valid_from, check.attempts, check.evidence_document_id,
    )  # fmt: skip


def last4(number: str) -> str:
    """The last four signs of a number that has more than six; of a shorter one they would tell too much."""
    return number[-4:] if len(number) > 6 else ""


TABLES = (
    Table(
        "orders.csv",
        (
            "reference", "client", "seller", "status", "currency", "ordered_at", "supply_date",
            "purchase_order_number", "invoices", "customer_reference", "customer_kind", "customer_country", "net",
            "tax", "gross", "decision_id", "created_at", "updated_at",
        ),
        page_of_orders,
        _order,
    ),
    Table(
        "adjustments.csv",
        (
            "id", "order_reference", "kind", "status", "reason", "currency", "tax_before", "tax_after", "net_refund",
            "tax_refund", "gross_refund", "law", "check_id", "asked_by", "approved_by", "outcome", "created_at",
            "issued_at",
        ),
        page_of_adjustments,
        _adjustment,
        lambda found: str(found[0].id),
    ),
    Table(
        "decisions.csv",
        (
            "id", "reference", "client", "outcome", "currency", "amount_subtotal", "taxable_amount", "tax_amount",
            "amount_total", "confidence", "law", "rulebook_sha256", "created_at",
        ),
        page_of_decisions,
        _decision,
    ),
    Table(
        "tax_id_checks.csv",
        (
            "id", "order_reference", "client", "country", "kind", "number_last4", "format_valid", "status",
            "register", "consultation_number", "asked_at", "answered_at", "valid_from", "attempts",
            "evidence_document_id",
        ),
        page_of_checks,
        _check,
    ),
)  # fmt: skip
