"""Exemption certificates that customers gave, with what they rest on."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, SealedValues


class ExemptionCertificateRow(SealedValues, Base):
    """One certificate. What it says is never changed; it can be revoked. Identification numbers are sealed."""

    __tablename__ = "exemption_certificates"
    __table_args__ = (Index("ix_exemption_certificates_customer", "client_code", "customer_reference"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    idempotency: Mapped[str | None] = mapped_column(unique=True)
    client_code: Mapped[str]
    customer_reference: Mapped[str]
    form: Mapped[str]
    reason: Mapped[str]
    kind: Mapped[str]
    order_reference: Mapped[str | None]
    states: Mapped[list[Any]]
    product_kinds: Mapped[list[Any]]
    numbers: Mapped[dict[str, Any]]
    signed_on: Mapped[date | None]
    effective_from: Mapped[date | None]
    expires_on: Mapped[date | None]
    document_sha256: Mapped[str | None]
    status: Mapped[str]
    missing: Mapped[list[Any]]
    reviewed_by: Mapped[str | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    note: Mapped[str | None]
