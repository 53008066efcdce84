"""Facts survive JSON, and whatever is not exactly facts is refused with a pointer to each fault."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from app.documents.errors import InvalidFacts, TooManyRows
from app.documents.examples import EXAMPLES, credit_note, tax_id_evidence
from app.documents.facts import MOST_ROWS, load


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_comes_back_from_json_as_it_went(name: str) -> None:
    facts = EXAMPLES[name]("fr")
    assert load(facts.kind, facts.to_json()) == facts


def faults_of(kind: str, data: Any) -> dict[str, str]:
    with pytest.raises(InvalidFacts) as raised:
        load(kind, data)
    return {fault.pointer: fault.code for fault in raised.value.faults}


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    data = copy.deepcopy(credit_note().to_json())
    change(data)
    return data


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        (lambda d: d.pop("totals"), "/totals", "missing"),
        (lambda d: d.update(colour="red"), "/colour", "unknown"),
        (lambda d: d["lines"][1].update(net=149.0), "/lines/1/net", "wrong_type"),
        (lambda d: d["lines"][1].update(net="1e2"), "/lines/1/net", "wrong_type"),
        (lambda d: d["lines"][1].update(net="NaN"), "/lines/1/net", "wrong_type"),
        (lambda d: d["lines"][0].update(gross="58.81"), "/lines/0/gross", "wrong_sum"),
        (lambda d: d["totals"].update(net="198.01", gross="237.61"), "/totals/net", "wrong_sum"),
        (lambda d: d["refund"].update(amount="39.600"), "/refund/amount", "wrong_decimals"),
        (lambda d: d["header"].update(issued_on="22.11.2026"), "/header/issued_on", "wrong_type"),
        (lambda d: d["header"].update(issued_on="2026-02-30"), "/header/issued_on", "wrong_type"),
        (lambda d: d["customer"].update(name="x" * 301), "/customer/name", "too_long"),
        (lambda d: d["customer"].update(name="x" * 1_000_000), "/customer/name", "too_long"),
        (lambda d: d["customer"].update(name=" \n"), "/customer/name", "empty"),
        (lambda d: d["customer"].update(name="a\ud800b"), "/customer/name", "not_text"),
        (lambda d: d["customer"].update(name="Z" + "\u0301" * 40), "/customer/name", "too_many_marks"),
        (lambda d: d["customer"].update(address=["line"] * 10), "/customer/address", "too_many"),
        (lambda d: d.update(reason="because"), "/reason", "not_allowed"),
        (lambda d: d.update(lines=[]), "/lines", "missing"),
        (lambda d: d.update(refund=[]), "/refund", "wrong_type"),
    ],
)
def test_a_fault_is_named_by_its_pointer(change: Callable[[dict[str, Any]], object], pointer: str, code: str) -> None:
    assert faults_of("credit_note", changed(change))[pointer] == code


def test_all_faults_are_named_at_once_and_no_value_is() -> None:
    data = changed(lambda d: (d["customer"].update(name="Secret " * 99), d.pop("currency"), d.update(extra=1)))
    with pytest.raises(InvalidFacts) as raised:
        load("credit_note", data)
    assert {f.pointer for f in raised.value.faults} == {"/customer/name", "/currency", "/extra"}
    assert "Secret" not in repr([(f.detail, raised.value.detail) for f in raised.value.faults])


def test_moments_without_a_zone_are_refused() -> None:
    data = tax_id_evidence().to_json() | {"asked_at": "2026-11-22T09:14:03"}
    assert faults_of("tax_id_evidence", data) == {"/asked_at": "wrong_type"}


def test_500_rows_are_facts_and_501_are_too_many() -> None:
    assert len(load("credit_note", credit_note(rows=MOST_ROWS).to_json()).lines) == MOST_ROWS
    with pytest.raises(TooManyRows) as raised:
        load("credit_note", credit_note(rows=MOST_ROWS + 1).to_json())
    assert raised.value.faults[0].code == "too_many_rows"


def test_a_kind_that_is_not_drawn_is_refused() -> None:
    assert faults_of("w9", {}) == {"": "unknown_kind"}
