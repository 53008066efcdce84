"""The queue: it carries ids of jobs to workers and nothing else, and may be lost at any moment without losing work.

One Celery configuration for three brokers (files, Redis, RabbitMQ), a publisher that gives up quickly, and the link
from a database session to its publisher. What a message means is in ``app/services/jobs.py``; who consumes it in
``app/tasks``.
"""

import hashlib
import os
import threading
import time
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import structlog
from celery import Celery
from kombu import Exchange, Queue
from sqlalchemy import make_url
from sqlalchemy.orm import Session

from app.config import Settings
from app.store.database import Database

log = structlog.get_logger(__name__)

RUN_JOB = "taxdesk.run_job"
ROOMS = ("doc", "bulk", "io", "default")
ROOM_OF_KIND = {
    "draw_document": "doc",
    "bulk_calculations": "bulk",
    "bulk_documents": "bulk",  # many of them, and one letter must not wait for all
    "send_mail": "io",
    "deliver_webhook": "io",
    "ask_register": "io",
}
SOFT_LIMIT_SECONDS = 45
HARD_LIMIT_SECONDS = 60
LIMITS_OF_KIND = {"export_audit": (780, 840)}  # soft, hard: less than RabbitMQ waits for a consumer
TASKS_PER_CHILD = 500
CHILD_MEMORY_KIB = 300 * 1024
REDIS_VISIBILITY_SECONDS = 300  # a message that comes again finds its job done, or leased
RABBITMQ_CONSUMER_MILLISECONDS = 15 * 60 * 1000
PUBLISH_SECONDS = 1.0
SILENCE_SECONDS = 5.0


def queue_name(settings: Settings, room: str) -> str:
    """The broker's name of a room. It belongs to one database: a job's id means nothing beside another one."""
    database = make_url(settings.database_url).database or ""
    return f"taxdesk-{hashlib.sha256(database.encode()).hexdigest()[:8]}.{room}"


def make_celery(settings: Settings, *, publishing: bool = False) -> Celery:
    """A Celery app for these settings; ``publishing`` gives up after a second instead of waiting for the broker."""
    embedded = settings.broker_url.startswith("filesystem")
    app = Celery("taxdesk", set_as_current=False)
    app.conf.update(
        broker_url="filesystem://localhost//" if embedded else settings.broker_url,
        broker_transport="app.file_transport:Transport" if embedded else None,
        broker_transport_options=_transport_options(settings, publishing=publishing),
        broker_connection_timeout=PUBLISH_SECONDS if publishing else 4.0,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_heartbeat=0 if publishing else 30,
        result_backend=None,
        task_ignore_result=True,
        task_store_errors_even_if_ignored=False,
        accept_content=["json"],
        task_serializer="json",
        task_queues=[_queue(settings, room) for room in ROOMS],
        task_default_queue=queue_name(settings, "default"),
        task_default_exchange="",
        task_create_missing_queues=False,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_soft_time_limit=SOFT_LIMIT_SECONDS,
        task_time_limit=HARD_LIMIT_SECONDS,
        worker_prefetch_multiplier=1,
        worker_max_tasks_per_child=TASKS_PER_CHILD,
        worker_max_memory_per_child=CHILD_MEMORY_KIB,
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        worker_hijack_root_logger=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_soft_shutdown_timeout=0.0,
        enable_utc=True,
        timezone="UTC",
    )
    return app


class JobQueue:
    """Publishes ids of jobs. It never raises: the outbox knows what was not told, and the sweeper tells it later."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._app: Celery | None = None
        self._pid = 0
        self._silent_until = 0.0

    def publish(self, job_id: str, kind: str) -> bool:
        """Tell a worker to look at the job; False when the broker did not take the message within about a second.

        After a failure the broker is left alone for some seconds, so that a dead one costs one request its second and
        not every request.
        """
        if time.monotonic() < self._silent_until:
            return False
        soft, hard = LIMITS_OF_KIND.get(kind, (SOFT_LIMIT_SECONDS, HARD_LIMIT_SECONDS))
        try:
            self._publisher().send_task(
                RUN_JOB,
                args=(job_id,),
                task_id=job_id,
                queue=queue_name(self._settings, ROOM_OF_KIND.get(kind, "default")),  # declared if no worker did
                soft_time_limit=soft,
                time_limit=hard,
                retry=False,
            )
        except Exception as error:
            self._silent_until = time.monotonic() + SILENCE_SECONDS
            log.warning("broker_unreachable", job_id=job_id, error=type(error).__name__)
            return False
        return True

    def close(self) -> None:
        """Give back the connections; the next publish opens new ones."""
        with self._lock:
            if self._app is not None and self._pid == os.getpid():
                self._app.close()
            self._app = None

    def _publisher(self) -> Celery:
        with self._lock:
            if self._app is None or self._pid != os.getpid():  # a forked child must not share its parent's sockets
                self._app = make_celery(self._settings, publishing=True)
                self._pid = os.getpid()
            return self._app


_QUEUES: WeakKeyDictionary[Any, JobQueue] = WeakKeyDictionary()


def attach_queue(database: Database, queue: JobQueue) -> None:
    """Let jobs written through ``database`` be published on ``queue``; without one they wait for the sweeper."""
    _QUEUES[database.engine.dialect] = queue  # the dialect object is what all engines of one Database share


def queue_of(session: Session) -> JobQueue | None:
    """The queue attached to the session's database."""
    return _QUEUES.get(session.get_bind().dialect)


def _queue(settings: Settings, room: str) -> Queue:
    arguments = None
    if settings.broker_url.startswith("amqp"):
        arguments = {"x-queue-type": "quorum", "x-consumer-timeout": RABBITMQ_CONSUMER_MILLISECONDS}
    name = queue_name(settings, room)
    return Queue(name, Exchange(""), routing_key=name, durable=True, queue_arguments=arguments)


def _transport_options(settings: Settings, *, publishing: bool) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if publishing:
        options |= {
            "max_retries": 0,
            "interval_start": 0,
            "interval_step": 0,
            "connect_retries_timeout": PUBLISH_SECONDS,
        }
    scheme = settings.broker_url.partition(":")[0]
    if scheme == "filesystem":
        options |= {"polling_interval": settings.poll_seconds, "store_processed": False} | _folders(settings.data_dir)
    elif scheme in ("redis", "rediss"):
        options |= {
            "visibility_timeout": REDIS_VISIBILITY_SECONDS,
            "unacked_restore_interval": 2,
            "unacked_restore_throttle": 1,
            "socket_keepalive": True,
            "health_check_interval": 25,
            "socket_connect_timeout": PUBLISH_SECONDS if publishing else 4.0,
        }
        if publishing:
            options |= {"socket_timeout": PUBLISH_SECONDS}
    elif scheme in ("amqp", "amqps") and publishing:
        options |= {"read_timeout": PUBLISH_SECONDS, "write_timeout": PUBLISH_SECONDS}
    return options


def _folders(data_dir: Path) -> dict[str, str]:
    queue = data_dir / "queue"
    folders = {"data_folder_in": queue / "messages", "control_folder": queue / "control"}
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    folders["data_folder_out"] = folders["data_folder_in"]
    return {name: str(folder) for name, folder in folders.items()}
