"""Several taxes on one price: shared out without losing a cent, rounded together or each on its own."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tax_rules.decision import Jurisdiction, PartRounding, TaxPart
from tax_rules.facts import RoundingBasis, TaxBehavior
from tax_rules.money import Currency
from tax_rules.stacks import StackedLine, tax_stacks

USD = Currency("USD", 2, "Dollar")
BASES = tuple(RoundingBasis)


def make_part(rate: str, level: str = "state", **changed: object) -> TaxPart:
    changed = {"jurisdiction": Jurisdiction(country="US", name=level, level=level, state="TN"), **changed}
    return TaxPart(tax_type="sales_tax", rate=Decimal(rate), **changed)  # type: ignore[arg-type]


def make_stack(amount: str, *parts: TaxPart, inclusive: bool = False, each: bool = False, items: str = "1"):
    return StackedLine(
        amount=Decimal(amount),
        behavior=TaxBehavior.INCLUSIVE if inclusive else TaxBehavior.EXCLUSIVE,
        parts=parts,
        rounding=PartRounding.EACH if each else PartRounding.TOGETHER,
        group="TN",
        items=Decimal(items),
    )


def test_an_aggregate_rate_is_rounded_once_and_its_parts_sum_to_it() -> None:
    parts = (make_part("6.25"), make_part("0.25", "county"), make_part("2.5", "district"))
    (taxed,) = tax_stacks([make_stack("15.00", *parts)], RoundingBasis.LINE, USD)
    assert taxed.tax == Decimal("1.35")
    assert taxed.taxes == (Decimal("0.94"), Decimal("0.04"), Decimal("0.37"))


def test_taxes_that_are_rounded_each_on_its_own_keep_their_cents() -> None:
    (taxed,) = tax_stacks([make_stack("10.10", make_part("5"), make_part("9.975"), each=True)], RoundingBasis.LINE, USD)
    assert taxed.taxes == (Decimal("0.51"), Decimal("1.01"))


@pytest.mark.parametrize(("basis", "total"), [("line", "0.88"), ("document_net", "0.86")])
def test_the_invoice_or_each_of_its_lines_is_rounded(basis: str, total: str) -> None:
    lines = [make_stack("2.50", make_part("4"), make_part("4.625", "city"))] * 4
    assert sum(line.tax for line in tax_stacks(lines, RoundingBasis(basis), USD)) == Decimal(total)


def test_part_of_a_price_is_taxed_and_the_rest_is_not() -> None:
    part = make_part("6.25", taxable_percent=Decimal(80))
    (taxed,) = tax_stacks([make_stack("100.00", part)], RoundingBasis.LINE, USD)
    assert (taxed.bases, taxed.tax) == ((Decimal("80.00"),), Decimal("5.00"))
    (within,) = tax_stacks([make_stack("105.00", part, inclusive=True)], RoundingBasis.LINE, USD)
    assert (within.net, within.tax) == (Decimal("100.00"), Decimal("5.00"))


BANDS = (
    make_part("7"),
    make_part("2.75", "local", up_to=Decimal(1600)),
    make_part("2.75", "state", above=Decimal(1600), up_to=Decimal(3200)),
)


@pytest.mark.parametrize(
    ("amount", "items", "bases"),
    [
        ("1600.00", "1", ("1600.00", "1600.00", "0.00")),
        ("2000.00", "1", ("2000.00", "1600.00", "400.00")),
        ("5000.00", "1", ("5000.00", "1600.00", "1600.00")),
        ("5000.00", "5", ("5000.00", "5000.00", "0.00")),
        ("5000.00", "2", ("5000.00", "3200.00", "1800.00")),
    ],
)
def test_bands_look_at_the_price_of_a_single_article(amount: str, items: str, bases: tuple[str, ...]) -> None:
    (taxed,) = tax_stacks([make_stack(amount, *BANDS, items=items)], RoundingBasis.LINE, USD)
    assert taxed.bases == tuple(map(Decimal, bases))


@given(cents=st.integers(1, 10**7), items=st.integers(1, 9))
def test_a_price_with_banded_tax_in_it_holds_the_net_whose_tax_it_is(cents: int, items: int) -> None:
    line = make_stack(str(Decimal(cents).scaleb(-2)), *BANDS, items=str(items))
    (taxed,) = tax_stacks([line], RoundingBasis.LINE, USD)
    gross = taxed.net + taxed.tax
    (back,) = tax_stacks([make_stack(str(gross), *BANDS, items=str(items), inclusive=True)], RoundingBasis.LINE, USD)
    assert back.net + back.tax == gross
    assert abs(back.net - taxed.net) <= Decimal("0.01")


@st.composite
def stacks(draw: st.DrawFn) -> StackedLine:
    rates = draw(st.lists(st.sampled_from(["0.25", "1", "2.5", "4.225", "6.25", "9.975"]), min_size=1, max_size=4))
    shares = st.sampled_from([Decimal(100), Decimal(80), Decimal("33.3333")])
    parts = tuple(make_part(rate, f"level {n}", taxable_percent=draw(shares)) for n, rate in enumerate(rates))
    amount = str(Decimal(draw(st.integers(0, 10**9))).scaleb(-2))
    return make_stack(amount, *parts, inclusive=draw(st.booleans()), each=draw(st.booleans()))


@given(lines=st.lists(stacks(), min_size=1, max_size=12), basis=st.sampled_from(BASES))
def test_every_figure_is_rounded_and_the_taxes_of_a_line_sum_to_its_tax(
    lines: list[StackedLine], basis: RoundingBasis
) -> None:
    for line, taxed in zip(lines, tax_stacks(lines, basis, USD), strict=True):
        assert sum(taxed.taxes) == taxed.tax
        assert all(map(USD.fits, (taxed.net, taxed.tax, *taxed.taxes, *taxed.bases)))
        if not line.is_inclusive:
            assert taxed.net == line.amount
        elif basis is not RoundingBasis.DOCUMENT_NET:
            assert taxed.gross == line.amount


@given(lines=st.lists(stacks(), min_size=1, max_size=8), basis=st.sampled_from(BASES), data=st.data())
def test_the_order_of_the_lines_changes_no_sum(
    lines: list[StackedLine], basis: RoundingBasis, data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(lines))
    sums = [sum(line.tax for line in tax_stacks(some, basis, USD)) for some in (lines, shuffled)]
    assert sums[0] == sums[1]


@given(lines=st.lists(stacks(), min_size=1, max_size=8), basis=st.sampled_from(BASES))
def test_a_reversal_cancels_every_tax_of_a_line(lines: list[StackedLine], basis: RoundingBasis) -> None:
    reversed_lines = [replace(line, amount=-line.amount) for line in lines]
    charged, back = tax_stacks(lines, basis, USD), tax_stacks(reversed_lines, basis, USD)
    assert [line.tax for line in back] == [-line.tax for line in charged]
    assert [line.taxes for line in back] == [tuple(-tax for tax in line.taxes) for line in charged]


@given(line=stacks(), cuts=st.lists(st.integers(0, 10**6), min_size=1, max_size=6), each=st.booleans())
def test_splitting_a_line_loses_no_cent_of_the_document(line: StackedLine, cuts: list[int], each: bool) -> None:
    whole = make_stack(str(line.amount), *line.parts, each=each)
    pieces = [whole.amount * cut / (sum(cuts) or 1) for cut in cuts]
    rounded = [USD.round(piece) for piece in pieces]
    rounded[0] += whole.amount - sum(rounded)
    split = [replace(whole, amount=amount) for amount in rounded]
    taxes = [sum(taxed.tax for taxed in tax_stacks(some, RoundingBasis.DOCUMENT_NET, USD)) for some in ([whole], split)]
    assert taxes[0] == taxes[1]


@given(line=stacks(), more=st.integers(0, 10**6), basis=st.sampled_from(BASES))
def test_tax_rises_with_the_amount(line: StackedLine, more: int, basis: RoundingBasis) -> None:
    dearer = replace(line, amount=line.amount + Decimal(more).scaleb(-2))
    (taxed,), (taxed_more,) = tax_stacks([line], basis, USD), tax_stacks([dearer], basis, USD)
    assert taxed_more.tax >= taxed.tax
