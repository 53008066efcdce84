"""The tax of a state in its own currency: with the stated rate, or a word about what is missing."""

from datetime import date
from decimal import Decimal

import pytest

from tax_rules.calculate import calculate
from tax_rules.facts import ExchangeRate
from tax_rules.rulebook import RuleBook
from tests.tax_rules.factories import make_customer, make_line, make_sale, make_seller

PLN = ExchangeRate(currency="PLN", rate=Decimal("4.2735"), on=date(2026, 2, 27), source="ECB")


def ask(book: RuleBook, country: str, on: date, **changed: object):
    seller = make_seller("DE", ("vat DE", "oss_union DE", "vat GB"))
    facts = {"seller": seller, "customer": make_customer(country=country), "tax_date": on, "lines": (make_line(),)}
    return calculate(make_sale(**facts | changed), book)


def test_a_tax_is_stated_in_the_currency_of_the_state_at_the_stated_rate(book: RuleBook) -> None:
    found = ask(book, "PL", date(2026, 3, 1), exchange_rates=(PLN,))
    (tax,) = found.national
    assert (tax.currency, tax.tax, tax.rate) == ("PLN", Decimal("98.29"), PLN)
    assert "Art. 230" in tax.law
    assert found.warnings == ()


def test_without_the_rate_it_is_said_and_nothing_is_guessed(book: RuleBook) -> None:
    found = ask(book, "PL", date(2026, 3, 1))
    assert found.national == ()
    assert [(warning.code, dict(warning.facts)["currency"]) for warning in found.warnings] == [
        ("national_currency_missing", "PLN")
    ]


@pytest.mark.parametrize(
    ("on", "missing"), [(date(2025, 12, 31), ["national_currency_missing"]), (date(2026, 1, 1), [])]
)
def test_bulgaria_takes_the_euro(book: RuleBook, on: date, missing: list[str]) -> None:
    assert [warning.code for warning in ask(book, "BG", on).warnings] == missing


def test_what_bears_no_tax_needs_no_other_currency(book: RuleBook) -> None:
    assert ask(book, "PL", date(2026, 3, 1), lines=(make_line(amount="0.00"),)).warnings == ()
