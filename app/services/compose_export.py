"""What goes into an auditor's export, and in which order it is read: the trail first, for the trail says what there is.

A document belongs to a period when its ``document.issued`` event does. Its bytes are those whose digest its
``document.ready`` event names, whatever a row says by now; what is missing, damaged or in no event is named, never
passed over.
"""

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from typing import IO, Any, TypeVar

from app.archives import Archive, document_name
from app.blobs import BlobDamaged, BlobMissing, Blobs
from app.desk import Desk
from app.facts import AuditExportAsked
from app.services.export_tables import (
    DOCUMENT_COLUMNS,
    EVENT_COLUMNS,
    PAGE,
    TABLES,
    document_row,
    event_row,
    pages_of,
    write_table,
)
from app.services.export_trail import Trail, open_trail, write_proof
from app.spreadsheets import Value
from app.store.audit import AuditEvent, ChainDay
from app.store.audit_exports import documents_by_id, issued_in_trail, last_drawn_at, page_of_document_ids

FORMAT = "taxdesk audit export 1"
ENCLOSED = Path(__file__).parents[2] / "templates" / "export"  # README.txt and verify.py, as they are
READ_AHEAD = 8  # documents that are fetched at once, and so are in memory at once
NOT_HELD = [
    "full tax IDs, bank accounts, names and addresses in the tables: the documents hold what the law wants in them",
    "documents without a document.issued event in the period",
]
Item = TypeVar("Item")
Progress = Callable[[int, int, int], None]  # done, total, failed


@dataclass(frozen=True, slots=True)
class Composed:
    """What came of it: ``faults`` counts what should be there and is not, and days whose chain does not hold."""

    manifest_sha256: str
    documents: int
    left_out: int
    faults: int


@dataclass(slots=True)
class _Members:
    """The documents of the period by id, in the order of their issue, and what became of each."""

    issued: dict[str, str] = field(default_factory=dict)  # id -> number
    ready: dict[str, str] = field(default_factory=dict)  # id -> SHA-256
    chosen: frozenset[str] = frozenset()
    left_out: dict[str, str] = field(default_factory=dict)  # id -> why
    strangers: dict[str, str] = field(default_factory=dict)  # id -> number, of rows that no event speaks of
    faults: int = 0


def compose_export(
    desk: Desk, asked: AuditExportAsked, client: str | None, file: IO[bytes], progress: Progress
) -> Composed:
    """Write the archive of a period into ``file``; the same data gives the same bytes.

    Args:
        client: the only client whose records are in it; of the other events only the links of the chain are.
        progress: called after every document.
    Raises:
        StorageUnavailable: the store does not answer; the file is worth nothing.
    """
    trail, members = open_trail(desk.database, asked.first_day, client), _Members()
    with Archive(file) as archive:
        _write_proof(desk, archive, asked, trail, members)
        members.chosen = choose(members.issued, asked)
        _find_strangers(desk, asked, client, members)
        _write_documents(desk, archive, members, progress)
        rows = _write_tables(desk, archive, asked, trail, members)
        for name in ("README.txt", "verify.py"):
            archive.add(name, (ENCLOSED / name).read_bytes())
        there = [document for document in members.chosen if document not in members.left_out]
        excluded = _excluded(members)
        manifest = archive.close(
            format=FORMAT,
            period={"from": asked.first_day.isoformat(), "to": asked.last_day.isoformat()},
            sample={"size": asked.sample_size, "seed": asked.sample_seed} if asked.sample_size else None,
            client=client,
            included={"documents": len(there), "rows": rows},
            excluded=excluded,
            not_sampled=len(members.issued) - len(members.chosen),
            not_held=NOT_HELD,
            chain=trail.members(),
        )
    return Composed(manifest, len(there), len(excluded), members.faults + len(trail.faults))


def choose(issued: Iterable[str], asked: AuditExportAsked) -> frozenset[str]:
    """The documents that are drawn: all, or those whose SHA-256 of seed and id comes first; anybody can draw again."""
    if asked.sample_size is None:
        return frozenset(issued)
    rank = {document: hashlib.sha256(f"{asked.sample_seed}\n{document}".encode()).digest() for document in issued}
    return frozenset(sorted(rank, key=rank.__getitem__)[: asked.sample_size])


def _write_proof(desk: Desk, archive: Archive, asked: AuditExportAsked, trail: Trail, members: _Members) -> None:
    """The chain of the period, and on to the day on which the last of its documents was drawn."""
    frozen, trail.days = trail.days, [day for day in trail.days if day.day <= asked.last_day]
    with archive.stream("audit_events.ndjson") as write:
        for event in write_proof(trail, trail.days, write):
            _take(event, members, is_of_period=True)
        later = _later_days(desk, frozen, members, asked.last_day)
        trail.days += later
        for event in write_proof(trail, later, write):
            _take(event, members, is_of_period=False)


def _take(event: AuditEvent, members: _Members, *, is_of_period: bool) -> None:
    if event.action == "document.issued" and is_of_period:
        members.issued[event.subject] = event.facts["number"]
    elif event.action == "document.ready" and event.subject in members.issued:
        members.ready[event.subject] = event.facts["sha256"]


def _later_days(desk: Desk, frozen: list[ChainDay], members: _Members, last_day: date) -> list[ChainDay]:
    """The days after the period that are needed for the documents that were drawn only then."""
    drawn: list[date] = []
    for ids in _batches([document for document in members.issued if document not in members.ready]):
        with desk.database.reading() as session:
            moment = last_drawn_at(session, ids)
        drawn += [moment.date()] if moment else []
    # a day more: the event is written at the end of the transaction, perhaps after midnight
    until = max(drawn, default=last_day - timedelta(days=1)) + timedelta(days=1)
    return [day for day in frozen if last_day < day.day <= until]


