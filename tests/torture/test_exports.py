"""Kill -9 while an auditor's export is made: it is begun again, and one archive comes of it."""

from collections.abc import Iterator

import pytest

from app import clock
from app.actor import SYSTEM
from app.config import Settings
from app.facts import AuditExportAsked
from app.services.export_audit import ask_export, export_content, read_export
from app.store.audit import read_events
from app.store.audit_exports import StoredExport
from tests.exported import put_documents
from tests.torture.installation import Installation, install, kill_session, wait_for

pytestmark = [pytest.mark.torture, pytest.mark.timeout(300)]

DOCUMENTS = 2000


@pytest.fixture
def installation(stack: Settings) -> Iterator[Installation]:
    """With a scheduler: it calls again for the job whose message a busy broker did not take within its second."""
    with install(stack) as installed:
        installed.start("scheduler")
        yield installed


@pytest.fixture
def export(installation: Installation) -> StoredExport:
    """An export that takes a second or two."""
    put_documents(installation.desk, DOCUMENTS, bytes_each=20_000)
    asked = AuditExportAsked(first_day=clock.today(), last_day=clock.today())
    return ask_export(installation.desk, SYSTEM, asked, idempotency=None)


def check_one_result(installation: Installation, export: StoredExport) -> None:
    installation.start("worker", "--concurrency", "2")
    installation.wait_until_done(seconds=90)
    done = read_export(installation.desk, SYSTEM, export.id)
    assert (done.status, done.done, done.faults) == ("done", DOCUMENTS, 0)
    with export_content(installation.desk, SYSTEM, export.id) as file:
        assert file.read(2) == b"PK"
    with installation.desk.database.reading() as session:
        events = [event.action for event in read_events(session, limit=10_000) if event.subject == export.id]
    assert events == ["audit_export.asked", "audit_export.done", "audit_export.downloaded"]
    assert list((installation.settings.data_dir / "drafts").iterdir()) == [], "a draft dies with its process"
    assert installation.unsettled() == 0


def test_a_worker_that_is_killed_while_it_reads_documents(installation: Installation, export: StoredExport) -> None:
    doomed = installation.start("worker", "--concurrency", "1")
    wait_for(  # the number is told when the first document is about to be read
        lambda: read_export(installation.desk, SYSTEM, export.id).total is not None,
        seconds=60,
        what=installation.log,
    )
    kill_session(doomed)
    assert read_export(installation.desk, SYSTEM, export.id).status == "running", "nobody could say otherwise"
    check_one_result(installation, export)


def test_a_worker_that_is_killed_when_the_archive_is_stored_but_not_written_down(
    installation: Installation, export: StoredExport
) -> None:
    doomed = installation.start("worker", "--concurrency", "1", failpoint="before_job_commit:kill")
    wait_for(lambda: "SIGKILL" in installation.log(), seconds=60, what=installation.log)
    kill_session(doomed)
    assert read_export(installation.desk, SYSTEM, export.id).sha256 is None
    check_one_result(installation, export)
