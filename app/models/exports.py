"""The auditor's exports: which period was asked for by whom, and the archive that came of it."""

from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class AuditExportRow(Base):
    """One export. Its status and progress are its job's; digest and size are there once it is done."""

    __tablename__ = "audit_exports"

    id: Mapped[str] = mapped_column(primary_key=True)
    idempotency: Mapped[str | None] = mapped_column(unique=True)
    job_id: Mapped[str] = mapped_column(String(40), ForeignKey("jobs.id"))
    client_code: Mapped[str | None]
    asked_by: Mapped[str]
    first_day: Mapped[date]
    last_day: Mapped[date]
    sample_size: Mapped[int | None] = mapped_column(Integer)
    sample_seed: Mapped[str | None]
    sha256: Mapped[str | None]
    manifest_sha256: Mapped[str | None]
    size: Mapped[int | None] = mapped_column(BigInteger)
    faults: Mapped[int | None] = mapped_column(Integer)
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None] = mapped_column(index=True)
    purged_at: Mapped[datetime | None]
