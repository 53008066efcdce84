"""CSV cells: a spreadsheet shows them and runs none of them."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from app.spreadsheets import cell, csv_lines


@pytest.mark.parametrize(
    "formula",
    [
        "=1+1",
        "+1+1",
        "-1+1",
        "@SUM(A1)",
        "=cmd|' /C calc'!A0",
        " =1",
        "\t=1",
        "\r=1",
        "\n=1",
        "＝1+1",
        "＋1",
        "－1+1",
        "＠A",
    ],
)
def test_a_formula_gets_an_apostrophe_before_its_sign(formula: str) -> None:
    safe = cell(formula)
    assert safe.replace("'", "", 1) == formula.replace("'", "", 1) or safe == formula.replace("=", "'=", 1)
    assert safe.lstrip()[0] == "'"


@pytest.mark.parametrize("text", ["a;=1+1", "a,=1", "a\n=1", "a; -2+3+cmd|' /C calc'!A0", "a\t@x"])
def test_what_another_list_separator_would_make_a_cell_is_no_formula_either(text: str) -> None:
    for separator in ";,\t\n":
        assert all(part.strip()[:1] not in {"=", "+", "-", "@"} for part in cell(text).split(separator))


@pytest.mark.parametrize(
    "text", ["", "-12.00", "12", "0", "a=b", "a-b", "DE-CN-2026-000001", "x@y.example", "2026-03-01"]
)
def test_what_is_no_formula_stays_as_it_is(text: str) -> None:
    assert cell(text) == text


@pytest.mark.parametrize("text", ["-1٢", "-", "-1.", "- 1", "--1", "-1e5"])
def test_only_plain_numbers_may_begin_with_a_minus(text: str) -> None:
    assert cell(text).startswith("'-")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (7, "7"),
        (Decimal("-0.10"), "-0.10"),
        (Decimal("1E+3"), "1000"),
        (date(2026, 3, 1), "2026-03-01"),
        (datetime(2026, 3, 1, 12, tzinfo=UTC), "2026-03-01T12:00:00Z"),
        (("UStG § 17", "=HYPERLINK()"), "UStG § 17; '=HYPERLINK()"),
    ],
)
def test_a_value_is_written_to_the_last_digit(value: object, text: str) -> None:
    assert cell(value) == text  # type: ignore[arg-type]


def test_lines_are_read_back_as_they_were() -> None:
    row = ["a,b", 'say "hi"', "two\nlines", "Łódź 東京", "; x"]
    assert list(csv.reader(io.StringIO(csv_lines([row]).decode(), newline=""))) == [row]
    assert csv_lines([["a"], ["b"]]) == b"a\r\nb\r\n"
