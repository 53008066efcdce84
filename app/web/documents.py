"""Issued documents: the list, one document with its preview, and its bytes."""

from flask import Blueprint, Response, current_app, g, request, url_for

from app.actor import Scope
from app.attachments import repr_digest
from app.auth import page
from app.errors import NotReady
from app.services.read_document import document_content, find_documents, read_document
from app.store.documents import StoredDocument
from app.web.downloads import PREVIEW, SANDBOX, attachment
from app.web.forms import PageSchema, Text, declares_query, read_query
from app.web.render import render

PAGE = 25
PDF = "application/pdf"

bp = Blueprint("document_pages", __name__)


class DocumentsQuery(PageSchema):
    """Where the page begins."""

    before = Text(most=60)


@bp.get("/documents")
@page(Scope.PAYMENTS, Scope.AUDITOR)
@declares_query
def index() -> Response:
    """Documents newest first."""
    before = read_query(DocumentsQuery)["before"]
    found = find_documents(current_app.extensions["desk"], g.actor, before=before or None, limit=PAGE)
    following = url_for("document_pages.index", before=found[PAGE - 1].id) if len(found) > PAGE else None
    return render("documents", documents=found[:PAGE], following=following, first=bool(before))


@bp.get("/documents/<document_id>")
@page(Scope.PAYMENTS, Scope.AUDITOR)
def show(document_id: str) -> Response:
    """What the document is, its digest, and its preview."""
    desk = current_app.extensions["desk"]
    document = read_document(desk, g.actor, document_id)
    successor = read_document(desk, g.actor, document.superseded_by) if document.superseded_by else None
    return render("document", document=document, successor=successor)


@bp.get("/documents/<document_id>/content")
@page(Scope.PAYMENTS, Scope.AUDITOR)
def content(document_id: str) -> Response:
    """The PDF as it was stored, to be saved."""
    desk = current_app.extensions["desk"]
    document = read_document(desk, g.actor, document_id)
    if request.method == "HEAD":
        return _described(document)  # nothing is given out, so nothing is written down
    return attachment(document_content(desk, g.actor, document_id), PDF, _file_name(document))


@bp.get("/documents/<document_id>/preview")
@page(Scope.PAYMENTS, Scope.AUDITOR)
def preview(document_id: str) -> Response:
    """The same PDF for the frame on the document's page."""
    desk = current_app.extensions["desk"]
    document = read_document(desk, g.actor, document_id)
    response = (
        _described(document) if request.method == "HEAD" else Response(document_content(desk, g.actor, document_id))
    )
    response.content_type = PDF
    response.headers.set("Content-Disposition", "inline", filename=_file_name(document))
    response.headers["Content-Security-Policy"] = PREVIEW
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def _described(document: StoredDocument) -> Response:
    """The head of the answer, from the record alone."""
    if document.sha256 is None or document.size is None:
        raise NotReady("The document is not drawn yet.")
    response = Response(content_type=PDF)
    response.headers.set("Content-Disposition", "attachment", filename=_file_name(document))
    response.headers["Content-Length"] = str(document.size)
    response.headers["Repr-Digest"] = repr_digest(bytes.fromhex(document.sha256))
    response.headers["Content-Security-Policy"] = SANDBOX
    return response


def _file_name(document: StoredDocument) -> str:
    return f"{document.number}.pdf"
