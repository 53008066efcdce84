"""The queue: three brokers, quick to give up, harmless when poisoned."""

import json
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from kombu import Connection

from app.config import Settings
from app.queue import JobQueue, make_celery, queue_name
from tests.conftest import make_settings


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A server that accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "amqp://guest:guest@127.0.0.1:1//"])
def test_a_broker_that_is_down_is_given_up_at_once(tmp_path, url):
    queue = JobQueue(make_settings(tmp_path, broker_url=url))
    began = time.monotonic()
    assert not queue.publish("job_1", "send_mail")
    assert time.monotonic() - began < 2.5


@pytest.mark.parametrize("scheme", ["redis", "amqp"])
def test_a_broker_that_accepts_and_says_nothing_costs_a_few_seconds_once(tmp_path, silent_port, scheme):
    queue = JobQueue(make_settings(tmp_path, broker_url=f"{scheme}://127.0.0.1:{silent_port}/"))
    began = time.monotonic()
    assert not queue.publish("job_1", "send_mail")
    assert time.monotonic() - began < 4
    began = time.monotonic()
    assert not any(queue.publish(f"job_{n}", "send_mail") for n in range(100))
    assert time.monotonic() - began < 0.1


def test_publishing_reaches_the_room_of_the_kind_on_every_broker(stack):
    queue = JobQueue(stack)
    app = make_celery(stack, publishing=True)
    try:
        assert queue.publish("job_1", "send_mail")
        assert queue.publish("job_2", "draw_document")
        assert queue.publish("job_3", "anything_else")
        with app.connection_for_read() as connection:
            for room, job_id in (("io", "job_1"), ("doc", "job_2"), ("default", "job_3")):
                assert take(app, connection, queue_name(stack, room)) == [[job_id], {}]
    finally:
        with app.connection_for_write() as connection:
            for known in app.amqp.queues.values():
                known(connection.default_channel).delete()
        queue.close()


def take(app, connection: Connection, name: str) -> list[object]:
    channel = connection.channel()
    bound = app.amqp.queues[name](channel)
    deadline = time.monotonic() + 5
    while (message := bound.get(no_ack=True)) is None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert message is not None
    assert message.content_type == "application/json"
    return json.loads(message.body)[:2]


def test_queues_of_two_databases_on_one_broker_are_apart(tmp_path):
    first = make_settings(tmp_path, database_url="postgresql://db/first")
    second = make_settings(tmp_path, database_url="postgresql://db/second")
    same_elsewhere = make_settings(tmp_path, database_url="postgresql://pooler:6432/first")
    assert queue_name(first, "io") != queue_name(second, "io")
    assert queue_name(first, "io") == queue_name(same_elsewhere, "io")


def test_messages_written_by_many_threads_are_each_taken_whole_and_once(tmp_path):
    settings = make_settings(tmp_path)
    queue = JobQueue(settings)
    writers = [
        threading.Thread(target=lambda base=n: [queue.publish(f"job_{base}_{i}", "send_mail") for i in range(25)])
        for n in range(4)
    ]
    taken: list[str] = []

    def read() -> None:
        app = make_celery(settings)
        with app.connection_for_read() as connection:
            bound = app.amqp.queues[queue_name(settings, "io")](connection.channel())
            while any(writer.is_alive() for writer in writers) or not stop.is_set():
                if (message := bound.get(no_ack=True)) is not None:
                    taken.append(json.loads(message.body)[0][0])

    stop = threading.Event()
    readers = [threading.Thread(target=read) for _ in range(3)]
    for thread in (*readers, *writers):
        thread.start()
    for writer in writers:
        writer.join()
    deadline = time.monotonic() + 20
    while len(taken) < 100 and time.monotonic() < deadline:
        time.sleep(0.02)
    stop.set()
    for reader in readers:
        reader.join()
    assert sorted(taken) == sorted(f"job_{n}_{i}" for n in range(4) for i in range(25))


@pytest.mark.parametrize("poison", [b"", b"{", b"\xff\xfe", b"not json"])
def test_a_message_file_that_is_not_json_is_dropped_and_the_next_one_is_read(tmp_path, poison):
    settings: Settings = make_settings(tmp_path)
    folder = settings.data_dir / "queue" / "messages"
    app = make_celery(settings)
    name = queue_name(settings, "io")
    (folder / f"0_poison.{name}.msg").write_bytes(poison)
    assert JobQueue(settings).publish("job_1", "send_mail")
    with app.connection_for_read() as connection:
        assert take(app, connection, name) == [["job_1"], {}]
    assert list(folder.iterdir()) == []
