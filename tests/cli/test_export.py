"""``taxdesk export``: the whole archive or none, exit codes, and what a script and a person see."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app import clock
from app.cli.export import export
from app.desk import Desk, open_desk
from app.store.audit import read_events
from tests.conftest import make_settings
from tests.exported import put_documents, verify

TODAY = clock.today().isoformat()


@pytest.fixture
def desk(tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """The desk that the environment names, with three documents."""
    monkeypatch.chdir(tmp_path)
    settings = make_settings(tmp_path, database_url=sqlite_url)
    monkeypatch.setenv("TAXDESK_DATA_DIR", str(settings.data_dir))
    opened = open_desk(settings)
    put_documents(opened, 3)
    yield opened
    opened.close()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(export, arguments)


def day(text: str = "") -> str:
    return text or clock.today().isoformat()


def test_a_period_is_written_and_genuine(desk: Desk, tmp_path: Path) -> None:
    done = run("--from", day(), "--to", day(), "--out", "period.zip", "--json")
    assert (done.exit_code, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert (told["documents"], told["left_out"], told["faults"]) == (3, 0, 0)
    assert told["bytes"] == (tmp_path / "period.zip").stat().st_size
    assert verify(tmp_path / "period.zip").returncode == 0
    with desk.database.reading() as session:
        last = read_events(session)[-1]
    assert (last.action, last.facts["from"], last.facts["sha256"]) == ("audit_export.written", day(), told["sha256"])


def test_a_person_reads_a_sentence(desk: Desk) -> None:
    done = run("--from", day(), "--to", day(), "--out", "period.zip", "--sample", "2", "--seed", "Q1")
    assert done.exit_code == 0
    assert done.stdout.startswith("period.zip: 2 documents, SHA-256 ")


def test_a_finding_is_exit_code_1_and_the_archive_is_there(desk: Desk, tmp_path: Path) -> None:
    with desk.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE documents SET sha256 = 'ff' WHERE number = 'T-000001'")
    done = run("--from", day(), "--to", day(), "--out", "period.zip")
    assert done.exit_code == 1
    assert "faults: 1" in done.stdout
    assert zipfile.is_zipfile(tmp_path / "period.zip")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--from", TODAY],
        ["--from", TODAY, "--to", "2020-01-01", "--out", "x.zip"],
        ["--from", TODAY, "--to", "2099-01-01", "--out", "x.zip"],
        ["--from", "2020-01-01", "--to", TODAY, "--out", "x.zip"],
        ["--from", "1.3.2026", "--to", TODAY, "--out", "x.zip"],
        ["--from", TODAY, "--to", TODAY, "--out", "no/folder/x.zip"],
        ["--from", TODAY, "--to", TODAY, "--out", "x.zip", "--sample", "2"],
        ["--from", TODAY, "--to", TODAY, "--out", "x.zip", "--seed", "a"],
        ["--from", TODAY, "--to", TODAY, "--out", "x.zip", "--sample", "0", "--seed", "a"],
        ["--from", TODAY, "--to", TODAY, "--out", "x.zip", "--sample", "2", "--seed", " "],
    ],
)
def test_wrong_usage_is_exit_code_2_and_leaves_nothing(desk: Desk, tmp_path: Path, arguments: list[str]) -> None:
    before = sorted(tmp_path.iterdir())
    done = run(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr
    assert sorted(tmp_path.iterdir()) == before


def test_what_lay_there_stays_until_the_new_one_is_whole(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "period.zip"
    out.write_bytes(b"the one of last week")

    def broken(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr("app.services.export_audit.compose_export", broken)
        assert run("--from", day(), "--to", day(), "--out", str(out)).exit_code == 1
    assert out.read_bytes() == b"the one of last week"
    assert [path.name for path in tmp_path.glob("*.zip*")] == ["period.zip"]
    assert run("--from", day(), "--to", day(), "--out", str(out)).exit_code == 0
    assert zipfile.is_zipfile(out)


def test_a_database_that_is_down_is_exit_code_5(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAXDESK_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("TAXDESK_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    done = run("--from", day(), "--to", day(), "--out", str(tmp_path / "x.zip"))
    assert done.exit_code == 5
    assert "does not answer" in done.stderr
    assert not (tmp_path / "x.zip").exists()


def test_progress_is_for_a_terminal_on_standard_error(desk: Desk, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "app.cli", "export", "--from", day(), "--to", day(), "--out", "t.zip"]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    master, terminal = os.openpty()
    try:
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=terminal, check=True
        )
        os.close(terminal)
        shown = os.read(master, 4096).decode()
    finally:
        os.close(master)
    assert "3/3 documents" in shown
    assert done.stdout.decode().startswith("t.zip: 3 documents")


def test_yesterday_was_empty_and_that_is_an_export(desk: Desk, tmp_path: Path) -> None:
    yesterday = (clock.today() - timedelta(days=1)).isoformat()
    assert run("--from", yesterday, "--to", yesterday, "--out", "none.zip").exit_code == 0
    assert "genuine: 0 documents" in verify(tmp_path / "none.zip").stdout
