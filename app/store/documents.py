"""Issued documents: queries in, frozen records out."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.documents import DocumentRow


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDocument:
    """A document as issued; ``sha256``, ``size`` and ``pages`` are there once it is drawn."""

    id: str
    kind: str
    order_reference: str | None
    client: str | None
    adjustment_id: str | None
    check_id: str | None
    number: str
    code: str
    language: str
    issued_on: date
    status: str
    sha256: str | None
    size: int | None
    pages: int | None
    error: str | None
    created_at: datetime
    drawn_at: datetime | None
    superseded_by: str | None
    facts: dict[str, Any]


def find_document(session: Session, document_id: str) -> StoredDocument | None:
    """The document with this id."""
    row = session.get(DocumentRow, document_id)
    return row and document_record(row)


def find_document_by_code(session: Session, code: str) -> StoredDocument | None:
    """The document with this public code."""
    row = session.scalar(select(DocumentRow).where(DocumentRow.code == code))
    return row and document_record(row)


def find_document_by_idempotency(session: Session, key: str) -> StoredDocument | None:
    """The document that was issued under this key."""
    row = session.scalar(select(DocumentRow).where(DocumentRow.idempotency == key))
    return row and document_record(row)


def find_documents_by_idempotency(session: Session, keys: Collection[str]) -> dict[str, StoredDocument]:
    """The documents that were issued under these keys, by their key."""
    rows = session.scalars(select(DocumentRow).where(DocumentRow.idempotency.in_(keys)))
    return {row.idempotency: document_record(row) for row in rows}


def find_document_by_digest(session: Session, sha256: str) -> StoredDocument | None:
    """The document whose bytes have this digest."""
    row = session.scalar(select(DocumentRow).where(DocumentRow.sha256 == sha256).limit(1))
    return row and document_record(row)


def list_documents(
    session: Session,
    *,
    order_id: str | None = None,
    adjustment_id: str | None = None,
    client: str | None = None,
    before: str | None = None,
    limit: int = 1000,
) -> list[StoredDocument]:
    """Documents newest first."""
    query = select(DocumentRow).order_by(DocumentRow.id.desc()).limit(limit)
    if order_id is not None:
        query = query.where(DocumentRow.order_id == order_id)
    if adjustment_id is not None:
        query = query.where(DocumentRow.adjustment_id == adjustment_id)
    if client is not None:
        query = query.where(DocumentRow.client_code == client)
    if before is not None:
        query = query.where(DocumentRow.id < before)
    return [document_record(row) for row in session.scalars(query)]


def document_record(row: DocumentRow) -> StoredDocument:
    """The record of a row."""
    return StoredDocument(
        id=row.id,
        kind=row.kind,
        order_reference=row.order_reference,
        client=row.client_code,
        adjustment_id=row.adjustment_id,
        check_id=row.check_id,
        number=row.number,
        code=row.code,
        language=row.language,
        issued_on=row.issued_on,
        status=row.status,
        sha256=row.sha256,
        size=row.size,
        pages=row.pages,
        error=row.error,
        created_at=row.created_at,
        drawn_at=row.drawn_at,
        superseded_by=row.superseded_by,
        facts=row.facts,
    )
