"""A calculation request to facts and back: strict on the way in, complete on the way out."""

import copy
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from app import facts
from app.errors import InvalidInput
from app.schemas.calculate import calculation_from_request, stated_exemption
from app.schemas.calculation_answers import CalculationOut, calculation_answer
from app.schemas.calculation_asked import ExemptionStated
from app.schemas.calculations import read_calculation
from app.schemas.strict_json import parse
from app.sellers import SellerEntity, load_sellers
from app.services.keep_calculation import KnownFacts
from tax_rules.calculate import calculate
from tax_rules.facts import (
    Address,
    ExchangeRate,
    Exemption,
    LocationEvidence,
    ProductKind,
    Registration,
    RegistrationKind,
    RoundingBasis,
    SellerFacts,
    Shipping,
    TaxId,
    TaxIdStatus,
)
from tax_rules.rulebook import RuleBook, load_rulebook

REQUEST: dict[str, Any] = {
    "currency": "EUR",
    "tax_date": "2026-11-10",
    "seller": "de",
    "customer": {"kind": "consumer", "country": "FR"},
    "lines": [{"reference": "1", "product_kind": "saas", "amount": "49.90"}],
}
BUSINESS = {"kind": "business", "country": "FR", "tax_ids": [{"number": "FR 40 303 265 045", "status": "verified"}]}
Answer = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def book() -> RuleBook:
    return load_rulebook()


@pytest.fixture(scope="module")
def sellers() -> dict[str, SellerEntity]:
    return load_sellers()


@pytest.fixture
def answer(book: RuleBook, sellers: dict[str, SellerEntity]) -> Answer:
    def ask(
        payload: Any = None, *, may_assert: bool = True, may_override: bool = True, **changed: Any
    ) -> dict[str, Any]:
        payload = copy.deepcopy(REQUEST) | changed if payload is None else payload
        return calculation_from_request(
            payload, sellers=sellers, book=book, may_assert=may_assert, may_override=may_override
        )

    return ask


def faults(payload: Any) -> dict[str, str]:
    with pytest.raises(InvalidInput) as refused:
        read_calculation(payload)
    return {fault.pointer: fault.code for fault in refused.value.faults}


def changed(**members: Any) -> dict[str, Any]:
    return copy.deepcopy(REQUEST) | members


def line(**members: Any) -> dict[str, Any]:
    return REQUEST["lines"][0] | members


def test_the_answer_has_every_member_of_the_contract(answer: Answer) -> None:
    found = answer(reference="R-1")
    assert set(found) == {
        "id", "reference", "currency", "outcome", "amount_subtotal", "taxable_amount", "tax_amount", "amount_total",
        "rounding_basis", "lines", "shipping", "fees", "tax_breakdown", "notices", "warnings", "confidence", "rulebook",
    }  # fmt: skip
    assert set(found["lines"][0]) == {
        "reference", "outcome", "amount", "taxable_amount", "exempt_amount", "tax_amount", "rate_percent",
        "taxability_reason", "tax_breakdown", "law", "rules", "steps", "confidence", "vat_category",
    }  # fmt: skip
    assert (found["amount_subtotal"], found["tax_amount"], found["amount_total"]) == ("49.90", "9.98", "59.88")
    assert found["tax_breakdown"] == [
        {
            "jurisdiction": {"country": "FR", "level": "country", "name": "France"},
            "tax_type": "vat",
            "rate_percent": "20",
            "taxable_amount": "49.90",
            "tax_amount": "9.98",
            "taxability_reason": "standard_rated",
        }
    ]
    assert found["id"] is None
    assert len(found["rulebook"]["sha256"]) == 64


def test_the_schema_of_the_answer_lets_every_member_through(answer: Answer) -> None:
    found = answer(customer=BUSINESS, shipping={"amount": "1.00"}, reference="R-1")
    assert CalculationOut().dump(found) == found


def test_every_rule_that_was_read_is_told_with_law_and_source(answer: Answer) -> None:
    rules = {rule["id"]: rule for rule in answer()["lines"][0]["rules"]}
    rate = rules["vat.standard_rate/FR/2014-01-01"]
    assert (rate["value"], rate["from"], rate["law"]) == ("20", "2014-01-01", "CGI art. 278")
    assert rate["source"]


def test_the_steps_are_sentences_with_their_law(answer: Answer) -> None:
    steps = answer(customer=BUSINESS)["lines"][0]["steps"]
    assert [step["code"] for step in steps] == ["place_is_country", "business_accepted_asserted", "rule_s2"]
    assert all(step["text"].endswith(".") for step in steps)
    assert steps[-1]["law"] == "Directive 2006/112/EC Art. 44, 196"


