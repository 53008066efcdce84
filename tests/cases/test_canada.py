"""The Canadian cases: which taxes, at which rate, and how much of each."""

from decimal import Decimal
from typing import Any

import pytest

from tax_rules.calculate import calculate
from tax_rules.rulebook import RuleBook, shipped_rulebook
from tests.cases.test_cases import cases
from tests.tax_rules.factories import make_customer, make_line, make_sale, make_seller


@pytest.fixture(scope="module")
def book() -> RuleBook:
    return shipped_rulebook()


@pytest.mark.parametrize("case", cases("canada.yaml"))
def test_a_sale_to_canada_is_taxed_as_the_case_says(case: dict[str, Any], book: RuleBook) -> None:
    sale, expect = case["sale"], case["expect"]
    asked = make_sale(
        seller=make_seller("DE", case["seller"]),
        customer=make_customer(**case["customer"]),
        currency="CAD",
        tax_date=sale["date"],
        lines=(make_line(product=sale["product"], amount=sale["net"]),),
    )
    calculation = calculate(asked, book)
    treatment = calculation.lines[0].treatment
    assert treatment.outcome == expect["outcome"]
    assert calculation.tax == (None if expect["tax"] is None else Decimal(expect["tax"]))
    shares = {share.tax_type: [share.rate, share.tax] for share in calculation.shares if share.rate}
    assert shares == {tax: [Decimal(rate), Decimal(amount)] for tax, (rate, amount) in expect["taxes"].items()}
    assert expect.get("warning") in {None, *(warning.code for warning in calculation.warnings)}
    assert ("ca_tax_left_out" in {w.code for w in calculation.warnings}) == (expect.get("warning") == "ca_tax_left_out")
    assert expect.get("confidence", calculation.confidence) == calculation.confidence
    assert expect.get("reason", treatment.reason) == treatment.reason
    assert treatment.law or expect["outcome"] == "undetermined"
