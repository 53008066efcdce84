"""A price that goes back: the tax falls with it, never more than stands, and the last refund clears to the cent."""

from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tax_rules.adjust.charged import ChargedLine, ChargedPart
from tax_rules.adjust.decision import AdjustmentDecision, RefundOutcome
from tax_rules.adjust.price import PriceRefund, refund_price
from tax_rules.errors import BadFacts
from tax_rules.facts import ProductKind
from tax_rules.money import distribute
from tax_rules.rulebook import load_rulebook

BOOK = load_rulebook()
EUR = BOOK.currency("EUR")
CENT = Decimal("0.01")

cents = st.integers(1, 10**7).map(lambda n: Decimal(n).scaleb(-2))


def charged(net: str, tax: str, reference: str = "1", parts: tuple[ChargedPart, ...] = (), **given: Any) -> ChargedLine:
    return ChargedLine(
        reference=reference,
        product_kind=ProductKind.SAAS,
        net=Decimal(net),
        tax=Decimal(tax),
        rate=Decimal(20),
        parts=parts,
        **{name: Decimal(value) for name, value in given.items()},
    )


def stack(*taxes: str, types: tuple[str, ...] = ()) -> tuple[ChargedPart, ...]:
    kinds = types or ("sales_tax",) * len(taxes)
    return tuple(
        ChargedPart(name=str(n), tax_type=k, tax=Decimal(t)) for n, (t, k) in enumerate(zip(taxes, kinds, strict=True))
    )


def apply(lines: list[ChargedLine], decision: AdjustmentDecision) -> list[ChargedLine]:
    refunds = {line.reference: line for line in decision.lines}
    return [
        line.after_price_refund(r.net_refund, r.tax_refund, tuple(part.tax_refund for part in r.parts))
        if (r := refunds.get(line.reference))
        else line
        for line in lines
    ]


@st.composite
def charged_lines(draw: st.DrawFn) -> list[ChargedLine]:
    lines = []
    for n in range(draw(st.integers(1, 4))):
        net, rate, levels = draw(cents), draw(st.integers(0, 27)), draw(st.integers(0, 4))
        tax = (net * rate / 100).quantize(CENT)
        taxes = distribute(tax, [Decimal(draw(st.integers(0, 9))) for _ in range(levels)], CENT) if levels else ()
        types = ("gst", "pst") * 2 if draw(st.booleans()) else ("sales_tax",) * 4
        parts = stack(*map(str, taxes), types=types[: len(taxes)])
        lines.append(charged(str(net), str(tax), str(n), parts))
    return lines


@given(charged_lines(), st.lists(st.tuples(st.integers(1, 100), st.booleans()), max_size=6))
def test_many_partial_refunds_and_the_last_are_the_original_to_the_cent(
    lines: list[ChargedLine], steps: list[tuple[int, bool]]
) -> None:
    total = sum(line.gross_left for line in lines)
    back = Decimal(0)
    for percent, with_tax in [*steps, (100, True)]:
        lefts = [line.gross_left if with_tax else line.net_left for line in lines]
        amount = (sum(lefts) * percent / 100).quantize(CENT)
        wish = PriceRefund() if percent == 100 and with_tax else PriceRefund(amount=amount, tax_included=with_tax)
        if not amount:
            continue
        decision = refund_price(lines, wish, EUR)
        assert decision.outcome is RefundOutcome.REFUND
        assert (decision.gross_refund if with_tax else decision.net_refund) == amount
        for line in decision.lines:
            assert line.net_refund >= 0
            assert line.tax_refund >= 0
            assert all(part.tax_refund >= 0 for part in line.parts)
        lines = apply(lines, decision)  # refuses more than was charged, and parts that do not sum to the tax
        back += decision.gross_refund
    assert back == total
    assert all(line.gross_left == 0 and all(part.tax_left == 0 for part in line.parts) for line in lines)
    assert refund_price(lines, PriceRefund(), EUR).reason == "nothing_left"


@given(charged_lines())
def test_a_full_refund_reverses_the_sale(lines: list[ChargedLine]) -> None:
    decision = refund_price(lines, PriceRefund(), EUR)
    assert decision.net_refund == sum(line.net for line in lines)
    assert decision.tax_refund == sum(line.tax for line in lines)
    assert decision.tax_after == 0


@given(cents, st.integers(0, 27), st.lists(st.integers(1, 30), min_size=2, max_size=3))
def test_refunds_of_one_line_leave_the_same_in_any_order(net: Decimal, rate: int, shares: list[int]) -> None:
    tax = (net * rate / 100).quantize(CENT)
    amounts = [((net + tax) * share / 100).quantize(CENT) for share in shares]
    ends = set()
    for order in permutations([amount for amount in amounts if amount]):
        lines = [charged(str(net), str(tax))]
        for amount in order:
            lines = apply(lines, refund_price(lines, PriceRefund(amount=amount), EUR))
        ends.add((lines[0].net_left, lines[0].tax_left))
    assert len(ends) == 1


