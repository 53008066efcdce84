"""A worker that gives a drawing little memory: ``python -m tests.torture.limited_worker MIB``."""

import sys

from app.config import Settings
from app.documents import limits
from app.logs import configure_logs
from app.tasks.celery_app import run_worker

limits.MEMORY = int(sys.argv[1]) * 1024 * 1024
settings = Settings.from_environment(None)
configure_logs(settings)
run_worker(settings, concurrency=1)
