"""The scheduler: a plain loop that sweeps and does chores.

It is not Celery beat, because it must work while the broker is down: that is when there is something to sweep. Two of
them do no harm, the lead is a lease in the database.
"""

import signal
import threading
import time
from types import FrameType

import structlog

from app.config import Settings
from app.desk import open_desk
from app.services.jobs import process_name
from app.services.sweep import SWEEP_SECONDS, do_chores, is_leader, resign, sweep
from app.tasks.handlers import register_handlers

log = structlog.get_logger(__name__)


def run_scheduler(settings: Settings) -> None:
    """Sweep every 2 s until SIGTERM or SIGINT. A database that is down is waited for."""
    register_handlers()
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    desk, owner = open_desk(settings), process_name()
    log.info("scheduler_started", owner=owner)
    while not stop.is_set():
        began = time.monotonic()
        try:
            if is_leader(desk, owner):
                sweep(desk, desk.queue)
                do_chores(desk, owner)
        except Exception as error:
            log.warning("sweep_failed", error=type(error).__name__)
        stop.wait(max(0.1, SWEEP_SECONDS - (time.monotonic() - began)))
    try:
        resign(desk, owner)
    except Exception as error:
        log.warning("resign_failed", error=type(error).__name__)
    desk.close()
