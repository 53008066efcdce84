"""Webhooks: an event is written with the change it tells of, fanned out once, and told to each endpoint for three days.

Signatures, ids and retries follow Standard Webhooks. Receivers may see an event twice; its ``webhook-id`` stays the
same.
"""

import hmac
import json
import secrets
import time
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import timedelta
from functools import cache, partial
from hashlib import sha256
from typing import Any

import structlog
from sqlalchemy.orm import Session

from app.actor import Actor
from app.clock import now, rfc3339
from app.desk import Desk
from app.errors import Conflict, Fault, InvalidInput, NotFound
from app.ids import new_id
from app.services.jobs import Lease, RetryLater, enqueue
from app.store import audit, outbox
from app.store import webhooks as store
from app.webhook_caller import AddressForbidden, CallFailed, CallRules, call, check_url

log = structlog.get_logger(__name__)

EVENT_TYPES = (
    "document.ready",
    "tax_id_check.completed",
    "adjustment.issued",
    "solicitation.completed",
    "inquiry.changed",
    "order.delinquent",
)
WAITS_SECONDS = (0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)  # before each attempt: 3 days in all
SECRET_PREFIX = "whsec_"  # noqa: S105 - the prefix that Standard Webhooks gives every secret
SECRET_BYTES = 32
FAILURES_BEFORE_QUIET = 3
LONGEST_QUIET_SECONDS = 300.0
SLOW_MILLISECONDS = 1_000
TURN_SECONDS = 20.0
WAIT_FOR_TURN_SECONDS = 2.0


def register_endpoint(
    desk: Desk, actor: Actor, *, url: str, events: tuple[str, ...] = (), client_code: str | None = None
) -> tuple[store.EndpointRecord, str]:
    """Add an address to tell; the answer is the endpoint and its signing secret, which is shown this once.

    Args:
        events: the types it wants; none means all.
        client_code: tell it of this client's events only.
    Raises:
        InvalidInput: every fault at once: an unknown event, a URL that may not be called.
    """
    faults = [
        Fault(f"/events/{n}", "unknown_event", f"Use one of {', '.join(EVENT_TYPES)}.")
        for n, name in enumerate(events)
        if name not in EVENT_TYPES
    ]
    try:
        check_url(url, rules_for(desk))
    except AddressForbidden as error:
        faults.append(Fault("/url", error.code, "Give a public https address on port 443 or 8443, without user data."))
    if faults:
        raise InvalidInput("The endpoint was not added.", *faults)
    secret = SECRET_PREFIX + b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
    with desk.database.writing() as session:
        endpoint = store.add_endpoint(
            session, id=new_id("whe"), url=url, secret=secret, events=list(events), client_code=client_code,
            created_at=now(),
        )  # fmt: skip
        audit.record(session, actor=actor.name, action="webhook_endpoint.added", subject=endpoint.id)
    return endpoint, secret


def disable_endpoint(desk: Desk, actor: Actor, endpoint_id: str) -> None:
    """Tell the endpoint nothing any more; what waits for it fails."""
    with desk.database.writing() as session:
        if store.find_endpoint(session, endpoint_id) is None:
            raise NotFound("There is no such endpoint.")
        store.change_endpoint(session, endpoint_id, state="disabled", disabled_reason="by_hand")
        audit.record(session, actor=actor.name, action="webhook_endpoint.disabled", subject=endpoint_id)


def emit(session: Session, event_type: str, data: dict[str, Any], *, client_code: str | None = None) -> str:
    """Write an event in the caller's transaction; it leaves after the commit.

    Args:
        data: thin: ``id`` of the thing and at most a few more strings; no personal data.
        client_code: whose event it is, for endpoints that are bound to a client.
    Returns:
        The event's id, which is the ``webhook-id`` of every delivery.
    """
    return emit_all(session, event_type, [(data, client_code)])[0]


