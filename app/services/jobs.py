"""Background work: enqueue it in the transaction that needs it, run it once whatever dies in between.

The row in ``jobs`` is the truth. A queue message, the sweeper and a retry all end in :func:`run_job`, which takes the
lease with one guarded UPDATE; everybody who comes second finds nothing to do.
"""

import os
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NoReturn

import structlog
from billiard.exceptions import SoftTimeLimitExceeded
from sqlalchemy.orm import Session

from app.blobs import StorageUnavailable
from app.clock import now
from app.desk import Desk
from app.errors import DomainError
from app.failpoints import Failpoint, reach
from app.ids import new_id
from app.queue import queue_of
from app.store import jobs as store
from app.store import outbox
from app.store.database import after_commit
from app.vault import UnknownKey

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 5
BACKOFF_SECONDS = 2.0
LONGEST_BACKOFF_SECONDS = 300.0
OUTSIDE_DOWN_SECONDS = 15.0
FIRST_CALL_SECONDS = 5.0  # the sweeper calls for a job that nobody took this long after it was due
HEARTBEATS_PER_LEASE = 3


class Outcome(StrEnum):
    """What came of one call of :func:`run_job`."""

    DONE = "done"
    RETRIED = "retried"
    FAILED = "failed"
    NOT_TAKEN = "not_taken"
    LOST = "lost"
    UNKNOWN = "unknown"


class LeaseLost(Exception):
    """The job is another worker's by now: roll back and leave."""


