"""``taxdesk up``, ``worker`` and ``scheduler``: the processes behind the pages."""

import os
import sys
from typing import TYPE_CHECKING

import click

from app.config import RegisterMode, Settings
from app.queue import ROOMS

if TYPE_CHECKING:
    from app.supervisor import Child


@click.command()
@click.option("--workers", default=1, show_default=True, help="Web processes.")
@click.option("--concurrency", default=0, help="Jobs done at once; default one a core.")
def up(workers: int, concurrency: int) -> None:
    """Run everything: web server, worker, scheduler, and in development the register double. Ctrl-C stops it."""
    from app.supervisor import Supervisor

    settings = Settings.from_environment()
    Supervisor(children_of(settings, workers=workers, concurrency=concurrency), click.echo).run()


@click.command()
@click.option("--concurrency", default=0, help="Jobs done at once; default one a core.")
@click.option(
    "--queues",
    default=",".join(ROOMS),
    show_default=True,
    help="doc draws, bulk does many rows at once, io asks and sends, default.",
)
def worker(concurrency: int, queues: str) -> None:
    """Do background jobs until SIGTERM, then finish what is in hand."""
    from app.logs import configure_logs
    from app.orphans import stop_with_supervisor
    from app.tasks.celery_app import run_worker

    rooms = tuple(part.strip() for part in queues.split(","))
    if unknown := sorted(set(rooms) - set(ROOMS)):
        raise click.BadParameter(f"{', '.join(unknown)}: use {', '.join(ROOMS)}", param_hint="--queues")
    settings = Settings.from_environment()
    configure_logs(settings)
    stop_with_supervisor()
    run_worker(settings, concurrency=concurrency or os.cpu_count() or 1, rooms=rooms)


@click.command()
def scheduler() -> None:
    """Call workers for what was not taken and do the regular chores; two of them do no harm."""
    from app.logs import configure_logs
    from app.orphans import stop_with_supervisor
    from app.tasks.scheduler import run_scheduler

    settings = Settings.from_environment()
    configure_logs(settings)
    stop_with_supervisor()
    run_scheduler(settings)


def children_of(settings: Settings, *, workers: int, concurrency: int) -> list["Child"]:
    """What ``taxdesk up`` runs with these settings."""
    from app.supervisor import Child

    taxdesk = (sys.executable, "-m", "app.cli")
    children = [
        Child("web", (*taxdesk, "serve", "--workers", str(workers))),
        Child("worker", (*taxdesk, "worker", "--concurrency", str(concurrency))),
        Child("scheduler", (*taxdesk, "scheduler")),
    ]
    if settings.registers is RegisterMode.DOUBLE:
        children.insert(0, Child("registers", (*taxdesk, "registers", "double")))
    return children
