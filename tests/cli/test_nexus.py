"""``taxdesk nexus``: questions in, answers out, in the same order, without server and database."""

import json
from typing import Any

from click.testing import CliRunner, Result

from app.cli.nexus import nexus

GOOD: dict[str, Any] = {"state": "TX", "as_of": "2026-07-01", "sales": "500000.00", "transactions": 3}


def run(*questions: dict[str, Any] | str) -> Result:
    lines = (question if isinstance(question, str) else json.dumps(question) for question in questions)
    return CliRunner().invoke(nexus, ["-"], input="\n".join(lines) + "\n")


def answers(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_an_answer_names_thresholds_period_law_and_row() -> None:
    result = run(GOOD | {"reference": "Q-1"})
    assert result.exit_code == 0
    (found,) = answers(result)
    assert (found["reference"], found["economic_nexus"], found["code"]) == ("Q-1", True, "nexus_threshold_reached")
    assert found["thresholds"]["sales"] == "500000.00"
    assert (found["row"], found["from"]) == ("us.economic_nexus/US-TX/2019-10-01", "2019-10-01")
    assert found["law"]
    assert found["measurement_period"]


def test_a_state_may_be_given_by_its_name() -> None:
    assert answers(run(GOOD | {"state": "Texas"}))[0]["state"] == "TX"


def test_a_refused_question_names_every_fault_and_the_others_go_on() -> None:
    result = run({"state": "XX", "as_of": "2026", "sales": 5, "x": 1, "currency": "EUR"}, "[", GOOD)
    assert result.exit_code == 4
    refused, malformed, good = answers(result)
    assert {e["pointer"] for e in refused["errors"]} == {"/state", "/as_of", "/sales", "/x", "/currency"}
    assert malformed["code"] == "malformed_body"
    assert good["economic_nexus"] is True


def test_transactions_that_are_not_given_count_as_none() -> None:
    asked = {name: value for name, value in GOOD.items() if name != "transactions"}
    (found,) = answers(run(asked | {"state": "MD", "sales": "1.00"}))
    assert (found["economic_nexus"], found["code"]) == (False, "below_threshold")


def test_before_the_rule_of_a_state_there_is_none() -> None:
    (found,) = answers(run(GOOD | {"as_of": "2018-01-01"}))
    assert (found["economic_nexus"], found["code"], found["row"]) == (False, "before_the_rule", None)
