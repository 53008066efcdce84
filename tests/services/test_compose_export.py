"""The archive of a period: it proves itself, whoever alters it is named, and nothing is passed over in silence."""

import ast
import csv
import hashlib
import io
import json
import re
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import text

from app.actor import SYSTEM, Actor
from app.blobs import LocalBlobs
from app.desk import Desk, open_desk
from app.errors import InvalidInput
from app.facts import AuditExportAsked
from app.services.compose_export import ENCLOSED, Composed
from app.services.export_audit import LARGEST_BYTES, check_asked, write_export
from app.store.audit import GENESIS
from tests.conftest import make_settings
from tests.exported import Files, altered, draw, files_of, put_documents, verify

MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)
TUESDAY = datetime(2026, 3, 3, 12, tzinfo=UTC)
THURSDAY = datetime(2026, 3, 5, 12, tzinfo=UTC)
FRIDAY = datetime(2026, 3, 6, 12, tzinfo=UTC)
TUESDAY_ONLY = AuditExportAsked(first_day=date(2026, 3, 3), last_day=date(2026, 3, 3))
WEEK = AuditExportAsked(first_day=date(2026, 3, 2), last_day=date(2026, 3, 5))


def write(desk: Desk, folder: Path, asked: AuditExportAsked = WEEK, name: str = "export.zip") -> tuple[Path, Composed]:
    """Export a period on the Friday after it."""
    path = folder / name
    with time_machine.travel(FRIDAY), path.open("w+b") as file:
        composed = write_export(desk, SYSTEM, asked, file, lambda *_: None)
    return path, composed


@pytest.fixture
def trail(desk: Desk) -> dict[str, list[str]]:
    """Documents of three days; one of Tuesday's is drawn on Thursday only."""
    return put_trail(desk)


def put_trail(desk: Desk) -> dict[str, list[str]]:
    made = {}
    with time_machine.travel(MONDAY):
        made["monday"] = put_documents(desk, 3, series="MON")
    with time_machine.travel(TUESDAY):
        made["tuesday"] = put_documents(desk, 4, series="TUE")
        made["late"] = put_documents(desk, 1, series="LATE", ready=False)
    with time_machine.travel(THURSDAY):
        draw(desk, made["late"][0])
        made["thursday"] = put_documents(desk, 2, series="THU")
    return made


@pytest.fixture
def export(desk: Desk, trail: dict[str, list[str]], tmp_path: Path) -> Path:
    return write(desk, tmp_path)[0]


@pytest.fixture(scope="module")
def _made(tmp_path_factory: pytest.TempPathFactory, _sqlite_template: Path) -> bytes:
    folder = tmp_path_factory.mktemp("made")
    database = folder / "var" / "taxdesk.sqlite3"
    database.parent.mkdir()
    database.write_bytes(_sqlite_template.read_bytes())
    opened = open_desk(make_settings(folder))
    put_trail(opened)
    path, _ = write(opened, folder)
    opened.close()
    return path.read_bytes()


@pytest.fixture
def handed_over(_made: bytes, tmp_path: Path) -> Path:
    """An export in other hands; which database it came from does not matter any more."""
    path = tmp_path / "export.zip"
    path.write_bytes(_made)
    return path


def manifest_of(path: Path) -> dict:
    return json.loads(files_of(path)["manifest.json"])


def rows(path: Path, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(files_of(path)[name].decode("utf-8-sig"))))


def test_an_export_is_genuine_for_a_python_that_knows_nothing_of_us(export: Path) -> None:
    done = verify(export)
    assert (done.returncode, done.stderr) == (0, "")
    assert "genuine: 10 documents" in done.stdout
    manifest = files_of(export)["manifest.json"]
    assert hashlib.sha256(manifest).hexdigest() in done.stdout
    assert json.loads(manifest)["chain"]["after"] in done.stdout


def test_unpacked_it_is_verified_without_naming_it(export: Path, tmp_path: Path) -> None:
    folder = tmp_path / "unpacked"
    with zipfile.ZipFile(export) as archive:
        archive.extractall(folder)
    command = [sys._base_executable, "-I", str(folder / "verify.py")]  # type: ignore[attr-defined]
    assert subprocess.run(command, capture_output=True, env={}, check=False).returncode == 0
    (folder / "documents" / "MORE.pdf").write_bytes(b"%PDF")
    more = subprocess.run(command, capture_output=True, text=True, env={}, check=False)
    assert (more.returncode, more.stderr) == (1, "altered: documents/MORE.pdf: is not listed in manifest.json\n")


