"""The VIES client against the double over real HTTP: what it says, and above all what it never says."""

import json
import logging
import time
from datetime import UTC

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from app.registers.double import RegisterDouble
from app.registers.double_vies import ERROR_CODES, OUTCOMES, company_of, magic_number
from app.registers.http import Limits
from app.registers.model import Availability, ErrorClass, Match, Outcome, RegisterQuery
from app.registers.vies import Vies

FRENCH, GERMAN, SPANISH = "40391895109", "136695976", "B58378431"
REQUESTER = {"requester_country": "DE", "requester_number": GERMAN}
FINAL = {"INVALID_INPUT"}
CALLERS = {"INVALID_REQUESTER_INFO", "VAT_BLOCKED", "IP_BLOCKED"}
CODES = {outcome: code for code, outcome in OUTCOMES.items()}


def test_a_known_number_is_valid_with_its_trader_and_a_consultation_number(vies: Vies) -> None:
    answer = vies.ask(RegisterQuery(country="FR", number=FRENCH, **REQUESTER))
    company = company_of("FR", FRENCH)
    assert (answer.outcome, answer.error_code, answer.error_class) == (Outcome.VALID, None, None)
    assert (answer.trader_name, answer.trader_address) == (company.name, company.address)
    assert answer.consultation_number is not None
    assert len(answer.consultation_number) == 16
    assert answer.asked_at.tzinfo is UTC
    assert answer.asked_at <= answer.answered_at
    assert json.loads(answer.evidence)["vatNumber"] == FRENCH


def test_without_our_own_number_there_is_no_consultation_number(vies: Vies) -> None:
    answer = vies.ask(RegisterQuery(country="FR", number=FRENCH))
    assert (answer.outcome, answer.consultation_number) == (Outcome.VALID, None)


def test_an_invalid_requester_is_our_fault_and_says_nothing_about_the_number(vies: Vies) -> None:
    answer = vies.ask(RegisterQuery(country="FR", number=FRENCH, requester_country="DE", requester_number="136695967"))
    assert (answer.outcome, answer.error_code) == (Outcome.REFUSED, "INVALID_REQUESTER_INFO")
    assert answer.error_class is ErrorClass.CALLER


@pytest.mark.parametrize("country_and_number", [("DE", GERMAN), ("ES", SPANISH)])
def test_what_a_member_state_hides_is_none_and_not_three_hyphens(
    vies: Vies, country_and_number: tuple[str, str]
) -> None:
    country, number = country_and_number
    answer = vies.ask(RegisterQuery(country=country, number=number))
    assert answer.outcome is Outcome.VALID
    assert (answer.trader_name, answer.trader_address) == (None, None)
    assert '"---"' in answer.evidence


def test_trader_data_that_agree_are_confirmed_and_others_are_not(vies: Vies) -> None:
    company = company_of("DE", GERMAN)
    right = vies.ask(RegisterQuery(country="DE", number=GERMAN, trader_name=company.name.upper(), trader_city="Berlin"))
    wrong = vies.ask(RegisterQuery(country="DE", number=GERMAN, trader_name="Somebody else", trader_city="Berlin"))
    assert (right.name_match, right.address_match) == (Match.MATCH, Match.MATCH)
    assert right.trader_name == company.name
    assert (wrong.name_match, wrong.address_match, wrong.trader_name) == (Match.MISMATCH, Match.MATCH, "Somebody else")
    assert vies.ask(RegisterQuery(country="DE", number=GERMAN)).name_match is Match.NOT_COMPARED


def test_one_part_of_the_address_that_differs_makes_the_address_differ(vies: Vies) -> None:
    company = company_of("FR", FRENCH)
    answer = vies.ask(RegisterQuery(country="FR", number=FRENCH, trader_street=company.street, trader_city="Elsewhere"))
    assert answer.address_match is Match.MISMATCH


@pytest.mark.parametrize("as_http_200", [True, False], ids=["HTTP 200", "HTTP 400 or 500"])
@pytest.mark.parametrize("code", sorted(ERROR_CODES))
def test_every_error_code_has_its_class_and_none_says_valid(vies: Vies, code: str, as_http_200: bool) -> None:
    number = magic_number("FR", CODES[code], as_http_200=as_http_200)
    answer = vies.ask(RegisterQuery(country="FR", number=number, **REQUESTER))
    if code in FINAL:
        expected = (Outcome.INVALID, ErrorClass.FINAL)
    elif code in CALLERS:
        expected = (Outcome.REFUSED, ErrorClass.CALLER)
    else:
        expected = (Outcome.UNAVAILABLE, ErrorClass.TRANSIENT)
    assert (answer.outcome, answer.error_class) == expected
    assert answer.error_code == code
    assert answer.consultation_number is None
    assert code in answer.evidence