def _find_strangers(desk: Desk, asked: AuditExportAsked, client: str | None, members: _Members) -> None:
    """Documents in the tables that no event tells of: somebody put them there beside the house."""
    after = ""
    while True:
        with desk.database.reading() as session:
            found = dict(page_of_document_ids(session, asked, client=client, after=after, limit=PAGE))
            unknown = [document for document in found if document not in members.issued]
            known = issued_in_trail(session, unknown) if unknown else set()
        if not found:
            return
        after = max(found)
        members.strangers |= {document: found[document] for document in unknown if document not in known}
        members.faults = len(members.strangers)


def _write_documents(desk: Desk, archive: Archive, members: _Members, progress: Progress) -> None:
    chosen = [document for document in members.issued if document in members.chosen]
    progress(0, len(chosen), members.faults)
    for done, (document, pdf) in enumerate(_fetched(desk.blobs, _checked(desk, chosen, members)), 1):
        if isinstance(pdf, bytes):
            number = members.issued[document]
            # a PDF is compressed in itself
            archive.add(document_name(number), pdf, packed=False, document=document, number=number)
        elif pdf is not None:
            members.left_out[document] = "file_damaged" if isinstance(pdf, BlobDamaged) else "file_missing"
            members.faults += 1
        progress(done, len(chosen), members.faults)


def _checked(desk: Desk, chosen: list[str], members: _Members) -> Iterator[tuple[str, str | None]]:
    """Each document with the digest of what is to be fetched; None, and why, where nothing is."""
    for ids in _batches(chosen):
        with desk.database.reading() as session:
            rows = documents_by_id(session, ids)
        for document in ids:
            row, sha256 = rows.get(document), members.ready.get(document)
            if row is None or (sha256 and row.sha256 != sha256) or row.number != members.issued[document]:
                members.left_out[document] = "record_missing" if row is None else "record_differs_from_trail"
                members.faults += 1
                sha256 = None
            elif sha256 is None:
                members.left_out[document] = "not_drawn" if row.status == "failed" else "not_ready"
            yield document, sha256


def _fetched(
    blobs: Blobs, wanted: Iterable[tuple[str, str | None]]
) -> Iterator[tuple[str, bytes | BlobDamaged | BlobMissing | None]]:
    """The documents' bytes in their order, a few fetched ahead: an object store takes long for each, not for many."""
    waiting: deque[tuple[str, Future[bytes | BlobDamaged | BlobMissing | None]]] = deque()

    def fetch(sha256: str | None) -> bytes | BlobDamaged | BlobMissing | None:
        try:
            return blobs.get(sha256) if sha256 else None
        except (BlobDamaged, BlobMissing) as damage:
            return damage

    with ThreadPoolExecutor(READ_AHEAD, thread_name_prefix="export") as pool:
        for document, sha256 in wanted:
            waiting.append((document, pool.submit(fetch, sha256)))
            if len(waiting) == READ_AHEAD:
                first, fetched = waiting.popleft()
                yield first, fetched.result()
        for first, fetched in waiting:
            yield first, fetched.result()


def _write_tables(
    desk: Desk, archive: Archive, asked: AuditExportAsked, trail: Trail, members: _Members
) -> dict[str, int]:
    """Every table; how many rows each has."""
    counts = {"documents.csv": _write_list(desk, archive, members)}
    for table in TABLES:
        pages = pages_of(desk.database, table, asked, trail.client)
        counts[table.name] = write_table(archive, table.name, table.columns, pages)
    return counts | {"audit_events.csv": _write_events(archive, trail, asked)}


def _write_list(desk: Desk, archive: Archive, members: _Members) -> int:
    def pages() -> Iterator[list[tuple[Value, ...]]]:
        for ids in _batches([*members.issued, *members.strangers]):
            with desk.database.reading() as session:
                rows = documents_by_id(session, ids)
            yield [_listed(members, rows[document]) for document in ids if document in rows]

    def _listed(members: _Members, row: Any) -> tuple[Value, ...]:
        why = members.left_out.get(row.id)
        if row.id in members.strangers:
            why = "not_in_trail"
        elif row.id not in members.chosen:
            why = "not_sampled"
        file = None if why else document_name(members.issued[row.id])
        return document_row(row, sha256=members.ready.get(row.id), file=file, why=why)

    return write_table(archive, "documents.csv", DOCUMENT_COLUMNS, pages())


def _write_events(archive: Archive, trail: Trail, asked: AuditExportAsked) -> int:
    """The period's events that the reader may see, as a table."""
    days = [day for day in trail.days if day.day <= asked.last_day]
    rereading = Trail(trail.database, trail.client, trail.before, days)  # its faults are known from the first reading
    rows = (event_row(told.event) for told in rereading.read(days) if told.visible)
    return write_table(archive, "audit_events.csv", EVENT_COLUMNS, _batches(rows))


def _excluded(members: _Members) -> list[dict[str, str]]:
    reasons = members.left_out | dict.fromkeys(members.strangers, "not_in_trail")
    numbers = members.issued | members.strangers
    return [{"document": d, "number": numbers[d], "reason": why} for d, why in sorted(reasons.items())]


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    rest = iter(items)
    while batch := list(islice(rest, PAGE)):
        yield batch
