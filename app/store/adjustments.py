"""Adjustments of orders: queries in, frozen records out."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.decisions import AdjustmentRow


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAdjustment:
    """A later change of an order's tax; amounts in the order's currency, zero while something is awaited."""

    id: str
    order_id: str
    kind: str
    status: str
    reason: str
    currency: str
    tax_before: Decimal
    tax_after: Decimal
    net_refund: Decimal
    tax_refund: Decimal
    lines: tuple[dict[str, Any], ...]
    law: tuple[str, ...]
    evidence: dict[str, Any]
    request: dict[str, Any]
    check_id: str | None
    asked_by: str
    approved_by: str | None
    note: str | None
    outcome: str | None
    created_at: datetime
    issued_at: datetime | None

    @property
    def gross_refund(self) -> Decimal:
        return self.net_refund + self.tax_refund


def list_adjustments(session: Session, order_id: str) -> list[StoredAdjustment]:
    """The adjustments of an order, oldest first."""
    query = select(AdjustmentRow).where(AdjustmentRow.order_id == order_id).order_by(AdjustmentRow.id)
    return [adjustment_record(row) for row in session.scalars(query)]


def find_adjustment(session: Session, adjustment_id: str) -> StoredAdjustment | None:
    """The adjustment with this id."""
    row = session.get(AdjustmentRow, adjustment_id)
    return row and adjustment_record(row)


def find_by_idempotency(session: Session, token: str | None) -> StoredAdjustment | None:
    """The adjustment that this request made before, if it did."""
    row = token and session.scalar(select(AdjustmentRow).where(AdjustmentRow.idempotency == token))
    return adjustment_record(row) if row else None


def list_waiting_for_check(session: Session, check_id: str) -> list[str]:
    """Ids of the adjustments that wait for this tax ID check."""
    query = select(AdjustmentRow.id).where(AdjustmentRow.check_id == check_id, AdjustmentRow.status == "pending_check")
    return list(session.scalars(query))


def adjustment_record(row: AdjustmentRow) -> StoredAdjustment:
    """The record of a row."""
    return StoredAdjustment(
        id=row.id,
        order_id=row.order_id,
        kind=row.kind,
        status=row.status,
        reason=row.reason,
        currency=row.currency,
        tax_before=row.tax_before,
        tax_after=row.tax_after,
        net_refund=row.net_refund,
        tax_refund=row.tax_refund,
        lines=tuple(row.lines),
        law=tuple(row.law),
        evidence=row.evidence,
        request=row.request,
        check_id=row.check_id,
        asked_by=row.asked_by,
        approved_by=row.approved_by,
        note=row.note,
        outcome=row.outcome,
        created_at=row.created_at,
        issued_at=row.issued_at,
    )
