"""``taxdesk tax-ids check``: one number against the double, many lines offline."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from app.cli.registers import registers
from app.cli.tax_ids import LONGEST_LINE, tax_ids
from app.registers.double import RegisterDouble
from app.registers.double_vies import OUTCOMES, magic_number

CODES = {outcome: code for code, outcome in OUTCOMES.items()}


@pytest.fixture
def double(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[RegisterDouble]:
    monkeypatch.chdir(tmp_path)
    with RegisterDouble() as running:
        monkeypatch.setenv("TAXDESK_REGISTERS", "double")
        monkeypatch.setenv("TAXDESK_VIES_URL", running.vies_url)
        yield running


def _run(*arguments: str, stdin: bytes | str | None = None) -> Result:
    return CliRunner().invoke(tax_ids, ["check", *arguments], input=stdin)


def _lines(*requests: Any) -> tuple[int, list[dict[str, Any]]]:
    text = "\n".join(r if isinstance(r, str) else json.dumps(r) for r in requests)
    result = _run("--offline", "-", stdin=text)
    return result.exit_code, [json.loads(line) for line in result.output.splitlines()]


@pytest.mark.parametrize(
    ("outcome", "status", "exit_code"),
    [
        ("valid", "verified", 0),
        ("invalid", "unverified", 1),
        ("MS_UNAVAILABLE", "unavailable", 5),
        ("VAT_BLOCKED", "unavailable", 5),
        ("html", "unavailable", 5),
    ],
)
def test_the_exit_code_tells_what_the_register_said(
    double: RegisterDouble, outcome: str, status: str, exit_code: int
) -> None:
    result = _run("FR", magic_number("FR", CODES[outcome]), "--requester", "DE136695976", "--json")
    said = json.loads(result.output)
    assert (result.exit_code, said["status"], said["format"]["valid"]) == (exit_code, status, True)
    assert said["register"]["name"] == "VIES"
    assert bool(said["register"]["consultation_number"]) == (status in {"verified", "unverified"})


def test_a_number_that_cannot_be_right_is_not_sent_to_anybody(double: RegisterDouble) -> None:
    result = _run("DE", "DE136695967")
    assert result.exit_code == 1
    assert "DE136695976" in result.output
    assert double.vies.times_asked("DE", "136695967") == 0


def test_a_country_without_a_rule_is_unknown(double: RegisterDouble) -> None:
    assert _run("US", "12-3456789").exit_code == 3


def test_a_country_without_a_register_is_checked_in_form_only(double: RegisterDouble) -> None:
    result = _run("AU", "83 914 571 673", "--json")
    said = json.loads(result.output)
    assert (result.exit_code, said["status"], said["register"]) == (0, "not_checked", None)


def test_nobody_is_asked_when_registers_are_off(double: RegisterDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAXDESK_REGISTERS", "off")
    assert _run("DE", "DE136695976").exit_code == 0
    assert double.vies.times_asked("DE", "136695976") == 0


def test_offline_asks_nobody(double: RegisterDouble) -> None:
    result = _run("--offline", "de", "136 695 976", "--json")
    assert (result.exit_code, json.loads(result.output)["number"]) == (0, "DE136695976")
    assert double.vies.times_asked("DE", "136695976") == 0


@pytest.mark.parametrize("arguments", [(), ("DE",), ("--offline", "a", "b", "c"), ("--offline", "no such file")])
def test_arguments_that_make_no_sense_are_a_usage_error(arguments: tuple[str, ...]) -> None:
    assert _run(*arguments).exit_code == 2


def test_lines_are_answered_in_their_order_with_the_object_of_the_api() -> None:
    code, said = _lines(
        {"country": "FR", "number": "FR40391895109"},
        {"country": "FR", "number": "FR40391895190", "kind": "vat"},
        {"country": "US", "number": "1"},
        {"country": "AU", "number": "83914571673", "kind": "gst", "mode": "register", "name": "Example Pty Ltd"},
    )
    assert code == 0
    assert [one["number"] for one in said] == ["FR40391895109", "FR40391895190", "1", "83914571673"]
    assert [one["status"] for one in said] == ["not_checked", "malformed", "not_checked", "not_checked"]
    assert [one["format"]["valid"] for one in said] == [True, False, None, True]
    assert said[1]["format"]["suggestion"] == "FR40391895109"
    assert {one["id"] for one in said} == {None}


def test_a_refused_line_is_a_problem_with_its_faults_and_the_others_are_answered() -> None:
    code, said = _lines(
        {"country": "FR", "number": "FR40391895109"},
        {"country": "xx", "number": "", "colour": "red"},
        "",
        "no json",
        '{"country": "FR", "country": "DE", "number": "1"}',
        '{"country": "FR", "number": NaN}',
        "[" * 10_000,
        "[]",
        {"country": "DE", "number": "DE136695976"},
    )
    assert code == 4
    assert [one.get("status") for one in said] == ["not_checked", 422, 400, 400, 400, 400, 422, "not_checked"]
    assert {fault["pointer"] for fault in said[1]["errors"]} == {"/country", "/number", "/colour"}
    assert [one["request_id"] for one in said if "request_id" in one][:2] == ["line-2", "line-4"]


@pytest.mark.parametrize(
    "line",
    [
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        '{"country":"DE"}'.encode("utf-16"),
        b'{"country": "DE", "number": "' + b"9" * LONGEST_LINE + b'"}',
        b"x" * (LONGEST_LINE * 5),
    ],
    ids=["not utf-8", "byte order mark", "utf-16", "too long", "much too long"],
)
def test_a_line_that_nobody_can_read_is_refused_and_the_next_one_answered(line: bytes) -> None:
    result = _run("--offline", stdin=line + b'\n{"country": "DE", "number": "DE136695976"}')
    said = [json.loads(one) for one in result.output.splitlines()]
    assert result.exit_code == 4
    assert said[0]["errors"]
    assert said[-1]["number"] == "DE136695976"


def test_odd_signs_are_answered_and_can_be_printed_anywhere() -> None:
    result = _run("--offline", stdin=r'{"country": "DE", "number": "DE\ud800136695976😀"}')
    said = json.loads(result.output)
    assert (result.exit_code, said["status"], said["format"]["suggestion"]) == (0, "malformed", "DE136695976")
    assert result.output.isascii()


def test_a_file_is_read_like_standard_input(tmp_path: Path) -> None:
    file = tmp_path / "numbers.ndjson"
    file.write_text('{"country": "DE", "number": "DE136695976"}\n' * 3)
    result = _run("--offline", str(file))
    assert (result.exit_code, len(result.output.splitlines())) == (0, 3)


def test_the_status_of_the_registers_is_an_exit_code(double: RegisterDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    healthy = CliRunner().invoke(registers, ["status", "--json"])
    double.vies.set_mode("down")
    partly = CliRunner().invoke(registers, ["status"])
    monkeypatch.setenv("TAXDESK_REGISTERS", "off")
    off = CliRunner().invoke(registers, ["status"])
    assert (healthy.exit_code, json.loads(healthy.output)["data"][0]["countries"]["DE"]) == (0, "available")
    assert partly.exit_code == 5
    assert off.exit_code == 3


def test_the_table_of_magic_numbers_can_be_printed() -> None:
    result = CliRunner().invoke(registers, ["double", "--numbers", "--json"])
    assert {row["outcome"] for row in json.loads(result.output)["data"]} == set(OUTCOMES.values())


def test_a_port_in_use_is_told(double: RegisterDouble) -> None:
    port = double.url.rpartition(":")[2]
    result = CliRunner().invoke(registers, ["double", "--port", port])
    assert (result.exit_code, "another --port" in result.output) == (2, True)
