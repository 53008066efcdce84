"""A receiver over real HTTP, and what a test needs to run the jobs that call it."""

import pytest
from pytest_httpserver import HTTPServer
from sqlalchemy import select

from app.actor import SYSTEM
from app.models.jobs import Job
from app.models.webhooks import WebhookDelivery
from app.services.jobs import Outcome, run_job
from app.services.webhooks import emit, register_endpoint
from app.tasks.handlers import register_handlers

register_handlers()


class Town:
    """The desk, and the endpoints that listen to it."""

    def __init__(self, desk, server: HTTPServer) -> None:
        self.desk = desk
        self.server = server

    def listen(self, path: str = "/hook", **options):
        """Register an endpoint of the test's server; the endpoint and its secret."""
        return register_endpoint(self.desk, SYSTEM, url=self.server.url_for(path), **options)

    def tell(self, event_type: str = "document.ready", data=None, **options) -> str:
        """Emit an event; its id."""
        with self.desk.database.writing() as session:
            return emit(session, event_type, {"id": "doc_1"} if data is None else data, **options)

    def work(self) -> list[Outcome]:
        """Run every job that is due, and those they make; what came of each."""
        outcomes: list[Outcome] = []
        while True:
            with self.desk.database.reading() as session:
                waiting = session.scalars(select(Job.id).where(Job.state == "queued").order_by(Job.id)).all()
            found = [outcome for job in waiting if (outcome := run_job(self.desk, job, "w")) is not Outcome.NOT_TAKEN]
            if not found:
                return outcomes
            outcomes += found

    def deliveries(self) -> list[WebhookDelivery]:
        """Every delivery, oldest first."""
        with self.desk.database.reading() as session:
            return list(session.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id)))


@pytest.fixture
def town(desk, httpserver: HTTPServer) -> Town:
    return Town(desk, httpserver)
