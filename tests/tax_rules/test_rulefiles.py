"""Reading rule files: what is wrong is told with its file and line, all of it at once."""

import pytest

from tax_rules.rulefiles import read_csv_table, read_rule_file, read_text_file

HEAD = 'parameter: vat.standard_rate\njurisdiction: "DE"\nunit: percent\nrows:\n'
ROW = '  - {from: 2021-01-01, value: "19", law: "UStG § 12(1)", source: "BGBl.", confidence: high}\n'


def faults(text: str) -> list[tuple[int, str]]:
    return [(fault.line, fault.detail) for fault in read_rule_file("x.yaml", text.encode())[1]]


def test_a_sound_file_gives_its_rows_in_order() -> None:
    earlier = ROW.replace("2021", "2007").replace('"19"', '"16.5"')
    rows, found = read_rule_file("x.yaml", (HEAD + earlier + ROW).encode())
    assert found == []
    assert [(str(row.valid_from), str(row.value)) for row in rows] == [("2007-01-01", "16.5"), ("2021-01-01", "19")]
    assert rows[1].id == "vat.standard_rate/DE/2021-01-01"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (HEAD + ROW.replace('"19"', "19"), 5, "must be quoted"),
        (HEAD + ROW.replace('"19"', '"nineteen"'), 5, "not a plain decimal"),
        (HEAD + ROW.replace('"19"', '"1e1"'), 5, "not a plain decimal"),
        (HEAD + ROW.replace('"19"', '"١٩"'), 5, "not a plain decimal"),
        (HEAD + ROW.replace('law: "UStG § 12(1)", ', ""), 5, "law is missing"),
        (HEAD + ROW.replace('law: "UStG § 12(1)"', 'law: ""'), 5, "law must be a text"),
        (HEAD + ROW.replace('source: "BGBl.", ', ""), 5, "source is missing"),
        (HEAD + ROW.replace("confidence: high", "confidence: sure"), 5, "confidence is"),
        (HEAD + ROW.replace("2021-01-01", "2021-02-30"), 5, "not a date"),
        (HEAD + ROW.replace("2021-01-01", "21-1-1"), 5, "not a date"),
        (HEAD + ROW + ROW, 6, "sorted by date"),
        (HEAD + ROW + ROW.replace("2021", "2020"), 6, "sorted by date"),
        (HEAD + ROW.replace("confidence: high", "confidence: high, confidence: low"), 5, "appears twice"),
        (HEAD + ROW.replace("confidence: high", "confidence: high, colour: red"), 5, "unknown key 'colour'"),
        (HEAD.replace("unit: percent", "unit: percents") + ROW, 3, "unknown unit"),
        (HEAD.replace('"DE"', "NO") + ROW, 2, "must be quoted"),
        (HEAD.replace("vat.standard_rate", "Standard") + ROW, 1, "not a parameter name"),
        (HEAD.replace("unit: percent\n", "unit: percent\nunit: amount\n") + ROW, 4, "appears twice"),
        (HEAD, 4, "needs at least one row"),
        ("parameter: a.b\nunit: percent\n", 1, "give either jurisdiction and rows"),
        ("a: [1\n", 2, "is not YAML"),
        ("", 1, "is empty"),
    ],
)
def test_a_fault_is_told_with_its_line(text: str, line: int, words: str) -> None:
    found = faults(text)
    assert any(at == line and words in detail for at, detail in found), found


def test_all_faults_are_told_at_once() -> None:
    bad = ROW.replace('"19"', "19").replace("high", "sure")
    assert len(faults(HEAD + bad + ROW.replace('source: "BGBl.", ', ""))) == 3


def test_a_rule_that_ended_says_null() -> None:
    rows, found = read_rule_file("x.yaml", (HEAD + ROW.replace('"19"', "null")).encode())
    assert found == []
    assert rows[0].value is None


def test_a_file_that_is_not_utf8_is_a_fault_and_no_crash() -> None:
    assert [fault.detail for fault in read_rule_file("x.yaml", b"\xff\xfe")[1]] == ["is not UTF-8"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("code,name\nDE,Germany\nDE,Germany\n", "appears twice"),
        ("code,name\nDE\n", "columns of the header"),
        ("code,name\nDE,a,b\n", "columns of the header"),
        ("code,name\n", "is empty"),
    ],
)
def test_a_broken_table_is_told(text: str, words: str) -> None:
    _, found = read_csv_table("x.csv", text.encode())
    assert any(words in fault.detail for fault in found)


def test_an_empty_sentence_is_a_fault() -> None:
    _, found = read_text_file("en.yaml", b'steps:\n  a: ""\n')
    assert [(fault.line, fault.detail) for fault in found] == [(2, "a sentence is wanted here")]
