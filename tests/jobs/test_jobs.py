"""Enqueueing and running jobs: once, whatever is repeated, lost or broken."""

import threading
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from app.blobs import StorageUnavailable
from app.clock import now
from app.errors import DomainError
from app.models.jobs import Job, OutboxEntry
from app.services import jobs
from app.services.jobs import LeaseLost, Outcome, enqueue, run_job
from app.store.jobs import find_job


class NoSuchOrder(DomainError):
    """An error the caller understands."""


def put(desk, kind="count", payload=None, *, idem_key="key", **options):
    with desk.database.writing() as session:
        return enqueue(session, kind, payload or {}, idem_key=idem_key, **options)


def read(desk, job_id):
    with desk.database.reading() as session:
        return find_job(session, job_id)


def unsent(desk):
    with desk.database.reading() as session:
        return session.scalars(select(OutboxEntry).where(OutboxEntry.sent_at.is_(None))).all()


def expire(desk, job_id):
    with desk.database.writing() as session:
        session.execute(update(Job).where(Job.id == job_id).values(lease_until=now() - timedelta(seconds=1)))


def test_a_job_is_done_once_and_its_wake_up_call_is_settled(desk, handle, messages):
    calls = []
    handle("count", lambda *given: calls.append(given[2]))
    job_id = put(desk, payload={"n": 1})
    assert messages() == 1
    assert run_job(desk, job_id, "w1") is Outcome.DONE
    assert run_job(desk, job_id, "w2") is Outcome.NOT_TAKEN
    assert calls == [{"n": 1}]
    assert read(desk, job_id).state == "done"
    assert unsent(desk) == []


def test_a_rolled_back_request_leaves_no_job_and_no_message(desk, messages):
    made = []

    def request():
        with desk.database.writing() as session:
            made.append(enqueue(session, "count", {}, idem_key="key"))
            raise RuntimeError("abandoned")

    with pytest.raises(RuntimeError, match="abandoned"):
        request()
    (job_id,) = made
    assert read(desk, job_id) is None
    assert messages() == 0


def test_the_same_key_gives_the_same_job(desk, messages):
    assert put(desk) == put(desk)
    assert messages() == 1


