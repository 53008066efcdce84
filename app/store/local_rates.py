"""Imported rate and boundary files: queries in, the records of the rules out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, delete, insert, or_, select, update
from sqlalchemy.orm import Session

from app.models.local_rates import LocalBoundaryRow, LocalRateFileRow, LocalRateRow
from tax_rules.sales_tax.us.local_stack import RatesInForce
from tax_rules.sales_tax.us.sst import STATE, BoundaryRow, FileKind, FileName, RateRow, Record, TaxedBy

_BOUNDARY = LocalBoundaryRow.__table__.c
_RATE = LocalRateRow.__table__.c


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A file as it was imported."""

    id: str
    file: FileName
    sha256: str
    rows: int
    zip4_span: int


def find_file(session: Session, file: FileName) -> StoredFile | None:
    """The file of a state, kind and quarter, whatever day it was posted."""
    wanted = select(LocalRateFileRow).filter_by(state=file.state, kind=str(file.kind), quarter=file.quarter)
    row = session.scalar(wanted)
    return _stored(row) if row else None


def newest_files(session: Session, state: str) -> dict[FileKind, StoredFile]:
    """The newest file of each kind of a state; it holds the history of the quarters before it."""
    rows = session.scalars(select(LocalRateFileRow).filter_by(state=state).order_by(LocalRateFileRow.quarter))
    return {stored.file.kind: stored for stored in map(_stored, rows)}


def add_file(session: Session, row: LocalRateFileRow) -> None:
    """Insert a file whose rows follow."""
    session.add(row)
    session.flush()


def end_file(session: Session, file_id: str, *, rows: int, zip4_span: int) -> None:
    """Say how many rows a file has, once all of them are in."""
    values = {"rows": rows, "zip4_span": zip4_span}
    session.execute(update(LocalRateFileRow).where(LocalRateFileRow.id == file_id).values(values))


def delete_file(session: Session, file_id: str) -> None:
    """Forget a file with all its rows."""
    for table in (LocalBoundaryRow, LocalRateRow):
        session.execute(delete(table).where(table.file_id == file_id))
    session.execute(delete(LocalRateFileRow).where(LocalRateFileRow.id == file_id))


def add_rates(session: Session, file_id: str, rows: Sequence[RateRow]) -> None:
    """Insert rows of a rate file."""
    names = RateRow.__slots__
    values = [{name: getattr(row, name) for name in names} | {"file_id": file_id} for row in rows]
    session.execute(insert(LocalRateRow.__table__), values)


def add_boundaries(session: Session, file_id: str, rows: Sequence[tuple[BoundaryRow, str | None]]) -> None:
    """Insert rows of a boundary file, each with the key of its street."""
    values = [
        {
            "file_id": file_id,
            "line": row.line,
            "record": row.record.value,
            "begins": row.begins,
            "ends": row.ends,
            "zip_low": row.zip_low,
            "zip_high": row.zip_high,
            "plus4_low": row.plus4_low,
            "plus4_high": row.plus4_high,
            "street": street,
            "low": row.low,
            "high": row.high,
            "parity": row.parity,
            "has_state": row.taxed_by.has_state,
            "county": row.taxed_by.county,
            "place": row.taxed_by.place,
            "districts": " ".join(map(":".join, row.taxed_by.districts)),
        }
        for row, street in rows
    ]
    session.execute(insert(LocalBoundaryRow.__table__), values)


def read_rates(
    session: Session, stored: StoredFile, places: Iterable[TaxedBy], *, on: date, is_intrastate: bool
) -> RatesInForce:
    """The rates on a date of the state and of all jurisdictions of the places."""
    codes = {code for place in places for code in (place.county, place.place, *(c for _, c in place.districts)) if code}
    wanted = or_(_RATE.type == STATE, _RATE.code.in_(codes))
    query = select(LocalRateRow.__table__).where(_RATE.file_id == stored.id, wanted, *_in_force(_RATE, on))
    rows = tuple(RateRow(**{name: getattr(row, name) for name in RateRow.__slots__}) for row in session.execute(query))
    return RatesInForce(file=stored.file, on=on, rows=rows, is_intrastate=is_intrastate)


def find_street(session: Session, stored: StoredFile, zip_code: int, street: str, on: date) -> list[BoundaryRow]:
    """The stretches of a street in a ZIP code, by the key of the street."""
    return _boundaries(session, _records(stored, Record.ADDRESS, zip_code, on).where(_BOUNDARY.street == street))


def find_zip4(session: Session, stored: StoredFile, zip_code: int, plus4: int, on: date) -> list[BoundaryRow]:
    """The ranges of ZIP+4 in which one lies."""
    after_low = or_(_BOUNDARY.zip_low < zip_code, _BOUNDARY.plus4_low <= plus4)
    before_high = or_(_BOUNDARY.zip_high > zip_code, _BOUNDARY.plus4_high >= plus4)
    return _boundaries(session, _records(stored, Record.ZIP4, zip_code, on).where(after_low, before_high))


def places_in_zip(session: Session, stored: StoredFile, zip_code: int, on: date) -> list[TaxedBy]:
    """Every combination of jurisdictions that the records of a ZIP code name."""
    columns = (_BOUNDARY.has_state, _BOUNDARY.county, _BOUNDARY.place, _BOUNDARY.districts)
    found: dict[TaxedBy, None] = {}
    for record in Record:
        query = _records(stored, record, zip_code, on).with_only_columns(*columns).distinct()
        found |= dict.fromkeys(map(_taxed_by, session.execute(query)))
    return list(found)


def _records(stored: StoredFile, record: Record, zip_code: int, on: date) -> Select[Any]:
    """Records of one sort whose ZIP codes enclose one; the lower bound keeps the search inside the index."""
    lowest = {Record.ADDRESS: zip_code, Record.ZIP4: zip_code - stored.zip4_span, Record.ZIP5: 0}[record]
    return select(LocalBoundaryRow.__table__).where(
        _BOUNDARY.file_id == stored.id,
        _BOUNDARY.record == record.value,
        _BOUNDARY.zip_low.between(lowest, zip_code),
        _BOUNDARY.zip_high >= zip_code,
        *_in_force(_BOUNDARY, on),
    )


def _in_force(columns: Any, on: date) -> tuple[Any, Any]:
    return columns.begins <= on, or_(columns.ends.is_(None), columns.ends >= on)


def _boundaries(session: Session, query: Select[Any]) -> list[BoundaryRow]:
    return [
        BoundaryRow(
            line=row.line,
            record=Record(row.record),
            begins=row.begins,
            ends=row.ends,
            zip_low=row.zip_low,
            zip_high=row.zip_high,
            plus4_low=row.plus4_low,
            plus4_high=row.plus4_high,
            low=row.low,
            high=row.high,
            parity=row.parity,
            taxed_by=_taxed_by(row),
        )
        for row in session.execute(query)
    ]


def _taxed_by(row: Any) -> TaxedBy:
    pairs = (pair.partition(":") for pair in row.districts.split())
    districts = tuple((kind, code) for kind, _, code in pairs)
    return TaxedBy(has_state=row.has_state, county=row.county, place=row.place, districts=districts)


def _stored(row: LocalRateFileRow) -> StoredFile:
    file = FileName(row.name, row.state, FileKind(row.kind), row.quarter)
    return StoredFile(id=row.id, file=file, sha256=row.sha256, rows=row.rows, zip4_span=row.zip4_span)
