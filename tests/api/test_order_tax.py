"""Orders whose tax was not given: the whole engine calculates it, and its parts are kept with each line."""

from decimal import Decimal
from typing import Any

from tests.api.conftest import CALCULATION, FRENCH_ORDER, Caller, changed

QUEBEC: dict[str, Any] = {"country": "CA", "state": "QC", "city": "Montréal", "postal_code": "H2Y 1C6"}
TEXAN_RESALE: dict[str, Any] = {
    "client": "pixelforge",
    "customer": "C-1",
    "form": "F0003",
    "reason": "resale",
    "states": ["TX"],
    "signed_on": "2026-01-10",
    "expires_on": "2027-01-09",
    "document_sha256": "ab" * 32,
}


def untaxed(**more: Any) -> dict[str, Any]:
    """The French order, bought by a consumer, without its tax."""
    order = changed(FRENCH_ORDER, customer__kind="consumer", **more)
    for line in order["lines"]:
        del line["tax"]
    return order


def test_several_taxes_on_one_line_are_kept_part_by_part(call: Caller) -> None:
    answer = call("PUT", "/v1/orders/Q-1", untaxed(currency="CAD", customer__address=QUEBEC))
    assert answer.status_code == 201, answer.text
    (line,) = answer.json["lines"]
    assert line["tax"]["source"] == "calculated"
    parts = [(part["tax_type"], part["rate_percent"], part["tax_amount"]) for part in line["tax_breakdown"]]
    assert parts == [("gst", "5", "5.00"), ("qst", "9.975", "9.98")]
    assert line["tax"]["amount"] == answer.json["totals"]["tax"] == "14.98"
    assert answer.json["calculation"]["lines"][0]["tax_breakdown"] == line["tax_breakdown"]
    assert call("GET", "/v1/orders/Q-1").json["lines"] == answer.json["lines"]


def test_an_order_and_a_calculation_of_the_same_sale_agree(call: Caller) -> None:
    order = untaxed(currency="CAD", customer__address=QUEBEC)
    asked = CALCULATION | {
        "currency": "CAD",
        "customer": {"kind": "consumer", **QUEBEC},
        "lines": [{"reference": "1", "product_kind": "saas", "quantity": "2", "amount": "100.00"}],
    }
    ordered = call("PUT", "/v1/orders/Q-1", order).json["calculation"]
    single = call("POST", "/v1/tax/calculations", asked).json
    assert ordered["lines"] == single["lines"]


def test_goods_are_taxed_where_they_are_sent(call: Caller) -> None:
    goods = untaxed(lines__0__product_kind="general_goods", ship_from={"country": "DE"}, ship_to={"country": "IT"})
    answer = call("PUT", "/v1/orders/G-1", goods)
    assert answer.status_code == 201, answer.text
    (part,) = answer.json["lines"][0]["tax_breakdown"]
    assert (part["jurisdiction"]["country"], part["tax_amount"]) == ("IT", "22.00")


def test_a_stated_tax_is_kept_as_charged_and_has_no_parts_of_ours(call: Caller) -> None:
    answer = call("PUT", "/v1/orders/A-1", FRENCH_ORDER)
    assert "tax_breakdown" not in answer.json["lines"][0]


def test_a_quote_is_calculated_like_an_order(call: Caller) -> None:
    quote = call("PUT", "/v1/orders/O-1", untaxed(status="quote")).json
    assert quote["status"] == "quote"
    assert Decimal(quote["totals"]["tax"]) == Decimal("20.00")


def test_an_order_as_it_was_before_places_could_be_named_is_the_same_order(call: Caller) -> None:
    assert call("PUT", "/v1/orders/A-1", FRENCH_ORDER).status_code == 201
    same = call("PUT", "/v1/orders/A-1", FRENCH_ORDER | {"ship_to": None})
    assert same.status_code == 200


def test_what_is_missing_is_said_and_nothing_is_stored(call: Caller) -> None:
    nowhere = untaxed(currency="CAD", customer__address={"country": "CA", "state": "Atlantis", "city": "Nowhere"})
    refused = call("PUT", "/v1/orders/N-1", nowhere)
    assert (refused.status_code, refused.json["code"]) == (422, "tax_undetermined")
    (fault,) = refused.json["errors"]
    assert fault["pointer"] == "/lines/0/tax"
    assert "provin" in fault["detail"].lower()
    assert call("GET", "/v1/orders/N-1").status_code == 404


def test_a_certificate_on_file_exempts_and_an_unknown_one_is_refused(call: Caller) -> None:
    texan = {"kind": "business", "country": "US", "state": "TX", "city": "Houston", "postal_code": "77002"}
    asked = CALCULATION | {"currency": "USD", "customer": texan}
    filed = call("POST", "/v1/exemption-certificates", TEXAN_RESALE)
    assert filed.json["status"] == "valid", filed.json

    def answer(ids: list[str]) -> Any:
        exemption = {"reason": "resale", "certificate_ids": ids}
        return call("POST", "/v1/tax/calculations", asked | {"exemption": exemption})

    exempt = answer([filed.json["id"]]).json
    assert (exempt["outcome"], exempt["tax_amount"]) == ("exempt", "0.00")
    assert exempt["lines"][0]["taxability_reason"] == "customer_exempt"
    refused = answer(["xct_none"])
    assert [fault["pointer"] for fault in refused.json["errors"]] == ["/exemption/certificate_ids/0"]


def test_the_number_of_a_certificate_is_a_word_and_no_proof(call: Caller) -> None:
    texan = {"kind": "business", "country": "US", "state": "TX", "city": "Houston", "postal_code": "77002"}
    claimed = {"reason": "resale", "certificate_number": "32-7654321"}
    asked = CALCULATION | {"currency": "USD", "customer": texan, "exemption": claimed}
    answer = call("POST", "/v1/tax/calculations", asked).json
    assert answer["outcome"] == "charge"
    assert answer["tax_amount"] == "6.60"  # Texas leaves a fifth of data processing untaxed