def test_forty_threads_enqueueing_one_key_make_one_job(desk):
    found = []
    threads = [threading.Thread(target=lambda: found.append(put(desk))) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 40
    assert len(set(found)) == 1


def test_eight_workers_racing_for_a_job_do_it_once(desk, handle):
    calls = []
    handle("count", lambda *_: calls.append(1))
    job_id = put(desk)
    outcomes = []
    threads = [threading.Thread(target=lambda: outcomes.append(run_job(desk, job_id, "w"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [Outcome.DONE] + [Outcome.NOT_TAKEN] * 7
    assert calls == [1]


def test_a_job_for_later_is_not_taken_before_its_time(desk, handle, messages):
    handle("count", lambda *_: None)
    job_id = put(desk, run_after=now() + timedelta(hours=1))
    assert messages() == 0
    assert run_job(desk, job_id, "w") is Outcome.NOT_TAKEN
    with time_machine.travel(now() + timedelta(minutes=61), tick=False):
        assert run_job(desk, job_id, "w") is Outcome.DONE


def test_an_unknown_job_is_answered_and_nothing_else_happens(desk):
    assert run_job(desk, "job_never_written", "w") is Outcome.UNKNOWN


def test_a_domain_error_fails_the_job_at_once_with_its_code(desk, handle):
    told = []

    def run(desk, lease, payload):
        raise NoSuchOrder("There is no such order.")

    handle("count", run, lambda *given: told.append(given[3]))
    job_id = put(desk)
    assert run_job(desk, job_id, "w") is Outcome.FAILED
    job = read(desk, job_id)
    assert (job.state, job.attempts, job.error_code, job.error_detail) == (
        "failed", 1, "no_such_order", "There is no such order.",
    )  # fmt: skip
    assert told == ["no_such_order"]
    assert unsent(desk) == []


def test_an_unforeseen_error_is_retried_with_backoff_and_then_fails_without_its_text(desk, handle):
    def run(desk, lease, payload):
        raise RuntimeError("secret of the customer")

    handle("count", run)
    job_id = put(desk, max_attempts=3)
    waits, moment = [], now()
    for _ in range(2):
        with time_machine.travel(moment, tick=False):
            assert run_job(desk, job_id, "w") is Outcome.RETRIED
            assert run_job(desk, job_id, "w") is Outcome.NOT_TAKEN
        due = read(desk, job_id).run_after
        waits.append(round((due - moment).total_seconds()))
        moment = due
    with time_machine.travel(moment, tick=False):
        assert run_job(desk, job_id, "w") is Outcome.FAILED
    job = read(desk, job_id)
    assert waits == [2, 4]
    assert job.error_code == "unexpected"
    assert "secret" not in job.error_detail


def test_waiting_for_something_outside_costs_no_attempt(desk, handle):
    handle("count", lambda _, lease, *__: lease.retry_later(600))
    job_id = put(desk, max_attempts=1)
    moment = now()
    for _ in range(4):
        with time_machine.travel(moment, tick=False):
            assert run_job(desk, job_id, "w") is Outcome.RETRIED
        moment += timedelta(seconds=600)
    assert read(desk, job_id).attempts == 0


def test_a_full_disk_is_waited_for(desk, handle):
    def run(desk, lease, payload):
        raise StorageUnavailable("The file store refused to write: the disk is full.")

    handle("count", run)
    job_id = put(desk, max_attempts=1)
    assert run_job(desk, job_id, "w") is Outcome.RETRIED
    assert read(desk, job_id).state == "queued"


def test_running_out_of_memory_fails_at_once(desk, handle):
    def run(desk, lease, payload):
        raise MemoryError

    handle("count", run)
    job_id = put(desk)
    assert run_job(desk, job_id, "w") is Outcome.FAILED
    assert read(desk, job_id).error_code == "memory_limit_exceeded"


def test_a_kind_nobody_knows_fails_the_job(desk):
    job_id = put(desk, kind="unheard_of")
    assert run_job(desk, job_id, "w") is Outcome.FAILED
    assert read(desk, job_id).error_code == "unknown_kind"


def test_a_worker_that_lost_its_lease_commits_nothing(desk, handle):
    """The first worker stalls after its lease ran out; the second finishes; the first must not write its effect."""
    seen = []

    def run(desk, lease, payload):
        seen.append(lease.attempt)
        if lease.attempt == 1:
            expire(desk, lease.job_id)
            assert run_job(desk, lease.job_id, "w2") is Outcome.DONE
        with desk.database.writing() as session:
            session.add(OutboxEntry(id=f"out_{lease.attempt}", topic="event", ref=f"effect_{lease.attempt}",
                                    payload={}, created_at=now(), due_at=now()))  # fmt: skip
            lease.commit(session)

    handle("count", run)
    job_id = put(desk)
    assert run_job(desk, job_id, "w1") is Outcome.LOST
    assert seen == [1, 2]
    assert [entry.ref for entry in unsent(desk)] == ["effect_2"]


def test_the_effect_of_a_handler_that_fails_after_its_commit_stays_once(desk, handle):
    def run(desk, lease, payload):
        with desk.database.writing() as session:
            lease.commit(session)
        raise RuntimeError("too late")

    handle("count", run)
    job_id = put(desk)
    assert run_job(desk, job_id, "w") is Outcome.LOST
    assert read(desk, job_id).state == "done"


def test_a_job_whose_workers_keep_dying_fails_in_the_end(desk, handle):
    told = []
    handle("count", lambda *_: None, lambda *given: told.append(given[3]))
    job_id = put(desk, max_attempts=2)
    with desk.database.writing() as session:
        session.execute(
            update(Job).where(Job.id == job_id).values(
                state="running", attempts=2, lease_owner="dead", lease_until=now() - timedelta(seconds=1)
            )
        )  # fmt: skip
    assert run_job(desk, job_id, "w") is Outcome.FAILED
    assert read(desk, job_id).error_code == "worker_lost"
    assert told == ["worker_lost"]
    assert unsent(desk) == []


def test_the_lease_is_extended_while_the_work_goes_on(desk, handle):
    """The lease is two seconds; the work takes three; a second worker must not get it."""
    second = []

    def run(desk, lease, payload):
        stop = threading.Event()
        stop.wait(3)
        second.append(run_job(desk, lease.job_id, "w2"))

    handle("count", run)
    assert run_job(desk, put(desk), "w1") is Outcome.DONE
    assert second == [Outcome.NOT_TAKEN]


def test_progress_is_seen_while_the_job_runs(desk, handle):
    seen = []

    def run(desk, lease, payload):
        with desk.database.writing() as session:
            lease.progress(session, done=3, total=10, failed=1)
        job = read(desk, lease.job_id)
        seen.append((job.state, job.progress_done, job.progress_total, job.progress_failed))

    handle("count", run)
    run_job(desk, put(desk), "w")
    assert seen == [("running", 3, 10, 1)]


def test_a_queued_job_can_be_cancelled_and_a_finished_one_cannot(desk, handle):
    handle("count", lambda *_: None)
    first, second = put(desk), put(desk, idem_key="other")
    run_job(desk, second, "w")
    with desk.database.writing() as session:
        assert jobs.cancel(session, first)
        assert not jobs.cancel(session, second)
    assert run_job(desk, first, "w") is Outcome.NOT_TAKEN
    assert unsent(desk) == []


def test_holding_a_lost_lease_says_so(desk, handle):
    def run(desk, lease, payload):
        with desk.database.writing() as session:
            session.execute(update(Job).values(lease_owner="another"))
        with pytest.raises(LeaseLost), desk.database.writing() as session:
            lease.hold(session)
        raise LeaseLost(lease.job_id)

    handle("count", run)
    assert run_job(desk, put(desk), "w") is Outcome.LOST


@pytest.mark.parametrize(
    ("name", "code"), [("RuleMissing", "rule_missing"), ("XMLBroken", "xml_broken"), ("Forbidden", "forbidden")]
)
def test_error_codes_are_class_names_in_snake_case(name, code):
    assert jobs.error_code(type(name, (Exception,), {})()) == code
