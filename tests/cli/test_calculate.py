"""``taxdesk calculate``: lines in, lines out, in the same order, without server and database."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from app.cli.calculate import calculate

GOOD: dict[str, Any] = {
    "currency": "EUR",
    "tax_date": "2026-11-10",
    "seller": "de",
    "customer": {"kind": "consumer", "country": "FR"},
    "lines": [{"reference": "1", "product_kind": "saas", "amount": "100.00"}],
}


def run(text: str | bytes, *arguments: str) -> Result:
    return CliRunner().invoke(calculate, list(arguments), input=text)


def answers(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def lines(*requests: dict[str, Any]) -> str:
    return "\n".join(map(json.dumps, requests)) + "\n"


@pytest.fixture(autouse=True)
def _no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def test_every_line_is_answered_in_its_order() -> None:
    requests = [GOOD | {"reference": f"R-{n}", "tax_date": f"2026-11-{n + 10}"} for n in range(9)]
    result = run(lines(*requests), "-")
    assert result.exit_code == 0
    assert [answer["reference"] for answer in answers(result)] == [f"R-{n}" for n in range(9)]
    assert {answer["tax_amount"] for answer in answers(result)} == {"20.00"}
    assert {answer["id"] for answer in answers(result)} == {None}


def test_a_refused_line_is_answered_by_a_problem_and_the_others_go_on() -> None:
    text = lines(GOOD) + '{"a": 1, "a": 2}\n' + lines(GOOD | {"seller": "nobody"}) + "[]\n" + lines(GOOD)
    result = run(text)
    assert result.exit_code == 4
    found = answers(result)
    assert [answer.get("code") for answer in found] == [None, "malformed_body", "invalid_input", "invalid_input", None]
    assert [answer["request_id"] for answer in found[1:4]] == ["line-2", "line-3", "line-4"]
    assert found[2]["errors"][0]["pointer"] == "/seller"


def test_a_stated_status_and_stated_rates_are_used() -> None:
    customer = {"kind": "business", "country": "FR", "tax_ids": [{"number": "FR40303265045", "status": "verified"}]}
    stated = [{"tax_type": "vat", "rate_percent": "21"}]
    result = run(lines(GOOD | {"customer": customer}, GOOD | {"rates_override": stated}))
    assert result.exit_code == 0
    assert [(answer["outcome"], answer["tax_amount"]) for answer in answers(result)] == [
        ("reverse_charge", "0.00"),
        ("charge", "21.00"),
    ]


def test_blank_lines_are_skipped_and_no_input_gives_no_answer() -> None:
    assert len(answers(run("\n" + lines(GOOD) + "\n\n"))) == 1
    empty = run("")
    assert (empty.exit_code, empty.stdout) == (0, "")


def test_a_file_is_read_and_a_last_line_needs_no_line_break(tmp_path: Path) -> None:
    file = tmp_path / "sales.ndjson"
    file.write_text(json.dumps(GOOD), "utf-8")
    assert len(answers(run("", str(file)))) == 1


def test_a_missing_file_is_a_usage_fault() -> None:
    assert run("", "no-such-file").exit_code == 2


def test_a_line_that_is_too_long_is_refused_and_the_next_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.cli.calculate.LONGEST_LINE", 600)
    result = run(b'{"x": "' + b"y" * 5000 + b'"}\n' + lines(GOOD).encode())
    found = answers(result)
    assert result.exit_code == 4
    assert [answer.get("code") for answer in found] == ["invalid_input", None]
    assert found[0]["errors"][0]["code"] == "too_long"


@pytest.mark.parametrize(
    "line", [b"\xff\xfe{}", b"\xef\xbb\xbf{}", b"[" * 10_000, b"null", b"{}", b"\x00", b'"\\ud800"']
)
def test_rubbish_is_refused_and_never_crashes(line: bytes) -> None:
    result = run(line + b"\n" + lines(GOOD).encode())
    assert result.exit_code == 4
    assert len(answers(result)) == 2
    assert result.exception is None or isinstance(result.exception, SystemExit)


def test_the_sellers_come_from_the_file_that_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "sellers.yaml"
    file.write_text(
        "sellers: [{code: fr, legal_name: Exemple SAS, country: FR, address: {line1: 1 rue, city: Paris, country: FR},"
        " registrations: [{kind: vat, country: FR, number: FR40303265045, from: 2010-01-01}]}]",
        "utf-8",
    )
    monkeypatch.setenv("TAXDESK_SELLERS", str(file))
    result = run(lines(GOOD | {"seller": "fr"}, GOOD))
    assert [answer.get("code") for answer in answers(result)] == [None, "invalid_input"]
