"""Work on many rows as JSON: what is asked for line by line, and how it stands."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate

from app import clock
from app.errors import InvalidInput, MalformedBody
from app.schemas.fields import LanguageTag, Reference, StrictSchema, faults_of, is_reference
from app.schemas.strict_json import parse
from app.services.bulk import RowAsked
from app.services.bulk_documents import MOST_ROWS, OrderDocumentAsked
from app.services.give_document import KINDS, DocumentAsked
from app.store.bulk import StoredRun

STATUSES = ["queued", "running", "done", "failed", "cancelled"]
Line = tuple[int, OrderDocumentAsked] | RowAsked


class DocumentsAskedSchema(StrictSchema):
    """One kind of document for many orders; ``language`` is each customer's when it is not named."""

    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    language = LanguageTag(allow_none=True, load_default=None)
    orders = fields.List(
        Reference(), required=True, validate=validate.Length(1, MOST_ROWS), metadata={"description": "references"}
    )

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> list[Line]:
        document = DocumentAsked(kind=data["kind"], language=data["language"])
        return [
            (line, OrderDocumentAsked(order_reference=reference, document=document))
            for line, reference in enumerate(data["orders"], 1)
        ]


class DocumentLineSchema(StrictSchema):
    """One document for one order: a line of NDJSON."""

    order_reference = Reference(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    language = LanguageTag(allow_none=True, load_default=None)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> OrderDocumentAsked:
        document = DocumentAsked(kind=data["kind"], language=data["language"])
        return OrderDocumentAsked(order_reference=data["order_reference"], document=document)


def documents_of_json(body: bytes) -> list[Line]:
    """The lines of a JSON body; raises MalformedBody and InvalidInput, with every fault."""
    return loaded(DocumentsAskedSchema(), parse(body))


def documents_of_ndjson(body: bytes) -> list[Line]:
    """The lines of an NDJSON body that are not blank; one that cannot be read is a refused row."""
    schema = DocumentLineSchema()
    return [_line(schema, n, line) for n, line in enumerate(body.split(b"\n"), 1) if line.strip()]


def loaded(schema: Schema, members: Any) -> Any:
    """What a schema makes of members; raises InvalidInput with every fault."""
    try:
        return schema.load(members)
    except ValidationError as error:
        faults = faults_of(error.normalized_messages())
        raise InvalidInput("The request was refused; nothing was changed.", *faults) from error


def _line(schema: Schema, number: int, line: bytes) -> Line:
    reference = None
    try:
        members = parse(line)
        sent = members.get("order_reference") if isinstance(members, dict) else None
        reference = sent if isinstance(sent, str) and is_reference(sent) else None
        return number, loaded(schema, members)
    except (MalformedBody, InvalidInput) as refusal:
        return RowAsked(line=number, named={"order_reference": reference}, refusal=refusal)


class BulkProgressOut(Schema):
    """Rows; ``done`` counts all that came to an end, ``failed`` those of them that are in the errors."""

    done = fields.Integer()
    total = fields.Integer()
    failed = fields.Integer()


class BulkRunOut(Schema):
    """A run. ``failed``: a part of it was given up, its rows are in the errors. Forgotten after 31 days."""

    id = fields.String()
    kind = fields.String()
    status = fields.String(metadata={"enum": STATUSES})
    progress = fields.Nested(BulkProgressOut)
    created_at = fields.String()
    finished_at = fields.String(allow_none=True)
    links = fields.Dict(keys=fields.String(), values=fields.String())


def run_answer(run: StoredRun) -> dict[str, Any]:
    """The members of a run."""
    here = f"/v1/bulk/{run.id}"
    return {
        "id": run.id,
        "kind": run.kind,
        "status": run.status,
        "progress": {"done": run.done, "total": run.total, "failed": run.failed},
        "created_at": clock.rfc3339(run.created_at),
        "finished_at": clock.rfc3339(run.finished_at) if run.finished_at else None,
        "links": {"self": here, "result": f"{here}/result", "errors": f"{here}/errors"},
    }
