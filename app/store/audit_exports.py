"""The auditor's exports: their records, and the pages in which a period is read."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.orm import Session

from app.facts import AuditExportAsked
from app.models.audit import AuditEventRow
from app.models.decisions import AdjustmentRow, DecisionRow, TaxIdCheckRow
from app.models.documents import DocumentRow
from app.models.exports import AuditExportRow
from app.models.jobs import Job
from app.models.orders import OrderRow
from app.store.adjustments import StoredAdjustment, adjustment_record
from app.store.orders import StoredOrder, order_record
from app.store.tax_id_checks import StoredCheck, check_record

UNFINISHED = ("queued", "running")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredExport:
    """An export as it stands; ``status``, progress and ``error`` are its job's."""

    id: str
    client: str | None
    asked_by: str
    asked: AuditExportAsked
    status: str
    done: int
    total: int | None
    failed: int
    error: str | None
    sha256: str | None
    manifest_sha256: str | None
    size: int | None
    faults: int | None
    created_at: datetime
    finished_at: datetime | None
    purged_at: datetime | None

    @property
    def is_finished(self) -> bool:
        return self.status not in UNFINISHED


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLine:
    """A document without the facts it was drawn from: what a list of thousands needs of it."""

    id: str
    kind: str
    order_reference: str | None
    client: str | None
    adjustment_id: str | None
    check_id: str | None
    number: str
    language: str
    issued_on: date
    status: str
    sha256: str | None
    size: int | None
    pages: int | None
    drawn_at: datetime | None
    superseded_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionLine:
    """A tax decision with its answer, without the request."""

    id: str
    reference: str | None
    client: str | None
    answer: dict[str, Any]
    rulebook_sha256: str
    created_at: datetime


def find_export(session: Session, export_id: str) -> StoredExport | None:
    """The export with this id."""
    found = session.execute(_exports().where(AuditExportRow.id == export_id)).first()
    return found and _record(*found)


def find_export_by_idempotency(session: Session, token: str | None) -> StoredExport | None:
    """The export that this request asked for before, if it did."""
    found = token and session.execute(_exports().where(AuditExportRow.idempotency == token)).first()
    return _record(*found) if found else None


def list_exports(session: Session, *, client: str | None, before: str | None, limit: int) -> list[StoredExport]:
    """Exports newest first; with ``client`` only those that were made for it."""
    query = _exports().order_by(AuditExportRow.id.desc()).limit(limit)
    if client is not None:
        query = query.where(AuditExportRow.client_code == client)
    if before is not None:
        query = query.where(AuditExportRow.id < before)
    return [_record(*found) for found in session.execute(query)]


def list_purgeable(session: Session, *, before: datetime, limit: int) -> list[str]:
    """Ids of the exports that were finished before the moment and still have their archive."""
    over = (AuditExportRow.finished_at < before) & AuditExportRow.purged_at.is_(None)
    query = select(AuditExportRow.id).where(over).order_by(AuditExportRow.finished_at).limit(limit)
    return list(session.scalars(query))


def is_archive_kept(session: Session, sha256: str) -> bool:
    """Whether an export still has this archive: the same data give the same one."""
    kept = (AuditExportRow.sha256 == sha256) & AuditExportRow.purged_at.is_(None)
    return session.scalar(select(AuditExportRow.id).where(kept).limit(1)) is not None


def is_export_unfinished(session: Session) -> bool:
    """Whether an export is being made, or waits to be."""
    return session.scalar(_exports().where(Job.state.in_(UNFINISHED)).limit(1)) is not None


def bytes_of_documents(session: Session, asked: AuditExportAsked, *, client: str | None) -> int:
    """How large the documents of the period are together."""
    query = select(func.coalesce(func.sum(DocumentRow.size), 0)).where(_within(DocumentRow.created_at, asked))
    if client is not None:
        query = query.where(DocumentRow.client_code == client)
    return int(session.scalar(query) or 0)


def page_of_orders(
    session: Session, asked: AuditExportAsked, *, client: str | None, after: str, limit: int
) -> list[StoredOrder]:
    """Orders of the period, and those that an adjustment or a document of the period belongs to."""
    adjusted = exists().where(AdjustmentRow.order_id == OrderRow.id, _adjusted(asked))
    documented = exists().where(DocumentRow.order_id == OrderRow.id, _within(DocumentRow.created_at, asked))
    query = select(OrderRow).where(or_(_within(OrderRow.ordered_at, asked), adjusted, documented), OrderRow.id > after)
    if client is not None:
        query = query.where(OrderRow.client_code == client)
    return [order_record(row) for row in session.scalars(query.order_by(OrderRow.id).limit(limit))]