def emit_all(session: Session, event_type: str, told: Sequence[tuple[dict[str, Any], str | None]]) -> tuple[str, ...]:
    """Write events of one type like :func:`emit`, each with its data and client; one job fans them out."""
    if event_type not in EVENT_TYPES or not all(data.get("id") for data, _ in told):
        raise ValueError("an event has a known type and the id of what it tells of")
    if not told:
        return ()
    moment = now()
    events = {}
    for data, client_code in told:
        body = json.dumps({"type": event_type, "timestamp": rfc3339(moment), "data": data}, separators=(",", ":"))
        events[new_id("evt")] = {"type": event_type, "body": body, "client_code": client_code}
    ids = tuple(events)
    outbox.add_entries(session, topic="event", payloads=events, due_at=moment, now=moment)
    enqueue(session, "dispatch_event", {"event_ids": list(ids)}, idem_key=f"event:{ids[0]}")
    return ids


def dispatch_event(desk: Desk, lease: Lease, payload: dict[str, Any]) -> None:
    """Make one delivery of each event for each subscriber, once; the job handler of ``dispatch_event``."""
    ids = payload.get("event_ids") or [payload["event_id"]]  # one, in jobs of the release before
    with desk.database.writing() as session:
        events = outbox.find_events(session, ids)
        if len(events) != len(ids):
            raise NotFound("There is no such event.")
        subscribers = cache(partial(_subscribers, session))
        for event_id in ids:
            event = events[event_id]
            for endpoint in subscribers(event["type"], event["client_code"]):
                _add_delivery(session, event_id, event, endpoint)
        outbox.settle(session, "event", *ids, now=now())
        lease.commit(session)


def deliver_webhook(desk: Desk, lease: Lease, payload: dict[str, Any]) -> None:
    """Tell one endpoint of one event; the job handler of ``deliver_webhook``.

    One delivery never waits for another endpoint: an endpoint that is slow is called by one worker at a time, and one
    that fails is left alone for up to five minutes, in which its deliveries wait without a worker.
    """
    with desk.database.reading() as session:
        delivery = store.find_delivery(session, payload["delivery_id"])
        endpoint = store.find_endpoint(session, delivery.endpoint_id) if delivery else None
        secret = store.secret_of(session, delivery.endpoint_id) if delivery else None
    if delivery is None or endpoint is None or secret is None:
        raise NotFound("There is no such delivery.")
    if delivery.state != "pending":
        return
    if endpoint.state != "active":
        raise Conflict("The endpoint is disabled.")
    _wait_for_turn(desk, lease, endpoint)
    began = time.monotonic()
    try:
        headers = sign(delivery.event_id, delivery.body, secret)
        answer: int | str = call(endpoint.url, headers=headers, body=delivery.body.encode(), rules=rules_for(desk))
    except CallFailed as error:
        answer = error.code
    _note_answer(desk, lease, delivery, endpoint, answer, milliseconds=round((time.monotonic() - began) * 1000))


def note_failed_delivery(desk: Desk, session: Session, payload: dict[str, Any], code: str) -> None:  # noqa: ARG001
    """Mark the delivery of a failed job as failed."""
    store.change_delivery(session, payload["delivery_id"], state="failed", last_error=code, next_attempt_at=None)


def replay(desk: Desk, actor: Actor, delivery_id: str) -> None:
    """Tell the endpoint once more, with the same id and body and a new round of attempts.

    Raises:
        NotFound: no such delivery.
        Conflict: it is still being tried, or its endpoint is disabled.
    """
    with desk.database.writing() as session:
        delivery = store.find_delivery(session, delivery_id, lock=True)
        if delivery is None:
            raise NotFound("There is no such delivery.")
        if delivery.state == "pending":
            raise Conflict("The delivery is still being tried.")
        endpoint = store.find_endpoint(session, delivery.endpoint_id)
        if endpoint is None or endpoint.state != "active":
            raise Conflict("The endpoint is disabled.")
        replays = delivery.replays + 1
        store.change_delivery(session, delivery_id, state="pending", attempts=0, replays=replays, next_attempt_at=now())
        _enqueue_delivery(session, delivery_id, replays)
        audit.record(session, actor=actor.name, action="webhook_delivery.replayed", subject=delivery_id)


def sign(event_id: str, body: str, secret: str) -> dict[str, str]:
    """The headers of a call: id, moment of this attempt, and HMAC-SHA256 over both and the body."""
    timestamp = str(int(now().timestamp()))
    key = b64decode(secret.removeprefix(SECRET_PREFIX))
    signature = hmac.new(key, f"{event_id}.{timestamp}.{body}".encode(), sha256).digest()
    return {
        "content-type": "application/json",
        "user-agent": "taxdesk-webhooks/1",
        "webhook-id": event_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{b64encode(signature).decode()}",
    }


