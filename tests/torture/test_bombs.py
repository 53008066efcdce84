"""Documents that cannot be drawn end with a code, and the worker draws the next one (fault F21)."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from app.models.documents import DocumentRow
from app.models.jobs import Job
from app.registers.double import RegisterDouble
from app.services.load_sellers import store_sellers
from app.store.audit import read_events
from tests.conftest import make_settings
from tests.torture.installation import Installation, install, wait_for
from tests.torture.refunds import DOCUMENTS_A_REFUND, add_order, confirmed_check, refund
from tests.working import working

pytestmark = [pytest.mark.torture, pytest.mark.timeout(600)]

SMALL_MEMORY = 170  # MiB; a usual document needs about 135, renderer and fonts included
ENDED_SECONDS = 100.0


@pytest.fixture
def installation(sqlite_url: str, tmp_path: Path) -> Iterator[Installation]:
    """An installation without a worker yet, its example sellers, and a register that answers."""
    settings = make_settings(tmp_path, database_url=sqlite_url)
    with RegisterDouble() as double, install(replace(settings, vies_url=double.vies_url)) as installed:
        store_sellers(installed.desk)
        installed.start("scheduler")
        yield installed


def issue(installation: Installation, reference: str, check_id: str, description: str = "", rows: int = 1) -> None:
    """Issue a refund's documents; ``description`` is what a faulty release might have put into their rows."""
    add_order(installation.desk, reference, lines=1)
    refund(installation.desk, reference, check_id)
    if description:
        with installation.desk.database.writing() as session:
            for row in session.scalars(select(DocumentRow).where(DocumentRow.order_reference == reference)):
                line = row.facts["lines"][0] | {"description": description}
                row.facts = row.facts | {"lines": [line | {"reference": str(n)} for n in range(1, rows + 1)]}


def outcome(installation: Installation, reference: str) -> set[tuple[str, str | None]]:
    """Status and error of an order's documents."""
    with installation.desk.database.reading() as session:
        rows = session.scalars(select(DocumentRow).where(DocumentRow.order_reference == reference)).all()
    assert len(rows) == DOCUMENTS_A_REFUND
    return {(row.status, row.error) for row in rows}


def is_over(installation: Installation) -> bool:
    return not {"queued", "running"} & set(installation.states())


def test_a_bomb_fails_with_a_code_and_the_same_worker_draws_the_next_document(installation: Installation) -> None:
    with working(installation.desk):
        check_id = confirmed_check(installation.desk)
    issue(installation, "LONG-WORD", check_id, "a" * 1_000_000)
    issue(installation, "TOO-LONG", check_id, ("lorem ipsum dolor " * 30)[:480], rows=500)
    issue(installation, "TOO-LARGE", check_id, ("lorem ipsum dolor " * 30)[:100], rows=500)
    issue(installation, "USUAL", check_id)
    worker = installation.start_python("-m", "tests.torture.limited_worker", str(SMALL_MEMORY))
    wait_for(
        lambda: is_over(installation),
        seconds=ENDED_SECONDS,
        what=lambda: f"{installation.states()}\n{installation.log()}",
    )
    assert outcome(installation, "USUAL") == {("ready", None)}
    assert outcome(installation, "LONG-WORD") == {("failed", "invalid_facts")}
    assert outcome(installation, "TOO-LONG") == {("failed", "invalid_facts")}
    assert outcome(installation, "TOO-LARGE") == {("failed", "document_too_large")}
    assert worker.poll() is None

    with installation.desk.database.reading() as session:
        failed = session.scalars(select(Job).where(Job.state == "failed")).all()
        told = [event for event in read_events(session) if event.action == "document.failed"]
    assert Counter((job.error_code, job.attempts) for job in failed) == {  # at once: no process of the pool was lost
        ("invalid_facts", 1): 2 * DOCUMENTS_A_REFUND,
        ("document_too_large", 1): DOCUMENTS_A_REFUND,
    }
    assert len(told) == len(failed)