def page_of_adjustments(
    session: Session, asked: AuditExportAsked, *, client: str | None, after: str, limit: int
) -> list[tuple[StoredAdjustment, str]]:
    """Adjustments that were asked for or issued in the period, each with its order's reference."""
    query = (
        select(AdjustmentRow, OrderRow.reference)
        .join(OrderRow, OrderRow.id == AdjustmentRow.order_id)
        .where(_adjusted(asked), AdjustmentRow.id > after)
    )
    if client is not None:
        query = query.where(OrderRow.client_code == client)
    rows = session.execute(query.order_by(AdjustmentRow.id).limit(limit))
    return [(adjustment_record(row), reference) for row, reference in rows]


def page_of_decisions(
    session: Session, asked: AuditExportAsked, *, client: str | None, after: str, limit: int
) -> list[DecisionLine]:
    """Tax decisions of the period."""
    query = select(DecisionRow).where(_within(DecisionRow.created_at, asked), DecisionRow.id > after)
    if client is not None:
        query = query.where(DecisionRow.client_code == client)
    return [
        DecisionLine(
            id=row.id,
            reference=row.reference,
            client=row.client_code,
            answer=row.answer,
            rulebook_sha256=row.rulebook_sha256,
            created_at=row.created_at,
        )
        for row in session.scalars(query.order_by(DecisionRow.id).limit(limit))
    ]


def page_of_checks(
    session: Session, asked: AuditExportAsked, *, client: str | None, after: str, limit: int
) -> list[StoredCheck]:
    """Tax ID checks that were asked in the period."""
    query = select(TaxIdCheckRow).where(_within(TaxIdCheckRow.created_at, asked), TaxIdCheckRow.id > after)
    if client is not None:
        query = query.where(TaxIdCheckRow.client_code == client)
    return [check_record(row) for row in session.scalars(query.order_by(TaxIdCheckRow.id).limit(limit))]


def documents_by_id(session: Session, ids: Sequence[str]) -> dict[str, DocumentLine]:
    """The documents with these ids."""
    wanted = [getattr(DocumentRow, _COLUMNS.get(name, name)).label(name) for name in DocumentLine.__slots__]
    rows = session.execute(select(*wanted).where(DocumentRow.id.in_(ids)))
    return {row.id: DocumentLine(**row._mapping) for row in rows}


def page_of_document_ids(
    session: Session, asked: AuditExportAsked, *, client: str | None, after: str, limit: int
) -> list[tuple[str, str]]:
    """Id and number of the documents that say of themselves that they were made in the period."""
    query = select(DocumentRow.id, DocumentRow.number).where(
        _within(DocumentRow.created_at, asked), DocumentRow.id > after
    )
    if client is not None:
        query = query.where(DocumentRow.client_code == client)
    return [(row.id, row.number) for row in session.execute(query.order_by(DocumentRow.id).limit(limit))]


def issued_in_trail(session: Session, ids: Collection[str]) -> set[str]:
    """Those of the documents whose issue stands in the trail, on whatever day."""
    query = select(AuditEventRow.subject).where(
        AuditEventRow.action == "document.issued", AuditEventRow.subject.in_(ids)
    )
    return set(session.scalars(query))


def last_drawn_at(session: Session, ids: Sequence[str]) -> datetime | None:
    """When the last of these documents was drawn."""
    return session.scalar(select(func.max(DocumentRow.drawn_at)).where(DocumentRow.id.in_(ids)))


def orders_of_client(session: Session, references: Collection[str], client: str) -> set[str]:
    """Those of the orders that are the client's."""
    query = select(OrderRow.reference).where(OrderRow.client_code == client, OrderRow.reference.in_(references))
    return set(session.scalars(query))


_COLUMNS = {"client": "client_code"}


def _exports() -> Select[AuditExportRow, Job]:
    return select(AuditExportRow, Job).join(Job, Job.id == AuditExportRow.job_id)


def _within(column: Any, asked: AuditExportAsked) -> Any:
    """The moments of the period: from its first midnight UTC to the one after its last day."""
    first = datetime.combine(asked.first_day, time(), UTC)
    return (column >= first) & (column < datetime.combine(asked.last_day, time(), UTC) + timedelta(days=1))


def _adjusted(asked: AuditExportAsked) -> Any:
    return or_(_within(AdjustmentRow.created_at, asked), _within(AdjustmentRow.issued_at, asked))


def _record(row: AuditExportRow, job: Job) -> StoredExport:
    return StoredExport(
        id=row.id,
        client=row.client_code,
        asked_by=row.asked_by,
        asked=AuditExportAsked(
            first_day=row.first_day,
            last_day=row.last_day,
            sample_size=row.sample_size,
            sample_seed=row.sample_seed,
        ),
        status=job.state,
        done=job.progress_done,
        total=job.progress_total,
        failed=job.progress_failed,
        error=job.error_code,
        sha256=row.sha256,
        manifest_sha256=row.manifest_sha256,
        size=row.size,
        faults=row.faults,
        created_at=row.created_at,
        finished_at=row.finished_at,
        purged_at=row.purged_at,
    )