def test_each_line_rests_on_its_own_reasons(answer: Answer) -> None:
    kinds = ("saas", "ebook", "support", "book")
    lines = [{"reference": kind, "product_kind": kind, "amount": "10.00"} for kind in kinds]
    saas, ebook, support, book = answer(lines=lines)["lines"]
    assert (saas["rules"], saas["steps"], saas["law"]) == (support["rules"], support["steps"], support["law"])
    assert (saas["reference"], support["reference"]) == ("saas", "support")
    assert {row["id"].split("/")[0] for row in ebook["rules"]} - {row["id"].split("/")[0] for row in saas["rules"]} == {
        "vat.ebook_rate"
    }
    assert "vat.book_rate" in {row["id"].split("/")[0] for row in book["rules"]}
    assert book["steps"][0]["code"] == "goods_route"


def test_a_stated_status_counts_only_where_the_caller_may_assert_it(answer: Answer) -> None:
    asserted = answer(customer=BUSINESS)
    assert asserted["outcome"] == "reverse_charge"
    assert any("asserted" in law for law in asserted["lines"][0]["law"])
    assert {notice["text"] for notice in asserted["notices"]} >= {"Autoliquidation", "Reverse charge"}
    ignored = answer(customer=BUSINESS, may_assert=False)
    assert (ignored["outcome"], ignored["tax_amount"]) == ("charge", "9.98")
    assert [warning["code"] for warning in ignored["warnings"]] == ["tax_id_not_checked"]


def test_a_number_that_cannot_exist_is_malformed_without_asking_anybody(answer: Answer) -> None:
    customer = BUSINESS | {"tax_ids": [{"number": "FR12"}]}
    assert [warning["code"] for warning in answer(customer=customer)["warnings"]] == ["tax_id_refused"]


def test_a_check_of_ours_is_asked_for_through_the_door_that_has_a_database(
    book: RuleBook, sellers: dict[str, SellerEntity]
) -> None:
    asked: list[tuple[str | None, str, date]] = []

    def tax_id(given: facts.TaxId, home: str, on: date) -> TaxId:
        asked.append((given.check_id, home, on))
        return TaxId(kind="vat", number=given.number, country="FR", status=TaxIdStatus.VERIFIED)

    customer = BUSINESS | {"tax_ids": [{"number": "FR40303265045", "check_id": "chk_1"}]}
    found = calculation_from_request(
        changed(customer=customer),
        sellers=sellers,
        book=book,
        may_assert=False,
        known=KnownFacts(sellers, tax_id, lambda *_: pytest.fail("no certificate was named"), lambda *_: ()),
    )
    assert asked == [("chk_1", "FR", date(2026, 11, 10))]
    assert found["outcome"] == "reverse_charge"
    assert not any("asserted" in law for law in found["lines"][0]["law"])


def test_without_a_database_a_check_cannot_be_named(answer: Answer) -> None:
    customer = BUSINESS | {"tax_ids": [{"number": "FR40303265045", "check_id": "chk_1"}]}
    with pytest.raises(InvalidInput) as refused:
        answer(customer=customer)
    assert [fault.pointer for fault in refused.value.faults] == ["/customer/tax_ids/0/check_id"]


@pytest.mark.parametrize(
    ("currency", "amount", "tax", "total"),
    [("JPY", "1127", "225", "1352"), ("KWD", "10.25", "2.050", "12.300"), ("EUR", "10", "2.00", "12.00")],
)
def test_amounts_are_written_with_the_currencys_decimals(
    answer: Answer, currency: str, amount: str, tax: str, total: str
) -> None:
    found = answer(currency=currency, lines=[line(amount=amount)])
    assert (found["tax_amount"], found["amount_total"]) == (tax, total)


def test_undetermined_amounts_are_null_and_never_zero(answer: Answer) -> None:
    found = answer(seller="us", customer={"kind": "consumer", "country": "US"}, currency="USD")
    assert found["outcome"] == "undetermined"
    amounts = ("amount_subtotal", "taxable_amount", "tax_amount", "amount_total")
    assert [found[name] for name in amounts] == [None] * 4
    one = found["lines"][0]
    assert (one["tax_amount"], one["rate_percent"], one["taxability_reason"]) == (None, None, "undetermined")
    assert [warning["code"] for warning in found["warnings"]] == ["us_state_unknown"]


