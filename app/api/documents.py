"""``/v1/documents``: issued documents, their bytes, and whether a PDF is one of them."""

import base64
from typing import Any

from flask import Response, make_response, request
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from app.actor import Scope
from app.api.house import (
    ApiBlueprint,
    PageQuery,
    actor,
    desk,
    etag_of,
    page_answer,
    page_of,
    read_cursor,
    takes_files,
    with_etag,
)
from app.auth import requires
from app.errors import Fault, InvalidInput
from app.limits import MAX_FILE
from app.schemas.answers import DocumentOut, VerificationOut, document_answer
from app.services.read_document import document_content, find_documents, read_document
from app.services.verify_document import verify_document

bp = ApiBlueprint("Documents", __name__, url_prefix="/v1/documents", description="Issued documents")


@bp.get("")
@requires(Scope.BILLING, Scope.PAYMENTS, Scope.AUDITOR)
@bp.arguments(PageQuery, location="query")
@bp.response(200, page_of(DocumentOut))
@bp.doc(operationId="listDocuments", summary="Documents, newest first")
def list_documents(query: dict[str, Any]) -> Any:
    rows = find_documents(desk(), actor(), before=read_cursor(query["cursor"]), limit=query["limit"])
    return page_answer(rows, limit=query["limit"], position=lambda document: document.id, dump=document_answer)


@bp.get("/<document_id>")
@requires(Scope.BILLING, Scope.PAYMENTS, Scope.AUDITOR)
@bp.response(200, DocumentOut)
@bp.doc(operationId="getDocument", summary="A document's record")
def get(document_id: str) -> Any:
    document = read_document(desk(), actor(), document_id)
    etag = etag_of(f"{document.id}:{document.status}:{document.superseded_by}")
    return with_etag(DocumentOut().dump(document_answer(document)), etag)


@bp.get("/<document_id>/content")
@requires(Scope.BILLING, Scope.PAYMENTS, Scope.AUDITOR)
@bp.response(
    200,
    {"type": "string", "format": "binary"},
    content_type="application/pdf",
    description="The PDF exactly as it was issued",
)
@bp.doc(operationId="getDocumentContent", summary="The PDF, checked against its digest")
def content(document_id: str) -> Response:
    pdf = document_content(desk(), actor(), document_id)
    document = read_document(desk(), actor(), document_id)
    response = make_response(pdf)
    response.content_type = "application/pdf"
    response.headers["Content-Disposition"] = f'attachment; filename="{document.number}.pdf"'
    digest = base64.b64encode(bytes.fromhex(document.sha256 or "")).decode()
    response.headers["Repr-Digest"] = f"sha-256=:{digest}:"
    response.set_etag(document.sha256 or "")
    return response


@bp.post("/verify")
@requires(Scope.BILLING, Scope.PAYMENTS, Scope.AUDITOR)
@takes_files
@bp.response(200, VerificationOut)
@bp.doc(
    operationId="verifyDocument",
    summary="Whether a PDF is genuine, altered or unknown",
    requestBody={
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary", "description": "the PDF"}},
                }
            }
        },
    },
)
def verify() -> Any:
    verification = verify_document(desk(), _uploaded_pdf())
    document = verification.document
    visible = document if document and actor().may_see(document.client) else None
    return {
        "result": str(verification.result),
        "document": visible and document_answer(visible),
        "superseded_by": visible and visible.superseded_by,
    }


def _uploaded_pdf() -> bytes:
    """The bytes of the multipart field ``file``, and of nothing beside it."""
    if request.mimetype != "multipart/form-data":
        raise UnsupportedMediaType("Send the PDF as multipart/form-data with one field `file`.")
    try:
        return _only_pdf()
    finally:
        for uploads in request.files.listvalues():
            for upload in uploads:
                upload.close()  # a large one lies in a temporary file


def _only_pdf() -> bytes:
    uploads = request.files.getlist("file")
    others = sorted({*request.files, *request.form} - {"file"})
    faults = [Fault(f"/{name}", "unknown_field", "The resource does not know this field.") for name in others]
    if not uploads:
        faults.append(Fault("/file", "missing", "Send the PDF as multipart field `file`, with a file name."))
    elif len(uploads) > 1:
        faults.append(Fault("/file", "duplicate", "Send one file."))
    pdf = uploads[0].stream.read(MAX_FILE + 1) if uploads else b""
    if len(pdf) > MAX_FILE:
        raise RequestEntityTooLarge("A PDF has at most 10 MiB.")
    if uploads and not pdf:
        faults.append(Fault("/file", "empty", "The file has no bytes; send the PDF itself."))
    if faults:
        raise InvalidInput("Nothing was verified.", *faults)
    return pdf
