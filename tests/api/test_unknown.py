"""Over the API too: what cannot be known is refused with its place or undetermined with null amounts, never zero."""

from typing import Any

import pytest

from tests.api.conftest import CALCULATION, Caller

AMOUNTS = ("amount_subtotal", "taxable_amount", "tax_amount", "amount_total")


def sale(product: str = "saas", **place: str) -> dict[str, Any]:
    lines = [{"reference": "1", "product_kind": product, "amount": "100.00"}]
    return CALCULATION | {"customer": {"kind": "consumer", **place}, "lines": lines}


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [(sale(country="ZZ"), "/customer/country"), (sale("timeshare", country="FR"), "/lines/0/product_kind")],
    ids=["country", "product"],
)
def test_a_code_that_is_none_is_refused_with_its_place(call: Caller, asked: dict[str, Any], pointer: str) -> None:
    answer = call("POST", "/v1/tax/calculations", asked)
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json["errors"]] == [pointer]


@pytest.mark.parametrize(
    ("country", "state"), [("CA", {"state": "Nowhere"}), ("US", {}), ("US", {"state": "Nowhere"})], ids=str
)
def test_a_place_that_is_not_known_is_undetermined_with_what_is_missing(
    call: Caller, country: str, state: dict[str, str]
) -> None:
    answer = call("POST", "/v1/tax/calculations", sale(country=country, **state))
    assert answer.status_code == 200, answer.text
    assert answer.json["outcome"] == "undetermined"
    assert {name: answer.json[name] for name in AMOUNTS} == dict.fromkeys(AMOUNTS)
    (line,) = answer.json["lines"]
    assert (line["rate_percent"], line["tax_amount"]) == (None, None)
    assert [warning["code"] for warning in answer.json["warnings"]]
    assert answer.json["confidence"] == "low"


def test_a_known_sale_beside_an_unknown_one_makes_no_sum(call: Caller) -> None:
    asked = sale(country="FR")
    asked["lines"] = [
        *asked["lines"],
        asked["lines"][0]
        | {"reference": "2", "ship_to": {"country": "CA", "state": "Nowhere"}, "product_kind": "clothing"},
    ]
    answer = call("POST", "/v1/tax/calculations", asked)
    assert answer.status_code == 200, answer.text
    first, second = answer.json["lines"]
    assert (first["tax_amount"], second["tax_amount"]) == ("20.00", None)
    assert {name: answer.json[name] for name in AMOUNTS} == dict.fromkeys(AMOUNTS)


def test_an_answer_on_a_weak_row_says_so(call: Caller) -> None:
    strong = call("POST", "/v1/tax/calculations", sale(country="DE")).json
    weak = call("POST", "/v1/tax/calculations", sale("ebook", country="DK")).json
    assert strong["confidence"] == "high"
    assert weak["confidence"] == "low"
    assert {rule["confidence"] for rule in weak["lines"][0]["rules"]} >= {"low"}
