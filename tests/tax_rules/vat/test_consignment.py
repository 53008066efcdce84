"""Whether goods stay within a value that the law draws."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tax_rules.facts import Consignment, ExchangeRate
from tax_rules.rulebook import load_rulebook
from tax_rules.rulefiles import Row
from tax_rules.vat.consignment import measure

BOOK = load_rulebook()
ON = date(2026, 3, 1)
GB, NO, CH = (
    BOOK.in_force(parameter, country, ON)
    for parameter, country in (
        ("vat.consignment_limit", "GB"),
        ("vat.consignment_limit", "NO"),
        ("vat.small_consignment_tax", "CH"),
    )
)
TWENTY = Decimal(20)
amounts = st.decimals(min_value="0.01", max_value="1000", places=2)


def is_within(asked: Consignment | None, limit: Row, rate: Decimal) -> bool | None:
    return measure(asked, limit, rate, ON, BOOK).is_within


def consignment(value: str = "0", currency: str = "GBP", *, rate: str | None = None, **facts: str) -> Consignment:
    rates = (ExchangeRate(currency="GBP", rate=Decimal(rate), on=ON, source="stated"),) if rate else ()
    amounts = {name: Decimal(amount) for name, amount in facts.items()}
    return Consignment(value=Decimal(value), currency=currency, rates=rates, **amounts)


@pytest.mark.parametrize(
    ("asked", "within"),
    [
        (consignment("135.00"), True),
        (consignment("135.01"), False),
        (consignment(inclusive_value="162.00"), True),
        (consignment(inclusive_value="162.01"), False),
        (consignment("67.50", inclusive_value="81.00"), True),
        (consignment("150.00", "EUR", rate="0.9"), True),
        (consignment("150.01", "EUR", rate="0.9"), False),
        (consignment("150.00", "EUR"), None),
        (consignment("1.00", "NOK"), None),
        (None, None),
    ],
)
def test_a_consignment_is_measured_without_tax_in_the_currency_of_the_law(
    asked: Consignment | None, within: bool | None
) -> None:
    assert is_within(asked, GB, TWENTY) is within


def test_norway_looks_at_the_dearest_article() -> None:
    cheap = consignment("9000", "NOK", dearest_item="3000")
    assert is_within(cheap, NO, Decimal(25)) is True
    assert is_within(consignment("9000", "NOK", dearest_item="3000.01"), NO, Decimal(25)) is False
    assert is_within(consignment(currency="NOK", dearest_inclusive_item="3750"), NO, Decimal(25)) is True


def test_switzerland_looks_at_the_tax() -> None:
    assert is_within(consignment("61.72", "CHF"), CH, Decimal("8.1")) is True
    assert is_within(consignment("61.73", "CHF"), CH, Decimal("8.1")) is False


@given(value=amounts, more=amounts)
def test_what_exceeds_a_limit_exceeds_it_with_more_in_the_parcel(value: Decimal, more: Decimal) -> None:
    if is_within(consignment(str(value)), GB, TWENTY) is False:
        assert is_within(consignment(str(value + more)), GB, TWENTY) is False


@given(value=amounts)
def test_a_price_with_tax_is_measured_as_the_price_without(value: Decimal) -> None:
    net, gross = consignment(str(value)), consignment(inclusive_value=str(value * Decimal("1.2")))
    assert is_within(net, GB, TWENTY) is is_within(gross, GB, TWENTY)


@pytest.mark.parametrize(("value", "within"), [("128.57", True), ("128.58", None), ("192.85", None), ("192.86", False)])
def test_without_a_stated_rate_only_a_clear_case_is_judged(value: str, within: bool | None) -> None:
    assert is_within(consignment(value, "EUR"), GB, TWENTY) is within


@given(value=amounts, rate=st.decimals(min_value="0.70", max_value="1.05", places=3))
def test_what_is_judged_without_a_rate_is_so_at_every_rate_between_the_bounds(value: Decimal, rate: Decimal) -> None:
    judged = is_within(consignment(str(value), "EUR"), GB, TWENTY)
    assert judged in (None, is_within(consignment(str(value), "EUR", rate=str(rate)), GB, TWENTY))


def test_the_bounds_lie_around_each_other() -> None:
    for pair in BOOK.jurisdictions("vat.exchange_rate_floor"):
        floor, ceiling = (BOOK.in_force(f"vat.exchange_rate_{end}", pair, ON).value for end in ("floor", "ceiling"))
        assert isinstance(floor, Decimal)
        assert isinstance(ceiling, Decimal)
        assert 0 < floor < ceiling
