"""What waits for somebody: queries in, frozen records out."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.access import ApiKeyRow, UserRow
from app.models.audit import AuditChainRow
from app.models.decisions import AdjustmentRow
from app.models.documents import DocumentRow
from app.models.orders import OrderRow
from app.store.adjustments import StoredAdjustment, adjustment_record
from app.store.documents import StoredDocument, document_record
from app.store.orders import StoredOrder, order_record

UNSETTLED = ("pending_check", "needs_approval")


@dataclass(frozen=True, slots=True)
class ChainDay:
    """One day of the audit trail: how many events it has."""

    day: date
    events: int


def list_unsettled(session: Session, *, client: str | None, limit: int) -> list[tuple[StoredAdjustment, StoredOrder]]:
    """Adjustments that wait for a register or for an approval, with their orders, longest waiting first."""
    query = (
        select(AdjustmentRow, OrderRow)
        .join(OrderRow, OrderRow.id == AdjustmentRow.order_id)
        .where(AdjustmentRow.status.in_(UNSETTLED))
        .order_by(AdjustmentRow.id)
        .limit(limit)
    )
    if client is not None:
        query = query.where(OrderRow.client_code == client)
    return [(adjustment_record(row), order_record(order)) for row, order in session.execute(query)]


def list_undrawn(session: Session, *, client: str | None, limit: int) -> list[StoredDocument]:
    """Issued documents that could not be drawn, oldest first."""
    query = select(DocumentRow).where(DocumentRow.status == "failed").order_by(DocumentRow.id).limit(limit)
    if client is not None:
        query = query.where(DocumentRow.client_code == client)
    return [document_record(row) for row in session.scalars(query)]


def list_chain_days(session: Session) -> list[ChainDay]:
    """The days of the audit trail, oldest first."""
    rows = session.scalars(select(AuditChainRow).order_by(AuditChainRow.day))
    return [ChainDay(row.day, row.length) for row in rows]


def names_of(session: Session, *, users: set[str], keys: set[str]) -> dict[str, str]:
    """E-mails of users and names of API keys by id, ended ones included."""
    people = session.execute(select(UserRow.id, UserRow.email).where(UserRow.id.in_(users)))
    machines = session.execute(select(ApiKeyRow.id, ApiKeyRow.name).where(ApiKeyRow.id.in_(keys)))
    return dict([*people, *machines])  # type: ignore[arg-type] - rows are pairs
