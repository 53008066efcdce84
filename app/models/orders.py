"""Clients, sellers, customers, orders with their lines, and payments."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base, SealedValues


class ClientRow(Base):
    """A software vendor on whose behalf we sell; comes to exist with its first order."""

    __tablename__ = "clients"

    code: Mapped[str] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]


class SellerRow(SealedValues, Base):
    """One version of a seller entity, as its YAML said; the highest version is in force.

    Tax numbers and accounts in ``data`` are sealed. By ``fingerprint``, which is keyed, a change is noticed.
    """

    __tablename__ = "sellers"

    code: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    data: Mapped[dict[str, Any]]
    fingerprint: Mapped[str] = mapped_column("sha256")  # the column kept its name when the digest got a key
    loaded_at: Mapped[datetime]


class CustomerRow(Base):
    """Who buys, unique per client, as last told; an order keeps its own copy of the day."""

    __tablename__ = "customers"
    __table_args__ = (UniqueConstraint("client_code", "reference"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    client_code: Mapped[str] = mapped_column(ForeignKey("clients.code"))
    reference: Mapped[str]
    data: Mapped[dict[str, Any]]
    search_text: Mapped[str]
    updated_at: Mapped[datetime]


class OrderRow(Base):
    """An order with what was charged on it. ``version`` grows with every change of anything the order shows."""

    __tablename__ = "orders"
    __table_args__ = (Index("ix_orders_client_id", "client_code", "id"), Index("ix_orders_status_id", "status", "id"))

    id: Mapped[str] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True)
    version: Mapped[int] = mapped_column(Integer)
    client_code: Mapped[str] = mapped_column(ForeignKey("clients.code"))
    seller_code: Mapped[str]
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    status: Mapped[str]
    currency: Mapped[str]
    ordered_at: Mapped[datetime] = mapped_column(index=True)
    supply_date: Mapped[date]
    body: Mapped[dict[str, Any]]
    body_sha256: Mapped[str]
    search_text: Mapped[str]
    country: Mapped[str]
    decision_id: Mapped[str | None] = mapped_column(ForeignKey("decisions.id"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    lines: Mapped[list["OrderLineRow"]] = relationship(
        order_by="OrderLineRow.position", cascade="all, delete-orphan", lazy="selectin"
    )


class OrderLineRow(Base):
    """One product line: what was asked for it and what tax was charged; ``net + tax = gross``."""

    __tablename__ = "order_lines"

    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    reference: Mapped[str]
    description: Mapped[str]
    product_kind: Mapped[str]
    quantity: Mapped[Decimal]
    net: Mapped[Decimal]
    tax: Mapped[Decimal]
    gross: Mapped[Decimal]
    rate_percent: Mapped[Decimal | None]
    vat_category: Mapped[str | None]
    tax_country: Mapped[str]
    tax_source: Mapped[str]


class PaymentRow(Base):
    """An exchange of money on an order, with its individual payment cost."""

    __tablename__ = "payments"
    __table_args__ = (UniqueConstraint("order_id", "reference"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"), index=True)
    reference: Mapped[str]
    kind: Mapped[str]
    amount: Mapped[Decimal]
    currency: Mapped[str]
    option: Mapped[str]
    cost: Mapped[Decimal | None]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
