"""The Celery worker: one task that takes a job's id. Everything else about a job is in its row."""

import gc
import logging
import threading
import time
import warnings
from typing import Any

import structlog
from celery import Celery, signals
from celery.exceptions import SecurityWarning

from app.config import Settings
from app.desk import Desk, open_desk
from app.documents.apart import DRAWER
from app.orphans import die_with_parent
from app.queue import ROOM_OF_KIND, ROOMS, RUN_JOB, make_celery, queue_name
from app.services.jobs import process_name, run_job
from app.tasks.handlers import register_handlers

log = structlog.get_logger(__name__)

CHILD_START_SECONDS = 60.0


class DeskOfProcess:
    """The desk of one pool process, opened after the fork: a connection must not be shared with the parent."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._desk: Desk | None = None
        self._lock = threading.Lock()

    def open(self) -> Desk:
        """The desk, opened at the first call."""
        with self._lock:
            if self._desk is None:
                self._desk = open_desk(self._settings)
            return self._desk

    def close(self) -> None:
        """Give back its connections."""
        with self._lock:
            if self._desk is not None:
                self._desk.close()
            self._desk = None


def make_worker(settings: Settings, rooms: tuple[str, ...] = ROOMS) -> Celery:
    """The Celery app with its one task; ``run_worker`` starts it."""
    register_handlers()
    app = make_celery(settings)
    app.conf.update(worker_proc_alive_timeout=CHILD_START_SECONDS, worker_consumer="app.tasks.consumer:Consumer")
    desk = DeskOfProcess(settings)

    @app.task(name=RUN_JOB)
    def run(job_id: str) -> None:
        """Do one job; the consumer lets only well-formed messages through."""
        try:
            run_job(desk.open(), job_id, process_name())
        except Exception as error:
            log.exception("job_not_recorded", job_id=job_id, error=type(error).__name__)
            time.sleep(1)  # the database is down: do not burn through the queue, the sweeper brings everything back

    @signals.worker_process_init.connect(weak=False)
    def on_child_start(**_: Any) -> None:
        die_with_parent()
        if ROOM_OF_KIND["draw_document"] in rooms:
            DRAWER.start()
        desk.open()
        gc.collect()
        gc.freeze()  # the rule book lives as long as the process: no collection needs to walk it again

    @signals.worker_process_shutdown.connect(weak=False)
    def on_child_end(**_: Any) -> None:
        DRAWER.close()
        desk.close()

    return app


def run_worker(settings: Settings, *, concurrency: int, rooms: tuple[str, ...] = ROOMS) -> None:
    """Work until SIGTERM; then finish the jobs in hand and leave. What is not finished is handed back by its lease.

    ``rooms`` are the queues it listens to: a worker that only draws (``doc``) needs no way out of its network.
    WeasyPrint is not loaded here: each process of the pool has a drawing process beside it (``documents/apart.py``).
    """
    warnings.filterwarnings("ignore", category=SecurityWarning)  # about root and pickle: we take JSON only
    for name in ("celery.app.trace", "celery.worker.strategy"):
        logging.getLogger(name).setLevel(logging.WARNING)  # they repeat what run_job logs

    @signals.setup_logging.connect(weak=False)
    def keep_our_logs(**_: Any) -> None:
        """Celery configures no logging of its own while this is connected."""

    worker = make_worker(settings, rooms).Worker(
        pool="prefork",
        quiet=True,
        concurrency=concurrency,
        queues=[queue_name(settings, room) for room in rooms],
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    worker.start()
    if worker.exitcode:
        raise SystemExit(worker.exitcode)
