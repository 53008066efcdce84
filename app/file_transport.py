"""Kombu's filesystem transport, hardened: messages appear whole, broken ones are dropped, a dead process blocks nobody.

Kombu opens a message under its final name and then writes it, so a reader may take an empty file; and a file that is
not JSON ends the reader. Here a message is written aside and renamed, and what cannot be read is logged and forgotten:
the job's row is the truth, and the sweeper calls again.

Kombu's transport also blocks, and with a blocking transport Celery's pool shares one locked pipe: an idle process
that is killed (by the kernel when memory is short, say) keeps the lock for ever, and the worker never works again.
Here the worker's event loop looks into the folder, and every pool process has a pipe of its own.
"""

import json
import time
import uuid
from pathlib import Path
from typing import Any

import structlog
from kombu.transport import filesystem
from kombu.transport.virtual.base import Empty

log = structlog.get_logger(__name__)


class Channel(filesystem.Channel):
    """Messages are files ``<moment>_<uuid>.<queue>.msg``; whoever renames one away owns it."""

    def _put(self, queue: str, payload: Any, **_: Any) -> None:
        folder = Path(self.data_folder_out)
        name = f"{time.time_ns() // 1000}_{uuid.uuid4()}"
        draft = folder / f"{name}.draft"
        draft.write_text(json.dumps(payload), encoding="utf-8")
        draft.rename(folder / f"{name}.{queue}.msg")

    def _get(self, queue: str) -> Any:
        for path in sorted(Path(self.data_folder_in).glob(f"*.{queue}.msg")):
            taken = path.with_suffix(f".{uuid.uuid4().hex}.taken")
            try:
                path.rename(taken)
            except FileNotFoundError:
                continue  # another worker was faster
            try:
                return json.loads(taken.read_bytes())
            except ValueError:
                log.warning("message_unreadable", queue=queue)
            finally:
                taken.unlink(missing_ok=True)
        raise Empty


class Transport(filesystem.Transport):
    """The transport that ``app/queue.py`` names for ``filesystem://``."""

    Channel = Channel
    implements = filesystem.Transport.implements.extend(asynchronous=True)

    def register_with_event_loop(self, connection: Any, loop: Any) -> None:
        """Look into the folder whenever the loop turns (a job ended), and every ``polling_interval`` seconds."""

        def look() -> None:
            while True:
                try:
                    self.drain_events(connection, timeout=0)
                except TimeoutError:
                    return

        loop.on_tick.add(look)
        loop.call_repeatedly(self.polling_interval, look)
