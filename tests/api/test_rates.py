"""``GET /v1/tax/rates``: VAT with its products, Canada, the United States, and what is not known."""

from pathlib import Path
from typing import Any

import pytest

from app.actor import SYSTEM
from app.desk import Desk
from app.services.import_local_rates import import_local_rates
from tests.api.conftest import Caller, SharedApi
from tests.sst_files import BOUNDARIES, RATES, write

RATE_MEMBERS = {
    "jurisdiction", "kind", "tax_type", "tax_name", "rate_percent", "from", "law", "source", "confidence", "row",
}  # fmt: skip


def rates(shared: SharedApi, **query: str) -> Any:
    answer = shared.call("GET", "/v1/tax/rates?" + "&".join(f"{name}={text}" for name, text in query.items()))
    assert answer.status_code == 200, answer.json
    return answer.json


def by_kind(found: Any) -> dict[str, str | None]:
    return {rate["kind"]: rate["rate_percent"] for rate in found["rates"]}


@pytest.mark.parametrize(
    ("day", "standard", "since"), [("2020-12-31", "16", "2020-07-01"), ("2021-01-01", "19", "2021-01-01")]
)
def test_a_country_has_its_standard_rate_and_those_of_products(
    shared: SharedApi, day: str, standard: str, since: str
) -> None:
    found = rates(shared, country="DE", date=day)
    first = found["rates"][0]
    assert set(first) == RATE_MEMBERS
    assert (first["kind"], first["rate_percent"], first["from"]) == ("standard", standard, since)
    assert first["law"].startswith("UStG")
    assert first["row"] == f"vat.standard_rate/DE/{since}"
    assert by_kind(found)["ebook"] == ("5" if standard == "16" else "7")
    assert found["undetermined"] == []
    assert found["jurisdiction"]["country"] == "DE"
    assert len(found["rulebook"]["sha256"]) == 64


def test_a_postal_code_may_lie_in_a_territory(shared: SharedApi) -> None:
    found = rates(shared, country="PT", postal_code="9000-001", date="2026-03-01")
    assert found["jurisdiction"]["code"] == "PT-30"
    assert found["rates"][0]["rate_percent"] == "22"


def test_without_a_day_it_is_today(shared: SharedApi) -> None:
    assert rates(shared, country="FR")["rates"][0]["rate_percent"] == "20"


@pytest.mark.parametrize(
    ("query", "combined", "taxes"),
    [
        ({"state": "QC"}, "14.975", [("gst", "5", "2008-01-01"), ("qst", "9.975", "2013-01-01")]),
        ({"state": "ON"}, "13", [("hst", "13", "2010-07-01")]),
        ({"postal_code": "T2P 1J9"}, "5", [("gst", "5", "2008-01-01")]),
    ],
)
def test_canada_has_the_taxes_of_the_province(
    shared: SharedApi, query: dict[str, str], combined: str, taxes: list[tuple[str, str, str]]
) -> None:
    found = rates(shared, country="CA", date="2026-07-01", **query)
    assert found["combined_rate_percent"] == combined
    assert [(rate["tax_type"], rate["rate_percent"], rate["from"]) for rate in found["rates"]] == taxes
    assert all(rate["law"] and rate["source"] and rate["row"] for rate in found["rates"])


@pytest.fixture
def kansas(desk: Desk, call: Caller, tmp_path: Path) -> Caller:
    """A caller of an installation that has the official files of Kansas."""
    for name, rows in (("KSR2026Q4AUG19.csv", RATES), ("KSB2026Q4AUG19.csv", BOUNDARIES)):
        import_local_rates(desk, SYSTEM, write(tmp_path, name, rows))
    return call


@pytest.mark.parametrize(
    ("query", "level", "combined", "taxes"),
    [
        ("postal_code=66602", "zip5", "9.35", [("state", "6.5"), ("county", "1.35"), ("city", "1.5")]),
        ("state=KS&postal_code=66604-0050", "zip9", "9.35", [("state", "6.5"), ("county", "1.35"), ("city", "1.5")]),
        ("state=KS&postal_code=66604", "zip5", "7.85", [("state", "6.5"), ("county", "1.35")]),
        ("state=KS&postal_code=66045", "zip5", "1", [("county", "1")]),
    ],
)
def test_the_united_states_have_a_stack_and_how_precisely_it_was_found(
    kansas: Caller, query: str, level: str, combined: str, taxes: list[tuple[str, str]]
) -> None:
    found: Any = kansas("GET", f"/v1/tax/rates?country=US&date=2026-09-01&{query}").json
    assert (found["address_level"], found["combined_rate_percent"]) == (level, combined)
    assert [(rate["kind"], rate["rate_percent"]) for rate in found["rates"]] == taxes
    assert all(rate["from"] and rate["source"] and rate["law"] and rate["row"] for rate in found["rates"])
    county = next(rate for rate in found["rates"] if rate["kind"] == "county")
    assert "rate file KSR2026Q4AUG19.csv, line" in county["source"]
    has_several = query.endswith(("=66604", "=66045"))
    assert [warning["code"] for warning in found["warnings"]] == (["us_several_places"] if has_several else [])


def test_where_nothing_was_imported_the_sample_speaks(shared: SharedApi) -> None:
    found = rates(shared, country="US", state="CA", postal_code="94105", date="2026-09-01")
    assert found["rates"][0]["kind"] == "state"
    assert found["rates"][0]["from"] == "2017-01-01"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"country": "CA", "state": "Atlantis", "date": "2026-07-01"}, "ca_province_unknown"),
        ({"country": "CA", "state": "ON", "date": "2009-07-01"}, "no_rule_in_force"),
        ({"country": "US", "date": "2026-07-01"}, "us_state_unknown"),
        ({"country": "AE", "date": "2017-12-31"}, "no_rule_in_force"),
        ({"country": "PR", "date": "2026-07-01"}, "no_rule_in_force"),
    ],
)
def test_what_is_not_known_is_named_and_never_zero(shared: SharedApi, query: dict[str, str], code: str) -> None:
    found = rates(shared, **query)
    assert [caution["code"] for caution in found["undetermined"]] == [code]
    assert found["undetermined"][0]["message"]
    assert found["rates"] == []
    assert found["combined_rate_percent"] is None
    assert found["confidence"] == "low"


def test_where_no_such_tax_is_levied_the_law_says_so(shared: SharedApi) -> None:
    found = rates(shared, country="HK", date="2026-07-01")
    assert by_kind(found) == {"not_levied": None}
    assert found["rates"][0]["law"]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("", "?country"),
        ("country=ZZ", "?country"),
        ("country=DE&date=2026-02-30", "?date"),
        ("country=DE&town=Berlin", "?town"),
        ("country=DE&country=FR", "?country"),
    ],
)
def test_a_faulty_question_is_refused(shared: SharedApi, query: str, pointer: str) -> None:
    answer = shared.call("GET", f"/v1/tax/rates?{query}")
    assert answer.status_code in (400, 422)
    assert pointer in {fault["pointer"] for fault in answer.json["errors"]}  # type: ignore[index]
