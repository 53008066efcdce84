"""``taxdesk rules``: soundness of the book, and the row that says so."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from app.cli.rules import rules
from tax_rules.rulebook import DATA


def run(*arguments: str) -> Result:
    return CliRunner().invoke(rules, arguments)


def members(result: Result) -> Any:
    return json.loads(result.stdout)


def test_the_shipped_book_is_sound() -> None:
    result = run("check")
    assert result.exit_code == 0
    assert "are sound" in result.stdout
    found = members(run("check", "--json"))
    assert found["sound"] is True
    assert found["rows"] > 600
    assert len(found["rulebook"]["sha256"]) == 64


def test_a_book_with_faults_tells_each_with_file_and_line(tmp_path: Path) -> None:
    shutil.copytree(DATA, tmp_path / "data")
    file = tmp_path / "data" / "vat" / "standard_rate" / "de.yaml"
    file.write_text(file.read_text("utf-8").replace('"19"', "19"), "utf-8")
    result = run("check", "--data", str(tmp_path / "data"))
    assert result.exit_code == 1
    assert "vat/standard_rate/de.yaml:6: value 19 must be quoted" in result.stdout
    found = members(run("check", "--data", str(tmp_path / "data"), "--json"))
    assert [fault["line"] for fault in found["faults"]] == [6, 8]


def test_a_row_is_explained_with_its_law_and_its_neighbours() -> None:
    result = run("explain", "vat.standard_rate", "DE", "2020-08-01")
    assert result.exit_code == 0
    assert result.stdout.startswith("vat.standard_rate in DE on 2020-08-01: 16 %\n")
    assert "-> from 2020-07-01" in result.stdout
    assert "UStG § 28(1)" in result.stdout
    found = members(run("explain", "vat.standard_rate", "DE", "2020-08-01", "--json"))
    assert (found["row"]["value"], found["row"]["from"]) == ("16", "2020-07-01")
    assert [row["value"] for row in found["neighbours"]] == ["19", "19"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("vat.standard_rate", "ZZ", "2026-01-01"), "has no rows for ZZ"),
        (("vat.wealth", "DE", "2026-01-01"), "parameters are"),
        (("vat.standard_rate", "AE", "2017-12-31"), "nothing in force"),
        (("vat.second_reduced_rate", "GB", "2022-04-01"), "nothing in force"),
    ],
)
def test_what_is_not_in_force_is_unknown_and_not_zero(arguments: tuple[str, str, str], words: str) -> None:
    result = run("explain", *arguments)
    assert result.exit_code == 3
    assert words in result.stdout
    assert members(run("explain", *arguments, "--json"))["row"] is None


@pytest.mark.parametrize(
    "arguments", [("explain",), ("explain", "vat.standard_rate", "DE", "2020-02-30"), ("explain", "a", "b", "soon")]
)
def test_a_wrong_call_is_a_usage_fault(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2


def test_other_units_than_percent_are_told_too() -> None:
    assert "true" in run("explain", "vat.eu_membership", "FR", "2026-01-01").stdout
    assert "ended" in run("explain", "vat.eu_membership", "GB", "2026-01-01").stdout
    assert "Autoliquidation" in run("explain", "vat.reverse_charge_mention", "fr", "2026-01-01").stdout