@pytest.mark.parametrize(
    ("word", "kind", "is_exempt"),
    [
        ("prewritten_software_download", ProductKind.SOFTWARE_DOWNLOAD, False),
        ("prewritten_software_physical", ProductKind.SOFTWARE_PHYSICAL, False),
        ("support_maintenance_optional", ProductKind.SUPPORT, False),
        ("digital_audio_video", ProductKind.DIGITAL_MEDIA, False),
        ("physical_good", ProductKind.GENERAL_GOODS, False),
        ("physical_media", ProductKind.SOFTWARE_PHYSICAL, False),
        ("exempt_goods", ProductKind.GENERAL_GOODS, True),
    ],
)
def test_other_words_for_product_kinds_are_taken(word: str, kind: ProductKind, *, is_exempt: bool) -> None:
    asked = read_calculation(changed(lines=[line(product_kind=word)]))
    assert asked.lines[0].product_kind is kind
    assert asked.exempt_lines == (("1",) if is_exempt else ())


def test_invoice_is_another_word_for_document_net() -> None:
    assert read_calculation(changed(rounding_basis="invoice")).rounding_basis is RoundingBasis.DOCUMENT_NET


def test_a_total_that_leaves_the_price_is_warned_of(answer: Answer) -> None:
    lines = [line(reference=str(n), amount="100.00") for n in range(5)]
    customer = {"kind": "consumer", "country": "DE"}
    found = answer(customer=customer, lines=lines, tax_behavior="inclusive", rounding_basis="invoice")
    assert (found["tax_amount"], found["amount_total"]) == ("79.83", "499.98")
    assert [warning["code"] for warning in found["warnings"]] == ["total_leaves_price"]


def test_a_lines_own_behaviour_wins_over_the_documents(answer: Answer) -> None:
    lines = [line(amount="120.00"), line(reference="2", amount="100.00", tax_behavior="exclusive")]
    found = answer(lines=lines, tax_behavior="inclusive")
    assert [one["taxable_amount"] for one in found["lines"]] == ["100.00", "100.00"]
    assert found["amount_total"] == "240.00"


@pytest.mark.parametrize(
    ("payload", "pointers"),
    [
        (changed(currency="HRK"), {"/currency"}),
        (changed(currency="HRK", tax_date="2022-12-31"), None),
        (changed(currency="EUR", tax_date="1998-12-31"), {"/currency"}),
        (changed(currency="XAU"), {"/currency"}),
        (changed(tax_date="2024-02-30"), {"/tax_date"}),
        (changed(seller="../etc"), {"/seller"}),
        (changed(customer={"kind": "reseller", "country": "ZZ"}), {"/customer/kind", "/customer/country"}),
        (changed(customer={"kind": "consumer"}), {"/customer/country"}),
        (changed(customer=[]), {"/customer"}),
        (changed(lines=[]), {"/lines"}),
        (changed(lines={}), {"/lines"}),
        (changed(lines=[line(amount=49.9)]), {"/lines/0/amount"}),
        (changed(lines=[line(amount="1.005")]), {"/lines/0/amount"}),
        (changed(lines=[line(amount="-1.00")]), {"/lines/0/amount"}),
        (changed(lines=[line(discount="49.91")]), {"/lines/0/discount"}),
        (changed(lines=[line(quantity="0")]), {"/lines/0/quantity"}),
        (changed(lines=[line(), line()]), {"/lines/1/reference"}),
        (changed(lines=[line(product_kind="wine")]), {"/lines/0/product_kind"}),
        (changed(lines=[line(tax_behavior="net")]), {"/lines/0/tax_behavior"}),
        (changed(tax_behavior=True), {"/tax_behavior"}),
        (changed(rounding_basis="up"), {"/rounding_basis"}),
        (changed(shipping={"amount": "-1.00"}), {"/shipping/amount"}),
        (changed(shipping={"amount": "1.005"}), {"/shipping/amount"}),
        (changed(evidence=[{"kind": "horoscope", "country": "FR"}]), {"/evidence/0/kind"}),
        (changed(customer=BUSINESS | {"business_use": "yes"}), {"/customer/business_use"}),
        (changed(customer=BUSINESS | {"tax_ids": [{"number": "x", "status": "sure"}]}), {"/customer/tax_ids/0/status"}),
        (changed(rates_override=[{"tax_type": "vat", "rate_percent": "5", "lines": ["9"]}]),
         {"/rates_override/0/lines/0"}),
        (changed(rates_override=[{"tax_type": "wealth", "rate_percent": "500"}]),
         {"/rates_override/0/tax_type", "/rates_override/0/rate_percent"}),
        (changed(colour="red", __proto__={}), {"/colour", "/__proto__"}),
        ([REQUEST], {""}),
        ("text", {""}),
        (None, {""}),
    ],
)  # fmt: skip
def test_a_wrong_request_is_refused_with_every_pointer(payload: Any, pointers: set[str] | None) -> None:
    if pointers is None:
        assert read_calculation(payload).currency == "HRK"
    else:
        assert set(faults(payload)) == pointers


