"""Call workers for what was not taken, and run the small regular chores, from one scheduler at a time.

A message may be lost with its broker, a worker may die with its lease, a request may die between commit and publish: to
the sweeper these are the same thing, an outbox entry that is due.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from app.clock import now
from app.desk import Desk
from app.queue import JobQueue
from app.store import outbox

log = structlog.get_logger(__name__)

SWEEP_SECONDS = 2.0
LEADER = "scheduler"
LEADER_SECONDS = 10.0  # a dead scheduler is replaced after this
CLAIM_SECONDS = 30.0  # a call claimed by a sweeper that died is made by the next one after this
CALL_AGAIN_SECONDS = 5.0
LONGEST_CALL_AGAIN_SECONDS = 300.0  # a job waiting in a long queue is called for ever more rarely
CALLS_PER_SWEEP = 500
KEEP_SETTLED = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Chore:
    """Something to do every ``seconds``, on one scheduler only; it must be short, or enqueue a job."""

    name: str
    seconds: float
    run: Callable[[Desk], None]


CHORES: dict[str, Chore] = {}  # filled by app/tasks/handlers.py


def sweep(desk: Desk, queue: JobQueue) -> int:
    """Publish every due call once; how many the broker took.

    A call is made again 5 s later, then 10, 20 … up to 5 minutes, until a worker takes the job. When the broker
    refuses, the rest stays due for the next sweep.
    """
    moment = now()
    claimed_until = moment + timedelta(seconds=CLAIM_SECONDS)
    with desk.database.writing() as session:
        calls = outbox.claim_due_calls(session, now=moment, again_at=claimed_until, limit=CALLS_PER_SWEEP)
    if not calls:
        return 0
    sent = {call.entry_id for call in calls if queue.publish(call.job_id, call.kind)}
    with desk.database.writing() as session:
        for call in calls:
            told = call.entry_id in sent
            wait = min(CALL_AGAIN_SECONDS * 2 ** min(call.attempts, 10), LONGEST_CALL_AGAIN_SECONDS) if told else 0.0
            due = now() + timedelta(seconds=wait)
            outbox.note_call(session, call, claimed_until=claimed_until, due_at=due, sent=told)
    log.info("swept", due=len(calls), called=len(sent))
    return len(sent)


def is_leader(desk: Desk, owner: str) -> bool:
    """Whether this scheduler leads now; asking extends the lead."""
    with desk.database.writing() as session:
        return outbox.claim_lease(session, LEADER, owner=owner, now=now(), seconds=LEADER_SECONDS)


def resign(desk: Desk, owner: str) -> None:
    """Let another scheduler lead at once."""
    with desk.database.writing() as session:
        outbox.release_lease(session, LEADER, owner=owner)


def do_chores(desk: Desk, owner: str) -> None:
    """Run every chore whose time has come; one that raises is logged and comes again at its next time."""
    for chore in CHORES.values():
        ticket = f"{owner}/{now().timestamp()}"  # unlike the lead, a chore is not renewed before its time
        with desk.database.writing() as session:
            due = outbox.claim_lease(session, f"chore:{chore.name}", owner=ticket, now=now(), seconds=chore.seconds)
        if not due:
            continue
        try:
            chore.run(desk)
        except Exception:
            log.exception("chore_failed", chore=chore.name)


def purge_outbox(desk: Desk) -> None:
    """Delete what was settled more than 31 days ago."""
    with desk.database.writing() as session:
        deleted = outbox.delete_settled(session, before=now() - KEEP_SETTLED, limit=5_000)
    log.info("outbox_purged", deleted=deleted)