def test_a_number_that_the_register_does_not_know_is_invalid(vies: Vies) -> None:
    answer = vies.ask(RegisterQuery(country="FR", number=magic_number("FR", CODES["invalid"]), **REQUESTER))
    assert (answer.outcome, answer.error_code, answer.trader_name) == (Outcome.INVALID, None, None)
    assert answer.consultation_number is not None


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        ("down", "http_503"),
        ("html", "not_json"),
        ("empty", "not_json"),
        ("wrong_schema", "wrong_schema"),
        ("wrong_number", "answer_for_another_number"),
        ("reset", "connection_reset"),
        ("slow", "read_timeout"),
        ("drip", "total_timeout"),
        ("huge", "too_large"),
        ("redirect", "http_302"),
        ("throttled", "http_429"),
    ],
)
def test_a_register_that_misbehaves_is_unavailable_and_the_reason_is_named(vies: Vies, fault: str, named: str) -> None:
    began = time.monotonic()
    answer = vies.ask(RegisterQuery(country="FR", number=magic_number("FR", CODES[fault]), **REQUESTER))
    assert (answer.outcome, answer.error_class, answer.error_code) == (
        Outcome.UNAVAILABLE,
        ErrorClass.TRANSIENT,
        named,
    )
    assert time.monotonic() - began < 3


def test_a_flapping_register_is_unavailable_now_and_valid_the_next_time(vies: Vies) -> None:
    query = RegisterQuery(country="FR", number=magic_number("FR", CODES["flapping"]))
    assert [vies.ask(query).outcome for _ in range(4)] == [Outcome.UNAVAILABLE, Outcome.VALID] * 2


def test_nobody_listening_is_unavailable() -> None:
    with RegisterDouble() as gone:
        url = gone.vies_url
    answer = Vies(url).ask(RegisterQuery(country="DE", number=GERMAN))
    assert (answer.outcome, answer.error_code) == (Outcome.UNAVAILABLE, "connect_failed")


def test_an_address_that_is_none_is_unavailable() -> None:
    answer = Vies("nowhere").ask(RegisterQuery(country="DE", number=GERMAN))
    assert (answer.outcome, answer.error_code) == (Outcome.UNAVAILABLE, "bad_address")


PLAIN_YES = {"countryCode": "DE", "vatNumber": GERMAN, "valid": True, "name": "---", "address": "---"}


def _answering(server: HTTPServer, body: str | bytes, status: int = 200) -> Vies:
    server.expect_request("/check-vat-number").respond_with_response(Response(body, status=status))
    return Vies(server.url_for(""))


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("[]", "not_json"),
        ("null", "not_json"),
        ("true", "not_json"),
        ("[" * 100_000, "not_json"),
        ('{"valid": true}', "wrong_schema"),
        (json.dumps(PLAIN_YES | {"valid": 1}), "wrong_schema"),
        (json.dumps(PLAIN_YES | {"valid": None}), "wrong_schema"),
        (json.dumps(PLAIN_YES | {"valid": "true"}), "wrong_schema"),
        (json.dumps(PLAIN_YES | {"countryCode": "AT"}), "answer_for_another_number"),
        (json.dumps(PLAIN_YES | {"vatNumber": None}), "wrong_schema"),
        (json.dumps(PLAIN_YES)[:-1] + ', "valid": false}', "not_json"),
        (json.dumps(PLAIN_YES | {"errorWrappers": [{"error": "MS_UNAVAILABLE"}]}), "MS_UNAVAILABLE"),
        ('{"actionSucceed": false}', "unnamed_error"),
        ('{"actionSucceed": false, "errorWrappers": []}', "unnamed_error"),
        ('{"errorWrappers": [{"error": "DE136695976 is bad"}]}', "unnamed_error"),
        ('{"errorWrappers": [17]}', "unnamed_error"),
        (b"\xff\xfe\x00", "not_json"),
    ],
)
def test_an_answer_that_is_not_exactly_a_yes_or_no_about_our_number_is_unavailable(
    httpserver: HTTPServer, body: str | bytes, named: str
) -> None:
    answer = _answering(httpserver, body).ask(RegisterQuery(country="DE", number=GERMAN))
    assert (answer.outcome, answer.error_code) == (Outcome.UNAVAILABLE, named)


