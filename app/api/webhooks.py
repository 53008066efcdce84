"""``/v1/webhook-endpoints``: who is told of events, and telling again."""

from typing import Any

from flask import Response
from marshmallow import Schema, fields, validate

from app import clock
from app.actor import Scope
from app.api.house import ApiBlueprint, actor, desk, idempotent, page_of
from app.auth import requires
from app.errors import Forbidden, NotFound
from app.schemas.fields import Reference, StrictSchema
from app.services import webhooks
from app.services.webhooks import EVENT_TYPES, disable_endpoint, register_endpoint
from app.store.webhooks import EndpointRecord, find_delivery, find_endpoint, list_endpoints

bp = ApiBlueprint("Webhooks", __name__, url_prefix="/v1", description="Webhooks, signed as Standard Webhooks says")


class EndpointIn(StrictSchema):
    """An address to be told of events."""

    url = fields.String(
        required=True,
        validate=[
            validate.Length(max=2000),
            validate.Regexp(r"[\x21-\x7e]+\Z", error="Use ASCII without blanks; write other signs percent-encoded."),
        ],
    )
    events = fields.List(fields.String(validate=validate.OneOf(EVENT_TYPES)), load_default=list)
    client = Reference(allow_none=True, load_default=None)


class EndpointOut(Schema):
    """An endpoint and how it does."""

    id = fields.String()
    url = fields.String()
    events = fields.List(fields.String())
    client = fields.String(allow_none=True)
    state = fields.String()
    disabled_reason = fields.String(allow_none=True)
    failures_in_a_row = fields.Integer()
    created_at = fields.String()


class EndpointMadeOut(EndpointOut):
    """A new endpoint with its signing secret, which is shown only now."""

    secret = fields.String()


class ReplayOut(Schema):
    """A delivery that is tried again."""

    id = fields.String()
    state = fields.String()


@bp.post("/webhook-endpoints")
@requires(Scope.ADMIN)
@idempotent
@bp.arguments(EndpointIn)
@bp.response(201, EndpointMadeOut)
@bp.doc(operationId="createWebhookEndpoint", summary="Add an endpoint; its signing secret is shown only now")
def create(given: dict[str, Any]) -> Any:
    client = given["client"] or actor().client  # a key bound to a client speaks for that one only
    if not actor().may_see(client):
        raise Forbidden("The key is bound to another client.")
    endpoint, secret = register_endpoint(
        desk(), actor(), url=given["url"], events=tuple(given["events"]), client_code=client
    )
    return endpoint_answer(endpoint) | {"secret": secret}


@bp.get("/webhook-endpoints")
@requires(Scope.ADMIN)
@bp.response(200, page_of(EndpointOut))
@bp.doc(operationId="listWebhookEndpoints", summary="The endpoints and how they do")
def list_all() -> Any:
    with desk().database.reading() as session:
        endpoints = [endpoint for endpoint in list_endpoints(session) if actor().may_see(endpoint.client_code)]
    return {"data": [endpoint_answer(endpoint) for endpoint in endpoints], "next": None}


@bp.delete("/webhook-endpoints/<endpoint_id>")
@requires(Scope.ADMIN)
@bp.response(204)
@bp.doc(operationId="disableWebhookEndpoint", summary="Tell an endpoint nothing any more")
def delete(endpoint_id: str) -> Response:
    _visible(endpoint_id)
    disable_endpoint(desk(), actor(), endpoint_id)
    return Response(status=204)


@bp.post("/webhook-deliveries/<delivery_id>/replay")
@requires(Scope.ADMIN)
@idempotent
@bp.response(202, ReplayOut)
@bp.doc(operationId="replayWebhookDelivery", summary="Tell one event again")
def replay(delivery_id: str) -> Any:
    with desk().database.reading() as session:
        delivery = find_delivery(session, delivery_id)
    if delivery is None:
        raise NotFound("There is no such delivery.")
    _visible(delivery.endpoint_id)
    webhooks.replay(desk(), actor(), delivery_id)
    return {"id": delivery_id, "state": "queued"}


def _visible(endpoint_id: str) -> None:
    """Raise unless the caller may know of the endpoint."""
    with desk().database.reading() as session:
        endpoint = find_endpoint(session, endpoint_id)
    if endpoint is None or not actor().may_see(endpoint.client_code):
        raise NotFound("There is no such endpoint.")


def endpoint_answer(endpoint: EndpointRecord) -> dict[str, Any]:
    """The members of an endpoint, without its secret."""
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "events": list(endpoint.events),
        "client": endpoint.client_code,
        "state": endpoint.state,
        "disabled_reason": endpoint.disabled_reason,
        "failures_in_a_row": endpoint.failures_in_a_row,
        "created_at": clock.rfc3339(endpoint.created_at),
    }
