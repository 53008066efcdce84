"""Issued documents: the facts they are drawn from, their number, and the digest of what was drawn."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Integer
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, SealedValues


class DocumentRow(SealedValues, Base):
    """One document. Facts and number are fixed when it is issued; digest, size and pages when it is drawn, once.

    Members of ``facts`` that hold tax numbers or accounts are sealed.
    """

    __tablename__ = "documents"

    id: Mapped[str] = mapped_column(primary_key=True)
    idempotency: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    order_id: Mapped[str | None] = mapped_column(ForeignKey("orders.id"), index=True)
    client_code: Mapped[str | None]
    order_reference: Mapped[str | None]
    adjustment_id: Mapped[str | None] = mapped_column(ForeignKey("adjustments.id"), index=True)
    check_id: Mapped[str | None] = mapped_column(ForeignKey("tax_id_checks.id"))
    number: Mapped[str] = mapped_column(unique=True)
    code: Mapped[str] = mapped_column(unique=True)
    language: Mapped[str]
    issued_on: Mapped[date]
    facts: Mapped[dict[str, Any]]
    status: Mapped[str]
    sha256: Mapped[str | None] = mapped_column(index=True)
    size: Mapped[int | None] = mapped_column(Integer)
    pages: Mapped[int | None] = mapped_column(Integer)
    error: Mapped[str | None]
    created_at: Mapped[datetime]
    drawn_at: Mapped[datetime | None]
    superseded_by: Mapped[str | None]
