"""Doing the jobs of a desk inside a test, as a worker process would."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from app import clock
from app.desk import Desk
from app.services.jobs import run_job
from app.store.jobs import due_jobs
from app.tasks.handlers import register_handlers


def work(desk: Desk, *, most: int = 200) -> list[str]:
    """Do every due job, those that they enqueue included; what came of each."""
    register_handlers()
    outcomes: list[str] = []
    while len(outcomes) < most:
        with desk.database.reading() as session:
            due = due_jobs(session, now=clock.now())
        if not due:
            return outcomes
        outcomes += [str(run_job(desk, job_id, "test")) for job_id in due]
    raise AssertionError(f"jobs never end: {outcomes[-10:]}")


@contextmanager
def working(desk: Desk) -> Iterator[None]:
    """A worker beside the test, for requests that wait for a job."""
    stop = threading.Event()

    def loop() -> None:
        while not stop.wait(0.02):
            work(desk)

    worker = threading.Thread(target=loop, daemon=True)
    worker.start()
    try:
        yield
    finally:
        stop.set()
        worker.join()
