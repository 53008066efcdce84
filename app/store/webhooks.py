"""Queries on webhook endpoints and deliveries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.models.webhooks import WebhookDelivery, WebhookEndpoint
from app.store.sealed import open_text, seal_text


@dataclass(frozen=True, slots=True)
class EndpointRecord:
    """An endpoint as it was read, without its secret."""

    id: str
    url: str
    events: tuple[str, ...]
    client_code: str | None
    state: str
    disabled_reason: str | None
    failures_in_a_row: int
    quiet_until: datetime | None
    last_milliseconds: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """A delivery as it was read."""

    id: str
    event_id: str
    endpoint_id: str
    body: str
    event_type: str
    state: str
    attempts: int
    replays: int
    last_status: int | None
    last_error: str | None
    next_attempt_at: datetime | None
    created_at: datetime
    delivered_at: datetime | None


def add_endpoint(session: Session, *, secret: str, **values: Any) -> EndpointRecord:
    """Insert an active endpoint; its secret is sealed."""
    endpoint = WebhookEndpoint(state="active", failures_in_a_row=0, last_milliseconds=0, **values)
    endpoint.secret = seal_text(session, endpoint, secret)
    session.add(endpoint)
    session.flush()
    return _endpoint(endpoint)


def find_endpoint(session: Session, endpoint_id: str) -> EndpointRecord | None:
    """The endpoint of that id."""
    endpoint = session.get(WebhookEndpoint, endpoint_id, populate_existing=True)
    return None if endpoint is None else _endpoint(endpoint)


def secret_of(session: Session, endpoint_id: str) -> str | None:
    """The endpoint's signing secret, opened. Raises VaultError."""
    endpoint = session.get(WebhookEndpoint, endpoint_id)
    return None if endpoint is None else open_text(session, endpoint, endpoint.secret)


def list_endpoints(session: Session) -> Sequence[EndpointRecord]:
    """All endpoints, oldest first."""
    return tuple(_endpoint(row) for row in session.scalars(select(WebhookEndpoint).order_by(WebhookEndpoint.id)))


def list_subscribers(session: Session, *, event_type: str, client_code: str | None) -> Sequence[EndpointRecord]:
    """Active endpoints that want this event; one bound to a client hears only of that client."""
    heard = WebhookEndpoint.client_code.is_(None)
    if client_code is not None:
        heard = or_(heard, WebhookEndpoint.client_code == client_code)
    rows = session.scalars(
        select(WebhookEndpoint).where(WebhookEndpoint.state == "active", heard).order_by(WebhookEndpoint.id)
    )
    return tuple(_endpoint(row) for row in rows if not row.events or event_type in row.events)


def change_endpoint(session: Session, endpoint_id: str, **values: Any) -> None:
    """Change an endpoint."""
    _update(session, update(WebhookEndpoint).where(WebhookEndpoint.id == endpoint_id).values(**values))


def add_delivery(session: Session, **values: Any) -> bool:
    """Insert a pending delivery unless the event has one for the endpoint; whether it was inserted."""
    insert = (postgresql if session.get_bind().dialect.name == "postgresql" else sqlite).insert
    made = insert(WebhookDelivery.__table__).values(state="pending", attempts=0, replays=0, **values)
    made = made.on_conflict_do_nothing(index_elements=[WebhookDelivery.event_id, WebhookDelivery.endpoint_id])
    return session.scalar(made.returning(WebhookDelivery.id)) is not None


def find_delivery(session: Session, delivery_id: str, *, lock: bool = False) -> DeliveryRecord | None:
    """The delivery of that id."""
    delivery = session.get(WebhookDelivery, delivery_id, populate_existing=True, with_for_update=lock or None)
    return None if delivery is None else _delivery(delivery)


def list_deliveries(session: Session, endpoint_id: str, *, limit: int) -> Sequence[DeliveryRecord]:
    """The newest deliveries of an endpoint."""
    rows = session.scalars(
        select(WebhookDelivery)
        .where(WebhookDelivery.endpoint_id == endpoint_id)
        .order_by(WebhookDelivery.id.desc())
        .limit(limit)
    )
    return tuple(_delivery(row) for row in rows)


def change_delivery(session: Session, delivery_id: str, **values: Any) -> None:
    """Change a delivery."""
    _update(session, update(WebhookDelivery).where(WebhookDelivery.id == delivery_id).values(**values))


def _update(session: Session, statement: Any) -> None:
    session.execute(statement.execution_options(synchronize_session=False))


def _endpoint(row: WebhookEndpoint) -> EndpointRecord:
    values = {name: getattr(row, name) for name in EndpointRecord.__slots__}
    return EndpointRecord(**values | {"events": tuple(row.events)})


def _delivery(row: WebhookDelivery) -> DeliveryRecord:
    return DeliveryRecord(**{name: getattr(row, name) for name in DeliveryRecord.__slots__})
