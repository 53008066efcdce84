"""Goods from anywhere to anywhere: what must hold whatever the rule. Single rules are in tests/cases/goods.yaml."""

from datetime import date
from decimal import Decimal
from itertools import product as every

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tax_rules.decision import Outcome, Treatment
from tax_rules.explain import caution_in_words, step_in_words
from tax_rules.facts import Address, Consignment, ExchangeRate, ProductKind, Situation
from tax_rules.rulebook import load_rulebook
from tax_rules.vat.goods import decide_goods
from tests.tax_rules.factories import make_customer, make_seller, make_tax_id

BOOK = load_rulebook()
ON = date(2026, 3, 1)
PLACES = (
    *(Address(country=country) for country in ("DE", "FR", "PL", "GB", "XI", "IM", "JE", "CH", "LI", "NO", "SJ")),
    *(Address(country=country) for country in ("AU", "NZ", "US", "CA", "BR", "MC", "GL")),
    *(Address(country="ES", postal_code=code) for code in ("28001", "35001", "51001")),
    Address(country="GR", postal_code="81100"),
    Address(country="PT", postal_code="9000-001"),
    Address(country="DE", postal_code="78266"),
    Address(country="DE", postal_code="27498"),
    Address(country="CH", postal_code="7562"),
)
REGISTRATIONS = ("vat DE", "oss_union DE", "ioss IE", "vat GB", "vat CH", "vat NO", "gst AU", "gst NZ", "vat PL")
CODES = {
    Outcome.CHARGE: {"S", "L", "M"},
    Outcome.ZERO_RATED: {"Z"},
    Outcome.EXPORT: {"G"},
    Outcome.INTRA_COMMUNITY_SUPPLY: {"K"},
    Outcome.REVERSE_CHARGE: {"G", "O"},
    Outcome.OUT_OF_SCOPE: {"O"},
    Outcome.NOT_COLLECTING: {"O"},
    Outcome.UNDETERMINED: {None},
}


def decide(
    stock: Address, place: Address, *, kind: str = "book", value: str = "50", on: date = ON, registered: bool = True
) -> Treatment:
    rates = tuple(
        ExchangeRate(currency=currency, rate=Decimal(rate), on=on, source="stated")
        for currency, rate in (("GBP", "0.86"), ("NOK", "11.4"), ("CHF", "0.95"), ("AUD", "1.7"), ("NZD", "1.9"))
    )
    amount = Decimal(value)
    return decide_goods(
        Situation(
            seller=make_seller("DE", REGISTRATIONS if registered else ()),
            customer=make_customer("consumer", "FR"),
            on=on,
            ship_from=stock,
            ship_to=place,
            consignment=Consignment(value=amount, currency="EUR", rates=rates, dearest_item=amount),
        ),
        ProductKind(kind),
        BOOK,
    )


@pytest.mark.parametrize("registered", [True, False])
@pytest.mark.parametrize("on", [ON, date(2020, 6, 1), date(2021, 1, 1), date(2021, 6, 30)], ids=str)
def test_every_journey_is_decided_with_its_law_its_code_and_its_words(on: date, registered: bool) -> None:
    for stock, place, value in every(PLACES, PLACES, ("50", "5000")):
        found = decide(stock, place, value=value, on=on, registered=registered)
        journey = (stock, place, value)
        assert found.outcome is not Outcome.UNDETERMINED, journey
        assert found.vat_category in CODES[found.outcome], journey
        assert (found.rate == 0) is (found.outcome is not Outcome.CHARGE), journey
        assert found.law or found.outcome in (Outcome.CHARGE, Outcome.ZERO_RATED, Outcome.NOT_COLLECTING), journey
        assert (found.vatex == "VATEX-EU-IC") is (found.outcome is Outcome.INTRA_COMMUNITY_SUPPLY), journey
        for language in BOOK.languages:
            assert all(step_in_words(step, language, BOOK) for step in found.steps), journey
            assert all(caution_in_words(warning, language, BOOK) for warning in found.warnings), journey


@given(value=st.decimals(min_value="0.01", max_value="400", places=2))
def test_a_dearer_parcel_is_never_taxed_at_the_sale_when_a_cheaper_one_is_not(value: Decimal) -> None:
    for place in (Address(country="GB"), Address(country="NO"), Address(country="CH"), Address(country="AU")):
        cheap = decide(Address(country="DE"), place, kind="general_goods", value=str(value))
        dear = decide(Address(country="DE"), place, kind="general_goods", value=str(value * 2))
        assert cheap.outcome is Outcome.CHARGE or dear.outcome is Outcome.EXPORT


@pytest.mark.parametrize("kind", ["software_physical", "general_goods", "clothing"])
def test_only_books_have_a_rate_of_their_own(kind: str) -> None:
    germany = Address(country="DE")
    assert decide(germany, germany, kind=kind).rate == 19
    assert decide(germany, germany, kind="book").rate == 7


def test_a_number_of_the_place_exempts_from_every_other_state_of_the_union() -> None:
    number = make_tax_id(BOOK, "FR12345678901")
    customer = make_customer("business", "FR", tax_ids=(number,))
    for state in ("DE", "PL", "IT", "XI"):
        situation = Situation(seller=make_seller(), customer=customer, on=ON, ship_from=Address(country=state))
        found = decide_goods(situation, ProductKind.BOOK, BOOK)
        assert (found.outcome, found.vat_category) == (Outcome.INTRA_COMMUNITY_SUPPLY, "K")
    situation = Situation(seller=make_seller(), customer=customer, on=ON, ship_from=Address(country="FR"))
    assert decide_goods(situation, ProductKind.BOOK, BOOK).outcome is Outcome.NOT_COLLECTING
