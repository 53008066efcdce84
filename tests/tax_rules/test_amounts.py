"""The arithmetic of a document: nothing is lost, nothing is invented."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tax_rules.amounts import PricedLine, split_by_gross, tax_lines
from tax_rules.facts import RoundingBasis, TaxBehavior
from tax_rules.money import Currency

CURRENCIES = tuple(Currency("XXX", digits, "Test") for digits in (0, 2, 3))
RATES = tuple(map(Decimal, ("0", "2.1", "5.5", "7", "8.875", "19", "20", "25.5", "27")))


@st.composite
def documents(draw: st.DrawFn) -> tuple[Currency, list[PricedLine]]:
    currency = draw(st.sampled_from(CURRENCIES))
    line = st.builds(
        lambda units, rate, behavior: PricedLine(
            amount=Decimal(units).scaleb(-currency.digits), behavior=behavior, rate=rate, group="tax"
        ),
        st.integers(0, 10**11),
        st.sampled_from(RATES),
        st.sampled_from(TaxBehavior),
    )
    return currency, draw(st.lists(line, min_size=1, max_size=30))


@given(document=documents(), basis=st.sampled_from(RoundingBasis))
def test_every_line_is_rounded_and_net_and_tax_make_its_gross(
    document: tuple[Currency, list[PricedLine]], basis: RoundingBasis
) -> None:
    currency, lines = document
    for line, taxed in zip(lines, tax_lines(lines, basis, currency), strict=True):
        assert currency.fits(taxed.net)
        assert currency.fits(taxed.tax)
        assert taxed.net + taxed.tax == taxed.gross
        if line.rate == 0:
            assert (taxed.net, taxed.tax) == (line.amount, 0)
        if not line.is_inclusive:
            assert taxed.net == line.amount


@given(
    document=documents(),
    basis=st.sampled_from([RoundingBasis.LINE, RoundingBasis.DOCUMENT_GROSS, RoundingBasis.PER_TAX]),
)
def test_a_price_with_tax_is_kept_unless_the_net_is_the_basis(
    document: tuple[Currency, list[PricedLine]], basis: RoundingBasis
) -> None:
    currency, lines = document
    for line, taxed in zip(lines, tax_lines(lines, basis, currency), strict=True):
        if line.is_inclusive:
            assert taxed.gross == line.amount


@given(document=documents(), basis=st.sampled_from(RoundingBasis))
def test_a_reversal_cancels_the_original_on_every_line(
    document: tuple[Currency, list[PricedLine]], basis: RoundingBasis
) -> None:
    currency, lines = document
    reversed_lines = [
        PricedLine(amount=-line.amount, behavior=line.behavior, rate=line.rate, group=line.group) for line in lines
    ]
    forth, back = tax_lines(lines, basis, currency), tax_lines(reversed_lines, basis, currency)
    assert all((a.net + b.net, a.tax + b.tax) == (0, 0) for a, b in zip(forth, back, strict=True))


@given(
    units=st.lists(st.integers(0, 10**9), min_size=1, max_size=50),
    rate=st.sampled_from(RATES),
    basis=st.sampled_from([RoundingBasis.DOCUMENT_NET, RoundingBasis.DOCUMENT_GROSS, RoundingBasis.PER_TAX]),
)
def test_splitting_a_sum_into_lines_loses_no_cent_of_its_tax(
    units: list[int], rate: Decimal, basis: RoundingBasis
) -> None:
    currency = CURRENCIES[1]

    def tax(amounts: list[int]) -> Decimal:
        lines = [
            PricedLine(amount=Decimal(n).scaleb(-2), behavior=TaxBehavior.EXCLUSIVE, rate=rate, group="tax")
            for n in amounts
        ]
        return sum((line.tax for line in tax_lines(lines, basis, currency)), Decimal(0))

    assert tax(units) == tax([sum(units)])


def test_lines_of_another_tax_are_not_rounded_together() -> None:
    def line(group: str) -> PricedLine:
        return PricedLine(amount=Decimal("0.03"), behavior=TaxBehavior.EXCLUSIVE, rate=Decimal(10), group=group)

    def tax(*groups: str) -> Decimal:
        taxed = tax_lines([line(group) for group in groups], RoundingBasis.DOCUMENT_NET, CURRENCIES[1])
        return sum((line.tax for line in taxed), Decimal(0))

    assert tax("a", "a") == Decimal("0.01")
    assert tax("a", "b") == Decimal("0.00")


def test_carriage_is_split_by_gross_and_the_remainder_goes_to_the_highest_rate() -> None:
    goods = [(Decimal("10.70"), Decimal(7)), (Decimal("11.90"), Decimal(19))]
    cent = Decimal("0.01")
    assert split_by_gross(Decimal("2.26"), goods, cent) == (Decimal("1.07"), Decimal("1.19"))
    even = [(Decimal(1), Decimal(7)), (Decimal(1), Decimal(19))]
    assert split_by_gross(Decimal("0.01"), even, cent) == (Decimal(0), cent)


@pytest.mark.parametrize("basis", RoundingBasis)
def test_no_lines_give_no_amounts(basis: RoundingBasis) -> None:
    assert tax_lines([], basis, CURRENCIES[0]) == ()
