"""The alarm: what another list of rates says differently is found, and what a person accepted is said as accepted."""

import json
from datetime import date
from typing import Any

import pytest

from tax_rules.compare import compare, read_publication
from tax_rules.errors import BadFacts
from tax_rules.rulebook import RuleBook

GERMANY = {"standard": 19.0, "reduced": [7.0], "super_reduced": None, "parking": None, "eu_member": True}


def publish(**countries: Any) -> str:
    return json.dumps({"version": "2026-09-29", "rates": countries})


def differences(book: RuleBook, on: date | None = None, **countries: Any) -> list[str]:
    published = read_publication(publish(**countries))
    return [str(each) for each in compare(book, published, on or published.version)]


def test_the_same_rates_raise_no_alarm(book: RuleBook) -> None:
    assert differences(book, DE=GERMANY) == []


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"standard": 20.0}, "DE standard: ours 19, theirs 20"),
        ({"reduced": [7.0, 9]}, "DE reduced: ours 7, theirs 7, 9"),
        ({"super_reduced": 2.1}, "DE super_reduced: ours -, theirs 2.1"),
        ({"parking": 12}, "DE parking: ours -, theirs 12"),
        ({"eu_member": False}, "DE eu_member: ours true, theirs false"),
    ],
)
def test_a_rate_that_differs_is_told_with_both_sides(book: RuleBook, changed: dict[str, Any], words: str) -> None:
    assert differences(book, DE=GERMANY | changed) == [words]


def test_the_rates_of_the_day_are_compared(book: RuleBook) -> None:
    in_2020 = GERMANY | {"standard": 16, "reduced": [5]}
    assert differences(book, date(2020, 12, 31), DE=in_2020) == []
    assert differences(book, date(2021, 1, 1), DE=in_2020) == [
        "DE standard: ours 19, theirs 16",
        "DE reduced: ours 7, theirs 5",
    ]


def test_a_country_that_we_do_not_have_is_a_difference(book: RuleBook) -> None:
    assert differences(book, QQ=GERMANY) == ["QQ standard: ours -, theirs 19"]


def test_an_accepted_difference_is_accepted_only_as_it_was_seen(book: RuleBook) -> None:
    (row,) = [row for row in book.table("codes.accepted_differences") if row["country"] == "LU"]
    published = read_publication(
        publish(LU=GERMANY | {"standard": 17, "reduced": [8, 14], "super_reduced": 3, "parking": 14})
    )
    (seen,) = compare(book, published, date(2026, 9, 29))
    assert (seen.what, seen.theirs, seen.accepted) == (row["what"], row["theirs"], row["reason"])
    changed = read_publication(
        publish(LU=GERMANY | {"standard": 17, "reduced": [9, 14], "super_reduced": 3, "parking": 14})
    )
    (fresh,) = compare(book, changed, date(2026, 9, 29))
    assert fresh.accepted is None


def test_every_accepted_difference_names_a_country_and_a_reason(book: RuleBook) -> None:
    for row in book.table("codes.accepted_differences"):
        assert row["country"] in book.countries
        assert len(row["reason"]) > 20


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"version": "soon", "rates": {}}', publish(DE={"standard": "19"}), publish(DE=[]), "é"]
)
def test_another_file_is_refused(text: str) -> None:
    with pytest.raises(BadFacts, match="not the JSON"):
        read_publication(text)
