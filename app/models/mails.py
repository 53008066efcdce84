"""Table of the mails we owe: written in the transaction that promises them, sent by a job."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class Mail(Base):
    """One mail to one address. Its id is the delivery id and stands in the Message-ID of every attempt."""

    __tablename__ = "mails"
    __table_args__ = (CheckConstraint("state IN ('queued', 'sent', 'failed')", name="state"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    idem_key: Mapped[str] = mapped_column(String(200), unique=True)
    to: Mapped[str] = mapped_column("to_address")
    subject: Mapped[str]
    body_text: Mapped[str]
    body_html: Mapped[str | None]
    language: Mapped[str] = mapped_column(String(20))
    purpose: Mapped[str] = mapped_column(String(60))
    attachments: Mapped[list[Any]]
    order_reference: Mapped[str | None] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(String(10), default="queued")
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    error_code: Mapped[str | None] = mapped_column(String(80))
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