class RetryLater(Exception):
    """Something outside is down: try again later; this does not count as an attempt."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"again in {seconds:g} s")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Handler:
    """How one kind of job is done.

    Args:
        run: does the work, perhaps twice, and commits its effect once: inside its writing transaction it calls
            ``lease.commit(session)``. If it never does, the job is marked done when it returns.
        failed: writes what the failure means for the business row, in the transaction that fails the job; its last
            argument is the error code.
    """

    run: Callable[[Desk, "Lease", dict[str, Any]], None]
    failed: Callable[[Desk, Session, dict[str, Any], str], None] | None = None


HANDLERS: dict[str, Handler] = {}  # filled by app/tasks/handlers.py


class Lease:
    """The right to work on one job, for as long as it is extended."""

    def __init__(self, desk: Desk, job: store.JobRecord, token: str) -> None:
        self.job_id = job.id
        self.kind = job.kind
        self.attempt = job.attempts
        self.idem_key = f"{job.kind}:{job.id}"
        self.committed = False
        self._desk = desk
        self._token = token

    def hold(self, session: Session) -> None:
        """Extend the lease and lock the job's row until the caller's transaction ends.

        Raises:
            LeaseLost: another worker owns the job; the caller's transaction must be rolled back.
        """
        until = now() + timedelta(seconds=self._desk.settings.lease_seconds)
        self._change(session, lease_until=until)
        outbox.move_call(session, self.job_id, due_at=until)

    def commit(self, session: Session) -> None:
        """Mark the job done in the caller's transaction, so that its effect and its end are one commit.

        Raises:
            LeaseLost: another worker owns the job; the caller's transaction must be rolled back.
        """
        reach(Failpoint.BEFORE_JOB_COMMIT)
        moment = now()
        self._change(session, state="done", finished_at=moment, lease_owner=None, lease_until=None)
        outbox.settle(session, "job", self.job_id, now=moment)
        after_commit(session, self._note_commit)

    def progress(self, session: Session, *, done: int, total: int | None = None, failed: int = 0) -> None:
        """Store how far the work is; raises LeaseLost like :meth:`hold`."""
        self._change(session, progress_done=done, progress_total=total, progress_failed=failed)

    def retry_later(self, seconds: float) -> NoReturn:
        """Stop here and run the job again after ``seconds``; this does not count as an attempt."""
        raise RetryLater(seconds)

    def _change(self, session: Session, **values: Any) -> None:
        if not store.change_leased(session, self.job_id, owner=self._token, **values):
            raise LeaseLost(self.job_id)

    def _note_commit(self) -> None:
        self.committed = True
        reach(Failpoint.AFTER_JOB_COMMIT)


def enqueue(
    session: Session,
    kind: str,
    payload: dict[str, Any],
    *,
    idem_key: str,
    run_after: datetime | None = None,
    max_attempts: int = MAX_ATTEMPTS,
    wake: bool = True,
) -> str:
    """Write the job and its wake-up call in the caller's transaction; a worker is told after the commit.

    Args:
        payload: ids and other small JSON values; no personal data.
        idem_key: one job per key, for ever; the same key again returns the job it was first used for.
        run_after: not before this moment.
        wake: tell a worker after the commit; False: the caller runs the job itself, and should it die first, the
            sweeper calls a worker.
    Returns:
        The job's id.
    """
    moment = now()
    job_id = new_id("job")
    due = run_after or moment
    added = store.add_job(
        session, idem_key, id=job_id, kind=kind, payload=payload, max_attempts=max_attempts,
        run_after=due, created_at=moment,
    )  # fmt: skip
    if not added:
        known = store.find_job_by_key(session, idem_key)
        if known is None:
            raise LookupError("the job of this key vanished")
        return known.id
    call_at = due if due > moment else due + timedelta(seconds=FIRST_CALL_SECONDS)
    outbox.add_entry(session, topic="job", ref=job_id, payload={}, due_at=call_at, now=moment)
    if wake and due <= moment:
        _wake_after_commit(session, job_id, kind)
    return job_id


def cancel(session: Session, job_id: str) -> bool:
    """Cancel a job that nobody has taken yet; whether it was."""
    moment = now()
    cancelled = store.cancel_queued(session, job_id, now=moment)
    if cancelled:
        outbox.settle(session, "job", job_id, now=moment)
    return cancelled


def run_job(desk: Desk, job_id: str, owner: str) -> Outcome:
    """Do the job if it is free and due, and record what came of it.

    Args:
        owner: names the process, for people who read the table.
    Raises:
        Only what keeps the outcome from being recorded (the database is down); the lease then runs out and the
        sweeper calls.
    """
    token = f"{owner}/{new_id('lse')}"
    job = _take(desk, job_id, token)
    if isinstance(job, Outcome):
        return job
    reach(Failpoint.AFTER_LEASE)
    lease = Lease(desk, job, token)
    began = time.monotonic()
    try:
        outcome = _work(desk, job, lease)
    except LeaseLost:
        outcome = Outcome.LOST
    log.info(
        "job_ran", job_id=job.id, kind=job.kind, attempt=job.attempts, outcome=outcome.value,
        seconds=round(time.monotonic() - began, 3),
    )  # fmt: skip
    return outcome


def process_name() -> str:
    """This process, for people who read the table: host and process id."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}"


def error_code(error: BaseException) -> str:
    """The code that the error bears, else the name of its class: ``RuleMissing`` is ``rule_missing``."""
    if isinstance(code := getattr(error, "code", None), str):
        return code
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", type(error).__name__).lower()


def _wake_after_commit(session: Session, job_id: str, kind: str) -> None:
    queue = queue_of(session)

    def wake() -> None:
        reach(Failpoint.AFTER_COMMIT_BEFORE_WAKE)
        if queue is not None:
            queue.publish(job_id, kind)

    after_commit(session, wake)


def _take(desk: Desk, job_id: str, token: str) -> store.JobRecord | Outcome:
    moment = now()
    until = moment + timedelta(seconds=desk.settings.lease_seconds)
    with desk.database.writing() as session:
        if store.take_job(session, job_id, owner=token, until=until, now=moment):
            outbox.move_call(session, job_id, due_at=until)
            return _found(session, job_id)
        job = store.find_job(session, job_id)
        if job is None:
            log.warning("job_unknown", job_id=job_id)
            return Outcome.UNKNOWN
        given_up = store.give_up_exhausted(
            session, job_id, now=moment, code="worker_lost", detail="Every worker that took this job died on it."
        )
        if not given_up:
            return Outcome.NOT_TAKEN
        _end_failed(desk, session, job, "worker_lost")
    log.error("job_gave_up", job_id=job.id, kind=job.kind, attempts=job.attempts)
    return Outcome.FAILED


