"""Tax decisions, tax ID checks and adjustments: what was decided, on which evidence."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class DecisionRow(Base):
    """One tax decision with its proof: the facts asked, the answer, and the rule book that gave it."""

    __tablename__ = "decisions"

    id: Mapped[str] = mapped_column(primary_key=True)
    reference: Mapped[str | None] = mapped_column(index=True)
    client_code: Mapped[str | None]
    request: Mapped[dict[str, Any]]
    answer: Mapped[dict[str, Any]]
    rulebook_sha256: Mapped[str]
    created_at: Mapped[datetime]


class TaxIdCheckRow(Base):
    """One tax ID check and where it stands; what each register said is kept in :class:`RegisterAnswerRow`."""

    __tablename__ = "tax_id_checks"
    __table_args__ = (Index("ix_tax_id_checks_number", "number_sha256", "answered_at"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    idempotency: Mapped[str | None] = mapped_column(unique=True)
    client_code: Mapped[str | None]
    order_reference: Mapped[str | None] = mapped_column(index=True)
    country: Mapped[str]
    kind: Mapped[str]
    number: Mapped[str]
    number_sha256: Mapped[str]
    asked_with: Mapped[dict[str, Any]]
    format: Mapped[dict[str, Any]]
    status: Mapped[str]
    register: Mapped[dict[str, Any] | None]
    valid_from: Mapped[date | None]
    attempts: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    evidence_document_id: Mapped[str | None]


class RegisterAnswerRow(Base):
    """What a register said to one asking, or that it said nothing. Evidence: never updated."""

    __tablename__ = "register_answers"

    id: Mapped[str] = mapped_column(primary_key=True)
    check_id: Mapped[str] = mapped_column(ForeignKey("tax_id_checks.id"), index=True)
    register: Mapped[str]
    outcome: Mapped[str]
    error_code: Mapped[str | None]
    consultation_number: Mapped[str | None]
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    evidence: Mapped[str | None]


class AdjustmentRow(Base):
    """A later change of an order's tax. Once issued it is never changed; a correction is another adjustment."""

    __tablename__ = "adjustments"

    id: Mapped[str] = mapped_column(primary_key=True)
    idempotency: Mapped[str | None] = mapped_column(unique=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"), index=True)
    kind: Mapped[str]
    status: Mapped[str]
    reason: Mapped[str]
    currency: Mapped[str]
    tax_before: Mapped[Decimal]
    tax_after: Mapped[Decimal]
    net_refund: Mapped[Decimal]
    tax_refund: Mapped[Decimal]
    lines: Mapped[list[Any]]
    law: Mapped[list[Any]]
    evidence: Mapped[dict[str, Any]]
    request: Mapped[dict[str, Any]]
    check_id: Mapped[str | None] = mapped_column(ForeignKey("tax_id_checks.id"), index=True)
    asked_by: Mapped[str]
    approved_by: Mapped[str | None]
    note: Mapped[str | None]
    outcome: Mapped[str | None]
    created_at: Mapped[datetime]
    issued_at: Mapped[datetime | None]
