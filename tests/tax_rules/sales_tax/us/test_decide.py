"""US sales tax, rule by rule: who collects, where, what is taxed, who is exempt, and what lies on the price."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tax_rules.calculate import Calculation, calculate
from tax_rules.decision import Outcome, Reason, Treatment
from tax_rules.facts import (
    Address,
    AddressLevel,
    Exemption,
    LocalStack,
    LocalTax,
    ProductKind,
    Shipping,
    Situation,
)
from tax_rules.rulebook import RuleBook, shipped_rulebook
from tax_rules.sales_tax.us.decide import decide_us_sales_tax
from tax_rules.treatment import decide_treatment
from tests.tax_rules.factories import make_customer, make_line, make_registration, make_sale, make_seller

ON = date(2026, 7, 1)
HOUSTON = {"state": "TX", "postal_code": "77002"}


@pytest.fixture(scope="module")
def book() -> RuleBook:
    return shipped_rulebook()


def situation(kind: str = "consumer", *, registered: str | None = None, on: date = ON, **facts: Any) -> Situation:
    """A sale of a US seller into a state where it is registered."""
    place = {name: facts.pop(name) for name in ("state", "postal_code", "city") if name in facts}
    registrations = [f"sales_tax US {registered}"] if registered else []
    if registered is None and "state" in place:
        registrations = [f"sales_tax US {place['state']}"]
    seller = facts.pop("seller", None) or make_seller("US", registrations)
    return Situation(seller=seller, customer=make_customer(kind, "US", **place), on=on, **facts)


def decide(book: RuleBook, product: str = "software_physical", **facts: Any) -> Treatment:
    return decide_us_sales_tax(situation(**facts), ProductKind(product), book)


def codes(treatment: Treatment) -> list[str]:
    return [warning.code for warning in treatment.warnings]


def test_a_marketplace_that_collects_comes_before_everything(book: RuleBook) -> None:
    found = decide(book, state="NH", is_collected_by_marketplace=True)
    assert (found.outcome, found.reason, found.rate) == (Outcome.MARKETPLACE_COLLECTED, "marketplace_collected", 0)


def test_without_a_registration_nothing_is_collected_and_a_warning_says_so(book: RuleBook) -> None:
    found = decide(book, **HOUSTON, registered="OH")
    assert (found.outcome, found.rate, codes(found)) == (Outcome.NOT_COLLECTING, 0, ["us_not_registered"])


def test_a_registration_counts_from_its_first_day(book: RuleBook) -> None:
    seller = make_seller("US", ())
    seller = replace(seller, registrations=(make_registration("sales_tax US TX", valid_from=ON),))
    assert decide(book, **HOUSTON, seller=seller).outcome is Outcome.CHARGE
    assert decide(book, **HOUSTON, seller=seller, on=date(2026, 6, 30)).outcome is Outcome.NOT_COLLECTING


@pytest.mark.parametrize("state", ["DE", "MT", "NH", "OR", "Oregon"])
def test_a_state_without_sales_tax_is_out_of_scope_also_for_a_registered_seller(book: RuleBook, state: str) -> None:
    found = decide(book, state=state)
    assert (found.outcome, found.reason) == (Outcome.OUT_OF_SCOPE, Reason.NOT_SUBJECT_TO_TAX)


@pytest.mark.parametrize("state", ["TX", "tx", "US-TX", "Texas"])
def test_a_state_is_known_by_its_code_and_its_name(book: RuleBook, state: str) -> None:
    assert decide(book, state=state, registered="TX").jurisdiction.state == "TX"


def test_without_a_state_nothing_is_decided_and_it_is_not_zero(book: RuleBook) -> None:
    found = decide(book, registered="TX")
    assert (found.outcome, found.rate, codes(found)) == (Outcome.UNDETERMINED, None, ["us_state_unknown"])


@pytest.mark.parametrize("state", ["AA", "AE", "AP"])
def test_the_forces_post_lies_outside_every_state(book: RuleBook, state: str) -> None:
    found = decide(book, state=state, city="APO", registered="TX")
    assert (found.outcome, found.reason, found.rate) == (Outcome.OUT_OF_SCOPE, Reason.NOT_SUBJECT_TO_TAX, 0)


@pytest.mark.parametrize(
    ("place", "level", "rate", "warning"),
    [
        ({"postal_code": "38103-2701"}, "zip9", "9.75", None),
        ({"postal_code": "38103"}, "zip5", "9.75", None),
        ({"postal_code": "37902"}, "zip5", "9.25", None),
        ({"city": "Knoxville"}, "city", "9.25", "us_imprecise_address"),
        ({}, "state", "7", "us_imprecise_address"),
        ({"postal_code": "37999"}, "state", "7", "us_imprecise_address"),
    ],
    ids=str,
)
def test_the_answer_says_how_precisely_the_place_was_found(
    book: RuleBook, place: dict[str, str], level: str, rate: str, warning: str | None
) -> None:
    found = decide(book, "saas", state="TN", **place)
    assert (found.address_level, found.rate) == (level, Decimal(rate))
    assert codes(found) == ([warning] if warning else [])


def test_a_state_with_one_rate_needs_no_address(book: RuleBook) -> None:
    found = decide(book, "ebook", state="MA", kind="business")
    assert (found.outcome, found.reason) == (Outcome.EXEMPT, Reason.PRODUCT_EXEMPT)
    charged = decide(book, state="MA")
    assert (charged.rate, charged.warnings, charged.address_level) == (Decimal("6.25"), (), "state")


def test_a_local_rate_without_a_first_day_holds_before_and_is_low(book: RuleBook) -> None:
    found = decide(book, **HOUSTON, on=date(2020, 1, 1))
    assert (found.rate, found.confidence) == (Decimal("8.25"), "low")


def test_an_imported_table_goes_before_the_sample(book: RuleBook) -> None:
    address = Address(country="US", **HOUSTON)
    taxes = (LocalTax(level="city", name="TX city 1", rate=Decimal("0.5"), code="1", row="imported", valid_from=ON),)
    local = LocalStack(address=address, level=AddressLevel.ZIP9, taxes=taxes)
    found = decide(book, **HOUSTON, local=local)
    assert (found.rate, found.address_level) == (Decimal("6.75"), "zip9")
    assert "imported" in {row.id for row in found.rows}


def test_where_the_state_takes_nothing_at_a_place_only_local_taxes_are_left(book: RuleBook) -> None:
    address = Address(country="US", **HOUSTON)
    taxes = tuple(LocalTax(level="city", name=n, rate=Decimal(1), row=n, valid_from=ON) for n in ("a", "b"))
    local = LocalStack(address=address, level=AddressLevel.ZIP9, taxes=taxes, has_state_tax=False)
    assert [part.jurisdiction.name for part in decide(book, **HOUSTON, local=local).parts] == ["a", "b"]


@pytest.mark.parametrize(
    ("product", "kind", "on", "reason", "rate"),
    [
        ("saas", "business", date(2019, 9, 30), "reduced_rated", "1"),
        ("saas", "consumer", date(2019, 9, 30), "reduced_rated", "1"),
        ("saas", "business", date(2019, 10, 1), "reduced_rated", "1"),
        ("saas", "consumer", date(2019, 10, 1), "standard_rated", "6.35"),
    ],
    ids=str,
)
def test_connecticut_tells_business_from_personal_use_since_october_2019(
    book: RuleBook, product: str, kind: str, on: date, reason: str, rate: str
) -> None:
    found = decide(book, product, kind=kind, state="CT", on=on)
    assert (found.reason, found.rate, len(found.parts)) == (reason, Decimal(rate), 1)


def test_an_attestation_of_business_use_changes_the_treatment_and_exempts_nobody(book: RuleBook) -> None:
    attested = Exemption(reason="business_use_attestation")
    assert decide(book, "saas", state="CT", exemption=attested).rate == 1
    assert codes(decide(book, **HOUSTON, exemption=attested)) == []


def test_part_of_a_price_scales_every_tax_of_the_stack(book: RuleBook) -> None:
    found = decide(book, "data_processing", **HOUSTON)
    assert {part.taxable_percent for part in found.parts} == {80}
    assert (found.rate, found.reason) == (Decimal("6.6"), Reason.PORTION_TAXABLE)


@pytest.mark.parametrize(("state", "product"), [("AL", "saas"), ("TX", "services")])
def test_what_no_row_settles_is_undetermined(book: RuleBook, state: str, product: str) -> None:
    found = decide(book, product, state=state)
    assert (found.outcome, found.rate, codes(found)) == (Outcome.UNDETERMINED, None, ["us_taxability_unknown"])


@pytest.mark.parametrize(
    ("changed", "warning"),
    [
        ({}, None),
        ({"states": ("TX",)}, None),
        ({"states": ("US-TX", "OH")}, None),
        ({"states": ("OH",)}, "us_certificate_other_state"),
        ({"products": (ProductKind.SAAS,)}, "us_certificate_other_product"),
        ({"valid_from": ON, "valid_to": ON}, None),
        ({"valid_from": date(2026, 7, 2)}, "us_certificate_not_in_force"),
        ({"valid_to": date(2026, 6, 30)}, "us_certificate_not_in_force"),
        ({"is_accepted": False}, "us_certificate_not_accepted"),
        ({"reason": "friend"}, "us_exemption_reason_unknown"),
        ({"reason": "federal_government", "states": ("OH",), "valid_to": date(2020, 1, 1)}, None),
    ],
    ids=str,
)
def test_a_certificate_covers_its_states_products_and_days(
    book: RuleBook, changed: dict[str, Any], warning: str | None
) -> None:
    exemption = Exemption(**({"reason": "resale", "certificate": "C-7"} | changed))
    found = decide(book, **HOUSTON, exemption=exemption)
    if warning is None:
        assert (found.outcome, found.reason) == (Outcome.EXEMPT, Reason.CUSTOMER_EXEMPT)
        assert ("certificate", "C-7") in found.steps[0].facts
    else:
        assert (found.outcome, codes(found)) == (Outcome.CHARGE, [warning])


@pytest.mark.parametrize(
    ("state", "ship_from", "product", "sourcing"),
    [
        ("OH", "OH", "software_physical", "origin"),
        ("OH", "IN", "software_physical", "destination"),
        ("OH", None, "software_physical", "destination"),
        ("TX", "TX", "saas", "destination"),
        ("PA", "PA", "software_physical", "origin"),
        ("PA", "PA", "saas", "destination"),
        ("KS", "KS", "software_physical", "destination"),
    ],
)
def test_the_answer_says_by_which_place_it_was_sourced(
    book: RuleBook, state: str, ship_from: str | None, product: str, sourcing: str
) -> None:
    origin = Address(country="US", state=ship_from) if ship_from else None
    assert decide(book, product, state=state, ship_from=origin).sourcing == sourcing


def test_an_origin_state_takes_the_taxes_of_the_place_it_is_sent_from(book: RuleBook) -> None:
    origin = Address(country="US", state="OH", postal_code="45402")
    found = decide(book, state="OH", postal_code="44113", ship_from=origin)
    assert {part.jurisdiction.name for part in found.parts} == {"Ohio", "Montgomery", "GDRTA"}


def test_in_texas_local_taxes_never_exceed_two_percent(book: RuleBook) -> None:
    origin = Address(country="US", state="TX", postal_code="77002")
    found = decide(book, state="TX", postal_code="78701", ship_from=origin)
    assert found.rate == Decimal("8.25")


def calculation(book: RuleBook, amount: str, product: str = "general_goods", **facts: Any) -> Calculation:
    place = {name: facts.pop(name) for name in ("state", "postal_code", "city") if name in facts}
    registered = facts.pop("registered", place["state"])
    sale = {
        "seller": make_seller("US", (f"sales_tax US {registered}",)),
        "customer": make_customer(facts.pop("kind", "consumer"), "US", **place),
        "currency": "USD",
        "tax_date": ON,
        "lines": (make_line(product=product, amount=amount, quantity=facts.pop("quantity", Decimal(1))),),
    }
    return calculate(make_sale(**(sale | facts)), book)


@pytest.mark.parametrize(
    ("state", "zip_code", "amount", "quantity", "tax"),
    [
        ("TN", "37902", "1600.00", 1, "148.00"),
        ("TN", "37902", "4000.00", 1, "360.00"),
        ("TN", "37902", "4000.00", 4, "370.00"),
        ("FL", "33301", "5000.00", 1, "350.00"),
        ("FL", "33301", "6500.00", 1, "440.00"),
        ("FL", "33301", "10000.00", 2, "700.00"),
    ],
)
def test_bands_of_a_single_article_cut_the_base(
    book: RuleBook, state: str, zip_code: str, amount: str, quantity: int, tax: str
) -> None:
    found = calculation(book, amount, state=state, postal_code=zip_code, quantity=Decimal(quantity))
    assert found.tax == Decimal(tax)


@pytest.mark.parametrize(("amount", "tax"), [("175.00", "0.00"), ("200.00", "1.56")])
def test_massachusetts_taxes_clothing_above_its_threshold(book: RuleBook, amount: str, tax: str) -> None:
    assert calculation(book, amount, "clothing", state="MA").tax == Decimal(tax)


@pytest.mark.parametrize(
    ("on", "amount", "tax"),
    [
        (date(2026, 8, 6), "99.99", "8.25"),
        (date(2026, 8, 7), "99.99", "0.00"),
        (date(2026, 8, 9), "99.99", "0.00"),
        (date(2026, 8, 7), "100.00", "8.25"),
        (date(2026, 8, 10), "99.99", "8.25"),
    ],
    ids=str,
)
def test_clothing_below_the_limit_is_free_on_a_holiday(book: RuleBook, on: date, amount: str, tax: str) -> None:
    found = calculation(book, amount, "clothing", **HOUSTON, tax_date=on)
    assert found.tax == Decimal(tax)


@pytest.mark.parametrize(
    ("state", "zip_code", "separate", "rate"),
    [
        ("CA", "92590", True, "0"),
        ("CA", "92590", False, "7.75"),
        ("TX", "77002", True, "8.25"),
        ("LA", "70112", True, None),
    ],
)
def test_carriage_has_a_rule_of_its_own_in_each_state(
    book: RuleBook, state: str, zip_code: str, separate: bool, rate: str | None
) -> None:
    shipping = Shipping(amount=Decimal(10), separately_stated=separate)
    found = calculation(book, "100.00", state=state, postal_code=zip_code, shipping=shipping).shipping
    assert found is not None
    assert found.treatment.rate == (None if rate is None else Decimal(rate))


def test_in_new_york_one_taxed_article_taxes_the_whole_carriage(book: RuleBook) -> None:
    lines = (make_line("1", product="general_goods"), make_line("2", product="ebook"))
    shipping = Shipping(amount=Decimal("10.00"))
    found = calculation(book, "1", state="NY", postal_code="10001", lines=lines, shipping=shipping).shipping
    assert found is not None
    assert found.amounts is not None
    assert found.amounts.tax == Decimal("0.89")


@pytest.mark.parametrize(
    ("state", "on", "amount", "product", "fee"),
    [
        ("CO", date(2022, 6, 30), "5.00", "general_goods", None),
        ("CO", date(2022, 7, 1), "5.00", "general_goods", "0.27"),
        ("MN", ON, "100.00", "general_goods", "0.50"),
        ("MN", ON, "99.99", "general_goods", None),
        ("MN", ON, "500.00", "software_download", None),
        ("TX", ON, "500.00", "general_goods", None),
    ],
    ids=str,
)
def test_a_delivery_of_taxed_goods_bears_a_flat_fee_beside_the_tax(
    book: RuleBook, state: str, on: date, amount: str, product: str, fee: str | None
) -> None:
    found = calculation(book, amount, product, state=state, tax_date=on)
    assert [each.amount for each in found.fees] == ([Decimal(fee)] if fee else [])
    assert found.net is not None
    assert found.gross == found.net + (found.tax or 0)


def test_goods_from_abroad_are_an_export_where_nothing_is_collected(book: RuleBook) -> None:
    abroad = make_seller("DE", ("vat DE",))
    found = decide_treatment(situation(state="OH", seller=abroad), ProductKind.GENERAL_GOODS, book)
    assert found.outcome is Outcome.EXPORT
    assert "sales_tax_not_examined" in codes(found)


def test_services_from_abroad_are_outside_the_scope_of_value_added_tax(book: RuleBook) -> None:
    abroad = make_seller("DE", ("vat DE",))
    found = decide_treatment(situation(state="OH", seller=abroad), ProductKind.SAAS, book)
    assert (found.outcome, found.rule) == (Outcome.OUT_OF_SCOPE, "S10")
    assert "sales_tax_not_examined" in codes(found)


@given(
    amount=st.decimals(Decimal("0.01"), Decimal(20_000), places=2),
    zip_code=st.sampled_from([("TX", "77002"), ("TN", "37902"), ("FL", "33301"), ("KS", "66604"), ("CA", "92590")]),
    product=st.sampled_from(["general_goods", "saas", "software_download", "data_processing"]),
)
def test_the_taxes_of_the_stack_sum_to_the_tax_and_net_and_tax_to_gross(
    book: RuleBook, amount: Decimal, zip_code: tuple[str, str], product: str
) -> None:
    found = calculation(book, str(amount), product, state=zip_code[0], postal_code=zip_code[1])
    assert found.net is not None
    assert found.tax is not None
    assert sum((share.tax for share in found.shares), Decimal(0)) == found.tax
    assert found.gross == found.net + found.tax
    assert Decimal(0) <= found.tax <= amount
