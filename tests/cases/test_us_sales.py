"""The US cases: what is taxable and the tax, to the cent; and the edges of the engine."""

from decimal import Decimal
from typing import Any

import pytest

from tax_rules.calculate import Calculation, calculate
from tax_rules.decision import Outcome
from tax_rules.facts import Address, Exemption, ProductKind, Shipping, TaxBehavior
from tax_rules.rulebook import RuleBook, shipped_rulebook
from tests.cases.test_cases import cases
from tests.tax_rules.factories import make_customer, make_line, make_sale, make_seller

STATES = [row["code"] for row in shipped_rulebook().table("us.states")]
EVERYWHERE = [f"sales_tax US {state}" for state in STATES]


@pytest.fixture(scope="module")
def book() -> RuleBook:
    return shipped_rulebook()


def ask(book: RuleBook, customer: dict[str, Any], sale: dict[str, Any], **changed: Any) -> Calculation:
    """A sale of one line by a seller that is registered in every state."""
    behavior = TaxBehavior(sale.get("tax_behavior", "exclusive"))
    shipping = Shipping(amount=Decimal(sale["shipping"]), tax_behavior=behavior) if "shipping" in sale else None
    exemption = Exemption(reason=sale["exemption"], certificate="C-1") if "exemption" in sale else None
    quantity = Decimal(sale.get("quantity", "1"))
    facts = {
        "seller": make_seller("US", EVERYWHERE),
        "customer": make_customer(country="US", **customer),
        "currency": "USD",
        "tax_date": sale["date"],
        "lines": (make_line(product=sale["product"], amount=sale["amount"], tax_behavior=behavior, quantity=quantity),),
        "shipping": shipping,
        "exemption": exemption,
    } | changed
    return calculate(make_sale(**facts), book)


@pytest.mark.parametrize("case", cases("us_sales.yaml"))
def test_a_sale_in_the_united_states_is_taxed_as_the_case_says(case: dict[str, Any], book: RuleBook) -> None:
    found = ask(book, case["customer"], case["sale"])
    assert found.taxable == Decimal(case["expect"]["taxable"])
    assert found.tax == Decimal(case["expect"]["tax"])
    assert sum(share.tax for share in found.shares) == found.tax


@pytest.mark.parametrize("case", cases("us_edges.yaml"))
def test_an_edge_of_the_united_states_is_decided_as_the_case_says(case: dict[str, Any], book: RuleBook) -> None:
    changed: dict[str, Any] = {}
    if "seller" in case:
        changed["seller"] = make_seller("US", case["seller"])
    if "ship_from" in case:
        changed["ship_from"] = Address(country="US", **case["ship_from"])
    if "marketplace" in case:
        changed["is_collected_by_marketplace"] = case["marketplace"]
    if "certificate" in case:
        stated = case["certificate"]
        changed["exemption"] = Exemption(**stated | {"states": tuple(stated.get("states", ()))})
    found, expect = ask(book, case["customer"], case["sale"], **changed), case["expect"]
    treatment = found.lines[0].treatment
    assert treatment.outcome == expect["outcome"]
    assert found.tax == (None if expect["tax"] is None else Decimal(expect["tax"]))
    said = {
        "reason": treatment.reason,
        "sourcing": treatment.sourcing,
        "level": treatment.address_level,
        "fees": [str(fee.amount) for fee in found.fees],
        "rate": treatment.rate is not None and format(treatment.rate.normalize(), "f"),
    }
    assert {name: said[name] for name in said.keys() & expect.keys()} == {
        n: expect[n] for n in said.keys() & expect.keys()
    }
    assert expect.get("warning") in {None, *(warning.code for warning in found.warnings)}
    assert treatment.law or treatment.outcome is Outcome.UNDETERMINED


@pytest.mark.parametrize("state", STATES)
def test_every_state_answers_for_every_product_and_never_with_an_unexplained_zero(state: str, book: RuleBook) -> None:
    for product in ProductKind:
        sale = {"product": product.value, "date": make_sale().tax_date, "amount": "1000.00"}
        found = ask(book, {"state": state}, sale)
        outcome = found.lines[0].treatment.outcome
        assert (found.tax is None) == (outcome is Outcome.UNDETERMINED)
        if found.tax == 0:
            assert outcome in (Outcome.EXEMPT, Outcome.OUT_OF_SCOPE)
