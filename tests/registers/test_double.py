"""The double speaks the documented contract, so that what works against it works against VIES."""

from typing import Any

import httpx
import pytest
from stdnum.eu import vat

from app.registers.double import RegisterDouble
from app.registers.double_vies import OUTCOMES, magic_number, magic_numbers

FRENCH, GERMAN = "40391895109", "136695976"
ASKED = {"countryCode": "FR", "vatNumber": FRENCH}
REQUESTER = {"requesterMemberStateCode": "DE", "requesterNumber": GERMAN}


def _post(double: RegisterDouble, path: str, body: Any) -> httpx.Response:
    return httpx.post(double.url + path, json=body)


def test_the_answer_has_exactly_the_documented_members(double: RegisterDouble) -> None:
    answer = _post(double, "/vies/check-vat-number", ASKED | REQUESTER).json()
    parts = ("Name", "Street", "PostalCode", "City", "CompanyType")
    assert set(answer) == {
        *("countryCode", "vatNumber", "requestDate", "valid", "requestIdentifier", "name", "address"),
        *(f"trader{part}" for part in parts),
        *(f"trader{part}Match" for part in parts),
    }
    assert answer["requestDate"].endswith("Z")
    assert answer["traderName"] == "---"
    assert answer["traderNameMatch"] == "NOT_PROCESSED"


def test_two_consultations_never_have_the_same_number(double: RegisterDouble) -> None:
    numbers = {_post(double, "/check-vat-number", ASKED | REQUESTER).json()["requestIdentifier"] for _ in range(20)}
    assert len(numbers) == 20
    assert {len(number) for number in numbers} == {16}


@pytest.mark.parametrize(
    "requester",
    [
        {"requesterMemberStateCode": "DE"},
        {"requesterNumber": GERMAN},
        {"requesterMemberStateCode": "GB", "requesterNumber": "434031494"},
    ],
)
def test_half_a_requester_or_one_outside_vies_is_refused(double: RegisterDouble, requester: dict[str, str]) -> None:
    answer = _post(double, "/vies/check-vat-number", ASKED | requester).json()
    assert answer["errorWrappers"][0]["error"] == "INVALID_REQUESTER_INFO"
    assert "valid" not in answer


@pytest.mark.parametrize(
    ("country", "number", "error"),
    [
        ("GB", "434031494", "INVALID_INPUT"),
        ("GR", "094501040", "INVALID_INPUT"),
        ("DE", "12", "INVALID_INPUT"),
        ("DE", "", "INVALID_INPUT"),
    ],
)
def test_what_is_no_number_of_vies_is_invalid_input(
    double: RegisterDouble, country: str, number: str, error: str
) -> None:
    answer = _post(double, "/vies/check-vat-number", {"countryCode": country, "vatNumber": number}).json()
    assert (answer["actionSucceed"], answer["errorWrappers"][0]["error"]) == (False, error)


def test_a_number_with_wrong_check_digits_is_not_valid(double: RegisterDouble) -> None:
    answer = _post(double, "/vies/check-vat-number", {"countryCode": "DE", "vatNumber": "136695967"}).json()
    assert answer["valid"] is False


@pytest.mark.parametrize(
    ("number", "error"),
    [
        ("201", "INVALID_INPUT"),
        ("202", "INVALID_REQUESTER_INFO"),
        ("300", "SERVICE_UNAVAILABLE"),
        ("301", "MS_UNAVAILABLE"),
        ("302", "TIMEOUT"),
        ("400", "VAT_BLOCKED"),
        ("401", "IP_BLOCKED"),
        ("500", "GLOBAL_MAX_CONCURRENT_REQ"),
        ("501", "GLOBAL_MAX_CONCURRENT_REQ_TIME"),
        ("600", "MS_MAX_CONCURRENT_REQ"),
        ("601", "MS_MAX_CONCURRENT_REQ_TIME"),
        ("711", "SERVICE_UNAVAILABLE"),
        ("anything", "SERVICE_UNAVAILABLE"),
    ],
)
def test_the_test_service_answers_errors_by_its_numbers(double: RegisterDouble, number: str, error: str) -> None:
    answer = _post(double, "/vies/check-vat-test-service", {"countryCode": "DE", "vatNumber": number}).json()
    assert answer["errorWrappers"][0]["error"] == error


