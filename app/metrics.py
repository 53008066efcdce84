"""Prometheus metrics: requests by route, jobs by state, age of the oldest waiting job."""

import time
from collections.abc import Iterator

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select

from app import clock
from app.actor import Scope
from app.auth import open_in_development
from app.desk import Desk
from app.models.jobs import Job


class JobMetrics(Collector):
    """The jobs table at the moment of asking."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def collect(self) -> Iterator[Metric]:
        with self.desk.database.reading() as session:
            states = session.execute(select(Job.state, func.count()).group_by(Job.state)).all()
            oldest = session.scalar(select(func.min(Job.run_after)).where(Job.state == "queued"))
        jobs = GaugeMetricFamily("taxdesk_jobs", "Jobs by state", labels=["state"])
        for state, count in states:
            jobs.add_metric([str(state)], count)
        yield jobs
        age = max((clock.now() - oldest).total_seconds(), 0) if oldest else 0
        yield GaugeMetricFamily("taxdesk_oldest_due_job_seconds", "How long the oldest due job has waited", value=age)

    def describe(self) -> list[Metric]:
        return []  # asked at registration: the database need not be there yet


def install_metrics(app: Flask, desk: Desk) -> None:
    """Count every answer, and serve ``/metrics``: open in development, behind a key in production."""
    registry = CollectorRegistry()
    registry.register(JobMetrics(desk))
    answers = Counter("taxdesk_requests", "Answers", ["method", "route", "status"], registry=registry)
    seconds = Histogram("taxdesk_request_seconds", "Time to answer", ["route"], registry=registry)

    @app.after_request
    def count(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "unknown"
        answers.labels(request.method, route, response.status_code).inc()
        seconds.labels(route).observe(time.monotonic() - g.get("began", time.monotonic()))
        return response

    @app.get("/metrics")
    @open_in_development(Scope.ADMIN)
    def metrics() -> Response:
        return Response(generate_latest(registry), content_type="text/plain; version=0.0.4; charset=utf-8")
