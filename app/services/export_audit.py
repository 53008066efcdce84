"""The auditor's export: asked for, made by a worker or at once by the command line, given out, forgotten after 30 days.

However often the work is begun again, one archive comes of it: a half-written file has no name and goes with its
process, and the row gets its digest in the transaction that ends the job.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import IO, Any

from sqlalchemy.orm import Session

from app import clock
from app.actor import SYSTEM, Actor
from app.blobs import StorageUnavailable, file_digest
from app.desk import Desk
from app.errors import Fault, InvalidInput, NotFound, NotReady
from app.facts import AuditExportAsked
from app.ids import new_id
from app.models.exports import AuditExportRow
from app.services.compose_export import Composed, Progress, compose_export
from app.services.jobs import Lease, enqueue
from app.store import audit
from app.store.audit_exports import (
    StoredExport,
    bytes_of_documents,
    find_export,
    find_export_by_idempotency,
    is_archive_kept,
    is_export_unfinished,
    list_exports,
    list_purgeable,
)

KEPT_FOR = timedelta(days=30)
LONGEST_DAYS = 366
TELL_SECONDS = 0.5  # how often a worker writes down how far it is
LOOK_SECONDS = 0.05
LARGEST_BYTES = 4 * 1024**3  # of documents; an object store takes up to 5 GiB in one request
AT_ONE_PURGE = 100


def ask_export(
    desk: Desk, actor: Actor, asked: AuditExportAsked, *, idempotency: str | None, under: str = "/period"
) -> StoredExport:
    """Ask for an export; a worker makes it. The same request again is the same export.

    Args:
        under: where the period stands in the request, for the pointers of faults.
    Raises:
        InvalidInput: the period runs backwards, reaches into the future, is too long or holds too much.
    """
    check_asked(desk, actor, asked, under=under)
    with desk.database.writing() as session:
        known = find_export_by_idempotency(session, idempotency)
        if known is not None:
            return known
        export_id = new_id("axp")
        job_id = enqueue(session, "export_audit", {"export_id": export_id}, idem_key=f"export:{export_id}")
        session.add(
            AuditExportRow(
                id=export_id,
                idempotency=idempotency,
                job_id=job_id,
                client_code=actor.client,
                asked_by=actor.name,
                first_day=asked.first_day,
                last_day=asked.last_day,
                sample_size=asked.sample_size,
                sample_seed=asked.sample_seed,
                created_at=clock.now(),
            )
        )
        audit.record(
            session, actor=actor.name, action="audit_export.asked", subject=export_id, client=actor.client,
            **_in_words(asked),
        )  # fmt: skip
    return read_export(desk, actor, export_id)


def check_asked(desk: Desk, actor: Actor, asked: AuditExportAsked, *, under: str) -> None:
    """Raise InvalidInput with every fault of a period."""
    faults = []
    if asked.first_day > asked.last_day:
        faults.append(Fault(f"{under}/to", "before_from", "The last day must not be before the first."))
    for name, day in (("from", asked.first_day), ("to", asked.last_day)):
        if day > clock.today():
            faults.append(Fault(f"{under}/{name}", "in_the_future", "Ask for days up to today (UTC)."))
    if (asked.last_day - asked.first_day).days >= LONGEST_DAYS:
        faults.append(Fault(f"{under}/to", "too_long", f"Ask for at most {LONGEST_DAYS} days at once."))
    if not faults and asked.sample_size is None:
        with desk.database.reading() as session:
            size = bytes_of_documents(session, asked, client=actor.client)
        if size > LARGEST_BYTES:
            faults.append(Fault(under, "too_large", "The documents exceed 4 GiB; ask for shorter periods."))
    if faults:
        raise InvalidInput("Nothing was exported.", *faults)


def read_export(desk: Desk, actor: Actor, export_id: str) -> StoredExport:
    """The export, if the caller may know of it; raises NotFound otherwise."""
    with desk.database.reading() as session:
        export = find_export(session, export_id)
    if export is None or not actor.may_see(export.client):
        raise NotFound("There is no such export.")
    return export


def find_exports(desk: Desk, actor: Actor, *, before: str | None = None, limit: int = 20) -> list[StoredExport]:
    """Exports newest first, up to ``limit + 1``."""
    with desk.database.reading() as session:
        return list_exports(session, client=actor.client, before=before, limit=limit + 1)


def wait_for_export(desk: Desk, actor: Actor, export_id: str, *, seconds: float) -> StoredExport:
    """The export as it stands when it is finished, or after so many seconds."""
    until = time.monotonic() + seconds
    while not (export := read_export(desk, actor, export_id)).is_finished and time.monotonic() < until:
        time.sleep(LOOK_SECONDS)
    return export


def export_content(desk: Desk, actor: Actor, export_id: str) -> IO[bytes]:
    """The archive as it was stored, checked against its digest; the download is written down. The caller closes it.

    Raises:
        NotFound: no such export, or its archive was deleted after 30 days. NotReady: it is not made yet.
        BlobDamaged, BlobMissing: the stored bytes changed; nothing is given out.
    """
    export = check_content(read_export(desk, actor, export_id))
    action = "audit_export.damaged"
    try:
        file = desk.blobs.open(export.sha256 or "")
        action = "audit_export.downloaded"
    finally:
        with desk.database.writing() as session:
            audit.record(session, actor=actor.name, action=action, subject=export.id, sha256=export.sha256)
    return file


def check_content(export: StoredExport) -> StoredExport:
    """The export, if it has an archive now; raises as :func:`export_content`."""
    if export.purged_at is not None:
        raise NotFound("The archive was deleted after 30 days. Ask for the same period again.")
    if export.sha256 is None:
        raise NotReady(f"The export is {export.status}; there is no archive.", export_status=export.status)
    return export


def make_export(desk: Desk, lease: Lease, payload: dict[str, Any]) -> None:
    """Make the archive and store it; whatever dies in between, it is done once."""
    with desk.database.reading() as session:
        export = find_export(session, payload["export_id"])
    if export is None:
        raise NotFound("There is no such export.")
    with _draft(desk) as file:
        composed = compose_export(desk, export.asked, export.client, file, _teller(desk, lease))
        size = file.seek(0, 2)
        sha256 = desk.blobs.put_file(file)
    with desk.database.writing() as session:
        lease.progress(session, done=composed.documents, total=composed.documents, failed=composed.faults)
        lease.commit(session)
        row = session.get_one(AuditExportRow, export.id)
        row.sha256, row.manifest_sha256, row.size = sha256, composed.manifest_sha256, size
        row.faults, row.finished_at = composed.faults, clock.now()
        audit.record(
            session, actor="system", action="audit_export.done", subject=export.id, sha256=sha256, bytes=size,
            **asdict(composed),
        )  # fmt: skip


def export_failed(desk: Desk, session: Session, payload: dict[str, Any], code: str) -> None:
    """Write down that there will be no archive; its job says why."""
    del desk
    audit.record(session, actor="system", action="audit_export.failed", subject=payload["export_id"], error=code)


def write_export(desk: Desk, actor: Actor, asked: AuditExportAsked, file: IO[bytes], progress: Progress) -> Composed:
    """Make an export at once, into a file of the caller's; it is written down before the caller gives it its name."""
    check_asked(desk, actor, asked, under="")
    composed = compose_export(desk, asked, actor.client, file, progress)
    with desk.database.writing() as session:
        audit.record(
            session, actor=actor.name, action="audit_export.written", subject="command line", client=actor.client,
            sha256=file_digest(file), **_in_words(asked), **asdict(composed),
        )  # fmt: skip
    return composed


