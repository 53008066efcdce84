"""Reading documents: their record, their bytes, and what everybody may know of them."""

from dataclasses import dataclass
from datetime import date

from app.actor import Actor
from app.blobs import BlobDamaged, BlobMissing
from app.desk import Desk
from app.errors import NotFound, NotReady
from app.store import audit
from app.store.documents import StoredDocument, find_document, find_document_by_code, list_documents


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicDocument:
    """What the public page tells: nothing personal."""

    kind: str
    number: str
    issued_on: date
    status: str
    sha256: str | None
    superseded: bool


def read_document(desk: Desk, actor: Actor, document_id: str) -> StoredDocument:
    """The document, if the caller may know of it; raises NotFound otherwise."""
    with desk.database.reading() as session:
        document = find_document(session, document_id)
    if document is None or not actor.may_see(document.client):
        raise NotFound("There is no such document.")
    return document


def find_documents(
    desk: Desk, actor: Actor, *, order_id: str | None = None, before: str | None = None, limit: int = 20
) -> list[StoredDocument]:
    """Documents newest first, up to ``limit + 1``."""
    with desk.database.reading() as session:
        return list_documents(session, order_id=order_id, client=actor.client, before=before, limit=limit + 1)


def document_content(desk: Desk, actor: Actor, document_id: str) -> bytes:
    """The PDF's bytes as they were stored, checked against their digest; the download is written down.

    Raises:
        NotFound: no such document. NotReady: not drawn yet.
        BlobDamaged: the stored bytes changed; nothing is given out.
    """
    document = read_document(desk, actor, document_id)
    if document.sha256 is None:
        raise NotReady(
            "The document is not drawn yet; its number and facts are fixed.", document_status=document.status
        )
    pdf = genuine_bytes(desk, actor, document)
    with desk.database.writing() as session:
        audit.record(
            session,
            actor=actor.name,
            action="document.downloaded",
            subject=document.id,
            order_reference=document.order_reference,
            sha256=document.sha256,
        )
    return pdf


def genuine_bytes(desk: Desk, actor: Actor, document: StoredDocument) -> bytes:
    """The stored bytes of a drawn document; that they are damaged is written down before it is told.

    Raises:
        BlobDamaged, BlobMissing: the file is not what was issued; restore it from the backup.
    """
    try:
        return desk.blobs.get(document.sha256 or "")
    except (BlobDamaged, BlobMissing) as damage:
        with desk.database.writing() as session:
            audit.record(
                session,
                actor=actor.name,
                action="document.damaged",
                subject=document.id,
                order_reference=document.order_reference,
                sha256=document.sha256,
                found=type(damage).__name__,
            )
        raise


def find_public(desk: Desk, code: str) -> PublicDocument | None:
    """What the public page tells of the document with this code."""
    with desk.database.reading() as session:
        document = find_document_by_code(session, code)
    return document and PublicDocument(
        kind=document.kind,
        number=document.number,
        issued_on=document.issued_on,
        status=document.status,
        sha256=document.sha256,
        superseded=document.superseded_by is not None,
    )
