"""Tables of webhooks: who wants to be told what, and each telling."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, SealedValues


class WebhookEndpoint(SealedValues, Base):
    """An address that is told of events; ``events`` empty means all, ``client_code`` none means every client's.

    ``secret`` is sealed.
    """

    __tablename__ = "webhook_endpoints"
    __table_args__ = (CheckConstraint("state IN ('active', 'disabled')", name="state"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    url: Mapped[str]
    secret: Mapped[str]
    events: Mapped[list[Any]]
    client_code: Mapped[str | None]
    state: Mapped[str] = mapped_column(String(10), default="active")
    disabled_reason: Mapped[str | None] = mapped_column(String(80))
    failures_in_a_row: Mapped[int] = mapped_column(Integer, default=0)
    quiet_until: Mapped[datetime | None]
    last_milliseconds: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime]


class WebhookDelivery(Base):
    """One event for one endpoint: made once by the fan-out, tried until it is answered or given up."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        CheckConstraint("state IN ('pending', 'delivered', 'failed')", name="state"),
        UniqueConstraint("event_id", "endpoint_id", name="uq_webhook_deliveries_event_id_endpoint_id"),
        Index("ix_webhook_deliveries_endpoint_id_id", "endpoint_id", "id"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    event_id: Mapped[str] = mapped_column(String(40))
    endpoint_id: Mapped[str] = mapped_column(ForeignKey("webhook_endpoints.id"))
    body: Mapped[str]
    event_type: Mapped[str] = mapped_column(String(60))
    state: Mapped[str] = mapped_column(String(10), default="pending")
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    replays: Mapped[int] = mapped_column(Integer, default=0)
    last_status: Mapped[int | None] = mapped_column(Integer)
    last_error: Mapped[str | None] = mapped_column(String(80))
    next_attempt_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]
