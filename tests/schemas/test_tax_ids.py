"""The request and the answer of a tax ID check."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from app.facts import TaxIdAsked
from app.registers.model import Match, Outcome, RegisterAnswer
from app.schemas.fields import faults_of
from app.schemas.strict_json import parse
from app.schemas.tax_ids import TaxIdCheckRequestSchema, TaxIdCheckSchema, offline_check
from tax_rules.identifiers import check_identifier

SMALLEST: dict[str, Any] = {"country": "FR", "number": "FR40391895109"}


def _faults(body: Any) -> dict[str, str]:
    with pytest.raises(ValidationError) as refused:
        TaxIdCheckRequestSchema().load(body)
    return {fault.pointer: fault.detail for fault in faults_of(refused.value.normalized_messages())}


def test_country_and_number_suffice() -> None:
    assert TaxIdCheckRequestSchema().load(SMALLEST) == TaxIdAsked(country="FR", number="FR40391895109")


def test_every_member_arrives_as_a_fact() -> None:
    asked = TaxIdCheckRequestSchema().load(
        SMALLEST
        | {
            "kind": "vat",
            "requester": "de 136 695 976",
            "name": "Exemple SARL",
            "address": {"line1": "1 rue de l'Exemple", "postal_code": "75001", "city": "Paris", "country": "FR"},
            "order_reference": "A-1",
            "mode": "register",
        }
    )
    assert asked == TaxIdAsked(
        country="FR",
        number="FR40391895109",
        requester="DE136695976",
        name="Exemple SARL",
        address="1 rue de l'Exemple\n75001 Paris",
        order_reference="A-1",
        mode="register",
    )


def test_an_address_may_be_one_line() -> None:
    assert TaxIdCheckRequestSchema().load(SMALLEST | {"address": "1 rue X, Paris"}).address == "1 rue X, Paris"


@pytest.mark.parametrize("number", ["DE136695976\n", "DE\0", "\u202eDE1", "ＤＥ１", "АТ1", "\ud800", "VAT: DE1"])
def test_odd_signs_in_the_number_are_a_matter_of_the_check_and_not_of_the_request(number: str) -> None:
    assert TaxIdCheckRequestSchema().load({"country": "DE", "number": number}).number == number


def test_every_fault_is_told_at_once_and_where() -> None:
    faults = _faults(
        {
            "country": "fr",
            "kind": "VAT!",
            "mode": "perhaps",
            "requester": "DE136695967",
            "name": "A\u202eB",
            "address": {"line1": "a\nb"},
            "order_reference": "../etc",
            "colour": "red",
        }
    )
    assert set(faults) == {"/country", "/number", "/kind", "/mode", "/name", "/address", "/order_reference", "/colour"}
    assert "FR" in faults["/country"]


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"requester": "DE136695967"}, "/requester"),
        ({"requester": "US1"}, "/requester"),
        ({"requester": "136695976"}, "/requester"),
        ({"number": ""}, "/number"),
        ({"number": " \n"}, "/number"),
        ({"number": None}, "/number"),
        ({"number": 136695976}, "/number"),
        ({"number": True}, "/number"),
        ({"number": "9" * 201}, "/number"),
        ({"country": "ZZ"}, "/country"),
        ({"country": "D\0"}, "/country"),
        ({"country": None}, "/country"),
        ({"address": {"street": "x"}}, "/address/street"),
        ({"address": {}}, "/address"),
        ({"address": {"line1": 3}}, "/address"),
        ({"address": []}, "/address"),
        ({"kind": 5}, "/kind"),
        ({"mode": None}, "/mode"),
    ],
)
def test_a_fault_is_refused_at_its_place(changed: dict[str, Any], pointer: str) -> None:
    assert list(_faults(SMALLEST | changed)) == [pointer]


def test_a_number_written_as_a_json_number_is_refused() -> None:
    assert list(_faults(parse(b'{"country": "DE", "number": 136695976.0}'))) == ["/number"]


@pytest.mark.parametrize("body", [None, [], "x", 3])
def test_what_is_no_object_is_refused(body: Any) -> None:
    assert list(_faults(body)) == [""]


@given(st.text(min_size=1, max_size=200))
def test_any_text_as_a_number_is_answered_in_json_that_can_be_sent(number: str) -> None:
    try:
        asked = TaxIdCheckRequestSchema().load({"country": "DE", "number": number})
    except ValidationError:
        assert not number.strip()
        return
    said = offline_check(check_identifier(asked.country, asked.number))
    json.dumps(said, ensure_ascii=False).encode()
    assert said["status"] in {"malformed", "not_checked"}


def test_the_answer_has_the_members_of_the_contract() -> None:
    answer = RegisterAnswer(
        register="VIES",
        outcome=Outcome.VALID,
        asked_at=datetime(2026, 11, 22, 10, tzinfo=UTC),
        answered_at=datetime(2026, 11, 22, 10, 0, 1, tzinfo=UTC),
        consultation_number="WAPIAAAAZNgfuVoL",
        trader_name="Exemple SARL",
        name_match=Match.MATCH,
    )
    check = check_identifier("FR", "FR40391895109")
    told = TaxIdCheckSchema().dump(
        {
            "id": "tic_1",
            "country": check.country,
            "kind": "vat",
            "number": check.number,
            "format": check,
            "status": answer.status,
            "register": answer.members(),
            "valid_from": date(2020, 1, 1),
            "evidence_document_id": None,
        }
    )
    assert told == {
        "id": "tic_1",
        "country": "FR",
        "kind": "vat",
        "number": "FR40391895109",
        "format": {
            "valid": True,
            "reason": None,
            "expected": "FR + 2 characters (letters other than O and I, or digits) + 9 digits",
            "suggestion": None,
            "suggestion_country": None,
            "confidence": "medium",
        },
        "status": "verified",
        "register": {
            "name": "VIES",
            "asked_at": "2026-11-22T10:00:00Z",
            "answered_at": "2026-11-22T10:00:01Z",
            "consultation_number": "WAPIAAAAZNgfuVoL",
            "trader_name": "Exemple SARL",
            "trader_address": None,
            "match": {"name": "match", "address": "not_compared"},
            "error_code": None,
        },
        "valid_from": "2020-01-01",
        "evidence_document_id": None,
    }


@pytest.mark.parametrize(
    ("country", "number", "status", "valid"),
    [
        ("FR", "FR40391895109", "not_checked", True),
        ("FR", "FR40391895190", "malformed", False),
        ("US", "12", "not_checked", None),
    ],
)
def test_offline_nothing_is_verified_and_unsupported_is_not_malformed(
    country: str, number: str, status: str, valid: bool | None
) -> None:
    said = offline_check(check_identifier(country, number))
    assert (said["id"], said["status"], said["format"]["valid"], said["register"]) == (None, status, valid, None)
