"""The sweeper: nothing that was promised is forgotten, and two schedulers do no harm."""

import threading
from datetime import timedelta

import pytest
import time_machine

from app.clock import now
from app.queue import JobQueue
from app.services import sweep as sweeping
from app.services.jobs import Outcome, enqueue, run_job
from app.services.sweep import Chore, do_chores, is_leader, purge_outbox, resign, sweep
from app.store.outbox import count_unsent
from tests.conftest import make_settings


@pytest.fixture
def at():
    """Travel to so many seconds after the start of the test."""
    start = now()
    return lambda seconds: time_machine.travel(start + timedelta(seconds=seconds), tick=False)


def put(desk, key="key", **options):
    with desk.database.writing() as session:
        return enqueue(session, "count", {}, idem_key=key, **options)


def drop(settings):
    """Lose the broker's memory."""
    for message in (settings.data_dir / "queue" / "messages").glob("*.msg"):
        message.unlink()


def test_a_lost_message_is_sent_again_after_five_seconds_and_then_ever_more_rarely(
    desk, queue, settings, messages, handle, at
):
    handle("count", lambda *_: None)
    with at(0):
        job_id = put(desk)
    drop(settings)
    sent = []
    for second in range(120):
        with at(second):
            sent += [second] * sweep(desk, queue)
    assert sent == [5, 10, 20, 40, 80]
    assert messages() == 5
    with at(120):
        assert run_job(desk, job_id, "w") is Outcome.DONE
    with at(10_000):
        assert sweep(desk, queue) == 0


def test_a_job_for_later_is_called_when_it_is_due(desk, queue, at):
    with at(0):
        put(desk, run_after=now() + timedelta(seconds=60))
    with at(59):
        assert sweep(desk, queue) == 0
    with at(60):
        assert sweep(desk, queue) == 1


def test_a_job_whose_worker_died_is_called_when_its_lease_has_run_out(desk, queue, handle, at):
    class Killed(BaseException):
        """Ends the worker as a signal would: nothing is recorded."""

    def die(*_):
        raise Killed

    handle("count", die)
    with at(0):
        job_id = put(desk)
        with pytest.raises(Killed):
            run_job(desk, job_id, "w1")
    with at(1):
        assert sweep(desk, queue) == 0
        assert run_job(desk, job_id, "w2") is Outcome.NOT_TAKEN
    handle("count", lambda *_: None)
    with at(2):
        assert sweep(desk, queue) == 1
        assert run_job(desk, job_id, "w2") is Outcome.DONE


def test_while_the_broker_is_down_calls_stay_due_and_the_request_succeeds(desk, tmp_path, at):
    dead = JobQueue(make_settings(tmp_path, broker_url="redis://127.0.0.1:1/0"))
    with at(0):
        put(desk)
    with at(6):
        assert sweep(desk, dead) == 0
    with at(8), desk.database.reading() as session:
        assert count_unsent(session, now=now()) == 1


def test_two_sweepers_at_once_call_for_each_job_once(desk, queue, messages, settings, at):
    with at(0):
        for number in range(60):
            put(desk, f"key-{number}")
    drop(settings)
    with at(10):
        threads = [threading.Thread(target=sweep, args=(desk, queue)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert messages() == 60


def test_one_scheduler_leads_until_it_resigns_or_dies(desk, at):
    with at(0):
        assert is_leader(desk, "a")
        assert not is_leader(desk, "b")
    with at(9):
        assert is_leader(desk, "a")
    with at(18):
        assert not is_leader(desk, "b")
    with at(19):
        assert is_leader(desk, "b")
        assert not is_leader(desk, "a")
        resign(desk, "b")
        assert is_leader(desk, "a")


def test_ten_schedulers_racing_have_one_leader(desk):
    leaders = []

    def stand(name):
        if is_leader(desk, name):
            leaders.append(name)

    threads = [threading.Thread(target=stand, args=(f"s{n}",)) for n in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(leaders) == 1


def test_a_chore_is_done_once_in_its_time_even_by_two_schedulers_and_survives_its_own_failure(desk, at, monkeypatch):
    done = []

    def run(_desk):
        done.append(1)
        raise RuntimeError("a bad day")

    monkeypatch.setattr(sweeping, "CHORES", {"count": Chore("count", 3600.0, run)})
    for second in (0, 2, 3599, 3600, 3602):
        with at(second):
            do_chores(desk, "a")
            do_chores(desk, "b")
    assert len(done) == 2


def test_settled_entries_are_deleted_after_a_month_and_waiting_ones_never(desk, handle, at):
    handle("count", lambda *_: None)
    with at(0):
        run_job(desk, put(desk, "done"), "w")
        put(desk, "waiting")
    with at(30 * 86_400):
        purge_outbox(desk)
    with at(32 * 86_400):
        purge_outbox(desk)
        with desk.database.reading() as session:
            assert count_unsent(session, now=now()) == 1