def _work(desk: Desk, job: store.JobRecord, lease: Lease) -> Outcome:
    handler = HANDLERS.get(job.kind)
    if handler is None:
        return _fail(desk, job, lease, code="unknown_kind", detail=f"No handler knows jobs of kind {job.kind}.")
    try:
        with _heartbeat(desk, lease):
            handler.run(desk, lease, job.payload)
        if not lease.committed:
            with desk.database.writing() as session:
                lease.commit(session)
    except LeaseLost:
        raise
    except RetryLater as wish:
        return _requeue(desk, job, lease, seconds=wish.seconds, counted=False)
    except StorageUnavailable:
        log.exception("storage_unavailable", job_id=job.id)
        return _requeue(desk, job, lease, seconds=OUTSIDE_DOWN_SECONDS, counted=False)
    except UnknownKey as error:  # the operator gives the key back; no job is lost meanwhile
        log.exception("field_key_missing", job_id=job.id, key_id=error.key_id)
        return _requeue(desk, job, lease, seconds=OUTSIDE_DOWN_SECONDS, counted=False)
    except DomainError as error:
        return _fail(desk, job, lease, code=error_code(error), detail=error.detail)
    except (SoftTimeLimitExceeded, MemoryError) as error:
        code = "memory_limit_exceeded" if isinstance(error, MemoryError) else "time_limit_exceeded"
        return _fail(desk, job, lease, code=code, detail="The work was stopped because it needed too much.")
    except Exception as error:
        log.exception("job_raised", job_id=job.id, kind=job.kind, attempt=job.attempts, error=type(error).__name__)
        if job.attempts < job.max_attempts:
            backoff = min(BACKOFF_SECONDS * 2 ** (job.attempts - 1), LONGEST_BACKOFF_SECONDS)
            return _requeue(desk, job, lease, seconds=backoff, counted=True)
        return _fail(desk, job, lease, code="unexpected", detail=f"Unexpected fault; the log has it under {job.id}.")
    return Outcome.DONE


def _requeue(desk: Desk, job: store.JobRecord, lease: Lease, *, seconds: float, counted: bool) -> Outcome:
    due = now() + timedelta(seconds=seconds)
    with desk.database.writing() as session:
        lease._change(
            session, state="queued", run_after=due, lease_owner=None, lease_until=None,
            attempts=job.attempts if counted else job.attempts - 1,
        )  # fmt: skip
        outbox.move_call(session, job.id, due_at=due)
    return Outcome.RETRIED


def _fail(desk: Desk, job: store.JobRecord, lease: Lease, *, code: str, detail: str) -> Outcome:
    with desk.database.writing() as session:
        lease._change(
            session, state="failed", error_code=code, error_detail=detail, finished_at=now(), lease_owner=None,
            lease_until=None,
        )  # fmt: skip
        _end_failed(desk, session, job, code)
    log.error("job_failed", job_id=job.id, kind=job.kind, attempts=job.attempts, code=code)
    return Outcome.FAILED


def _end_failed(desk: Desk, session: Session, job: store.JobRecord, code: str) -> None:
    outbox.settle(session, "job", job.id, now=now())
    handler = HANDLERS.get(job.kind)
    if handler is not None and handler.failed is not None:
        handler.failed(desk, session, job.payload, code)


def _found(session: Session, job_id: str) -> store.JobRecord:
    job = store.find_job(session, job_id)
    if job is None:
        raise LookupError("the job vanished while it was taken")
    return job


@contextmanager
def _heartbeat(desk: Desk, lease: Lease) -> Iterator[None]:
    """Extend the lease while the work goes on; it ends with the process, so a killed worker's lease runs out."""
    stop = threading.Event()

    def beat() -> None:
        while not stop.wait(desk.settings.lease_seconds / HEARTBEATS_PER_LEASE):
            try:
                with desk.database.writing() as session:
                    lease.hold(session)
            except LeaseLost:
                return
            except Exception as error:
                log.warning("heartbeat_missed", job_id=lease.job_id, error=type(error).__name__)

    thread = threading.Thread(target=beat, name=f"lease-{lease.job_id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