def test_the_test_service_knows_john_doe_and_nobody_else(double: RegisterDouble) -> None:
    valid = _post(double, "/vies/check-vat-test-service", {"countryCode": "DE", "vatNumber": "100"}).json()
    invalid = _post(double, "/vies/check-vat-test-service", {"countryCode": "DE", "vatNumber": "200"}).json()
    assert (valid["valid"], valid["name"], valid["address"]) == (True, "John Doe", "123 Main St, Anytown, UK")
    assert (invalid["valid"], invalid["name"]) == (False, "---")


def test_the_older_form_tells_the_same_under_its_own_names(double: RegisterDouble) -> None:
    valid = httpx.get(f"{double.vies_url}/ms/FR/vat/{FRENCH}", params=REQUESTER).json()
    down = httpx.get(f"{double.vies_url}/ms/FR/vat/{magic_number('FR', '301')}").json()
    assert (valid["isValid"], valid["userError"], valid["vatNumber"]) == (True, "VALID", FRENCH)
    assert len(valid["requestIdentifier"]) == 16
    assert "viesApproximate" in valid
    assert (down["isValid"], down["userError"]) == (False, "MS_UNAVAILABLE")


def test_every_magic_number_passes_its_check_digits() -> None:
    table = magic_numbers()
    assert len(table) == len(OUTCOMES)
    for row in table:
        assert vat.is_valid(row["DE"])
        assert vat.is_valid(row["FR"])


def test_the_table_of_magic_numbers_is_served_too(double: RegisterDouble) -> None:
    assert httpx.get(f"{double.url}/_double/numbers").json() == magic_numbers()


def test_a_mode_switches_one_country_and_ok_switches_it_back(double: RegisterDouble) -> None:
    assert _post(double, "/_double/mode", {"mode": "MS_UNAVAILABLE", "country": "FR"}).status_code == 200
    assert "valid" not in _post(double, "/vies/check-vat-number", ASKED).json()
    other = {"countryCode": "DE", "vatNumber": GERMAN}
    assert _post(double, "/vies/check-vat-number", other).json()["valid"] is True
    _post(double, "/_double/mode", {"mode": "ok", "country": "FR"})
    assert _post(double, "/vies/check-vat-number", ASKED).json()["valid"] is True


def test_an_outage_ends_by_itself_when_it_was_given_an_end(double: RegisterDouble) -> None:
    _post(double, "/_double/mode", {"mode": "down", "lasts": 0})
    assert _post(double, "/vies/check-vat-number", ASKED).status_code == 200


def test_a_number_known_yesterday_can_be_unknown_today(double: RegisterDouble) -> None:
    assert _post(double, "/vies/check-vat-number", ASKED).json()["valid"] is True
    _post(double, "/_double/mode", {"mode": "invalid", "country": "FR", "number": FRENCH})
    assert _post(double, "/vies/check-vat-number", ASKED).json()["valid"] is False


@pytest.mark.parametrize("status", [200, 400, 500])
def test_an_error_comes_with_the_status_that_was_chosen(double: RegisterDouble, status: int) -> None:
    _post(double, "/_double/mode", {"mode": "TIMEOUT", "error_status": status})
    answer = _post(double, "/vies/check-vat-number", ASKED)
    assert (answer.status_code, answer.json()["errorWrappers"][0]["error"]) == (status, "TIMEOUT")


@pytest.mark.parametrize(
    "body", [{}, {"mode": "on fire"}, {"mode": "down", "colour": "red"}, {"mode": "slow", "seconds": "x"}]
)
def test_a_mode_that_makes_no_sense_is_refused_and_changes_nothing(double: RegisterDouble, body: Any) -> None:
    assert _post(double, "/_double/mode", body).status_code == 400
    assert _post(double, "/vies/check-vat-number", ASKED).json()["valid"] is True


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"null", b"[" * 60_000, b"x" * 70_000])
def test_a_body_that_is_no_object_is_invalid_input(double: RegisterDouble, body: bytes) -> None:
    answer = httpx.post(f"{double.vies_url}/check-vat-number", content=body)
    assert (answer.status_code, answer.json()["errorWrappers"][0]["error"]) == (400, "INVALID_INPUT")


def test_an_unknown_path_is_not_found(double: RegisterDouble) -> None:
    assert httpx.get(f"{double.url}/nothing").status_code == 404
    assert _post(double, "/nothing", {}).status_code == 404
