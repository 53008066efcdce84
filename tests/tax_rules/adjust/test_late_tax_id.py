"""Late tax IDs: never more goes back than was charged, and nothing on an unknown number."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tax_rules.adjust.charged import ChargedLine
from tax_rules.adjust.decision import RefundOutcome
from tax_rules.adjust.late_tax_id import LateTaxId, decide_late_tax_id
from tax_rules.errors import BadFacts
from tax_rules.facts import ProductKind
from tax_rules.rulebook import RuleBook, load_rulebook
from tests.tax_rules.factories import make_customer, make_seller, make_tax_id

BOOK = load_rulebook()
ON = date(2026, 3, 1)


def charged(net: str = "100.00", tax: str = "20.00", **refunded: Decimal) -> ChargedLine:
    return ChargedLine(
        reference="1",
        product_kind=ProductKind.SAAS,
        net=Decimal(net),
        tax=Decimal(tax),
        rate=Decimal(20),
        **refunded,
    )


def late(book: RuleBook, *lines: ChargedLine, number: str = "FR12345678901", status: str = "verified") -> LateTaxId:
    return LateTaxId(
        seller=make_seller(),
        customer=make_customer(),
        currency="EUR",
        supply_date=ON,
        lines=lines,
        tax_id=make_tax_id(book, number, status=status),
    )


money = st.integers(0, 10**9).map(lambda n: Decimal(n).scaleb(-2))


@given(
    lines=st.lists(st.tuples(money, money, st.integers(0, 100), st.integers(0, 100)), min_size=1, max_size=10),
    status=st.sampled_from(["verified", "unverified", "pending", "unavailable", "not_checked", "malformed"]),
)
def test_a_refund_is_the_tax_that_stands_or_nothing(
    lines: list[tuple[Decimal, Decimal, int, int]], status: str
) -> None:
    cent = Decimal("0.01")
    facts = [
        charged(
            f"{net}", f"{tax}",
            net_refunded=(net * part / 100).quantize(cent, "ROUND_DOWN"),
            tax_refunded=(tax * share / 100).quantize(cent, "ROUND_DOWN"),
        )
        for net, tax, part, share in lines
    ]  # fmt: skip
    decision = decide_late_tax_id(late(BOOK, *facts, status=status), BOOK)
    standing = sum(line.tax - line.tax_refunded for line in facts)
    assert decision.tax_refund == (standing if status == "verified" else 0)
    assert decision.tax_before - decision.tax_refund == decision.tax_after
    assert all(0 <= line.tax_refund <= before.tax for line, before in zip(decision.lines, facts, strict=True))


def test_a_second_refund_finds_nothing_left(book: RuleBook) -> None:
    first = decide_late_tax_id(late(book, charged()), book)
    assert first.tax_refund == Decimal("20.00")
    again = decide_late_tax_id(late(book, charged(tax_refunded=first.tax_refund)), book)
    assert (again.outcome, again.reason, again.tax_refund) == (RefundOutcome.REFUSED, "nothing_left", 0)


def test_the_new_invoice_is_what_the_rules_say_of_the_supply_with_the_number(book: RuleBook) -> None:
    decision = decide_late_tax_id(late(book, charged()), book)
    assert (decision.vat_category, decision.vatex) == ("AE", "VATEX-EU-AE")
    assert {notice.text for notice in decision.notices} >= {"Autoliquidation", "Reverse charge"}
    assert decision.documents == ("credit_note", "invoice")
    assert [(line.net, line.tax_after) for line in decision.lines] == [(Decimal("100.00"), 0)]
    assert any("219" in law for law in decision.law)
    assert any("UStG § 17" in law for law in decision.law)
    assert decision.rows


def test_a_corrected_invoice_keeps_the_tax_of_the_supply(book: RuleBook) -> None:
    facts = LateTaxId(
        seller=make_seller(),
        customer=make_customer(country="DE"),
        currency="EUR",
        supply_date=ON,
        lines=(charged(tax="19.00"),),
        tax_id=make_tax_id(book, "DE123456788", home="DE"),
    )
    decision = decide_late_tax_id(facts, book)
    assert (decision.outcome, decision.vat_category) == (RefundOutcome.BUYER_DETAILS, "S")
    assert (decision.tax_before, decision.tax_after, decision.tax_refund) == (Decimal("19.00"), Decimal("19.00"), 0)


@pytest.mark.parametrize(
    "refunded", [{"tax_refunded": Decimal("20.01")}, {"net_refunded": Decimal("100.01")}, {"tax_refunded": Decimal(-1)}]
)
def test_facts_that_say_more_was_refunded_than_charged_are_refused(refunded: dict[str, Decimal]) -> None:
    with pytest.raises(BadFacts):
        charged(**refunded)


def test_a_refund_of_no_lines_is_refused(book: RuleBook) -> None:
    with pytest.raises(BadFacts):
        decide_late_tax_id(late(book), book)


def test_the_steps_end_with_the_refund(book: RuleBook) -> None:
    decision = decide_late_tax_id(late(book, charged()), book)
    assert decision.steps[-1].code == "refund_reverse_charge"
    assert {step.code for step in decision.steps} >= {"place_is_country", "business_accepted", "rule_s2"}
