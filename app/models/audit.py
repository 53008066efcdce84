"""The append-only audit trail: one hash chain a day, each day linked to the one before; and the gapless counters."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class AuditChainRow(Base):
    """The end of one day's chain; locked while an event is appended."""

    __tablename__ = "audit_chains"

    day: Mapped[date] = mapped_column(primary_key=True)
    anchor: Mapped[str]
    length: Mapped[int] = mapped_column(Integer)
    head: Mapped[str]


class AuditEventRow(Base):
    """One thing that happened. Never updated, never deleted."""

    __tablename__ = "audit_events"
    __table_args__ = (UniqueConstraint("day", "position"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date]
    position: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str] = mapped_column(index=True)
    subject: Mapped[str]
    order_reference: Mapped[str | None] = mapped_column(index=True)
    facts: Mapped[str]
    previous: Mapped[str]
    hash: Mapped[str]


class CounterRow(Base):
    """The last number of a series; incremented in the transaction that issues, so there is no gap."""

    __tablename__ = "counters"

    series: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger)
    last_date: Mapped[date]
