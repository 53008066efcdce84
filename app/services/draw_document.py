"""Drawing an issued document, once: facts to PDF, read back, stored under its digest, told to whom it concerns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.desk import Desk
from app.documents.apart import DrawerLost, draw_apart
from app.documents.errors import DrawingFailed
from app.documents.facts import template_of
from app.documents.render import Drawn
from app.documents.tax_form import draw_form
from app.models.decisions import AdjustmentRow
from app.models.documents import DocumentRow
from app.services.issue_document import TAX_FORMS
from app.services.jobs import Lease
from app.services.mail_documents import mail_documents
from app.services.webhooks import emit_all
from app.store import audit
from app.store.sealed import opened_json

MOST_LOST = 3  # drawing processes that one document may cost


def draw_document(desk: Desk, lease: Lease, payload: dict[str, Any]) -> None:
    """Draw the document and store it; whatever dies in between, it becomes ready exactly once.

    The bytes depend on the facts alone, and the storage names them by digest: a second drawing is the same file.
    """
    with desk.database.reading() as session:
        row = session.get_one(DocumentRow, payload["document_id"])
        if row.status == "ready":
            return
        facts = opened_json(session, row, row.facts)
    drawn = _drawn(desk, lease, row.kind, facts)
    (stored,) = store_drawings(desk, {row.id: drawn}).values()
    with desk.database.writing() as session:
        lease.commit(session)
        make_ready(desk, session, {row.id: stored})


@dataclass(frozen=True, slots=True)
class StoredDrawing:
    """A drawing under its digest; ``size`` in bytes."""

    sha256: str
    size: int
    pages: int


def draw_forms(desk: Desk, document_ids: Sequence[str]) -> tuple[dict[str, Drawn], dict[str, DrawingFailed]]:
    """Fill issued forms that are not drawn yet and read them back, here and now: drawings and failures by document."""
    with desk.database.reading() as session:
        query = select(DocumentRow).where(DocumentRow.id.in_(document_ids), DocumentRow.status == "queued")
        facts = {
            row.id: opened_json(session, row, row.facts) for row in session.scalars(query.order_by(DocumentRow.id))
        }
    drawn: dict[str, Drawn] = {}
    failed: dict[str, DrawingFailed] = {}
    for document_id, members in facts.items():
        try:
            drawn[document_id] = draw_form(members, desk.settings.forms_dir)
        except DrawingFailed as failure:
            failed[document_id] = failure
    return drawn, failed


def store_drawings(desk: Desk, drawn: Mapping[str, Drawn]) -> dict[str, StoredDrawing]:
    """Store the bytes of drawings; the rows say nothing of it yet."""
    digests = desk.blobs.put_all([drawing.pdf for drawing in drawn.values()])
    return {
        document_id: StoredDrawing(sha256, len(drawing.pdf), drawing.pages)
        for (document_id, drawing), sha256 in zip(drawn.items(), digests, strict=True)
    }


def make_ready(desk: Desk, session: Session, stored: Mapping[str, StoredDrawing]) -> None:
    """Note on the documents that they are drawn and tell whom it concerns, in the transaction that ends the job."""
    rows = list(session.scalars(select(DocumentRow).where(DocumentRow.id.in_(stored)).order_by(DocumentRow.id)))
    for row in rows:
        drawing = stored[row.id]
        row.status, row.error, row.drawn_at = "ready", None, clock.now()
        row.sha256, row.size, row.pages = drawing.sha256, drawing.size, drawing.pages
    session.flush()
    for row in rows:
        audit.record(
            session,
            actor="system",
            action="document.ready",
            subject=row.id,
            order_reference=row.order_reference,
            sha256=row.sha256,
            bytes=row.size,
        )
    emit_all(session, "document.ready", [({"id": row.id}, row.client_code) for row in rows])
    for adjustment_id in sorted({row.adjustment_id for row in rows if row.adjustment_id}):
        _mail_when_complete(desk, session, adjustment_id)


def _drawn(desk: Desk, lease: Lease, kind: str, facts: dict[str, Any]) -> Drawn:
    """A form is filled here, in milliseconds; a letter is drawn apart.

    A drawing that was killed is tried again as a job, but not without end.

    Raises:
        DrawingFailed: also ``drawing_interrupted``, where something outside ended the drawing process every time: a
            system that gives it less memory than we do, for one.
    """
    if kind in TAX_FORMS:
        return draw_form(facts, desk.settings.forms_dir)
    try:
        return draw_apart(template_of(kind, facts), facts)
    except DrawerLost:
        if lease.attempt < MOST_LOST:
            raise
        raise DrawingFailed("drawing_interrupted", "Every process that drew the document was ended.") from None


def drawing_failed(desk: Desk, session: Session, payload: dict[str, Any], code: str) -> None:
    """Say on the document that it could not be drawn; its number stays, an operator acts."""
    del desk
    row = session.get_one(DocumentRow, payload["document_id"])
    row.status, row.error = "failed", code
    audit.record(
        session,
        actor="system",
        action="document.failed",
        subject=row.id,
        order_reference=row.order_reference,
        error=code,
    )


def _mail_when_complete(desk: Desk, session: Session, adjustment_id: str) -> None:
    """Send the customer all documents of an adjustment in one mail, with the last one that becomes ready."""
    session.get_one(AdjustmentRow, adjustment_id, with_for_update=True)  # of two last ones, one sees the other
    query = select(DocumentRow).where(DocumentRow.adjustment_id == adjustment_id).order_by(DocumentRow.id)
    documents = list(session.scalars(query, execution_options={"populate_existing": True}))
    if all(document.status == "ready" for document in documents):
        mail_documents(desk, session, documents, idem_key=f"adjustment:{adjustment_id}")