@pytest.mark.parametrize("status", [201, 204, 400, 404, 500])
def test_a_yes_under_another_status_than_200_is_not_believed(httpserver: HTTPServer, status: int) -> None:
    answer = _answering(httpserver, json.dumps(PLAIN_YES), status).ask(RegisterQuery(country="DE", number=GERMAN))
    assert (answer.outcome, answer.error_code) == (Outcome.UNAVAILABLE, f"http_{status}")


def test_what_no_table_can_hold_is_replaced_in_names_and_evidence(httpserver: HTTPServer) -> None:
    body = json.dumps(PLAIN_YES | {"name": "A\0B\ud800 GmbH", "address": "Weg 1\nBerlin"}) + "\n" * 200_000
    answer = _answering(httpserver, body).ask(RegisterQuery(country="DE", number=GERMAN))
    assert (answer.trader_name, answer.trader_address) == ("A\ufffdB\ufffd GmbH", "Weg 1\nBerlin")
    assert len(answer.evidence) == 64 * 1024
    assert "\0" not in answer.evidence


def test_an_answer_packed_although_we_asked_for_a_plain_one_is_not_unpacked(httpserver: HTTPServer) -> None:
    packed = Response(b"\x1f\x8b...", headers={"Content-Encoding": "gzip"})
    httpserver.expect_request("/check-vat-number").respond_with_response(packed)
    answer = Vies(httpserver.url_for("")).ask(RegisterQuery(country="DE", number=GERMAN))
    assert (answer.outcome, answer.error_code) == (Outcome.UNAVAILABLE, "compressed_unasked")


def test_the_request_is_the_documented_one_and_leaves_out_what_we_do_not_know(httpserver: HTTPServer) -> None:
    seen: list[object] = []

    def keep(request: Request) -> Response:
        seen.append((request.path, request.query_string, request.get_json()))
        return Response("{}")

    httpserver.expect_request("/check-vat-number", method="POST").respond_with_handler(keep)
    Vies(httpserver.url_for("")).ask(
        RegisterQuery(country="EL", number="094501040", trader_name="X", trader_postal_code="10431", **REQUESTER)
    )
    assert seen == [
        (
            "/check-vat-number",
            b"",
            {
                "countryCode": "EL",
                "vatNumber": "094501040",
                "requesterMemberStateCode": "DE",
                "requesterNumber": GERMAN,
                "traderName": "X",
                "traderPostalCode": "10431",
            },
        )
    ]


def test_no_personal_data_reach_a_log_line_or_a_repr(vies: Vies, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = vies.ask(RegisterQuery(country="FR", number=FRENCH, trader_name="Jeanne Exemple", **REQUESTER))
    said = caplog.text + repr(answer)
    assert answer.trader_name
    for secret in (FRENCH, GERMAN, "Jeanne", answer.trader_name):
        assert secret not in said


def test_the_status_names_the_member_states_that_do_not_answer(double: RegisterDouble, vies: Vies) -> None:
    double.vies.set_mode("MS_UNAVAILABLE", country="DE")
    status = vies.status()
    assert status.availability is Availability.AVAILABLE
    assert status.countries["DE"] is Availability.UNAVAILABLE
    assert status.countries["FR"] is Availability.AVAILABLE


@pytest.mark.parametrize(
    ("body", "named"), [("<html>", "wrong_schema"), ('{"vow": 3}', "wrong_schema"), ("{}", "wrong_schema")]
)
def test_a_status_that_cannot_be_read_is_unavailable(httpserver: HTTPServer, body: str, named: str) -> None:
    httpserver.expect_request("/check-status").respond_with_data(body)
    status = Vies(httpserver.url_for("")).status()
    assert (status.availability, status.error_code) == (Availability.UNAVAILABLE, named)


def test_the_whole_call_is_bounded_even_when_every_single_wait_is_short(double: RegisterDouble) -> None:
    double.vies.set_mode("drip")
    began = time.monotonic()
    answer = Vies(double.vies_url, limits=Limits(read=10.0, total=0.7)).ask(RegisterQuery(country="DE", number=GERMAN))
    assert (answer.outcome, answer.error_code) == (Outcome.UNAVAILABLE, "total_timeout")
    assert time.monotonic() - began < 2
