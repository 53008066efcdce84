"""Documents asked for: JSON to what the service takes."""

from typing import Any

from marshmallow import fields, post_load, validate

from app.schemas.fields import LanguageTag, StrictSchema
from app.services.give_document import KINDS, DocumentAsked


class DocumentOptionsSchema(StrictSchema):
    """What some kinds leave open; the kinds there are today leave nothing open."""


class DocumentAskedSchema(StrictSchema):
    """Which document; ``language`` is the customer's when it is not named. Tax forms come in their own language."""

    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    language = LanguageTag(allow_none=True, load_default=None)
    options = fields.Nested(DocumentOptionsSchema, allow_none=True, load_default=None)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> DocumentAsked:
        return DocumentAsked(kind=data["kind"], language=data["language"])
