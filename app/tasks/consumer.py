"""Celery's consumer with a guard before it: a message that does not name one job never reaches Celery's own parsing.

Celery parses some malformed bodies outside any ``try``; the worker then dies with the message unacknowledged, the
broker gives it to the next one, and so on. Here such a message is logged and acknowledged: nothing is lost, for the
job's row is the truth.
"""

from collections.abc import Callable
from typing import Any

import structlog
from celery.utils.log import get_logger
from celery.worker.consumer import Consumer as CeleryConsumer

from app.queue import RUN_JOB

log = structlog.get_logger(__name__)
celery_log = get_logger(__name__)


class Consumer(CeleryConsumer):  # type: ignore[misc]
    """Takes only messages of ours."""

    def create_task_handler(self, *arguments: Any, **options: Any) -> Callable[[Any], object]:
        """Celery's handler, behind the guard."""
        handle = super().create_task_handler(*arguments, **options)

        def guarded(message: Any) -> object:
            if names_one_job(message):
                return handle(message)
            log.warning("message_without_job", content_type=str(message.content_type)[:60])
            return message.ack_log_error(celery_log, self.connection_errors)

        return guarded


def names_one_job(message: Any) -> bool:
    """Whether the message is a task of ours with one string as its only argument."""
    headers = message.headers
    if not isinstance(headers, dict) or headers.get("task") != RUN_JOB or not isinstance(headers.get("id"), str):
        return False
    try:
        payload = message.payload
    except Exception:  # whatever the bytes are: the decoders raise what they like
        return False
    match payload:
        case [[str()], dict() as options, dict() | None]:
            return not options
    return False
