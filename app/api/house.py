"""The API's house rules, in one place: strict bodies, known parameters, idempotency, ETags, signed cursors.

flask-smorest gives routing, schemas and OpenAPI; what it does otherwise than DESIGN section 5 asks is put right here.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, wraps
from typing import Any, TypeVar

from flask import Response, current_app, g, make_response, request, url_for
from flask_smorest import Blueprint
from itsdangerous import BadSignature, URLSafeSerializer
from marshmallow import Schema, ValidationError, fields
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import UnsupportedMediaType

from app.actor import Actor
from app.api.spool import spooled_digest
from app.desk import Desk
from app.errors import (
    Fault,
    IdempotencyKeyMissing,
    InvalidInput,
    PreconditionFailed,
    PreconditionRequired,
    UnknownParameter,
)
from app.limits import MAX_BODY, MAX_ROWS_BODY
from app.schemas.fields import StrictSchema, faults_of
from app.schemas.strict_json import parse
from app.services.idempotency import Attempt, begin_attempt, finish_attempt, give_up_attempt

View = TypeVar("View", bound=Callable[..., Any])
DECLARES_QUERY = "taxdesk_declares_query"
TAKES_FILES = "taxdesk_takes_files"
TAKES_ROWS = "taxdesk_takes_rows"
IDEMPOTENCY = "taxdesk_idempotency"
MAX_PAGE = 100
LONGEST_WAIT_SECONDS = 10.0


class StrictParser(FlaskParser):
    """Reads bodies and parameters as sent; refuses what JSON libraries let pass."""

    DEFAULT_UNKNOWN_BY_LOCATION = {"json": None, "query": None, "files": None, "form": None}  # noqa: RUF012 - webargs' own

    def load_json(self, req: Any, schema: Schema) -> Any:  # noqa: ARG002 - webargs' signature
        if req.mimetype != "application/json":
            raise UnsupportedMediaType("Send the body as application/json.")
        return parse(req.get_data())

    def load_querystring(self, req: Any, schema: Schema) -> Any:
        doubled = [name for name, values in req.args.lists() if len(values) > 1]
        unknown = [name for name in req.args if name not in {f.data_key or n for n, f in schema.fields.items()}]
        faults = [Fault(f"?{name}", "duplicate_parameter", "Send it once.") for name in doubled]
        faults += [Fault(f"?{name}", "unknown_parameter", "The resource does not know it.") for name in unknown]
        if faults:
            raise UnknownParameter("The query was refused.", *faults)
        unprintable = [name for name, value in req.args.items() if not value.isprintable()]
        if unprintable:  # nothing of ours holds such a sign, and not every database can be asked for it
            faults = [Fault(f"?{name}", "invalid", "Control characters are not taken here.") for name in unprintable]
            raise InvalidInput("The query was refused.", *faults)
        return super().load_querystring(req, schema)

    def handle_error(
        self, error: ValidationError, req: Any, schema: Schema, *, error_status_code: Any, error_headers: Any
    ) -> Any:
        del req, schema, error_status_code, error_headers
        messages = error.normalized_messages()
        location = next(iter(messages)) if len(messages) == 1 else ""
        inner = messages.get(location, messages) if location in {"json", "query", "files", "form"} else messages
        faults = faults_of(inner)
        if location == "query":
            faults = [replace(fault, pointer=f"?{fault.pointer.removeprefix('/')}") for fault in faults]
        raise InvalidInput("The request was refused; nothing was changed.", *faults) from error


class ApiBlueprint(Blueprint):
    """A blueprint whose arguments are read strictly and whose operations are named after their functions."""

    ARGUMENTS_PARSER = StrictParser()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.before_request(limit_body)

    def arguments(self, schema: Any, *, location: str = "json", **kwargs: Any) -> Any:
        kwargs.setdefault("content_type", None)
        decorate = super().arguments(schema, location=location, **kwargs)

        def declare(view: View) -> View:
            decorated = decorate(view)
            if location == "query":
                setattr(decorated, DECLARES_QUERY, True)
            return decorated

        return declare


def desk() -> Desk:
    """The desk of this process."""
    return current_app.extensions["desk"]


def actor() -> Actor:
    """Who calls."""
    return g.actor


def takes_files(view: View) -> View:
    """Mark a view that reads an upload: its body may be as large as one file."""
    setattr(view, TAKES_FILES, True)
    return view


def takes_rows(view: View) -> View:
    """Mark a view that reads many rows: its body is kept in a file and read from :func:`app.api.spool.spooled_body`."""
    setattr(view, TAKES_ROWS, True)
    return view


def limit_body() -> None:
    """Refuse bodies that are packed or larger than JSON of ours can be (before_request, after the guard)."""
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise UnsupportedMediaType("Send the body without Content-Encoding.")
    if _is_marked(TAKES_ROWS):
        request.max_content_length = MAX_ROWS_BODY
    elif not _is_marked(TAKES_FILES):
        request.max_content_length = MAX_BODY


def _is_marked(mark: str) -> bool:
    return getattr(current_app.view_functions[request.endpoint or ""], mark, False)


def refuse_undeclared_query() -> None:
    """Refuse query parameters on a route that declares none (before_request)."""
    view = current_app.view_functions.get(request.endpoint or "")
    if view is not None and request.args and not getattr(view, DECLARES_QUERY, False):
        faults = [Fault(f"?{name}", "unknown_parameter", "The resource takes none.") for name in request.args]
        raise UnknownParameter("The query was refused.", *faults)


def idempotent(view: View) -> View:
    """Do a POST once: the first answer is kept under its key and given again.

    While the first is being worked on, the same request is told to wait. A failed one leaves no trace but the
    services': they keep :func:`idempotency` beside what they create, so that even after a crash between commit and
    answer it happens once.
    """
    return _idempotent(view, required=True)


def idempotent_if_asked(view: View) -> View:
    """Like :func:`idempotent`, for POSTs that change nothing: the key is optional."""
    return _idempotent(view, required=False)


def _idempotent(view: View, *, required: bool) -> View:
    @wraps(view)
    def once(*args: Any, **kwargs: Any) -> Any:
        key = request.headers.get("Idempotency-Key", "")
        if not key and not required:
            g.idempotency = None
            return view(*args, **kwargs)
        if not 1 <= len(key) <= 255 or not key.isascii() or not key.isprintable():
            raise IdempotencyKeyMissing("Send an Idempotency-Key of 1 to 255 printable ASCII characters.")
        attempt = begin_attempt(desk(), principal=g.actor.name, key=key, fingerprint=_fingerprint())
        if attempt.answer is not None:
            return _replayed(attempt)
        g.idempotency = attempt.token
        try:
            response = make_response(view(*args, **kwargs))
        except BaseException:
            give_up_attempt(desk(), attempt)
            raise
        kept = [(n, v) for n, v in response.headers if n in {"Content-Type", "Location", "ETag"}]
        finish_attempt(desk(), attempt, status=response.status_code, headers=kept, body=response.get_data())
        return response

    setattr(once, IDEMPOTENCY, "required" if required else "optional")
    return once  # type: ignore[return-value]


def idempotency() -> str | None:
    """What a service keeps beside what it creates, so that the same request creates it once."""
    return g.idempotency


def _fingerprint() -> str:
    digest = hashlib.sha256(f"{request.method} {request.full_path}\n".encode())
    digest.update(spooled_digest() if _is_marked(TAKES_ROWS) else request.get_data())
    return digest.hexdigest()


def _replayed(attempt: Attempt) -> Response:
    assert attempt.answer is not None  # noqa: S101 - the caller asked
    response = Response(attempt.answer.body, status=attempt.answer.status)
    for name, value in attempt.answer.headers:
        response.headers[name] = value
    response.headers["Idempotent-Replayed"] = "true"
    return response


def etag_of(version: str | int) -> str:
    """The ETag of a resource at a version."""
    return hashlib.sha256(str(version).encode()).hexdigest()[:32]


def check_if_match(current: str) -> None:
    """Raise unless If-Match names the resource's present ETag."""
    if not request.headers.get("If-Match"):
        raise PreconditionRequired("Send If-Match with the ETag of the resource as you read it.")
    if not request.if_match.contains(current):
        raise PreconditionFailed("The resource changed after it was read.")


