"""``/v1/audit-events``: the audit trail, in the order of its chain."""

from datetime import date
from typing import Any

from marshmallow import Schema, fields, validate

from app.actor import Scope
from app.api.house import ApiBlueprint, PageQuery, actor, desk, page_answer, page_of, read_cursor
from app.auth import requires
from app.store.audit import AuditEvent, read_events

bp = ApiBlueprint("Audit", __name__, url_prefix="/v1/audit-events", description="The audit trail")


class EventQuery(PageQuery):
    """How events are looked for."""

    order_reference = fields.String(load_default=None, validate=validate.Length(max=64))


class AuditEventOut(Schema):
    """An event of the audit trail: ``hash`` is SHA-256 over ``previous`` and the canonical JSON of the rest."""

    id = fields.String()
    day = fields.String()
    position = fields.Integer()
    at = fields.String()
    actor = fields.String()
    action = fields.String()
    subject = fields.String()
    order_reference = fields.String(allow_none=True)
    facts = fields.Dict()
    previous = fields.String()
    hash = fields.String()


@bp.get("")
@requires(Scope.AUDITOR)
@bp.arguments(EventQuery, location="query")
@bp.response(200, page_of(AuditEventOut))
@bp.doc(operationId="listAuditEvents", summary="Events with their hashes, oldest first")
def list_events(query: dict[str, Any]) -> Any:
    position = read_cursor(query["cursor"])
    after = (date.fromisoformat(position[:10]), int(position[11:])) if position else None
    with desk().database.reading() as session:
        rows = read_events(
            session,
            order_reference=query["order_reference"],
            client=actor().client,
            after=after,
            limit=query["limit"] + 1,
        )
    return page_answer(
        rows,
        limit=query["limit"],
        position=lambda event: f"{event.day.isoformat()}:{event.position}",
        dump=event_answer,
    )


def event_answer(event: AuditEvent) -> dict[str, Any]:
    """The members of an event: what its hash covers, and the hash."""
    names = ("id", "position", "at", "actor", "action", "subject", "order_reference", "facts", "previous", "hash")
    return {"day": event.day.isoformat()} | {name: getattr(event, name) for name in names}
