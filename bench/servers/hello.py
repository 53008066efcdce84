"""The bare baseline: a Flask application that says hello, under the same gunicorn settings as ``taxdesk serve``."""

from app.cli.serve import Server
from app.config import Settings


class Hello(Server):
    """Our server with the smallest application there is."""

    def load(self) -> object:
        from flask import Flask

        hello = Flask("hello")
        hello.add_url_rule("/livez", view_func=lambda: {"status": "ok"})
        return hello


if __name__ == "__main__":
    Hello(Settings.from_environment(None), workers=1, threads=8).run()
