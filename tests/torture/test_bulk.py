"""Kill -9 while documents are given in bulk: each order has one, ready, and the numbers have no gap (F1, F2).

A worker dies at each known place of a chunk's work, and another in its middle by chance; the last one finishes all.
"""

import os
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

import pytest
from sqlalchemy import select

from app.actor import SYSTEM
from app.config import Settings
from app.models.audit import AuditEventRow
from app.models.documents import DocumentRow
from app.models.jobs import Job
from app.models.orders import OrderRow
from app.schemas.orders import OrderSchema
from app.services.bulk import read_rows, read_run
from app.services.bulk_documents import OrderDocumentAsked, ask_documents
from app.services.give_document import DocumentAsked
from app.services.load_sellers import store_sellers
from app.services.put_order import put_order
from app.store.audit import verify_chains
from app.store.outbox import find_events
from tests.api.conftest import FRENCH_ORDER, changed
from tests.torture.installation import Installation, install, kill_session, wait_for
from tests.torture.refunds import check_numbers

pytestmark = [pytest.mark.torture, pytest.mark.timeout(1800)]

KILLS = 2  # by chance; a job is given up when its fifth worker dies on it
ORDERS = 220  # two whole chunks and a piece of one
DONE_SECONDS = 120.0
W9 = DocumentAsked(kind="w9")
OURS = changed(FRENCH_ORDER, seller="us", lines__0__tax__rate_percent="0", lines__0__tax__amount="0.00")


@pytest.fixture
def installation(stack: Settings) -> Iterator[Installation]:
    """A scheduler and the example sellers, of which one gives a W-9."""
    with install(stack) as installed:
        store_sellers(installed.desk)
        installed.start("scheduler")
        yield installed


def test_each_order_gets_its_document_once_whoever_dies(installation: Installation) -> None:
    desk = installation.desk
    references = [f"B-{n}" for n in range(ORDERS)]
    order = OrderSchema().load(OURS)
    for reference in references:
        put_order(desk, SYSTEM, reference, order, may_change=lambda _: None, describe=lambda _: {})
    lines = [(n, OrderDocumentAsked(order_reference=r, document=W9)) for n, r in enumerate(references, 1)]
    run = ask_documents(desk, SYSTEM, lines, idempotency="torture")

    for point in ("after_lease", "before_job_commit", "after_job_commit"):
        doomed = installation.start("worker", "--concurrency", "1", "--queues", "bulk", failpoint=f"{point}:kill")
        wait_for(lambda: bool(chunks_in_hand(installation)), seconds=DONE_SECONDS, what=installation.log)
        wait_for(lambda: not any(map(is_alive, chunks_in_hand(installation))), seconds=30, what=installation.log)
        kill_session(doomed)
    worker = installation.start("worker", "--concurrency", "2")
    kills = 0
    while kills < KILLS and not read_run(desk, SYSTEM, run.id).is_finished:
        for pid in chunks_in_hand(installation):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                kills += 1
    kill_session(worker)
    installation.start("worker", "--concurrency", "2")
    installation.wait_until_done(seconds=DONE_SECONDS)
    assert kills
    check_each_order_has_one_document(installation, run.id, references)


def chunks_in_hand(installation: Installation) -> set[int]:
    """The process ids that hold the lease of a chunk."""
    query = select(Job.lease_owner).where(Job.state == "running", Job.kind == "bulk_documents")
    with installation.desk.database.reading() as session:
        owners = session.scalars(query).all()
    return {int(owner.partition("/")[0].rpartition(":")[2]) for owner in owners if owner}


def is_alive(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


def check_each_order_has_one_document(installation: Installation, run_id: str, references: list[str]) -> None:
    """Everything that was promised, read from the stores."""
    desk = installation.desk
    run = read_run(desk, SYSTEM, run_id)
    assert (run.status, run.done, run.failed) == ("done", len(references), 0)
    results = list(read_rows(desk, run, "results"))
    with desk.database.reading() as session:
        documents = list(session.scalars(select(DocumentRow)))
        versions = set(session.scalars(select(OrderRow.version)))
        events = Counter(tuple(row) for row in session.execute(select(AuditEventRow.action, AuditEventRow.subject)))
        jobs = session.scalars(select(Job.payload).where(Job.kind == "dispatch_event")).all()
        told = find_events(session, [event_id for payload in jobs for event_id in payload["event_ids"]])
        faults = [fault for _, _, fault in verify_chains(session) if fault]
    assert sorted(d.order_reference for d in documents) == sorted(references)
    check_numbers(documents)
    for document in documents:
        assert document.status == "ready"
        assert len(desk.blobs.get(document.sha256 or "")) == document.size
        assert events["document.issued", document.id] == events["document.ready", document.id] == 1
    assert [row["order_reference"] for row in results] == references
    assert {(row["document_id"], row["sha256"]) for row in results} == {(d.id, d.sha256) for d in documents}
    assert len(told) == len(documents)
    assert versions == {2}
    assert faults == []
    assert installation.unsettled() == 0
