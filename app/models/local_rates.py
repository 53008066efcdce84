"""Local taxes of the United States, as the official rate and boundary files of the states have them."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class LocalRateFileRow(Base):
    """One imported file: a state has one of each kind for a quarter. ``zip4_span``: see :class:`LocalBoundaryRow`."""

    __tablename__ = "local_rate_files"
    __table_args__ = (
        CheckConstraint("kind IN ('rates', 'boundaries')", name="kind"),
        UniqueConstraint("state", "kind", "quarter"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    state: Mapped[str] = mapped_column(String(2))
    kind: Mapped[str] = mapped_column(String(10))
    quarter: Mapped[str] = mapped_column(String(6))
    name: Mapped[str]
    sha256: Mapped[str] = mapped_column(String(64))
    rows: Mapped[int] = mapped_column(Integer)
    zip4_span: Mapped[int] = mapped_column(Integer)
    imported_by: Mapped[str]
    imported_at: Mapped[datetime]


class LocalRateRow(Base):
    """One rate of one jurisdiction, as fractions of one; the key of a jurisdiction is type and code."""

    __tablename__ = "local_rates"
    __table_args__ = (Index("ix_local_rates_file_id_code", "file_id", "code"),)

    file_id: Mapped[str] = mapped_column(String(40), ForeignKey("local_rate_files.id"), primary_key=True)
    line: Mapped[int] = mapped_column(Integer, primary_key=True)
    type: Mapped[str] = mapped_column(String(2))
    code: Mapped[str] = mapped_column(String(8))
    intrastate: Mapped[Decimal]
    interstate: Mapped[Decimal]
    food_drug_intrastate: Mapped[Decimal]
    food_drug_interstate: Mapped[Decimal]
    begins: Mapped[date]
    ends: Mapped[date | None]


class LocalBoundaryRow(Base):
    """Which jurisdictions tax a stretch of a street (record A), a range of ZIP+4 (4) or of ZIP codes (Z).

    A range of ZIP+4 may reach into the next ZIP codes, at most ``zip4_span`` of its file: so far back a search for a
    ZIP code must look. ``districts`` are ``type:code``, separated by blanks.
    """

    __tablename__ = "local_boundaries"
    __table_args__ = (
        CheckConstraint("record IN ('A', '4', 'Z')", name="record"),
        Index("ix_local_boundaries_place", "file_id", "record", "zip_low", "street"),
    )

    file_id: Mapped[str] = mapped_column(String(40), ForeignKey("local_rate_files.id"), primary_key=True)
    line: Mapped[int] = mapped_column(Integer, primary_key=True)
    record: Mapped[str] = mapped_column(String(1))
    begins: Mapped[date]
    ends: Mapped[date | None]
    zip_low: Mapped[int] = mapped_column(Integer)
    zip_high: Mapped[int] = mapped_column(Integer)
    plus4_low: Mapped[int] = mapped_column(Integer)
    plus4_high: Mapped[int] = mapped_column(Integer)
    street: Mapped[str | None]
    low: Mapped[str] = mapped_column(String(12))
    high: Mapped[str] = mapped_column(String(12))
    parity: Mapped[str] = mapped_column(String(1))
    has_state: Mapped[bool] = mapped_column(Boolean)
    county: Mapped[str | None] = mapped_column(String(8))
    place: Mapped[str | None] = mapped_column(String(8))
    districts: Mapped[str]
