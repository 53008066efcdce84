"""The auditor's exports as JSON: what is asked for, and how it stands."""

from datetime import date
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validates_schema

from app import clock
from app.facts import AuditExportAsked
from app.schemas.fields import CivilDate, StrictSchema, Text
from app.services.export_audit import expires_at
from app.store.audit_exports import StoredExport

LARGEST_SAMPLE = 1000
LONGEST_SEED = 100
STATUSES = ["queued", "running", "done", "failed", "cancelled"]


class PeriodSchema(StrictSchema):
    """Civil days in UTC, both included."""

    from_ = CivilDate(data_key="from", required=True)
    to = CivilDate(required=True)


class SampleSize(fields.Integer):
    """How many documents are drawn."""

    def __init__(self) -> None:
        super().__init__(required=True, strict=True, metadata={"minimum": 1, "maximum": LARGEST_SAMPLE})

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:  # noqa: ARG002
        if type(value) is not int or not 1 <= value <= LARGEST_SAMPLE:
            raise ValidationError(f"Send a whole number, 1 to {LARGEST_SAMPLE}.")
        return value


class SampleSchema(StrictSchema):
    """So many documents of a period; the same seed draws the same ones."""

    size = SampleSize()
    seed = Text(max_length=LONGEST_SEED, required=True)
    period = fields.Nested(PeriodSchema, required=True)


class AuditExportRequestSchema(StrictSchema):
    """A period as a whole, or a sample of its documents: one of the two."""

    period = fields.Nested(PeriodSchema)
    sample = fields.Nested(SampleSchema)

    @validates_schema
    def one_of_two(self, data: dict[str, Any], **_: Any) -> None:
        if ("period" in data) == ("sample" in data):
            raise ValidationError("Send either `period` or `sample`.")

    @post_load
    def asked(self, data: dict[str, Any], **_: Any) -> AuditExportAsked:
        sample = data.get("sample")
        period: dict[str, date] = sample["period"] if sample else data["period"]
        return AuditExportAsked(
            first_day=period["from_"],
            last_day=period["to"],
            sample_size=sample and sample["size"],
            sample_seed=sample and sample["seed"],
        )


class ProgressOut(Schema):
    """Documents; ``total`` is null until they are counted, ``failed`` counts what should be there and is not."""

    done = fields.Integer()
    total = fields.Integer(allow_none=True)
    failed = fields.Integer()


class SampleOut(Schema):
    """What drew the sample."""

    size = fields.Integer()
    seed = fields.String()


class AuditExportOut(Schema):
    """An export; digests and size are null until it is done, ``links.content`` is there while the archive is."""

    id = fields.String()
    status = fields.String(metadata={"enum": STATUSES})
    progress = fields.Nested(ProgressOut)
    from_ = fields.String(attribute="from", data_key="from", metadata={"format": "date"})
    to = fields.String(metadata={"format": "date"})
    sample = fields.Nested(SampleOut, allow_none=True)
    sha256 = fields.String(allow_none=True)
    manifest_sha256 = fields.String(allow_none=True)
    bytes = fields.Integer(allow_none=True)
    faults = fields.Integer(allow_none=True)
    error = fields.String(allow_none=True)
    created_at = fields.String()
    finished_at = fields.String(allow_none=True)
    expires_at = fields.String(allow_none=True)
    links = fields.Dict(keys=fields.String(), values=fields.String())


def export_answer(export: StoredExport) -> dict[str, Any]:
    """The members of an export."""
    here, asked, expires = f"/v1/audit-exports/{export.id}", export.asked, expires_at(export)
    links = {"self": here}
    if export.sha256 and export.purged_at is None:
        links["content"] = f"{here}/content"
    return {
        "id": export.id,
        "status": export.status,
        "progress": {"done": export.done, "total": export.total, "failed": export.failed},
        "from": asked.first_day.isoformat(),
        "to": asked.last_day.isoformat(),
        "sample": {"size": asked.sample_size, "seed": asked.sample_seed} if asked.sample_size else None,
        "sha256": export.sha256,
        "manifest_sha256": export.manifest_sha256,
        "bytes": export.size,
        "faults": export.faults,
        "error": export.error,
        "created_at": clock.rfc3339(export.created_at),
        "finished_at": clock.rfc3339(export.finished_at) if export.finished_at else None,
        "expires_at": clock.rfc3339(expires) if expires else None,
        "links": links,
    }