def test_all_faults_are_told_at_once() -> None:
    assert faults({"currency": "EURO", "lines": [{"reference": " "}], "x": 1}) == {
        "/currency": "invalid",
        "/tax_date": "missing",
        "/seller": "missing",
        "/customer": "missing",
        "/lines/0/reference": "invalid",
        "/lines/0/product_kind": "missing",
        "/lines/0/amount": "missing",
        "/x": "unknown_field",
    }


def test_a_float_in_the_body_is_refused_before_it_can_be_money() -> None:
    body = b'{"currency":"EUR","tax_date":"2026-11-10","seller":"de","customer":{"kind":"consumer","country":"FR"},'
    body += b'"lines":[{"reference":"1","product_kind":"saas","amount":49.90,"quantity":1.0,"description":1.5}]}'
    assert set(faults(parse(body))) == {"/lines/0/amount", "/lines/0/quantity", "/lines/0/description"}


def test_an_unknown_seller_is_refused_with_those_we_have(answer: Answer) -> None:
    with pytest.raises(InvalidInput) as refused:
        answer(seller="nobody")
    assert [fault.pointer for fault in refused.value.faults] == ["/seller"]


def test_everything_that_was_said_reaches_the_rules(sellers: dict[str, SellerEntity]) -> None:
    dallas, tulsa = {"country": "US", "state": "TX", "city": "Dallas"}, {"country": "US", "state": "OK"}
    asked = read_calculation(
        changed(
            ship_from=tulsa,
            ship_to=dallas,
            evidence=[{"kind": "ip_address", "country": "FR"}],
            marketplace={"facilitator": "Market", "collects": True},
            exchange_rates=[{"currency": "USD", "rate": "1.1", "date": "2026-11-09", "source": "ECB"}],
            shipping={"amount": "5.00", "separately_stated": False},
            lines=[line(price_per_item="24.95", quantity="2", discount="1.00", ship_to=tulsa)],
        )
    )
    exemption = stated_exemption(ExemptionStated(reason="resale", certificate_number="7"), "US", may_assert=True)
    sale = asked.sale(sellers["de"].facts(), lambda _: pytest.fail("no tax ID was stated"), exemption=exemption)
    assert (sale.ship_from, sale.ship_to) == (Address(**tulsa), Address(**dallas))
    assert sale.customer.evidence == (LocationEvidence(kind="ip_address", country="FR"),)
    assert sale.is_collected_by_marketplace
    rate = ExchangeRate(currency="USD", rate=Decimal("1.1"), on=date(2026, 11, 9), source="ECB")
    assert sale.exchange_rates == (rate,)
    assert sale.shipping == Shipping(amount=Decimal("5.00"), separately_stated=False)
    (only,) = sale.lines
    assert (only.price_per_item, only.quantity, only.discount) == (Decimal("24.95"), Decimal(2), Decimal("1.00"))
    assert sale.situation(only).ship_to == Address(**tulsa)
    assert sale.exemption == Exemption(reason="resale", certificate="7")
    assert asked.destinations == (Address(**dallas), Address(**tulsa))


@pytest.mark.parametrize("may_assert", [True, False])
def test_a_stated_exemption_counts_only_by_the_word_of_who_may_assert(*, may_assert: bool) -> None:
    stated = ExemptionStated(reason="resale", certificate_number="7")
    assert stated_exemption(stated, "US", may_assert=may_assert).is_accepted is may_assert


def test_without_a_database_a_certificate_cannot_be_named(answer: Answer) -> None:
    with pytest.raises(InvalidInput) as refused:
        answer(exemption={"reason": "resale", "certificate_ids": ["cert_1"]})
    assert [fault.pointer for fault in refused.value.faults] == ["/exemption/certificate_ids"]


