"""Webhooks: signed, once per endpoint, retried for three days, apart from each other (fault F19)."""

import json
import socket
import threading
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select
from standardwebhooks import Webhook, WebhookVerificationError
from werkzeug import Response

from app.actor import SYSTEM
from app.clock import now
from app.errors import Conflict, InvalidInput, NotFound
from app.models.audit import AuditEventRow
from app.models.webhooks import WebhookEndpoint
from app.services.jobs import Outcome, enqueue
from app.services.webhooks import WAITS_SECONDS, disable_endpoint, emit, register_endpoint, replay


def test_an_event_is_delivered_with_a_signature_that_the_standard_library_of_receivers_accepts(town):
    town.server.expect_ordered_request("/hook", method="POST").respond_with_data("", status=204)
    _, secret = town.listen()
    event_id = town.tell("document.ready", {"id": "doc_1"})
    assert set(town.work()) == {Outcome.DONE}
    ((request, _),) = town.server.log
    event = Webhook(secret).verify(request.data, dict(request.headers))
    assert (event["type"], event["data"]) == ("document.ready", {"id": "doc_1"})
    assert event["timestamp"].endswith("Z")
    assert request.headers["webhook-id"] == event_id
    assert request.headers["content-type"] == "application/json"
    (delivery,) = town.deliveries()
    assert (delivery.state, delivery.attempts, delivery.last_status) == ("delivered", 1, 204)


def test_a_changed_body_does_not_verify(town):
    town.server.expect_request("/hook").respond_with_data("")
    _, secret = town.listen()
    town.tell()
    town.work()
    request, _ = town.server.log[0]
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(request.data.replace(b"doc_1", b"doc_2"), dict(request.headers))


def test_an_event_of_a_rolled_back_change_is_never_told(town):
    town.listen()

    def change() -> None:
        with town.desk.database.writing() as session:
            emit(session, "document.ready", {"id": "doc_1"})
            raise RuntimeError("abandoned")

    with pytest.raises(RuntimeError):
        change()
    assert town.work() == []


def test_only_those_who_asked_hear_and_a_client_hears_only_of_itself(town):
    town.server.expect_request("/hook").respond_with_data("")
    every, _ = town.listen()
    orders, _ = town.listen(events=("order.delinquent",))
    acme, _ = town.listen(client_code="acme")
    town.tell("document.ready", client_code="acme")
    town.tell("document.ready", client_code="other")
    town.tell("document.ready")
    town.tell("order.delinquent", client_code="other")
    town.work()
    heard = [delivery.endpoint_id for delivery in town.deliveries()]
    assert (heard.count(every.id), heard.count(orders.id), heard.count(acme.id)) == (4, 1, 1)


def test_dispatching_twice_makes_one_delivery(town):
    town.server.expect_request("/hook").respond_with_data("")
    town.listen()
    event_id = town.tell()
    with town.desk.database.writing() as session:
        enqueue(session, "dispatch_event", {"event_id": event_id}, idem_key="again")
    town.work()
    assert len(town.deliveries()) == 1
    assert len(town.server.log) == 1


def test_failures_are_retried_on_the_schedule_for_three_days_with_one_id_and_then_given_up(town):
    town.server.expect_request("/hook").respond_with_data("", status=500)
    town.listen()
    town.tell()
    moment, waits = now(), []
    with time_machine.travel(moment, tick=False):
        town.work()
    while (delivery := town.deliveries()[0]).state == "pending":
        waits.append(round((delivery.next_attempt_at - moment).total_seconds()))
        moment = max(delivery.next_attempt_at, moment + timedelta(seconds=1))
        with time_machine.travel(moment, tick=False):
            assert town.work() == [Outcome.DONE if len(waits) == 9 else Outcome.RETRIED]
    assert waits == list(WAITS_SECONDS[1:])
    assert timedelta(seconds=sum(waits)) > timedelta(days=3)
    assert (delivery.state, delivery.attempts, delivery.last_error) == ("failed", 10, "status_500")
    assert len({request.headers["webhook-id"] for request, _ in town.server.log}) == 1
    assert len({request.headers["webhook-timestamp"] for request, _ in town.server.log}) == 10
    assert len({request.data for request, _ in town.server.log}) == 1


def test_a_receiver_that_recovers_gets_the_event(town):
    town.server.expect_ordered_request("/hook").respond_with_data("", status=503)
    town.server.expect_ordered_request("/hook").respond_with_data("", status=200)
    town.listen()
    town.tell()
    town.work()
    with time_machine.travel(now() + timedelta(seconds=6)):
        town.work()
    assert [delivery.state for delivery in town.deliveries()] == ["delivered"]


