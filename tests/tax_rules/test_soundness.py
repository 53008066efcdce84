"""The rows of the shipped book make sense together, and a book in which they do not is told so."""

import shutil
from pathlib import Path

import pytest

from tax_rules.errors import InvalidRuleBook
from tax_rules.readers import unread
from tax_rules.rulebook import DATA, RuleBook, load_rulebook
from tax_rules.soundness import examine

HEAD = 'parameter: {parameter}\nunit: percent\njurisdictions:\n  "{place}":\n'
ROW = '    - {{from: {day}, value: {value}, law: "a law", source: "{source}", confidence: {confidence}}}\n'


@pytest.fixture
def data(tmp_path: Path) -> Path:
    shutil.copytree(DATA, tmp_path / "data")
    return tmp_path / "data"


def write(data: Path, parameter: str, place: str, *rows: dict[str, str]) -> None:
    file = data / f"{parameter.replace('.', '/')}" / f"{place.lower()}.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    usual = {"source": "secondary compilation", "confidence": "medium"}
    text = HEAD.format(parameter=parameter, place=place) + "".join(ROW.format(**(usual | row)) for row in rows)
    file.write_text(text, "utf-8")


def found(data: Path) -> list[tuple[str, str]]:
    return [(finding.code, finding.subject) for finding in examine(load_rulebook(data))]


def test_the_shipped_book_is_sound(book: RuleBook) -> None:
    assert list(map(str, examine(book))) == []


def test_a_rule_that_ends_and_comes_back_leaves_a_gap(data: Path) -> None:
    rows = ({"day": "2000-01-01", "value": '"3"'}, {"day": "2010-01-01", "value": "null"})
    write(data, "vat.parking_rate", "FR", *rows)
    assert found(data) == []
    write(data, "vat.parking_rate", "FR", *rows, {"day": "2012-01-01", "value": '"4"'})
    assert found(data) == [("gap", "vat.parking_rate/FR/2012-01-01")]


def test_a_rule_cannot_end_before_it_begins_or_twice(data: Path) -> None:
    write(data, "vat.parking_rate", "FR", {"day": "2000-01-01", "value": "null"})
    assert found(data) == [("ends_without_beginning", "vat.parking_rate/FR/2000-01-01")]
    end = {"value": "null"}
    rows = ({"day": "2000-01-01", "value": '"3"'}, {"day": "2001-01-01"} | end, {"day": "2002-01-01"} | end)
    write(data, "vat.parking_rate", "FR", *rows)
    assert found(data) == [("ends_without_beginning", "vat.parking_rate/FR/2002-01-01")]


def test_a_member_state_without_a_standard_rate_is_a_gap(data: Path) -> None:
    write(
        data, "vat.standard_rate", "FR", {"day": "2014-01-01", "value": '"20"'}, {"day": "2027-01-01", "value": "null"}
    )
    assert found(data) == [("gap", "vat.standard_rate/FR")]
    assert "on 2027-01-01" in str(examine(load_rulebook(data))[0])


def test_a_row_that_no_rule_asks_for_is_told(data: Path) -> None:
    write(data, "vat.rate_on_hats", "FR", {"day": "2000-01-01", "value": '"3"'})
    write(data, "vat.standard_rate", "QQ", {"day": "2000-01-01", "value": '"3"'})
    assert found(data) == [("unread", "vat.rate_on_hats"), ("unread", "vat.standard_rate/QQ")]


def test_a_parameter_named_with_a_part_put_in_counts_as_read() -> None:
    assert unread(("pst.taxability.saas", "pst.taxability", "vat.standard_rate")) == ("pst.taxability",)


def test_high_confidence_wants_an_official_publication(data: Path) -> None:
    row = {"day": "2000-01-01", "value": '"3"', "confidence": "high"}
    write(data, "vat.parking_rate", "FR", row | {"source": "official text of the law"})
    assert found(data) == [("overstated", "vat.parking_rate/FR/2000-01-01")]
    write(data, "vat.parking_rate", "FR", row | {"source": "OJ L 347, 11.12.2006"})
    assert found(data) == []


def test_two_rows_of_a_table_that_hold_on_the_same_day_overlap(data: Path) -> None:
    table = data / "us" / "rates.csv"
    table.parent.mkdir(exist_ok=True)
    head = "key,state,rate,from,to\n"
    table.write_text(head + "1,TX,6,2000-01-01,2010-12-31\n2,TX,7,2011-01-01,\n3,UT,5,2000-01-01,\n", "utf-8")
    assert found(data) == []
    table.write_text(head + "1,TX,6,2000-01-01,\n2,TX,7,2011-01-01,\n", "utf-8")
    assert found(data) == [("overlap", "us.rates/TX")]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("wording/en/extra.yaml", "steps.place_is_country stands in another file of this language too"),
        ("vat/parking_rate.yaml", "vat.parking_rate for AT has rows in vat/parking_rate.yaml too"),
    ],
)
def test_what_stands_in_two_files_is_refused(data: Path, name: str, words: str) -> None:
    texts = {
        "wording/en/extra.yaml": 'steps:\n  place_is_country: "another sentence"\n',
        "vat/parking_rate.yaml": HEAD.format(parameter="vat.parking_rate", place="AT")
        + ROW.format(day="1990-01-01", value='"9"', source="a", confidence="low"),
    }
    (data / name).write_text(texts[name], "utf-8")
    with pytest.raises(InvalidRuleBook) as refused:
        load_rulebook(data)
    assert words in [fault.detail for fault in refused.value.faults]
