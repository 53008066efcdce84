"""A real worker on each stack: poison does not stop it, SIGTERM lets it finish, its pool dies with it (F17, F22)."""

import json
import os
import signal
import time
import uuid
from collections.abc import Iterator

import pytest

from app.config import Settings
from app.queue import make_celery, queue_name
from app.services.send_mail import queue_mail
from tests.torture.installation import Installation, install, wait_for

pytestmark = [pytest.mark.torture, pytest.mark.timeout(300)]

PROTOCOL = {
    "lang": "py",
    "task": "taxdesk.run_job",
    "id": "poison",
    "root_id": "poison",
    "argsrepr": "",
    "kwargsrepr": "",
}


@pytest.fixture
def installation(stack: Settings) -> Iterator[Installation]:
    with install(stack) as installed:
        yield installed


def queue_one(installation: Installation, key: str) -> str:
    with installation.desk.database.writing() as session:
        return queue_mail(
            session,
            to="accounts@customer.example",
            subject="Credit note",
            body_text="Attached.",
            language="en",
            purpose="credit_note",
            idem_key=key,
        )


def send_poison(settings: Settings) -> int:
    """Send messages that no honest program sends; how many."""
    app = make_celery(settings, publishing=True)
    name = queue_name(settings, "io")
    bodies = [
        (b"{", {}, "application/json"),
        (b"\x80\x04K\x01.", {}, "application/x-python-serialize"),
        (json.dumps([["job_x"], {}, {}]).encode(), {"task": "os.system"}, "application/json"),
        (json.dumps([[], {}, {}]).encode(), {}, "application/json"),
        (json.dumps([[{"id": 1}], {}, {}]).encode(), {}, "application/json"),
        (json.dumps([["job_x"], {"surprise": 1}, {}]).encode(), {}, "application/json"),
        (json.dumps([["job_that_never_was"], {}, {}]).encode(), {}, "application/json"),
        (json.dumps("text").encode(), {}, "application/json"),
    ]
    with app.connection_for_write() as connection:
        producer = connection.Producer()
        for body, changed, content_type in bodies:
            producer.publish(
                body,
                routing_key=name,
                exchange="",
                declare=[app.amqp.queues[name]],
                content_type=content_type,
                content_encoding="utf-8",
                headers=PROTOCOL | {"id": uuid.uuid4().hex} | changed,
                correlation_id=uuid.uuid4().hex,
            )
        # and a message without any of the headers a task has
        producer.publish({"hello": "world"}, routing_key=name, exchange="", serializer="json")
    app.close()
    return len(bodies) + 1


def left_in(settings: Settings) -> int:
    app = make_celery(settings, publishing=True)
    name = queue_name(settings, "io")
    with app.connection_for_read() as connection:
        channel = connection.channel()
        return int(app.amqp.queues[name](channel).queue_declare().message_count)


def test_poison_is_taken_from_the_queue_and_the_next_job_is_done(installation):
    send_poison(installation.settings)
    installation.start("scheduler")  # calls again for a job whose message the broker lost
    worker = installation.start("worker", "--concurrency", "1")
    queue_one(installation, "after-poison")
    installation.wait_until_done(seconds=40)
    wait_for(lambda: left_in(installation.settings) == 0, seconds=10, what=installation.log)
    time.sleep(1)
    assert left_in(installation.settings) == 0
    assert worker.poll() is None


def test_a_worker_told_to_stop_ends_cleanly_and_leaves_no_process(installation):
    installation.start("scheduler")  # calls again for a job whose message the broker lost
    worker = installation.start("worker", "--concurrency", "2")
    queue_one(installation, "first")
    installation.wait_until_done(seconds=40)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(30) == 0
    wait_until_gone(worker.pid)


def test_the_pool_of_a_killed_worker_does_not_live_on(installation):
    installation.start("scheduler")  # calls again for a job whose message the broker lost
    worker = installation.start("worker", "--concurrency", "2")
    queue_one(installation, "first")
    installation.wait_until_done(seconds=40)
    worker.kill()
    worker.wait(5)
    wait_until_gone(worker.pid)


def wait_until_gone(group: int) -> None:
    """Wait for the last process of a worker's group: the one that draws leaves when it sees that its parent is gone."""

    def is_empty() -> bool:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        return False

    wait_for(is_empty, seconds=10, what=lambda: "processes of the worker are still there")
