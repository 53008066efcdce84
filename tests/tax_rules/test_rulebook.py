"""The shipped book: sound, sourced, dated, quick to read."""

import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path
from time import process_time

import pytest

from tax_rules.errors import InvalidRuleBook, NoRuleInForce, UnknownCode
from tax_rules.rulebook import DATA, RuleBook, load_rulebook
from tax_rules.rulefiles import Row

BOOK = load_rulebook()
ROWS = tuple(BOOK.rows())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_row_names_its_law_and_where_it_was_read(row: Row) -> None:
    assert row.law.strip()
    assert row.source.strip()
    if "secondary compilation" in (row.law, row.source):
        assert row.confidence in ("medium", "low")


def test_every_rate_lies_between_zero_and_a_hundred_percent() -> None:
    rates = [row.value for row in ROWS if row.unit == "percent" and row.value is not None]
    assert len(rates) > 400
    assert all(isinstance(rate, Decimal) and 0 <= rate <= 30 for rate in rates)


@pytest.mark.parametrize(
    ("parameter", "jurisdiction", "on", "value"),
    [
        ("vat.standard_rate", "DE", "2020-06-30", "19"),
        ("vat.standard_rate", "DE", "2020-07-01", "16"),
        ("vat.standard_rate", "DE", "2020-12-31", "16"),
        ("vat.standard_rate", "DE", "2021-01-01", "19"),
        ("vat.standard_rate", "RO", "2025-07-31", "19"),
        ("vat.standard_rate", "RO", "2025-08-01", "21"),
        ("vat.standard_rate", "EE", "2025-07-01", "24"),
        ("vat.standard_rate", "SK", "2025-01-01", "23"),
        ("vat.standard_rate", "FI", "2024-09-01", "25.5"),
        ("vat.standard_rate", "IE", "2021-02-28", "21"),
        ("vat.standard_rate", "LU", "2023-06-01", "16"),
        ("vat.standard_rate", "CH", "2024-01-01", "8.1"),
        ("vat.standard_rate", "SG", "2023-12-31", "8"),
        ("vat.standard_rate", "PT-20", "2026-01-01", "16"),
        ("vat.ebook_rate", "GB", "2020-04-30", "20"),
        ("vat.ebook_rate", "GB", "2020-05-01", "0"),
        ("vat.ebook_rate", "DE", "2019-12-18", "7"),
        ("vat.ebook_rate", "LU", "2015-05-01", "17"),
        ("vat.second_reduced_rate", "GB", "2022-03-31", "12.5"),
    ],
)
def test_a_well_known_rate_is_in_the_book(parameter: str, jurisdiction: str, on: str, value: str) -> None:
    assert BOOK.in_force(parameter, jurisdiction, date.fromisoformat(on)).value == Decimal(value)


def test_a_rate_that_ended_is_not_in_force_and_not_zero() -> None:
    with pytest.raises(NoRuleInForce) as missing:
        BOOK.in_force("vat.second_reduced_rate", "GB", date(2022, 4, 1))
    assert (missing.value.parameter, missing.value.jurisdiction) == ("vat.second_reduced_rate", "GB")


@pytest.mark.parametrize(
    ("country", "on", "is_member"),
    [
        ("GB", "2020-12-31", True),
        ("GB", "2021-01-01", False),
        ("HR", "2013-06-30", False),
        ("HR", "2013-07-01", True),
        ("CH", "2026-01-01", False),
    ],
)
def test_membership_is_dated(country: str, on: str, is_member: bool) -> None:
    assert (BOOK.find("vat.eu_membership", country, date.fromisoformat(on)) is not None) is is_member


def test_there_are_twenty_seven_members_today() -> None:
    today = date(2026, 11, 22)
    states = [c for c in BOOK.jurisdictions("vat.eu_membership") if BOOK.find("vat.eu_membership", c, today)]
    assert len(states) == 27
    assert all(BOOK.find("vat.standard_rate", state, today) for state in states)


def test_every_member_state_has_a_rate_on_every_day_since_2015() -> None:
    for state in BOOK.jurisdictions("vat.eu_membership"):
        history = BOOK.history("vat.standard_rate", state)
        assert history[0].valid_from <= date(2015, 1, 1), state
        assert all(row.value is not None for row in history), state


def test_the_words_for_reverse_charge_are_there_in_all_languages_of_the_union() -> None:
    assert len(BOOK.jurisdictions("vat.reverse_charge_mention")) == 24
    assert BOOK.in_force("vat.reverse_charge_mention", "fr", date(2026, 1, 1)).value == "Autoliquidation"


def test_an_unknown_currency_is_an_error() -> None:
    with pytest.raises(UnknownCode):
        BOOK.currency("XAU")


def test_the_digest_changes_with_any_byte_and_stays_without(tmp_path: Path) -> None:
    shutil.copytree(DATA, tmp_path / "data")
    assert load_rulebook(tmp_path / "data").sha256 == BOOK.sha256
    file = tmp_path / "data" / "vat" / "standard_rate" / "de.yaml"
    file.write_text(file.read_text("utf-8").replace('"16"', '"17"'), "utf-8")
    assert load_rulebook(tmp_path / "data").sha256 != BOOK.sha256


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("vat/standard_rate/fr.yaml", None, "does not belong"),
        ("vat/standard_rate/de.yaml", "rows: [", "is not YAML"),
        ("wording/de.yaml", "steps:\n  only_here: x\n", "is not in every language"),
    ],
)
def test_a_book_with_a_fault_is_refused_with_all_of_them(
    tmp_path: Path, name: str, text: str | None, words: str
) -> None:
    shutil.copytree(DATA, tmp_path / "data")
    german = (tmp_path / "data" / "vat" / "standard_rate" / "de.yaml").read_text("utf-8")
    (tmp_path / "data" / name).write_text(text or german, "utf-8")
    with pytest.raises(InvalidRuleBook) as refused:
        load_rulebook(tmp_path / "data")
    assert any(words in fault.detail for fault in refused.value.faults)
    assert all(fault.line >= 1 and fault.file for fault in refused.value.faults)


def test_a_book_without_a_code_list_is_refused(tmp_path: Path) -> None:
    shutil.copytree(DATA, tmp_path / "data")
    (tmp_path / "data" / "codes" / "countries.csv").unlink()
    with pytest.raises(InvalidRuleBook):
        load_rulebook(tmp_path / "data")


def test_the_whole_book_is_read_within_a_second() -> None:
    began = process_time()
    load_rulebook()
    assert process_time() - began < 1.0


def test_what_is_derived_from_a_book_is_made_once(book: RuleBook) -> None:
    made: list[int] = []

    def build(_: RuleBook) -> int:
        made.append(1)
        return 7

    assert (book.derive(build), book.derive(build)) == (7, 7)
    assert made == [1]