def test_the_verifier_is_short_and_speaks_python_3_8() -> None:
    source = (ENCLOSED / "verify.py").read_text("utf-8")
    assert source.count("\n") <= 100
    ast.parse(source, feature_version=(3, 8))
    imported = set(re.findall(r"^(?:import|from) (\w+)", source, flags=re.MULTILINE))
    assert imported <= {"hashlib", "json", "sys", "zipfile", "pathlib"}


def test_every_file_is_what_the_readme_says(export: Path) -> None:
    readme = (ENCLOSED / "README.txt").read_text("utf-8")
    for name in files_of(export).keys() - {"README.txt"}:
        assert name.split("/")[0] in readme, name
    reasons = set(re.findall(r"\b(?:file|record|not)_\w+", readme))
    sources = (Path(__file__).parents[2] / "app" / "services" / "compose_export.py").read_text("utf-8")
    assert reasons == set(re.findall(r'"((?:file|record|not)_\w+)"', sources))


def test_the_tables_list_what_the_folders_hold(export: Path, trail: dict[str, list[str]]) -> None:
    listed = rows(export, "documents.csv")
    files = files_of(export)
    assert [row["id"] for row in listed] == [*trail["monday"], *trail["tuesday"], *trail["late"], *trail["thursday"]]
    for row in listed:
        assert hashlib.sha256(files[row["file"]]).hexdigest() == row["sha256"]
        assert row["file"] == f"documents/{row['number']}.pdf"
    assert len(rows(export, "audit_events.csv")) == files["audit_events.ndjson"].count(b"\n") == 20
    assert manifest_of(export)["included"] == {
        "documents": 10,
        "rows": {
            "documents.csv": 10,
            "orders.csv": 0,
            "adjustments.csv": 0,
            "decisions.csv": 0,
            "tax_id_checks.csv": 0,
            "audit_events.csv": 20,
        },
    }


def test_the_same_data_gives_the_same_bytes(desk: Desk, export: Path, tmp_path: Path) -> None:
    again, _ = write(desk, tmp_path, name="again.zip")
    assert again.read_bytes() == export.read_bytes()
    with zipfile.ZipFile(export) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_period_without_anything_is_an_export_too(desk: Desk, trail: dict[str, list[str]], tmp_path: Path) -> None:
    nothing = AuditExportAsked(first_day=date(2026, 3, 4), last_day=date(2026, 3, 4))
    path, composed = write(desk, tmp_path, nothing)
    assert (composed.documents, composed.faults, verify(path).returncode) == (0, 0, 0)
    chain = manifest_of(path)["chain"]
    assert chain["before"] == chain["after"] != GENESIS
    before_all = AuditExportAsked(first_day=date(2026, 1, 1), last_day=date(2026, 1, 2))
    assert manifest_of(write(desk, tmp_path, before_all)[0])["chain"]["before"] == GENESIS


def test_the_chain_goes_on_to_the_day_on_which_the_last_document_was_drawn(
    desk: Desk, trail: dict[str, list[str]], tmp_path: Path
) -> None:
    path, composed = write(desk, tmp_path, TUESDAY_ONLY)
    manifest = manifest_of(path)
    assert [day["day"] for day in manifest["chain"]["days"]] == ["2026-03-03", "2026-03-05"]
    assert composed.documents == 5
    assert "documents/LATE-000001.pdf" in files_of(path)
    assert "documents/THU-000001.pdf" not in files_of(path)
    assert {row["day"] for row in rows(path, "audit_events.csv")} == {"2026-03-03"}
    assert verify(path).returncode == 0
    week = manifest_of(write(desk, tmp_path)[0])["chain"]["days"]
    assert manifest["chain"]["before"] == week[0]["head"], "two exports join"


def test_a_document_that_is_not_drawn_is_named_and_is_no_fault(desk: Desk, tmp_path: Path) -> None:
    with time_machine.travel(TUESDAY):
        put_documents(desk, 1, ready=False)
    path, composed = write(desk, tmp_path)
    assert (composed.left_out, composed.faults) == (1, 0)
    done = verify(path)
    assert (done.returncode, "left out: T-000001 (not_ready)" in done.stdout) == (0, True)
    assert rows(path, "documents.csv")[0]["left_out"] == "not_ready"


# --- a sample


