"""An export as a job: made once whatever dies, written down, and forgotten after thirty days."""

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine

from app import clock
from app.actor import SYSTEM
from app.blobs import BlobMissing, StorageUnavailable
from app.desk import Desk
from app.errors import NotFound, NotReady
from app.facts import AuditExportAsked
from app.services import export_audit
from app.services.export_audit import ask_export, export_content, find_exports, purge_exports, read_export
from app.services.jobs import Outcome, run_job
from app.store.audit import AuditEvent, read_events
from app.store.audit_exports import StoredExport
from app.store.jobs import find_job_by_key
from app.tasks.handlers import register_handlers
from tests.exported import put_documents
from tests.working import work


def ask(desk: Desk, days: int = 0) -> StoredExport:
    first = clock.today() - timedelta(days=days)
    return ask_export(desk, SYSTEM, AuditExportAsked(first_day=first, last_day=clock.today()), idempotency=None)


def job_of(desk: Desk, export: StoredExport) -> str:
    with desk.database.reading() as session:
        job = find_job_by_key(session, f"export:{export.id}")
    assert job
    return job.id


def events(desk: Desk, export: StoredExport) -> list[AuditEvent]:
    with desk.database.reading() as session:
        return [event for event in read_events(session) if event.subject == export.id]


def test_an_export_goes_from_queued_to_done_and_is_given_out(desk: Desk) -> None:
    put_documents(desk, 3)
    export = ask(desk)
    assert (export.status, export.total, export.sha256) == ("queued", None, None)
    with pytest.raises(NotReady):
        export_content(desk, SYSTEM, export.id)
    assert work(desk) == ["done"]
    export = read_export(desk, SYSTEM, export.id)
    assert (export.status, export.done, export.total, export.failed, export.faults) == ("done", 3, 3, 0, 0)
    with export_content(desk, SYSTEM, export.id) as file:
        content = file.read()
    assert hashlib.sha256(content).hexdigest() == export.sha256
    assert len(content) == export.size
    written = {event.action: event for event in events(desk, export)}
    assert list(written) == ["audit_export.asked", "audit_export.done", "audit_export.downloaded"]
    today = clock.today().isoformat()
    asked = written["audit_export.asked"]
    assert (asked.actor, asked.facts["from"], asked.facts["to"]) == ("system", today, today)
    assert written["audit_export.done"].facts["sha256"] == export.sha256
    assert not list((desk.settings.data_dir / "drafts").iterdir()), "a draft has no name"


def test_the_same_request_is_the_same_export(desk: Desk) -> None:
    asked = AuditExportAsked(first_day=clock.today(), last_day=clock.today())
    one, again = (ask_export(desk, SYSTEM, asked, idempotency="token") for _ in range(2))
    assert one.id == again.id
    assert len(find_exports(desk, SYSTEM)) == 1
    assert work(desk) == ["done"]


def test_a_worker_that_dies_in_the_middle_leaves_the_work_to_another_and_one_result(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first worker's lease runs out while it reads; it comes back after the second one is done."""
    register_handlers()
    put_documents(desk, 2)
    export = ask(desk)
    job = job_of(desk, export)
    compose, begun = export_audit.compose_export, []

    def slow(*arguments: object) -> object:
        begun.append(1)
        if len(begun) == 1:
            with time_machine.travel(clock.now() + timedelta(seconds=desk.settings.lease_seconds + 60)):
                assert run_job(desk, job, "second") is Outcome.DONE
        return compose(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(export_audit, "compose_export", slow)
    assert run_job(desk, job, "first") is Outcome.LOST
    assert len(begun) == 2
    assert [e.action for e in events(desk, export)] == ["audit_export.asked", "audit_export.done"]
    assert read_export(desk, SYSTEM, export.id).status == "done"


def test_a_store_that_is_down_is_waited_for(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    register_handlers()
    put_documents(desk, 2)
    export = ask(desk)

    def down(_sha256: str) -> bytes:
        raise StorageUnavailable("The store is down.")

    with monkeypatch.context() as patch:
        patch.setattr(type(desk.blobs), "get", lambda _self, sha256: down(sha256))
        assert run_job(desk, job_of(desk, export), "w") is Outcome.RETRIED
    with time_machine.travel(clock.now() + timedelta(seconds=20)):
        assert run_job(desk, job_of(desk, export), "w") is Outcome.DONE
    assert read_export(desk, SYSTEM, export.id).faults == 0


def test_an_export_that_fails_for_good_says_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    register_handlers()
    export = ask(desk)

    def broken(*_: object) -> None:
        raise NotFound("Something is gone.")

    monkeypatch.setattr(export_audit, "compose_export", broken)
    assert run_job(desk, job_of(desk, export), "w") is Outcome.FAILED
    export = read_export(desk, SYSTEM, export.id)
    assert (export.status, export.error) == ("failed", "not_found")
    assert events(desk, export)[-1].action == "audit_export.failed"


def test_an_archive_is_deleted_after_thirty_days_and_its_record_stays(desk: Desk) -> None:
    put_documents(desk, 1)
    export = ask(desk)
    work(desk)
    export = read_export(desk, SYSTEM, export.id)
    assert export.finished_at
    assert export.sha256
    for days, there in ((29, True), (31, False)):
        with time_machine.travel(export.finished_at + timedelta(days=days)):
            purge_exports(desk)
            purge_exports(desk)
        assert desk.blobs.exists(export.sha256) is there
    with pytest.raises(NotFound):
        export_content(desk, SYSTEM, export.id)
    purged = read_export(desk, SYSTEM, export.id)
    assert (purged.status, purged.sha256) == ("done", export.sha256)
    assert [e.action for e in events(desk, export)][-1] == "audit_export.purged"
    assert len(events(desk, export)) == 3


def test_an_archive_that_a_younger_export_has_too_is_kept(desk: Desk) -> None:
    with time_machine.travel(clock.now() - timedelta(days=50)):
        put_documents(desk, 1)
        day = clock.today()
    exports = []
    for days_ago in (40, 5):
        with time_machine.travel(clock.now() - timedelta(days=days_ago)):
            asked = AuditExportAsked(first_day=day, last_day=day)
            export = ask_export(desk, SYSTEM, asked, idempotency=None)
            work(desk)
        exports.append(read_export(desk, SYSTEM, export.id))
    old, young = exports
    assert old.sha256 == young.sha256
    assert old.sha256
    waiting = ask(desk)
    purge_exports(desk)
    assert read_export(desk, SYSTEM, old.id).purged_at is None, "the one that waits might turn out the same"
    work(desk)
    assert read_export(desk, SYSTEM, waiting.id).status == "done"
    purge_exports(desk)
    assert read_export(desk, SYSTEM, old.id).purged_at is not None
    assert desk.blobs.exists(old.sha256)
    with export_content(desk, SYSTEM, young.id) as file:
        assert file.read(2) == b"PK"
    with time_machine.travel(clock.now() + timedelta(days=30)):
        purge_exports(desk)
    assert not desk.blobs.exists(old.sha256)


def test_an_archive_that_was_altered_is_not_given_out(desk: Desk, tmp_path: Path) -> None:
    export = ask(desk)
    work(desk)
    export = read_export(desk, SYSTEM, export.id)
    assert export.sha256
    desk.blobs.delete(export.sha256)
    with pytest.raises(BlobMissing):
        export_content(desk, SYSTEM, export.id)
    assert events(desk, export)[-1].action == "audit_export.damaged"
