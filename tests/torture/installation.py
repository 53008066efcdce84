"""A whole installation of real processes that a test may kill."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import fields
from pathlib import Path

from kombu import pools
from sqlalchemy import select

from app.config import PREFIX, Settings
from app.desk import Desk, open_desk
from app.models.jobs import Job, OutboxEntry
from app.queue import make_celery
from app.store.jobs import count_jobs

REPOSITORY = Path(__file__).parents[2]


class Installation:
    """The processes of one set of settings, each in a session of its own."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.desk: Desk = open_desk(settings)
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self, *command: str, failpoint: str = "") -> subprocess.Popen[bytes]:
        """Start ``taxdesk command``; its output goes to a log below the data directory."""
        return self.start_python("-m", "app.cli", *command, failpoint=failpoint)

    def start_python(self, *arguments: str, failpoint: str = "") -> subprocess.Popen[bytes]:
        """Start the interpreter with the settings in its environment."""
        self.settings.data_dir.mkdir(parents=True, exist_ok=True)
        with (self.settings.data_dir / "processes.log").open("ab") as log:
            process = subprocess.Popen(
                (sys.executable, *arguments),
                cwd=REPOSITORY,
                env=environment(self.settings) | ({"TAXDESK_FAILPOINT": failpoint} if failpoint else {}),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._processes.append(process)
        return process

    def running_workers(self) -> set[int]:
        """The process ids that hold a lease now."""
        with self.desk.database.reading() as session:
            owners = session.scalars(select(Job.lease_owner).where(Job.state == "running")).all()
        return {int(owner.partition("/")[0].rpartition(":")[2]) for owner in owners if owner}

    def states(self) -> dict[str, int]:
        """How many jobs are in each state."""
        with self.desk.database.reading() as session:
            return count_jobs(session)

    def unsettled(self) -> int:
        """How many outbox entries wait."""
        with self.desk.database.reading() as session:
            return len(session.scalars(select(OutboxEntry.id).where(OutboxEntry.sent_at.is_(None))).all())

    def wait_until_done(self, *, seconds: float) -> None:
        """Wait until every job is done; say what is not when the time is over."""
        wait_for(
            lambda: set(self.states()) == {"done"}, seconds=seconds, what=lambda: f"jobs {self.states()}\n{self.log()}"
        )

    def log(self) -> str:
        """The end of what the processes said."""
        return (self.settings.data_dir / "processes.log").read_text(errors="replace")[-3000:]

    def close(self) -> None:
        """Kill every process and remove the queues from the broker."""
        for process in self._processes:
            kill_session(process)
        if not self.settings.broker_url.startswith("filesystem"):  # those lie below the test's own folder
            app = make_celery(self.settings, publishing=True)
            with app.connection_for_write() as connection:
                for queue in app.amqp.queues.values():
                    queue(connection.default_channel).delete()
            app.close()
            pools.reset()  # pooled connections remember the queues as declared
        self.desk.close()


@contextmanager
def install(settings: Settings) -> Iterator[Installation]:
    """An installation that is gone at the end."""
    installation = Installation(settings)
    try:
        yield installation
    finally:
        installation.close()


def environment(settings: Settings) -> dict[str, str]:
    """The settings as environment variables, beside what a process needs anyway."""
    given = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    for setting in fields(settings):
        value = getattr(settings, setting.name)
        if value is None or value == ():
            continue
        given[PREFIX + setting.name.upper()] = ",".join(map(_item, value)) if isinstance(value, tuple) else str(value)
    return given | {"PYTHONPATH": str(REPOSITORY)}


def _item(value: str | tuple[object, ...]) -> str:
    """One of a setting's several values; a pair as ``EUR:1000.00``."""
    return value if isinstance(value, str) else ":".join(map(str, value))


def kill_session(process: subprocess.Popen[bytes]) -> None:
    """``kill -9`` a process together with its children, and wait for it."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)


def wait_for(condition: Callable[[], bool], *, seconds: float, what: Callable[[], str]) -> None:
    """Look until the condition holds; fail with what ``what`` says."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {what()}")
        time.sleep(0.02)