def draw_sample(ids: Iterable[str], seed: str, size: int) -> set[str]:
    """What a sample of this seed must hold, by the rule that the manifest states."""
    return set(sorted(ids, key=lambda document: hashlib.sha256(f"{seed}\n{document}".encode()).digest())[:size])


def test_a_sample_can_be_drawn_again_by_anybody(desk: Desk, trail: dict[str, list[str]], tmp_path: Path) -> None:
    asked = AuditExportAsked(first_day=WEEK.first_day, last_day=WEEK.last_day, sample_size=4, sample_seed="Q1 ✓")
    path, composed = write(desk, tmp_path, asked)
    assert composed.documents == 4
    everything = [document for made in trail.values() for document in made]
    listed = rows(path, "documents.csv")
    assert {row["id"] for row in listed if row["file"]} == draw_sample(everything, "Q1 ✓", 4)
    assert len(listed) == 10, "the tables stay complete"
    assert {row["left_out"] for row in listed if not row["file"]} == {"not_sampled"}
    assert manifest_of(path)["not_sampled"] == 6
    assert verify(path).returncode == 0


def test_a_sample_that_was_chosen_by_hand_is_found(desk: Desk, trail: dict[str, list[str]], tmp_path: Path) -> None:
    path, _ = write(
        desk,
        tmp_path,
        AuditExportAsked(first_day=WEEK.first_day, last_day=WEEK.last_day, sample_size=4, sample_seed="Q1"),
    )
    everything = [document for made in trail.values() for document in made]
    other = next(  # the ids are random, and two seeds may well draw the same four of ten
        seed
        for seed in (f"Q{number}" for number in range(2, 100))
        if draw_sample(everything, seed, 4) != draw_sample(everything, "Q1", 4)
    )

    def other_seed(files: Files) -> None:
        manifest = json.loads(files["manifest.json"])
        manifest["sample"]["seed"] = other
        files["manifest.json"] = json.dumps(manifest).encode()

    done = verify(altered(path, other_seed, mended=True))
    assert (done.returncode, "sample" in done.stderr) == (1, True)


# --- somebody alters it


def flip(files: Files, name: str, where: int) -> None:
    changed = bytearray(files[name])
    changed[where] ^= 1
    files[name] = bytes(changed)


def change_event(files: Files, position: int, change: Callable[[list[bytes]], None]) -> None:
    lines = files["audit_events.ndjson"].splitlines(keepends=True)
    change(lines)
    files["audit_events.ndjson"] = b"".join(lines)


def another_actor(lines: list[bytes]) -> None:
    lines[3] = lines[3].replace(b'"actor":"system"', b'"actor":"nobody"')


def swap_documents(files: Files) -> None:
    one, other = "documents/MON-000001.pdf", "documents/TUE-000001.pdf"
    files[one], files[other] = files[other], files[one]


ALTERATIONS: dict[str, tuple[Callable[[Files], None], str]] = {
    "a byte of a PDF": (lambda files: flip(files, "documents/TUE-000002.pdf", 40), "documents/TUE-000002.pdf"),
    "an event": (lambda files: change_event(files, 3, another_actor), "event 4 of 2026-03-02"),
    "a removed event": (lambda files: change_event(files, 7, lambda lines: lines.pop(7)), "event 2 of 2026-03-03"),
    "a removed last event": (lambda files: change_event(files, 0, lambda lines: lines.pop()), "event 5 of 2026-03-05"),
    "a doubled event": (
        lambda files: change_event(files, 0, lambda lines: lines.insert(1, lines[0])),
        "event 2 of 2026-03-02",
    ),
    "an added event": (
        lambda files: change_event(files, 0, lambda lines: lines.append(lines[-1])),
        "audit_events.ndjson",
    ),
    "events that changed places": (
        lambda files: change_event(files, 0, lambda lines: lines.insert(0, lines.pop(1))),
        "event 1 of 2026-03-02",
    ),
    "a line that is no JSON": (
        lambda files: change_event(files, 0, lambda lines: lines.__setitem__(2, b"{\n")),
        "event 3 of 2026-03-02",
    ),
    "two swapped documents": (swap_documents, "documents/MON-000001.pdf"),
    "a removed document": (lambda files: files.pop("documents/THU-000002.pdf"), "THU-000002"),
    "an added document": (
        lambda files: files.__setitem__("documents/X.pdf", b"%PDF"),
        "documents/X.pdf",
    ),
}
UNCHAINED: dict[str, tuple[Callable[[Files], None], str]] = {
    "a cell": (
        lambda files: files.__setitem__("documents.csv", files["documents.csv"].replace(b",en,", b",de,", 1)),
        "documents.csv",
    ),
    "the verifier": (lambda files: files.__setitem__("verify.py", files["verify.py"] + b"#\n"), "verify.py"),
    "a removed table": (lambda files: files.pop("orders.csv"), "orders.csv"),
    "an added file": (lambda files: files.__setitem__("notes.txt", b"hello"), "notes.txt"),
    "no manifest": (lambda files: files.pop("manifest.json"), "manifest.json"),
    "an empty manifest": (lambda files: files.__setitem__("manifest.json", b""), "manifest.json"),
    "a manifest that is no object": (lambda files: files.__setitem__("manifest.json", b"[]"), "manifest.json"),
}