def purge_exports(desk: Desk) -> None:
    """Delete archives that are 30 days old (a chore of the scheduler); the record of the export stays."""
    with desk.database.reading() as session:
        over = list_purgeable(session, before=clock.now() - KEPT_FOR, limit=AT_ONE_PURGE)
    for export_id in over:
        with desk.database.writing() as session:
            if is_export_unfinished(session):
                return  # it might turn out to be the same archive; there is a next hour
            row = session.get_one(AuditExportRow, export_id, with_for_update=True)
            if row.purged_at is not None:
                continue
            row.purged_at = clock.now()
            session.flush()
            if row.sha256 and not is_archive_kept(session, row.sha256):
                desk.blobs.delete(row.sha256)
            audit.record(session, actor=SYSTEM.name, action="audit_export.purged", subject=export_id, sha256=row.sha256)


def expires_at(export: StoredExport) -> datetime | None:
    """When its archive is deleted; None while there is none."""
    return export.finished_at + KEPT_FOR if export.finished_at else None


def archive_name(export: StoredExport) -> str:
    """The name under which its archive is saved."""
    sample = "-sample" if export.asked.sample_size else ""
    return f"taxdesk-{export.asked.first_day}-{export.asked.last_day}{sample}.zip"


def _in_words(asked: AuditExportAsked) -> dict[str, Any]:
    return {
        "from": asked.first_day.isoformat(),
        "to": asked.last_day.isoformat(),
        "sample_size": asked.sample_size,
        "sample_seed": asked.sample_seed,
    }


@contextmanager
def _draft(desk: Desk) -> Iterator[IO[bytes]]:
    """A file without a name on the data's own disk: it is gone with the process, however that ends."""
    folder = desk.settings.data_dir / "drafts"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            yield file
    except OSError as error:
        raise StorageUnavailable(f"The draft of an export could not be written ({type(error).__name__}).") from error


def _teller(desk: Desk, lease: Lease) -> Progress:
    """Writes down how far the work is, twice a second at most; a lease that was lost ends the work."""
    told = -TELL_SECONDS

    def tell(done: int, total: int, failed: int) -> None:
        nonlocal told
        if time.monotonic() - told < TELL_SECONDS:
            return
        told = time.monotonic()
        with desk.database.writing() as session:
            lease.progress(session, done=done, total=total, failed=failed)

    return tell
