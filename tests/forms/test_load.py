"""The loader takes what is right and names everything that is wrong with its line."""

from collections.abc import Callable

import pytest

from forms.load import DEFINITIONS, InvalidDefinition, definitions, find_definition, load_definition

TEXT = (DEFINITIONS / "us" / "w_9" / "2024-03.yaml").read_text("utf-8")


def faults(text: str, name: str = "us/w_9/2024-03.yaml") -> list[str]:
    with pytest.raises(InvalidDefinition) as refused:
        load_definition(name, text.encode())
    return [str(fault) for fault in refused.value.faults]


def test_every_definition_that_ships_is_found_and_read_once() -> None:
    assert list(definitions()) == [("w9", "2024-03")]
    assert find_definition("w9", "2024-03") is find_definition("w9", "2024-03")
    assert find_definition("w8bene", "2021-10") is None


def test_a_definition_cannot_be_changed_by_who_reads_it() -> None:
    definition = load_definition("us/w_9/2024-03.yaml", TEXT.encode())
    with pytest.raises(TypeError):
        definition.lists["classification"] = None  # type: ignore[index]
    with pytest.raises(TypeError):
        definition.lists["classification"].rows["x"] = None  # type: ignore[index]


LINES = TEXT.splitlines()


def line_of(start: str) -> int:
    return next(number for number, line in enumerate(LINES, 1) if start in line)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ('kind: w9\n', 'kind: W 9\n', "kind 'W 9' does not look like one"),
        ('name: "W-9"\n', 'colour: "W-9"\n', "unknown key 'colour'"),
        ('name: "W-9"\n', 'name: "W-9"\nname: "W-9"\n', "key 'name' appears twice"),
        ('name: "W-9"\n', "", "name is missing"),
        ("- {code: llc, words:", "- {code: other, words:", "code 'other' appears twice in classification"),
        ("table: us_states}", "table: us_moons}", "there is no table 'us_moons'"),
        ("answer: new_address,", "answer: name,", "name appears twice"),
        ("kind: code, list: tin_kind", "kind: code, list: tin_kinds", "a code names its list"),
        ("kind: code, list: tin_kind", "kind: code", "a code names its list"),
        ("required: {classification: llc}", "required: {classification: lcc}", "'lcc' is not a code of classification"),
        ("required: {classification: llc}", "required: {klassification: llc}", "'klassification' is neither an answer"),
        ("required: {classification: llc}", "required: {}", "a condition needs at least one entry"),
        ("missing: review", "missing: perhaps", "missing is block, review, warn, not 'perhaps'"),
        ("otherwise: classification", "otherwise: klassification", "'klassification' is neither"),
        ("severity: warn\n", "severity: mild\n", "severity is block, review, warn, not 'mild'"),
        ("{business_name: {same_as: name}}", "{business_name: {same_as: names}}", "'names' is neither an answer"),
        ("{business_name: {same_as: name}}", "{business_name: {like: name}}", "unknown key 'like'"),
        ("{business_name: {same_as: name}}", "{business_name: {given: perhaps}}", "given does not take 'perhaps'"),
        ("{signature.signed_on: {after: today}}", "{signature.signed_on: {after: monday}}", "after does not take"),
        ("{address.state: {in: us_states}}", "{address.state: {in: us_moons}}", "in does not take 'us_moons'"),
        ("{matches: '^[0-9]{5}", "{matches: '^([0-9]{5}", "not a regular expression"),
        ("{exempt_payee_code: {open_to: taxed_as}}", "{name: {open_to: taxed_as}}", "name has no list of codes"),
        ("strike: item_2\n    - {number", "strike: item_3\n    - {number", "'item_3', which is no strike"),
        ("- {box: business_name,", "- {box: name,", "name appears twice"),
        ("f1_02[0]", "f1_01[0]", "f1_01[0] appears twice"),
        (', on: "2",', ", ", "names its on-state"),
        ("text: business_name}", "}", "a box has either field or place, and either tick or text"),
        ("text: business_name}", "text: trade_name}", "'trade_name' is neither an answer"),
        ("page: 0, x: 290", "page: 0, x: 29.5", "x '29.5' does not look like one"),
        ("[45, 287, 207, 287]", "[45, 287, 207]", "a line is [x0, y0, x1, y1] in whole points"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_line(before: str, after: str, words: str) -> None:
    assert before in TEXT
    found = faults(TEXT.replace(before, after, 1))
    assert any(words in fault for fault in found), found
    assert all(fault.startswith("us/w_9/2024-03.yaml:") for fault in found)
    whole = ("appears twice", "is no strike", "is missing")  # seen over the whole file, or where the mapping begins
    if not any(part in words for part in whole):
        lines = [int(fault.split(":")[1]) for fault in found if words in fault]
        assert line_of(before.splitlines()[0]) in lines


def test_all_faults_are_told_at_once() -> None:
    text = TEXT.replace("missing: review", "missing: perhaps").replace("{after: today}", "{after: monday}")
    assert len(faults(text.replace("table: us_states}", "table: us_moons}"))) >= 3


@pytest.mark.parametrize("text", ["", "[]", "kind: [", "kind: w9", "\x00", "a: &a [*a]"])
def test_what_is_no_definition_is_refused_without_a_crash(text: str) -> None:
    assert faults(text)


def test_the_file_is_named_after_the_revision() -> None:
    assert "not named after revision" in faults(TEXT, "us/w_9/2018-10.yaml")[0]


@pytest.mark.parametrize("change", [lambda text: text + "\n", lambda text: text.replace("NEW", "New")])
def test_the_digest_tells_every_change(change: Callable[[str], str]) -> None:
    one, other = (load_definition("us/w_9/2024-03.yaml", t.encode()) for t in (TEXT, change(TEXT)))
    assert one.sha256 != other.sha256