def with_etag(answer: Any, etag: str, *, status: int = 200) -> Response:
    """A JSON answer with its ETag; 304 when the caller has it."""
    response = make_response(answer, status)
    response.set_etag(etag)
    if request.method in {"GET", "HEAD"}:
        response.make_conditional(request)
    return response


def preferred_wait(default: float) -> float:
    """The seconds that ``Prefer: wait=N`` asks for, at most ten."""
    found = re.search(r"(?:^|[,;\s])wait=(\d{1,4})(?:$|[,;\s])", request.headers.get("Prefer", ""))
    return min(float(found[1]), LONGEST_WAIT_SECONDS) if found else default


class PageSize(fields.Integer):
    """How many rows a page has: 1 to 100 in plain digits; Python would also read ``1_0`` and ``١٠``."""

    def __init__(self) -> None:
        metadata = {"minimum": 1, "maximum": MAX_PAGE, "description": "rows a page"}
        super().__init__(load_default=20, metadata=metadata)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:  # noqa: ARG002
        if not re.fullmatch("[1-9][0-9]{0,2}", value, re.ASCII) or int(value) > MAX_PAGE:
            raise ValidationError(f"Use 1 to {MAX_PAGE}.")
        return int(value)


class PageQuery(StrictSchema):
    """What every list takes."""

    limit = PageSize()
    cursor = fields.String(load_default=None, metadata={"description": "opaque; from `next` of the page before"})


