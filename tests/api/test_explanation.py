"""Why the tax is what it is: the same records for calculations and orders, in the reader's language."""

from typing import Any

import pytest

from app.desk import Desk
from app.services.explain_decision import explain_decision
from tests.api.conftest import CALCULATION, FRENCH_ORDER, Caller

AUSTRALIAN = CALCULATION | {"customer": {"kind": "consumer", "country": "AU"}}


def test_every_step_has_words_and_the_rows_it_read_stand_beside_it(call: Caller) -> None:
    kept = call("POST", "/v1/tax/calculations", CALCULATION).json
    told = call("GET", f"/v1/tax/calculations/{kept['id']}/explanation").json
    assert (told["id"], told["language"], told["tax_amount"]) == (kept["id"], "en", "20.00")
    (line,) = told["lines"]
    assert all(step["text"] and set(step) == {"code", "text", "law", "row", "facts"} for step in line["steps"])
    rate = next(step for step in line["steps"] if step["row"] and step["row"]["value"] == "20")
    assert rate["law"]
    assert set(rate["row"]) == {"id", "valid_from", "value", "law", "source", "confidence"}
    assert rate["row"]["id"] in {row["id"] for row in line["rules"]}
    assert rate["facts"]
    assert line["tax_breakdown"][0]["tax_amount"] == "20.00"


@pytest.mark.parametrize(
    ("query", "headers", "language"),
    [
        ("", {}, "en"),
        ("?language=de", {}, "de"),
        ("?language=de-AT", {}, "de"),
        ("", {"Accept_Language": "fr, de;q=0.8, en;q=0.5"}, "de"),
        ("?language=en", {"Accept_Language": "de"}, "en"),
        ("?language=ja", {"Accept_Language": "de"}, "en"),
    ],
)
def test_it_is_told_in_the_language_that_was_asked_for(
    call: Caller, query: str, headers: dict[str, str], language: str
) -> None:
    kept = call("POST", "/v1/tax/calculations", CALCULATION).json
    told = call("GET", f"/v1/tax/calculations/{kept['id']}/explanation{query}", **headers).json
    assert told["language"] == language
    words = {"en": kept["lines"][0]["steps"][0]["text"]}.get(language)
    assert (told["lines"][0]["steps"][0]["text"] == words) is (language == "en")


def test_warnings_are_told_in_the_language_too(call: Caller) -> None:
    kept = call("POST", "/v1/tax/calculations", AUSTRALIAN).json
    path = f"/v1/tax/calculations/{kept['id']}/explanation"
    english, german = (call("GET", f"{path}?language={language}").json["warnings"] for language in ("en", "de"))
    assert [w["code"] for w in english] == [w["code"] for w in german] == [w["code"] for w in kept["warnings"]]
    assert [w["text"] for w in english] == [w["message"] for w in kept["warnings"]]
    assert all(one["text"] != other["text"] for one, other in zip(english, german, strict=True))


def test_an_orders_decision_is_explained_at_both_addresses(call: Caller) -> None:
    assert call("PUT", "/v1/orders/A-1", FRENCH_ORDER).status_code == 201
    told = call("GET", "/v1/orders/A-1/explanation").json
    assert told == call("GET", f"/v1/tax/calculations/{told['id']}/explanation").json
    assert told["lines"][0]["steps"]


def test_a_language_that_is_none_is_refused(call: Caller) -> None:
    kept = call("POST", "/v1/tax/calculations", CALCULATION).json
    answer = call("GET", f"/v1/tax/calculations/{kept['id']}/explanation?language=klingon")
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "?language")


def test_a_sentence_that_left_the_book_keeps_the_words_of_its_day(call: Caller, desk: Desk) -> None:
    answer: dict[str, Any] = call("POST", "/v1/tax/calculations", AUSTRALIAN).json
    answer["lines"][0]["steps"][0] |= {"code": "told_long_ago", "text": "As it was said then."}
    answer["warnings"][0] |= {"code": "warned_long_ago", "message": "As it was warned then."}
    told = explain_decision(answer, language="de", book=desk.book)
    assert told.lines[0].steps[0].text == "As it was said then."
    assert told.warnings[0].text == "As it was warned then."
