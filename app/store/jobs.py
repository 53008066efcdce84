"""Queries on jobs: taking, holding and ending one, each a single guarded UPDATE."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.models.jobs import Job


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A job as it was read."""

    id: str
    kind: str
    payload: dict[str, Any]
    state: str
    attempts: int
    max_attempts: int
    lease_owner: str | None
    lease_until: datetime | None
    run_after: datetime
    progress_done: int
    progress_total: int | None
    progress_failed: int
    error_code: str | None
    error_detail: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


def find_job(session: Session, job_id: str) -> JobRecord | None:
    """The job of that id."""
    return _record(session.get(Job, job_id, populate_existing=True))


def find_job_by_key(session: Session, idem_key: str) -> JobRecord | None:
    """The job that was enqueued under the key."""
    return _record(session.scalars(select(Job).where(Job.idem_key == idem_key)).one_or_none())


def due_jobs(session: Session, *, now: datetime) -> list[str]:
    """The ids of the queued jobs that are due, oldest first."""
    query = select(Job.id).where(Job.state == "queued", Job.run_after <= now).order_by(Job.run_after, Job.id)
    return list(session.scalars(query))


def add_job(session: Session, idem_key: str, **values: Any) -> bool:
    """Insert a queued job unless one was enqueued under the key; whether it was inserted."""
    insert = (postgresql if session.get_bind().dialect.name == "postgresql" else sqlite).insert
    row = {"state": "queued", "attempts": 0, "progress_done": 0, "progress_failed": 0} | values
    made = insert(Job.__table__).values(idem_key=idem_key, **row).on_conflict_do_nothing(index_elements=[Job.idem_key])
    return session.scalar(made.returning(Job.id)) is not None


def take_job(session: Session, job_id: str, *, owner: str, until: datetime, now: datetime) -> bool:
    """Make ``owner`` the one who works on the job; False when it is not due, finished, or in another's hands."""
    free = or_(
        and_(Job.state == "queued", Job.run_after <= now),
        and_(Job.state == "running", Job.lease_until <= now),
    )
    return _changed(
        session,
        update(Job)
        .where(Job.id == job_id, Job.attempts < Job.max_attempts, free)
        .values(
            state="running",
            attempts=Job.attempts + 1,
            lease_owner=owner,
            lease_until=until,
            started_at=func.coalesce(Job.started_at, now),
        ),
    )


def give_up_exhausted(session: Session, job_id: str, *, now: datetime, code: str, detail: str) -> bool:
    """Fail a job whose last allowed worker died on it."""
    return _changed(
        session,
        update(Job)
        .where(Job.id == job_id, Job.state == "running", Job.lease_until <= now, Job.attempts >= Job.max_attempts)
        .values(state="failed", error_code=code, error_detail=detail, finished_at=now, lease_owner=None),
    )


def change_leased(session: Session, job_id: str, *, owner: str, **values: Any) -> bool:
    """Change the job if ``owner`` still holds it; False when the lease is another's."""
    return _changed(
        session,
        update(Job).where(Job.id == job_id, Job.state == "running", Job.lease_owner == owner).values(**values),
    )


def cancel_queued(session: Session, job_id: str, *, now: datetime) -> bool:
    """Cancel a job that nobody has taken."""
    return _changed(
        session,
        update(Job).where(Job.id == job_id, Job.state == "queued").values(state="cancelled", finished_at=now),
    )


def count_jobs(session: Session) -> dict[str, int]:
    """How many jobs are in each state."""
    rows = session.execute(select(Job.state, func.count()).group_by(Job.state))
    return {state: count for state, count in rows}  # noqa: C416 - rows are Row objects


def oldest_due(session: Session, *, now: datetime) -> datetime | None:
    """Since when the longest-waiting due job has been waiting."""
    return session.scalar(select(func.min(Job.run_after)).where(Job.state == "queued", Job.run_after <= now))


def _changed(session: Session, statement: Any) -> bool:
    return bool(session.execute(statement.execution_options(synchronize_session=False)).rowcount)


def _record(job: Job | None) -> JobRecord | None:
    if job is None:
        return None
    return JobRecord(**{name: getattr(job, name) for name in JobRecord.__slots__})
