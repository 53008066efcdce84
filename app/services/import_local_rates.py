"""Importing an official file of local tax rates or boundaries: read strictly, whole or not at all, audited."""

import hashlib
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from io import BufferedReader
from pathlib import Path, PurePosixPath
from typing import IO, Any

from sqlalchemy.orm import Session

from app import clock
from app.actor import Actor
from app.desk import Desk
from app.ids import new_id
from app.models.local_rates import LocalRateFileRow
from app.store import audit, local_rates
from tax_rules.errors import DataFault
from tax_rules.rulebook import RuleBook
from tax_rules.sales_tax.us.sst import (
    LONGEST_LINE,
    BoundaryRow,
    FileKind,
    FileName,
    Record,
    read_boundaries,
    read_file_name,
    read_rates,
)
from tax_rules.sales_tax.us.street import street_key

BATCH = 1000
"""Rows that are in memory at a time."""
MOST_FAULTS = 1000
"""Faults at which reading stops: such a file is another file."""
MOST_BYTES = 1024**3
"""Bytes of an unpacked file; the largest state publishes a few hundred million."""


class Result(StrEnum):
    IMPORTED = "imported"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"
    REFUSED = "refused"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of a file. ``is_cut``: it was not read further after the last of ``faults``."""

    name: str
    result: Result
    file: FileName | None = None
    rows: int = 0
    faults: tuple[DataFault, ...] = ()
    is_cut: bool = False


class _Refused(Exception):
    """The file has faults, so the transaction must not be committed."""


@dataclass(slots=True)
class _Count:
    """What is known of a file once its last line is read."""

    rows: int = 0
    zip4_span: int = 0
    faults: list[DataFault] = field(default_factory=list)


def import_local_rates(desk: Desk, actor: Actor, path: Path) -> Imported:
    """Import one file, CSV or ZIP; its name says state, kind and quarter.

    The file of the same state, kind and quarter is replaced in the same transaction; the very same bytes change
    nothing. A file with a fault changes nothing. Answers that were given keep what they were decided with.

    Raises:
        OSError: the file cannot be read.
    """
    file = read_file_name(path.name)
    fips = _fips(file.state, desk.book) if file else None
    if file is None or fips is None:
        return Imported(name=path.name, result=Result.UNSUPPORTED)
    count = _Count()
    with path.open("rb") as stream:
        sha256 = _digest(stream)
        with desk.database.reading() as session:
            known = local_rates.find_file(session, file)
        if known is not None and known.sha256 == sha256:
            return Imported(name=path.name, result=Result.UNCHANGED, file=file, rows=known.rows)
        try:
            with desk.database.writing() as session, _lines(stream, file) as lines:
                result = _replace(session, actor, file, sha256)
                _insert(session, result[1], lines, file, fips, desk.book, count)
                if count.faults:
                    raise _Refused
                _record(session, actor, file, sha256, result, count)
        except _Unreadable as error:
            count.faults.append(DataFault(path.name, 1, str(error)))
        except _Refused:
            pass
    if count.faults:
        faults, is_cut = tuple(count.faults), len(count.faults) >= MOST_FAULTS
        return Imported(name=path.name, result=Result.REFUSED, file=file, faults=faults, is_cut=is_cut)
    return Imported(name=path.name, result=result[0], file=file, rows=count.rows)


def _replace(session: Session, actor: Actor, file: FileName, sha256: str) -> tuple[Result, str]:
    """Make room for the file; whether another one was there, and the id of the new one."""
    known = local_rates.find_file(session, file)
    if known is not None:
        local_rates.delete_file(session, known.id)
    row = LocalRateFileRow(
        id=new_id("lrf"),
        state=file.state,
        kind=str(file.kind),
        quarter=file.quarter,
        name=file.name,
        sha256=sha256,
        rows=0,
        zip4_span=0,
        imported_by=actor.name,
        imported_at=clock.now(),
    )
    local_rates.add_file(session, row)
    return (Result.REPLACED if known else Result.IMPORTED), row.id


def _insert(
    session: Session, file_id: str, lines: Iterator[bytes], file: FileName, fips: str, book: RuleBook, count: _Count
) -> None:
    """Insert the rows as they are read, some at a time; after a fault the rest is read for its faults only."""
    add: Callable[[Session, str, Sequence[Any]], None]
    if file.kind is FileKind.RATES:
        found: Iterator[Any] = read_rates(lines, name=file.name, fips=fips)
        add = local_rates.add_rates
    else:
        found = _with_streets(read_boundaries(lines, name=file.name, fips=fips), book, count)
        add = local_rates.add_boundaries
    batch: list[Any] = []
    for row in found:
        if isinstance(row, DataFault):
            count.faults.append(row)
            if len(count.faults) >= MOST_FAULTS:
                return
            continue
        count.rows += 1
        batch.append(row)
        if len(batch) == BATCH:
            if not count.faults:
                add(session, file_id, batch)
            batch.clear()
    if batch and not count.faults:
        add(session, file_id, batch)


def _with_streets(
    found: Iterator[BoundaryRow | DataFault], book: RuleBook, count: _Count
) -> Iterator[tuple[BoundaryRow, str | None] | DataFault]:
    for row in found:
        if isinstance(row, DataFault):
            yield row
            continue
        if row.record is Record.ZIP4:
            count.zip4_span = max(count.zip4_span, row.zip_high - row.zip_low)
        yield row, street_key(row.street, book) if row.street else None


def _record(
    session: Session, actor: Actor, file: FileName, sha256: str, result: tuple[Result, str], count: _Count
) -> None:
    local_rates.end_file(session, result[1], rows=count.rows, zip4_span=count.zip4_span)
    audit.record(
        session,
        actor=actor.name,
        action=f"local_rates.{result[0]}",
        subject=result[1],
        state=file.state,
        kind=str(file.kind),
        quarter=file.quarter,
        file=file.name,
        sha256=sha256,
        rows=count.rows,
    )


def _fips(state: str, book: RuleBook) -> str | None:
    return next((row["fips"] for row in book.table("codes.us_state_fips") if row["code"] == state), None)


def _digest(stream: BufferedReader) -> str:
    digest = hashlib.file_digest(stream, "sha256").hexdigest()
    stream.seek(0)
    return digest


class _Unreadable(Exception):
    """The archive cannot be opened, or holds something else than one file."""


@contextmanager
def _lines(stream: IO[bytes], file: FileName) -> Iterator[Iterator[bytes]]:
    """The lines of a CSV file or of the one in a ZIP archive; raises _Unreadable, also while they are read."""
    if not file.name.lower().endswith(".zip"):
        yield _bounded(stream)
        return
    try:
        with zipfile.ZipFile(stream) as archive, archive.open(_only_member(archive, file)) as member:
            yield _bounded(member)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise _Unreadable("the file is not a ZIP archive that can be read") from error


def _only_member(archive: zipfile.ZipFile, file: FileName) -> zipfile.ZipInfo:
    """The one file of the archive. What unpacks to more than its directory says is cut off there by the library."""
    members = [member for member in archive.infolist() if not member.is_dir()]
    if len(members) != 1:
        raise _Unreadable(f"the archive holds {len(members)} files, not one")
    inner = read_file_name(PurePosixPath(members[0].filename).name)
    if inner is None or (inner.state, inner.kind, inner.quarter) != (file.state, file.kind, file.quarter):
        raise _Unreadable("the file in the archive has another state, kind or quarter in its name")
    if members[0].file_size > MOST_BYTES:
        raise _Unreadable(f"the archive unpacks to more than {MOST_BYTES} bytes")
    return members[0]


def _bounded(stream: IO[bytes]) -> Iterator[bytes]:
    """The lines; of one that is too long only so much that it can be told."""
    while line := stream.readline(LONGEST_LINE + 1):
        yield line
        while line and len(line) > LONGEST_LINE and not line.endswith(b"\n"):
            line = stream.readline(LONGEST_LINE + 1)
