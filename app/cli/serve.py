"""``taxdesk serve``: the web server alone."""

import click
from gunicorn.app.base import BaseApplication

from app.config import Settings
from app.logs import configure_logs
from app.orphans import stop_with_supervisor


class Server(BaseApplication):  # type: ignore[misc]
    """gunicorn with our settings instead of a file of its own."""

    def __init__(self, settings: Settings, *, workers: int, threads: int) -> None:
        self.settings, self.workers, self.threads = settings, workers, threads
        super().__init__()

    def load_config(self) -> None:
        for name, value in {
            "bind": f"{self.settings.host}:{self.settings.port}",
            "workers": self.workers,
            "worker_class": "gthread",
            "threads": self.threads,
            "timeout": 60,
            "graceful_timeout": 25,
            "keepalive": 5,
            "limit_request_line": 8190,
            "accesslog": None,  # our own line has the route instead of the path, which may name things
            "errorlog": "-",
            "loglevel": "warning",
            "forwarded_allow_ips": "",
            "proc_name": "taxdesk-web",
            "control_socket_disable": True,
        }.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> object:
        from app.factory import create_app

        return create_app(self.settings)


@click.command()
@click.option("--workers", default=1, show_default=True, help="Processes.")
@click.option("--threads", default=8, show_default=True, help="Requests a process works on at once.")
def serve(workers: int, threads: int) -> None:
    """Serve the pages and the API on TAXDESK_HOST:TAXDESK_PORT."""
    settings = Settings.from_environment()
    configure_logs(settings)
    stop_with_supervisor()
    Server(settings, workers=workers, threads=threads).run()