@pytest.mark.parametrize("mended", [False, True], ids=["plainly", "with a mended manifest"])
@pytest.mark.parametrize("what", ALTERATIONS)
def test_what_the_chain_covers_cannot_be_altered_even_with_a_mended_manifest(
    handed_over: Path, what: str, mended: bool
) -> None:
    change, place = ALTERATIONS[what]
    done = verify(altered(handed_over, change, mended=mended))
    assert done.returncode == 1
    assert done.stderr.startswith("altered: ")
    assert place in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("what", UNCHAINED)
def test_what_only_the_manifest_covers_cannot_be_altered_without_it(handed_over: Path, what: str) -> None:
    change, place = UNCHAINED[what]
    done = verify(altered(handed_over, change, mended=False))
    assert (done.returncode, place in done.stderr) == (1, True), done.stderr
    assert "Traceback" not in done.stderr


def test_a_damaged_zip_is_named_by_the_file_that_cannot_be_read(handed_over: Path) -> None:
    whole = handed_over.read_bytes()
    inside = whole.index(b"%PDF-1.7 TUE 1 ") + 20
    handed_over.write_bytes(whole[:inside] + b"X" + whole[inside + 1 :])
    done = verify_in_place(handed_over)
    assert (done.returncode, done.stderr) == (
        1,
        "altered: documents/TUE-000002.pdf: cannot be read (BadZipFile)\n",
    )
    handed_over.write_bytes(whole[: len(whole) // 2])
    assert verify_in_place(handed_over).returncode == 1


def verify_in_place(export: Path) -> subprocess.CompletedProcess[str]:
    command = [sys._base_executable, "-I", str(ENCLOSED / "verify.py"), str(export)]  # type: ignore[attr-defined]
    return subprocess.run(command, capture_output=True, text=True, env={}, check=False)


# --- the house itself is damaged: the export is made, and says so


def blob_path(desk: Desk, document: str) -> Path:
    with desk.database.reading() as session:
        sha256 = session.scalar(text("SELECT sha256 FROM documents WHERE id = :id"), {"id": document})
    assert isinstance(desk.blobs, LocalBlobs)
    return desk.blobs._path(sha256)


def test_a_stored_file_that_was_altered_or_lost_is_left_out_and_counted(
    desk: Desk, trail: dict[str, list[str]], tmp_path: Path
) -> None:
    damaged, lost = blob_path(desk, trail["monday"][0]), blob_path(desk, trail["monday"][1])
    damaged.chmod(0o640)
    damaged.write_bytes(b"%PDF another")
    lost.unlink()
    path, composed = write(desk, tmp_path)
    assert (composed.documents, composed.left_out, composed.faults) == (8, 2, 2)
    reasons = {entry["number"]: entry["reason"] for entry in manifest_of(path)["excluded"]}
    assert reasons == {"MON-000001": "file_damaged", "MON-000002": "file_missing"}
    assert "left out: MON-000001 (file_damaged)" in verify(path).stdout


DATABASE_ALTERATIONS = {
    "another digest": ("UPDATE documents SET sha256 = 'ff' WHERE number = 'MON-000001'", "record_differs_from_trail"),
    "another number": (
        "UPDATE documents SET number = 'MON-9' WHERE number = 'MON-000001'",
        "record_differs_from_trail",
    ),
    "a removed row": ("DELETE FROM documents WHERE number = 'MON-000001'", "record_missing"),
}


@pytest.mark.parametrize("what", DATABASE_ALTERATIONS)
def test_a_row_that_says_otherwise_than_the_trail_is_found(
    desk: Desk, trail: dict[str, list[str]], tmp_path: Path, what: str
) -> None:
    statement, reason = DATABASE_ALTERATIONS[what]
    with desk.database.engine.begin() as connection:
        assert connection.execute(text(statement)).rowcount == 1
    path, composed = write(desk, tmp_path)
    assert composed.faults == 1
    assert manifest_of(path)["excluded"] == [{"document": trail["monday"][0], "number": "MON-000001", "reason": reason}]


def test_a_document_that_no_event_tells_of_is_named(desk: Desk, trail: dict[str, list[str]], tmp_path: Path) -> None:
    with desk.database.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO documents (id, idempotency, kind, number, code, language, issued_on, facts, status, "
                "created_at) SELECT 'doc_slipped_in', 'x', kind, 'SLIPPED-1', 'x', language, issued_on, facts, status, "
                "created_at FROM documents WHERE number = 'MON-000001'"
            )
        )
    path, composed = write(desk, tmp_path)
    assert composed.faults == 1
    assert manifest_of(path)["excluded"] == [
        {"document": "doc_slipped_in", "number": "SLIPPED-1", "reason": "not_in_trail"}
    ]
    assert rows(path, "documents.csv")[-1]["left_out"] == "not_in_trail"
    assert verify(path).returncode == 0


def test_a_trail_that_was_altered_in_the_database_is_exported_as_it_is_and_found(
    desk: Desk, trail: dict[str, list[str]], tmp_path: Path
) -> None:
    with desk.database.engine.begin() as connection:
        if desk.database.is_sqlite:
            connection.execute(text("DROP TRIGGER audit_events_no_update"))
        else:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        changed = "UPDATE audit_events SET actor = 'user:somebody' WHERE day = '2026-03-03' AND position = 2"
        assert connection.execute(text(changed)).rowcount == 1
    path, composed = write(desk, tmp_path)
    assert composed.faults == 1
    assert manifest_of(path)["chain"]["faults"] == [
        {"day": "2026-03-03", "position": 2, "why": "the event was changed after it was written"}
    ]
    assert "event 2 of 2026-03-03" in verify(path).stderr


# --- what is asked for


@pytest.mark.parametrize(
    ("first", "last", "pointers"),
    [
        (date(2026, 3, 3), date(2026, 3, 2), {("/to", "before_from")}),
        (date(2026, 3, 7), date(2026, 3, 7), {("/from", "in_the_future"), ("/to", "in_the_future")}),
        (date(2026, 3, 1), date(2026, 3, 7), {("/to", "in_the_future")}),
        (date(2025, 3, 1), date(2026, 3, 2), {("/to", "too_long")}),
    ],
)
def test_a_period_that_cannot_be_is_refused(
    desk: Desk, first: date, last: date, pointers: set[tuple[str, str]]
) -> None:
    with time_machine.travel(FRIDAY), pytest.raises(InvalidInput) as refusal:
        check_asked(desk, SYSTEM, AuditExportAsked(first_day=first, last_day=last), under="")
    assert {(fault.pointer, fault.code) for fault in refusal.value.faults} == pointers


def test_a_year_is_not_too_long_and_today_is_no_future(desk: Desk) -> None:
    with time_machine.travel(FRIDAY):
        asked = AuditExportAsked(first_day=date(2025, 3, 6), last_day=date(2026, 3, 6))
        check_asked(desk, SYSTEM, asked, under="")


def test_more_than_a_store_takes_at_once_is_refused_before_it_is_read(desk: Desk, trail: dict[str, list[str]]) -> None:
    with desk.database.engine.begin() as connection:
        half = LARGEST_BYTES // 4
        connection.execute(text("UPDATE documents SET size = :size WHERE number LIKE 'TUE-%'"), {"size": half})
    with time_machine.travel(FRIDAY):
        with pytest.raises(InvalidInput) as refusal:
            check_asked(desk, SYSTEM, WEEK, under="/period")
        assert [(fault.pointer, fault.code) for fault in refusal.value.faults] == [("/period", "too_large")]
        check_asked(desk, Actor("key:bound", client="nobody"), WEEK, under="/period")


def test_memory_does_not_grow_with_the_documents(desk: Desk, tmp_path: Path) -> None:
    with time_machine.travel(TUESDAY):
        put_documents(desk, 600, bytes_each=100_000)
    tracemalloc.start()
    try:
        path, composed = write(desk, tmp_path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert composed.documents == 600
    assert path.stat().st_size > 60_000_000
    assert peak < 12_000_000
    assert verify(path).returncode == 0
