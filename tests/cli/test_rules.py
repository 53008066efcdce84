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


def test_rows_that_make_no_sense_together_are_told_by_name(tmp_path: Path) -> None:
    shutil.copytree(DATA, tmp_path / "data")
    file = tmp_path / "data" / "vat" / "standard_rate" / "gb.yaml"
    file.write_text(file.read_text("utf-8").replace("confidence: medium", "confidence: high"), "utf-8")
    result = run("check", "--data", str(tmp_path / "data"))
    assert result.exit_code == 1
    assert "vat.standard_rate/GB/2011-01-04: confidence is high" in result.stdout
    (fault,) = members(run("check", "--data", str(tmp_path / "data"), "--json"))["faults"]
    assert (fault["code"], fault["row"]) == ("overstated", "vat.standard_rate/GB/2011-01-04")


def published(tmp_path: Path, standard: float) -> Path:
    entry = {"standard": standard, "reduced": [7.0], "super_reduced": None, "parking": None, "eu_member": True}
    file = tmp_path / "node_modules" / "eu-vat-rates-data" / "data" / "eu-vat-rates-data.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"version": "2026-09-29", "rates": {"DE": entry}}), "utf-8")
    return file


AGAINST = ("diff", "--against", "eu-vat-rates-data")


def test_the_nightly_alarm_is_silent_while_the_rates_agree(tmp_path: Path) -> None:
    file = published(tmp_path, 19.0)
    result = run(*AGAINST, "--file", str(file))
    assert (result.exit_code, result.stdout.splitlines()[0].split(":")[0]) == (0, "1 countries on 2026-09-29")
    assert members(run(*AGAINST, "--file", str(file), "--json"))["same"] is True


def test_the_nightly_alarm_tells_each_difference(tmp_path: Path) -> None:
    file = published(tmp_path, 20.0)
    result = run(*AGAINST, "--file", str(file))
    assert result.exit_code == 1
    assert result.stdout.startswith("DE standard: ours 19, theirs 20\n")
    result = run(*AGAINST, "--file", str(file), "--json")
    assert result.exit_code == 1
    (told,) = members(result)["differences"]
    assert (told["country"], told["ours"], told["theirs"], told["accepted"]) == ("DE", "19", "20", None)


def test_the_installed_package_is_found_and_its_absence_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    absent = run(*AGAINST)
    assert absent.exit_code == 3
    assert "not installed here" in absent.stdout
    published(tmp_path, 19.0)
    assert run(*AGAINST).exit_code == 0
    package = tmp_path / "site" / "eu_vat_rates_data"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise SystemExit('data is read, not run')", "utf-8")
    (tmp_path / "node_modules").rename(package / "data")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    assert run(*AGAINST).exit_code == 0


def test_another_file_than_the_list_is_a_usage_fault(tmp_path: Path) -> None:
    file = tmp_path / "other.json"
    file.write_bytes(b"\xff{}")
    assert run(*AGAINST, "--file", str(file)).exit_code == 2
    file.write_text("{}", "utf-8")
    assert run(*AGAINST, "--file", str(file)).exit_code == 2
    assert run("diff", "--against", "hearsay").exit_code == 2


def test_coverage_says_places_and_products_with_dates_and_confidence() -> None:
    found = members(run("coverage", "--json"))
    germany = next(entry for entry in found["countries"] if entry["code"] == "DE")
    standard = next(each for each in germany["parameters"] if each["parameter"] == "vat.standard_rate")
    assert standard == {"parameter": "vat.standard_rate", "since": "2007-01-01", "confidence": "high"}
    assert {entry["code"] for entry in found["provinces"]} >= {"CA-ON", "CA-QC", "CA-AB"}
    assert {entry["code"] for entry in found["products"]} >= {"ebook", "book", "saas"}
    assert "AF" in found["uncovered"]
    assert not {entry["code"] for entry in found["countries"]} & set(found["uncovered"])
    text = run("coverage")
    assert text.exit_code == 0
    assert "vat.standard_rate                        from 2007-01-01  high" in text.stdout
