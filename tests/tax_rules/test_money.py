"""Exact money: rounding by name, formatting, splitting."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tax_rules.errors import BadFacts
from tax_rules.money import Currency, Money, Rounding, apportion, distribute, format_percent, net_of_gross, percent_of
from tax_rules.rulebook import RuleBook

EUR = Currency("EUR", 2, "Euro")
CENT = Decimal("0.01")
cents = st.integers(-(10**15), 10**15).map(lambda n: Decimal(n).scaleb(-2))
weights = st.lists(st.integers(0, 10**12).map(Decimal), min_size=1, max_size=40)


@pytest.mark.parametrize(
    ("mode", "amount", "rounded"),
    [
        (Rounding.HALF_UP, "0.125", "0.13"),
        (Rounding.HALF_UP, "-0.125", "-0.13"),
        (Rounding.HALF_EVEN, "0.125", "0.12"),
        (Rounding.DOWN, "0.129", "0.12"),
        (Rounding.UP, "0.121", "0.13"),
    ],
)
def test_rounding_is_done_as_it_is_named(mode: Rounding, amount: str, rounded: str) -> None:
    assert EUR.round(Decimal(amount), mode) == Decimal(rounded)


def test_a_negative_zero_becomes_zero() -> None:
    assert str(EUR.round(Decimal("-0.001"))) == "0.00"


@pytest.mark.parametrize(
    ("digits", "amount", "written"),
    [(0, "1240", "1240"), (2, "5", "5.00"), (3, "10.5", "10.500"), (2, "1E+2", "100.00")],
)
def test_an_amount_is_written_with_exactly_its_currencys_decimals(digits: int, amount: str, written: str) -> None:
    assert Currency("XXX", digits, "Test").format(Decimal(amount)) == written


def test_an_amount_with_too_many_decimals_is_refused_and_not_rounded() -> None:
    with pytest.raises(BadFacts):
        EUR.format(Decimal("1.005"))


@pytest.mark.parametrize(
    ("rate", "written"), [("19", "19"), ("8.875", "8.875"), ("20.00", "20"), ("0", "0"), ("0.0", "0"), ("1E+1", "10")]
)
def test_a_rate_is_written_without_trailing_zeros(rate: str, written: str) -> None:
    assert format_percent(Decimal(rate)) == written


def test_two_currencies_cannot_be_added() -> None:
    yen = Currency("JPY", 0, "Yen")
    with pytest.raises(BadFacts):
        Money(Decimal(1), EUR) + Money(Decimal(1), yen)


def test_money_adds_subtracts_and_reverses_exactly() -> None:
    price, tax = Money(Decimal("0.10"), EUR), Money(Decimal("0.20"), EUR)
    assert str(price + tax) == "0.30 EUR"
    assert str(price + tax - tax) == str(price)
    assert (price + -price).amount == 0


@pytest.mark.parametrize("amount", ["NaN", "Infinity"])
def test_money_is_finite(amount: str) -> None:
    with pytest.raises(BadFacts):
        Money(Decimal(amount), EUR)


@given(total=cents, shares=weights)
def test_a_distribution_sums_to_its_total(total: Decimal, shares: list[Decimal]) -> None:
    assert sum(distribute(total, shares, CENT)) == total


@given(total=cents, shares=weights)
def test_the_distribution_of_a_reversal_cancels_every_part(total: Decimal, shares: list[Decimal]) -> None:
    forth, back = distribute(total, shares, CENT), distribute(-total, shares, CENT)
    assert all(there + here == 0 for there, here in zip(forth, back, strict=True))


@given(total=cents, shares=weights)
def test_no_part_is_further_than_a_unit_from_its_exact_share(total: Decimal, shares: list[Decimal]) -> None:
    whole = sum(shares)
    for part, weight in zip(distribute(total, shares, CENT), shares, strict=True):
        exact = total * weight / whole if whole else total / len(shares)
        assert abs(part - exact) <= CENT + Decimal("1e-9")


def test_of_equal_remainders_the_earlier_part_takes_the_unit() -> None:
    assert distribute(Decimal("0.01"), [Decimal(1), Decimal(1)], CENT) == (Decimal("0.01"), Decimal("0.00"))


@pytest.mark.parametrize(
    ("total", "shares"),
    [("1.00", []), ("1.00", ["-1", "2"]), ("1.005", ["1"])],
    ids=["nobody", "negative", "no multiple"],
)
def test_an_impossible_distribution_is_refused(total: str, shares: list[str]) -> None:
    with pytest.raises(BadFacts):
        distribute(Decimal(total), [Decimal(share) for share in shares], CENT)


def test_nothing_can_be_distributed_to_nobody() -> None:
    assert apportion(Decimal(0), [], CENT) == ()


@given(gross=st.integers(0, 10**14).map(lambda n: Decimal(n).scaleb(-2)), rate=st.integers(0, 100).map(Decimal))
def test_the_net_contained_in_a_gross_gives_it_back(gross: Decimal, rate: Decimal) -> None:
    net = net_of_gross(gross, rate)
    assert EUR.round(net + percent_of(net, rate)) == gross


def test_there_are_sixty_and_more_currencies_with_their_own_decimals(book: RuleBook) -> None:
    current = [currency for currency in book.currencies.values() if currency.is_current(date(2026, 11, 22))]
    assert len(current) >= 150
    digits = {code: book.currency(code).digits for code in ("EUR", "JPY", "KWD", "HUF", "ISK", "TND", "CLP")}
    assert digits == {"EUR": 2, "JPY": 0, "KWD": 3, "HUF": 2, "ISK": 0, "TND": 3, "CLP": 0}


@pytest.mark.parametrize(("code", "last_day"), [("HRK", date(2022, 12, 31)), ("BGN", date(2025, 12, 31))])
def test_a_currency_ends_with_its_last_day(book: RuleBook, code: str, last_day: date) -> None:
    currency = book.currency(code)
    assert currency.is_current(last_day)
    assert not currency.is_current(last_day.replace(year=last_day.year + 1, month=1, day=1))
    assert currency.successor == "EUR"
