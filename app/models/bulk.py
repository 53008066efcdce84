"""Work on many rows at once: what was asked for, in chunks that are done one by one."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class BulkRunRow(Base):
    """One request for many rows. How far it is, its chunks say."""

    __tablename__ = "bulk_runs"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    idempotency: Mapped[str | None] = mapped_column(unique=True)
    kind: Mapped[str] = mapped_column(String(40))
    asked_by: Mapped[str]
    client_code: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(index=True)


class BulkChunkRow(Base):
    """Some rows of a run, which one job works on: what is asked, what came of it, and what was refused.

    ``requests`` and ``errors`` say the line that they stand for. ``done`` counts the rows that came to an end, the
    ``failed`` ones included.
    """

    __tablename__ = "bulk_chunks"
    __table_args__ = (
        CheckConstraint("state IN ('queued', 'running', 'done', 'failed', 'cancelled')", name="state"),
        Index("uq_bulk_chunks_run_id_position", "run_id", "position", unique=True),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    run_id: Mapped[str] = mapped_column(String(40), ForeignKey("bulk_runs.id"))
    position: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(10))
    requests: Mapped[list[Any]]
    results: Mapped[list[Any]]
    errors: Mapped[list[Any]]
    total: Mapped[int] = mapped_column(Integer)
    done: Mapped[int] = mapped_column(Integer)
    failed: Mapped[int] = mapped_column(Integer)
    finished_at: Mapped[datetime | None]