@given(charged_lines(), cents)
def test_more_than_is_left_is_refused_with_what_is_left(lines: list[ChargedLine], more: Decimal) -> None:
    left = sum((line.gross_left for line in lines), Decimal(0))
    decision = refund_price(lines, PriceRefund(amount=left + more), EUR)
    assert (decision.outcome, decision.reason) == (RefundOutcome.REFUSED, "exceeds_refundable")
    assert (decision.refundable, decision.gross_refund) == (left, 0)


def test_an_amount_over_two_equal_lines_loses_and_makes_no_cent() -> None:
    lines = [charged("1.00", "0.00", "a"), charged("1.00", "0.00", "b")]
    decision = refund_price(lines, PriceRefund(amount=Decimal("1.03")), EUR)
    assert [line.net_refund for line in decision.lines] == [Decimal("0.52"), Decimal("0.51")]


@pytest.mark.parametrize(
    ("net", "tax", "wish", "tax_refund", "gross_refund"),
    [
        ("18.35", "1.65", PriceRefund(amount=Decimal("20.00")), "1.65", "20.00"),
        ("100.00", "16.00", PriceRefund(percent=Decimal(50)), "8.00", "58.00"),
        ("99.99", "8.75", PriceRefund(amount=Decimal("33.33"), tax_included=False), "2.92", "36.25"),
        ("100.00", "20.00", PriceRefund(), "20.00", "120.00"),
    ],
    ids=["an amount contains its tax", "half at the old rate", "a net amount", "all"],
)
def test_the_tax_falls_in_proportion(net: str, tax: str, wish: PriceRefund, tax_refund: str, gross_refund: str) -> None:
    decision = refund_price([charged(net, tax)], wish, EUR)
    assert (decision.tax_refund, decision.gross_refund) == (Decimal(tax_refund), Decimal(gross_refund))


def test_the_taxes_of_a_stack_fall_together_and_other_taxes_each_on_its_own() -> None:
    texas = charged("300.00", "24.75", parts=stack("18.75", "3.00", "3.00"))
    third = PriceRefund(amount=Decimal("100.00"), tax_included=False)
    assert [part.tax_refund for part in refund_price([texas], third, EUR).lines[0].parts] == [
        Decimal("6.25"), Decimal("1.00"), Decimal("1.00"),
    ]  # fmt: skip
    canada = charged("10.10", "1.52", parts=stack("0.51", "1.01", types=("gst", "qst")))
    half = refund_price([canada], PriceRefund(amount=Decimal("5.05"), tax_included=False), EUR).lines[0]
    assert half.tax_after == Decimal("0.77")  # 0.255 and 0.505, each half up
    assert [part.tax_refund for part in half.parts] == [Decimal("0.25"), Decimal("0.50")]


def test_after_the_tax_went_back_alone_only_the_price_is_left() -> None:
    line = charged("100.00", "20.00").after_correction(Decimal("20.00"))
    half = refund_price([line], PriceRefund(percent=Decimal(50)), EUR)
    assert (half.net_refund, half.tax_refund) == (Decimal("50.00"), 0)
    rest = refund_price(apply([line], half), PriceRefund(), EUR)
    assert (rest.net_refund, rest.tax_refund) == (Decimal("50.00"), 0)


def test_two_halves_of_an_odd_cent_are_the_whole() -> None:
    lines = [charged("0.05", "0.00")]
    half = PriceRefund(percent=Decimal(50))
    first = refund_price(lines, half, EUR)
    second = refund_price(apply(lines, first), half, EUR)
    assert (first.gross_refund, second.gross_refund) == (Decimal("0.03"), Decimal("0.02"))


@pytest.mark.parametrize(
    "wish",
    [
        PriceRefund(amount=Decimal(0)), PriceRefund(amount=Decimal("0.001")), PriceRefund(percent=Decimal(101)),
        PriceRefund(percent=Decimal(0)), PriceRefund(amounts=()), PriceRefund(amounts=(Decimal(-1),)),
    ],
)  # fmt: skip
def test_a_wish_that_makes_no_sense_is_refused(wish: PriceRefund) -> None:
    with pytest.raises(BadFacts):
        refund_price([charged("1.00", "0.20")], wish, EUR)


def test_the_law_of_the_states_concerned_is_named() -> None:
    decision = refund_price([charged("1.00", "0.19")], PriceRefund(), EUR, tax_of=("EU", "DE"))
    assert decision.law[0].startswith("Directive 2006/112/EC Art. 90")
    assert "UStG § 17(1)" in decision.law
