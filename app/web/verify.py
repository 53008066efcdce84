"""The public page: is this number ours, is this file what we issued? It knows no visitor and tells no name."""

from flask import Blueprint, Response, current_app, request
from flask_limiter import RateLimitExceeded
from werkzeug.exceptions import RequestEntityTooLarge

from app.auth import public
from app.errors import NotFound, TooManyRequests
from app.limits import MAX_FILE, MAX_UPLOAD
from app.services.read_document import PublicDocument, find_public
from app.services.verify_document import Result, verify_document
from app.web.forms import N_, declares_query
from app.web.preferences import PUBLIC_LANGUAGES
from app.web.render import render

RATE = "60 per minute"
UPLOADS = "12 per minute"
PDF_MAGIC = b"%PDF-"

bp = Blueprint("verify", __name__)


@bp.get("/verify/<code>")
@public
@declares_query  # links get parameters hung on by mail programs; they mean nothing here
def show(code: str) -> Response:
    """Number, date, digest, and whether something newer took its place."""
    _limit(RATE)
    return _page(_found(code))


@bp.post("/verify/<code>")
@public
@declares_query
def compare(code: str) -> Response:
    """The same with a verdict on the file that was sent; the file is not kept."""
    _limit(UPLOADS)
    document = _found(code)
    request.max_content_length = MAX_UPLOAD
    sent = request.files.get("file")
    pdf = sent.read(MAX_FILE + 1) if sent else b""
    if len(pdf) > MAX_FILE:
        raise RequestEntityTooLarge
    if not pdf:
        return _page(document, 422, fault=N_("Choose the PDF that you were given."))
    if PDF_MAGIC not in pdf[:1024]:
        fault = N_("This is not a PDF. Choose the file as you received it, not a picture of it.")
        return _page(document, 422, fault=fault)
    verdict = verify_document(current_app.extensions["desk"], pdf)
    other = verdict.document.number if verdict.document and verdict.document.number != document.number else ""
    return _page(document, verdict=verdict.result, other=other)


def _found(code: str) -> PublicDocument:
    document = find_public(current_app.extensions["desk"], code.lower()) if code.isascii() else None
    if document is None:
        raise NotFound("No document of ours has this code.")
    return document


def _page(
    document: PublicDocument, status: int = 200, *, fault: str = "", verdict: Result | None = None, other: str = ""
) -> Response:
    return render(
        "verify", status, languages=PUBLIC_LANGUAGES, document=document, fault=fault, verdict=verdict, other=other
    )


def _limit(rate: str) -> None:
    try:
        with current_app.extensions["rate_limit"].limit(rate, scope=request.method):
            return
    except RateLimitExceeded as error:
        raise TooManyRequests("Too many requests from this address.") from error