@cache  # one class a list, so that the description names it once
def page_of(schema: type[Schema]) -> type[Schema]:
    """The schema of a list's answer."""
    members: dict[str, Any] = {
        "data": fields.List(fields.Nested(schema), required=True),
        "next": fields.String(allow_none=True, required=True, metadata={"description": "address of the next page"}),
    }
    return Schema.from_dict(members, name=f"{schema.__name__.removesuffix('Schema').removesuffix('Out')}Page")


def read_cursor(cursor: str | None) -> str | None:
    """The position that a cursor of ours names.

    Raises:
        InvalidInput: not a cursor of this list, or altered.
    """
    if cursor is None:
        return None
    try:
        position = _cursor_signer().loads(cursor)
    except BadSignature:
        position = None
    if not isinstance(position, str):
        raise InvalidInput("The list was refused.", Fault("?cursor", "invalid", "Use `next` of the page before."))
    return position


def page_answer(rows: Sequence[Any], *, limit: int, position: Callable[[Any], str], dump: Callable[[Any], Any]) -> Any:
    """A list's answer: ``rows`` holds up to ``limit + 1`` records, the last one only tells that there is more."""
    shown, following = rows[:limit], None
    if len(rows) > limit:
        parameters = request.args.to_dict() | {"cursor": _cursor_signer().dumps(position(shown[-1]))}
        following = url_for(request.endpoint or "", **(request.view_args or {}), **parameters)
    response = make_response({"data": [dump(row) for row in shown], "next": following})
    if following:
        response.headers["Link"] = f'<{following}>; rel="next"'
    return response


def _cursor_signer() -> URLSafeSerializer:
    # itsdangerous signs with the last key and accepts all: ours are newest first
    return URLSafeSerializer(list(reversed(desk().settings.secret_keys)), salt=f"cursor:{request.endpoint}")