def rules_for(desk: Desk) -> CallRules:
    """In production only public addresses are called; in development this machine too."""
    return CallRules(loopback=not desk.settings.is_production)


def _subscribers(session: Session, event_type: str, client_code: str | None) -> Sequence[store.EndpointRecord]:
    return store.list_subscribers(session, event_type=event_type, client_code=client_code)


def _add_delivery(session: Session, event_id: str, event: dict[str, Any], endpoint: store.EndpointRecord) -> None:
    delivery_id = new_id("whd")
    added = store.add_delivery(
        session, id=delivery_id, event_id=event_id, endpoint_id=endpoint.id, body=event["body"],
        event_type=event["type"], created_at=now(), next_attempt_at=now(),
    )  # fmt: skip
    if added:
        _enqueue_delivery(session, delivery_id, 0)


def _enqueue_delivery(session: Session, delivery_id: str, replays: int) -> None:
    key = f"delivery:{delivery_id}:{replays}"
    enqueue(session, "deliver_webhook", {"delivery_id": delivery_id}, idem_key=key)


def _wait_for_turn(desk: Desk, lease: Lease, endpoint: store.EndpointRecord) -> None:
    moment = now()
    if endpoint.quiet_until is not None and endpoint.quiet_until > moment:
        lease.retry_later((endpoint.quiet_until - moment).total_seconds())
    if endpoint.last_milliseconds < SLOW_MILLISECONDS and not endpoint.failures_in_a_row:
        return
    with desk.database.writing() as session:
        name, owner = _turn(endpoint), lease.job_id
        if not outbox.claim_lease(session, name, owner=owner, now=moment, seconds=TURN_SECONDS):
            raise RetryLater(WAIT_FOR_TURN_SECONDS)


def _note_answer(
    desk: Desk,
    lease: Lease,
    delivery: store.DeliveryRecord,
    endpoint: store.EndpointRecord,
    answer: int | str,
    *,
    milliseconds: int,
) -> None:
    status = answer if isinstance(answer, int) else None
    told = status is not None and 200 <= status < 300
    attempts = delivery.attempts + 1
    again = not told and status != 410 and attempts < len(WAITS_SECONDS)
    with desk.database.writing() as session:
        outbox.release_lease(session, _turn(endpoint), owner=lease.job_id)
        store.change_endpoint(session, endpoint.id, **_endpoint_after(endpoint, status, told, milliseconds))
        store.change_delivery(
            session,
            delivery.id,
            state="delivered" if told else "pending" if again else "failed",
            attempts=attempts,
            last_status=status,
            last_error=None if told else (answer if isinstance(answer, str) else f"status_{status}"),
            next_attempt_at=now() + timedelta(seconds=WAITS_SECONDS[attempts]) if again else None,
            delivered_at=now() if told else None,
        )
        if again:
            lease.hold(session)
        else:
            lease.commit(session)
    log.info("webhook_called", delivery_id=delivery.id, endpoint_id=endpoint.id, status=status, attempts=attempts)
    if again:
        lease.retry_later(WAITS_SECONDS[attempts])


def _endpoint_after(
    endpoint: store.EndpointRecord, status: int | None, told: bool, milliseconds: int
) -> dict[str, Any]:
    """What the answer says about the endpoint: well again, failing, or gone for good."""
    values: dict[str, Any] = {"last_milliseconds": milliseconds}
    if told:
        return values | {"failures_in_a_row": 0, "quiet_until": None}
    failures = endpoint.failures_in_a_row + 1
    values["failures_in_a_row"] = failures
    if failures >= FAILURES_BEFORE_QUIET:
        quiet = min(5.0 * 2 ** min(failures - FAILURES_BEFORE_QUIET, 10), LONGEST_QUIET_SECONDS)
        values["quiet_until"] = now() + timedelta(seconds=quiet)
    if status == 410:
        values |= {"state": "disabled", "disabled_reason": "gone"}
    return values


def _turn(endpoint: store.EndpointRecord) -> str:
    return f"webhook:{endpoint.id}"