def test_gone_disables_the_endpoint_and_what_waits_for_it_fails(town):
    town.server.expect_request("/hook").respond_with_data("", status=410)
    endpoint, _ = town.listen()
    town.tell()
    town.work()
    town.tell()
    town.work()
    with town.desk.database.reading() as session:
        row = session.get(WebhookEndpoint, endpoint.id)
    assert (row.state, row.disabled_reason) == ("disabled", "gone")
    assert len(town.server.log) == 1
    assert [delivery.state for delivery in town.deliveries()] == ["failed"]


def test_a_redirect_is_not_followed(town):
    town.server.expect_request("/hook").respond_with_response(Response(status=301, headers={"Location": "/elsewhere"}))
    town.listen()
    town.tell()
    town.work()
    assert [request.path for request, _ in town.server.log] == ["/hook"]
    assert town.deliveries()[0].last_error == "status_301"


def test_replay_tells_again_under_the_same_id(town):
    town.server.expect_request("/hook").respond_with_data("")
    town.listen()
    event_id = town.tell()
    town.work()
    (delivery,) = town.deliveries()
    replay(town.desk, SYSTEM, delivery.id)
    with pytest.raises(Conflict):
        replay(town.desk, SYSTEM, delivery.id)
    town.work()
    replay(town.desk, SYSTEM, delivery.id)
    town.work()
    assert [request.headers["webhook-id"] for request, _ in town.server.log] == [event_id] * 3
    assert town.deliveries()[0].replays == 2
    with pytest.raises(NotFound):
        replay(town.desk, SYSTEM, "whd_unknown")


def test_a_disabled_endpoint_is_told_nothing_and_cannot_be_replayed(town):
    town.server.expect_request("/hook").respond_with_data("")
    endpoint, _ = town.listen()
    town.tell()
    town.work()
    disable_endpoint(town.desk, SYSTEM, endpoint.id)
    town.tell()
    town.work()
    assert len(town.server.log) == 1
    with pytest.raises(Conflict):
        replay(town.desk, SYSTEM, town.deliveries()[0].id)
    with town.desk.database.reading() as session:
        actions = set(session.scalars(select(AuditEventRow.action)))
    assert {"webhook_endpoint.added", "webhook_endpoint.disabled"} <= actions


def test_a_dead_endpoint_does_not_delay_another(town):
    """Ten events for a dead endpoint and a living one: the living one has all, the dead one was not tried ten times."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    dead, _ = register_endpoint(town.desk, SYSTEM, url=f"http://127.0.0.1:{port}/hook")
    alive, _ = town.listen()
    town.server.expect_request("/hook").respond_with_data("")
    for number in range(10):
        town.tell(data={"id": f"doc_{number}"})
    town.work()
    of_alive = [delivery for delivery in town.deliveries() if delivery.endpoint_id == alive.id]
    of_dead = [delivery for delivery in town.deliveries() if delivery.endpoint_id == dead.id]
    assert [delivery.state for delivery in of_alive] == ["delivered"] * 10
    assert sum(delivery.attempts for delivery in of_dead) == 3
    assert {delivery.last_error for delivery in of_dead} == {"connect_failed", None}


def test_a_slow_endpoint_is_called_by_one_worker_at_a_time(town):
    busy, most = [], []
    lock = threading.Lock()

    def slow(_request):
        with lock:
            busy.append(1)
            most.append(len(busy))
        threading.Event().wait(0.3)
        with lock:
            busy.pop()
        return Response(status=200)

    town.server.expect_request("/hook").respond_with_handler(slow)
    endpoint, _ = town.listen()
    with town.desk.database.writing() as session:
        session.get(WebhookEndpoint, endpoint.id).last_milliseconds = 5_000
    for _ in range(4):
        town.tell()
    workers = [threading.Thread(target=town.work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert max(most) == 1


def test_bodies_are_thin_and_small(town):
    town.server.expect_request("/hook").respond_with_data("")
    town.listen()
    town.tell("tax_id_check.completed", {"id": "chk_1", "status": "verified"})
    town.work()
    body = json.loads(town.server.log[0][0].data)
    assert set(body) == {"type", "timestamp", "data"}
    assert set(body["data"]) == {"id", "status"}


@pytest.mark.parametrize(("kind", "data"), [("document.eaten", {"id": "doc_1"}), ("document.ready", {})])
def test_an_event_has_a_known_type_and_an_id(town, kind, data):
    with pytest.raises(ValueError, match="known type"):
        town.tell(kind, data)
    assert town.work() == []


def test_every_fault_of_an_endpoint_is_named_at_once(town):
    with pytest.raises(InvalidInput) as refused:
        register_endpoint(town.desk, SYSTEM, url="ftp://example.com/", events=("document.ready", "nothing"))
    assert [fault.pointer for fault in refused.value.faults] == ["/events/1", "/url"]
