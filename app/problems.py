"""Errors as RFC 9457 problem documents: the only place that knows HTTP statuses.

Every code has a line in :data:`PROBLEMS` and so a documentation page at ``/problems/{code}``.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import structlog
from flask import Flask, Response, current_app, g, jsonify, request
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from app import errors
from app.blobs import BlobDamaged

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Problem:
    """What a kind of error means to a caller."""

    code: str
    status: int
    title: str
    next_step: str


PROBLEMS: dict[type[Exception], Problem] = {
    errors.InvalidInput: Problem(
        "invalid_input", 422, "The request breaks the rules", "Mend every entry of `errors` and send it again."
    ),
    errors.MalformedBody: Problem(
        "malformed_body", 400, "The body is not readable JSON", "Send one JSON object in UTF-8, without duplicate keys."
    ),
    errors.UnknownParameter: Problem(
        "unknown_parameter", 400, "A query parameter is not known", "Remove or rename the parameters in `errors`."
    ),
    errors.Unauthenticated: Problem(
        "unauthenticated", 401, "No valid key or session", "Send `Authorization: Bearer <key>` with a key in force."
    ),
    errors.Forbidden: Problem(
        "forbidden", 403, "The key or role may not do this", "Use a key with the scope that `detail` names."
    ),
    errors.NotFound: Problem(
        "not_found", 404, "There is nothing here", "Check the reference; it may belong elsewhere."
    ),
    errors.Conflict: Problem(
        "conflict", 409, "The state does not allow this", "Read the resource again and decide anew."
    ),
    errors.IdempotencyKeyMissing: Problem(
        "idempotency_key_missing", 400, "The Idempotency-Key header is missing", "Send a fresh key with every new POST."
    ),
    errors.IdempotencyKeyReused: Problem(
        "idempotency_key_reused", 422, "The key was used for another request", "Use a fresh Idempotency-Key."
    ),
    errors.RequestInFlight: Problem(
        "request_in_flight",
        409,
        "The same request is being worked on",
        "Wait as Retry-After says, send the same again.",
    ),
    errors.PreconditionRequired: Problem(
        "precondition_required", 428, "If-Match is required", "Read the resource and send its ETag in If-Match."
    ),
    errors.PreconditionFailed: Problem(
        "precondition_failed", 412, "The resource changed meanwhile", "Read it again, then repeat with the new ETag."
    ),
    errors.TaxIdMalformed: Problem(
        "tax_id_malformed", 422, "The tax ID cannot be right", "Ask the customer for the number as `detail` says."
    ),
    errors.TaxIdNotVerified: Problem(
        "tax_id_not_verified", 422, "The register does not confirm the tax ID", "Ask the customer to check the number."
    ),
    errors.OriginalInvoiceMissing: Problem(
        "original_invoice_missing",
        422,
        "The order names no invoice to correct",
        "PUT the order with its invoice number and date, then ask again.",
    ),
    errors.NothingToRefund: Problem(
        "nothing_to_refund", 422, "Nothing is left to refund", "See the order's adjustments for what was refunded."
    ),
    errors.ExceedsRefundable: Problem(
        "exceeds_refundable", 422, "More than is left to refund", "Ask for at most what `refundable` says."
    ),
    errors.OutsideRefundWindow: Problem(
        "outside_refund_window",
        422,
        "The time to refund for this reason is over",
        "Somebody with scope admin may set `override_window` with a note.",
    ),
    errors.NotRefundable: Problem(
        "not_refundable", 422, "The law gives no refund here", "Read `detail` and `law`; nothing was changed."
    ),
    errors.TaxUndetermined: Problem(
        "tax_undetermined", 422, "The tax cannot be determined", "Give the tax on the lines, or what `errors` asks for."
    ),
    errors.NotReady: Problem(
        "not_ready", 409, "The file is not made yet", "Ask again when its status is `ready` or `done`."
    ),
    errors.TooManyRequests: Problem("too_many_requests", 429, "Too many requests", "Wait as Retry-After says."),
    errors.Unavailable: Problem("unavailable", 503, "A part of the service is down", "Repeat as Retry-After says."),
    BlobDamaged: Problem(
        "stored_file_damaged", 500, "The stored file is damaged", "Tell the operators; the file is not given out."
    ),
    OperationalError: Problem("unavailable", 503, "The database does not answer", "Repeat as Retry-After says."),
    InterfaceError: Problem("unavailable", 503, "The database does not answer", "Repeat as Retry-After says."),
    PoolTimeout: Problem("unavailable", 503, "The database does not answer", "Repeat as Retry-After says."),
}
HTTP_PROBLEMS = {  # what Flask and werkzeug refuse before our code runs
    problem.status: problem
    for problem in (
        Problem("bad_request", 400, "The request cannot be read", "Send it as the API's description says."),
        Problem("method_not_allowed", 405, "The resource has no such method", "Use a method that `Allow` names."),
        Problem("not_acceptable", 406, "There is no answer of the wanted kind", "Accept application/json."),
        Problem("request_timeout", 408, "The request came too slowly", "Send it again."),
        Problem("length_required", 411, "The body's length is missing", "Send Content-Length."),
        Problem("body_too_large", 413, "The body is too large", "Send at most 2 MiB of JSON, or one file of 10 MiB."),
        Problem("uri_too_long", 414, "The address is too long", "Shorten the query."),
        Problem(
            "unsupported_media_type", 415, "The body is of another kind", "Send the media type that `detail` names."
        ),
        Problem("range_not_satisfiable", 416, "The file has no such range", "Ask for the whole file."),
        Problem("expectation_failed", 417, "The expectation cannot be met", "Send the request without Expect."),
        Problem("headers_too_large", 431, "The headers are too large", "Send fewer or shorter headers."),
    )
}
INTERNAL = Problem("internal_error", 500, "Something went wrong on our side", "Tell the operators the `request_id`.")


def problem_of(error: Exception) -> tuple[Problem, dict[str, Any]]:
    """The problem an error is, and the members of its document beyond type, title, status and code."""
    for kind in type(error).__mro__:
        if kind in PROBLEMS:
            extra: dict[str, Any] = {}
            if isinstance(error, errors.DomainError):
                extra = {"detail": error.detail, "errors": [asdict(f) for f in error.faults], **error.extra}
            return PROBLEMS[kind], extra
    if isinstance(error, HTTPException) and error.code is not None:
        known = {404: PROBLEMS[errors.NotFound], 429: PROBLEMS[errors.TooManyRequests]} | HTTP_PROBLEMS
        problem = known.get(error.code, INTERNAL)
        return problem, {} if problem is INTERNAL else {"detail": error.description or problem.next_step}
    return INTERNAL, {}


def every_problem() -> dict[str, tuple[Problem, str]]:
    """Each problem by its code, with one sentence on what it means."""
    found = {p.code: (p, p.title + ".") for p in (*HTTP_PROBLEMS.values(), INTERNAL)}
    for kind, problem in PROBLEMS.items():
        if issubclass(kind, errors.DomainError):
            found[problem.code] = (problem, (kind.__doc__ or "").strip().splitlines()[0])
        else:
            found.setdefault(problem.code, (problem, problem.title + "."))
    return dict(sorted(found.items()))


def problem_document(error: Exception, *, request_id: str, base_url: str) -> dict[str, Any]:
    """The RFC 9457 document of an error, without an answer around it; also used by the command line."""
    problem, extra = problem_of(error)
    document = {
        "type": f"{base_url}/problems/{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "code": problem.code,
        "detail": problem.next_step,
        "errors": [],
    } | extra
    return document | {"request_id": request_id}


def row_problem(stored: Mapping[str, Any], *, base_url: str) -> dict[str, Any]:
    """The document of one refused row of many: what it was is kept as ``code``, ``detail`` and ``errors``."""
    problem, _ = every_problem().get(stored["code"]) or (INTERNAL, "")
    faults = stored["errors"] or [{"pointer": "", "code": stored["code"], "detail": stored["detail"]}]
    members = {"type": f"{base_url}/problems/{problem.code}", "title": problem.title, "status": problem.status}
    return dict(stored) | members | {"code": problem.code, "errors": faults}


def problem_response(error: Exception) -> Response:
    """The answer to a call that failed; what we did not foresee is logged with its id and told by that id alone."""
    problem, _ = problem_of(error)
    if problem is INTERNAL:
        log.error("request_failed", exc_info=error)
    elif problem.status >= 500:
        log.error("request_failed", code=problem.code, error=type(error).__name__)
    settings = current_app.extensions["desk"].settings
    response = jsonify(problem_document(error, request_id=g.get("request_id", ""), base_url=settings.base_url))
    response.status_code = problem.status
    response.content_type = "application/problem+json"
    if isinstance(error, HTTPException):
        for name, value in error.get_headers(request.environ):
            if name not in {"Content-Type", "Content-Length"}:
                response.headers[name] = value
    if problem.status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="taxdesk"'
    retry_after = getattr(error, "retry_after", 2 if problem.status == 503 else None)
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def register_problems(app: Flask, *, pages: Any) -> None:
    """Answer every error of the API as a problem and every error of the pages as a page.

    Args:
        pages: called with (problem, document) for a request outside the API; gives the page's answer.
    """

    def on_error(error: Exception) -> Any:
        if request.path.startswith(("/v1/", "/openapi.json", "/metrics", "/livez", "/readyz", "/version", "/docs")):
            return problem_response(error)
        return pages(error)

    app.register_error_handler(Exception, on_error)
    app.register_error_handler(HTTPException, on_error)  # flask-smorest has its own answer for these
