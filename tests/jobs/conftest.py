"""The queue of a desk, and handlers for the time of one test."""

from collections.abc import Callable

import pytest

from app.config import Settings
from app.desk import Desk
from app.queue import JobQueue
from app.services import jobs


@pytest.fixture
def queue(desk: Desk) -> JobQueue:
    """The embedded queue, which nobody reads."""
    return desk.queue


@pytest.fixture
def messages(settings: Settings) -> Callable[[], int]:
    """How many messages lie in the queue's folder."""
    return lambda: len(list((settings.data_dir / "queue" / "messages").glob("*.msg")))


@pytest.fixture
def handle(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Register a handler for the time of one test."""

    def register(kind: str, run: Callable[..., None], failed: Callable[..., None] | None = None) -> None:
        monkeypatch.setitem(jobs.HANDLERS, kind, jobs.Handler(run, failed))

    return register
