"""``taxdesk rules import-sst``: what is in, what is refused, and the exit code of each."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from app.cli.rules import rules
from tests.sst_files import BOUNDARIES, RATES, write


@pytest.fixture(autouse=True)
def _desk(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAXDESK_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("TAXDESK_DATABASE_URL", sqlite_url)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(rules, ["import-sst", *map(str, arguments)])


def files(result: Result) -> Any:
    return json.loads(result.stdout)["files"]


def test_files_are_imported_and_a_second_time_nothing_changes(tmp_path: Path) -> None:
    paths = [
        write(tmp_path, "KSR2026Q4AUG19.csv", RATES),
        write(tmp_path, "KSB2026Q4AUG19.csv", BOUNDARIES),
    ]
    first = run(*paths)
    assert first.exit_code == 0
    assert "KSR2026Q4AUG19.csv: rates of KS for 2026Q4 imported, 9 rows" in first.stdout
    again = run(*paths, "--json")
    assert again.exit_code == 0
    assert [(one["state"], one["kind"], one["quarter"], one["result"]) for one in files(again)] == [
        ("KS", "rates", "2026Q4", "unchanged"),
        ("KS", "boundaries", "2026Q4", "unchanged"),
    ]


def test_a_refused_file_tells_its_faults_and_hinders_no_other(tmp_path: Path) -> None:
    bad = write(tmp_path, "KSR2026Q4AUG19.csv", (*RATES, "20,00"))
    good = write(tmp_path, "KSB2026Q4AUG19.csv", BOUNDARIES)
    told = run(bad, good)
    assert told.exit_code == 1
    assert "KSR2026Q4AUG19.csv:10: the line has 2 columns, not 9" in told.stdout
    assert "KSB2026Q4AUG19.csv: boundaries of KS for 2026Q4 imported" in told.stdout
    (refused,) = files(run(bad, "--json"))
    assert refused["faults"] == [{"line": 10, "detail": "the line has 2 columns, not 9"}]


def test_a_name_that_says_nothing_is_unknown(tmp_path: Path) -> None:
    told = run(write(tmp_path, "rates.csv", RATES))
    assert told.exit_code == 3
    assert "the name says no state" in told.stdout


@pytest.mark.parametrize("arguments", [(), ("nowhere/KSR2026Q4AUG19.csv",)])
def test_a_wrong_call_is_a_usage_fault(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2