def test_an_exemption_names_its_proof_in_one_way() -> None:
    both = {"reason": "resale", "certificate_ids": ["cert_1"], "certificate_number": "7"}
    assert set(faults(changed(exemption=both))) == {"/exemption"}


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"exemption": {"reason": "resale", "certificate_number": "1"}}, "/exemption"),
        ({"marketplace": {"facilitator": "Market", "collects": True}}, "/marketplace"),
    ],
)
def test_a_claim_that_plays_no_part_where_tax_is_charged_is_refused(
    answer: Answer, members: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        answer(**members)
    assert [fault.pointer for fault in refused.value.faults] == [pointer]


@pytest.mark.parametrize(
    ("members", "outcome"),
    [
        ({}, "charge"),
        ({"exemption": {"reason": "resale", "certificate_number": "1"}}, "exempt"),
        ({"marketplace": {"facilitator": "Market", "collects": True}}, "marketplace_collected"),
    ],
)
def test_certificates_and_marketplaces_are_decided_in_texas(
    answer: Answer, members: dict[str, Any], outcome: str
) -> None:
    texan = {"kind": "business", "country": "US", "state": "TX", "city": "Houston", "postal_code": "77002"}
    found = answer(customer=texan, currency="USD", **members)
    assert found["outcome"] == outcome
    if outcome == "charge":
        assert (found["sourcing"], found["address_level"]) == ("destination", "zip5")
        parts = [(p["jurisdiction"]["level"], p["jurisdiction"]["state"]) for p in found["tax_breakdown"]]
        assert parts == [("state", "TX"), ("city", "TX"), ("district", "TX")]


def test_a_marketplace_that_does_not_collect_changes_nothing(answer: Answer) -> None:
    assert answer(marketplace={"facilitator": "Market", "collects": False})["outcome"] == "charge"


def test_rates_are_stated_on_the_command_line_only(answer: Answer) -> None:
    stated = [{"tax_type": "vat", "rate_percent": "21.5"}]
    assert answer(rates_override=stated)["lines"][0]["rate_percent"] == "21.5"
    with pytest.raises(InvalidInput) as refused:
        answer(rates_override=stated, may_override=False)
    assert [fault.pointer for fault in refused.value.faults] == ["/rates_override"]


def test_two_rates_for_one_line_are_a_contradiction_and_no_crash(answer: Answer) -> None:
    stated = [{"tax_type": "vat", "rate_percent": rate} for rate in ("5", "7")]
    with pytest.raises(InvalidInput) as refused:
        answer(rates_override=stated)
    assert [fault.code for fault in refused.value.faults] == ["contradiction"]


def test_no_personal_data_stands_in_a_refusal() -> None:
    number, street = "FR40303265045", "12 rue du Secret"
    customer = {"kind": "x", "country": "zz", "line1": street, "tax_ids": [{"number": number, "status": number}]}
    with pytest.raises(InvalidInput) as refused:
        read_calculation(changed(customer=customer))
    told = refused.value.detail + "".join(fault.detail for fault in refused.value.faults)
    assert number not in told
    assert street not in told


@pytest.mark.parametrize("seller", ["de", "us"])
@pytest.mark.parametrize("country", ["DE", "FR", "GB", "CH", "NO", "AU", "BR", "XI", "EL", "MC", "ZA", "US", "CA"])
def test_the_shipped_sellers_get_an_honest_answer_everywhere(answer: Answer, seller: str, country: str) -> None:
    found = answer(seller=seller, customer={"kind": "consumer", "country": country})
    if found["outcome"] == "undetermined":
        assert found["tax_amount"] is None
        assert found["warnings"]
    else:
        net, tax, total = (float(found[name]) for name in ("amount_subtotal", "tax_amount", "amount_total"))
        assert round(net + tax, 2) == total
        assert found["lines"][0]["law"]
    if found["outcome"] == "not_collecting":
        assert "not_registered" in {warning["code"] for warning in found["warnings"]}


def test_a_flat_fee_of_a_state_stands_beside_the_tax(book: RuleBook, sellers: dict[str, SellerEntity]) -> None:
    denver = {"kind": "consumer", "country": "US", "state": "CO", "city": "Denver", "postal_code": "80202"}
    goods = [line(product_kind="general_goods", amount="100.00")]
    asked = read_calculation(
        changed(customer=denver, currency="USD", lines=goods, ship_from={"country": "US", "state": "TX"})
    )
    registered = Registration(
        kind=RegistrationKind.SALES_TAX, country="US", state="CO", number="1", valid_from=date(2019, 1, 1)
    )
    seller = SellerFacts(code="us", country="US", registrations=(registered,))
    sale = asked.sale(seller, lambda _: pytest.fail("no tax ID was stated"))
    (fee,) = calculation_answer(calculate(sale, book), book)["fees"]
    assert (fee["kind"], fee["amount"]) == ("retail_delivery_fee", "0.28")
    assert fee["law"]
    assert fee["row"].startswith("us.retail_delivery_fee/US-CO")
