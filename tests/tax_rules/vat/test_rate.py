"""Which rate a product bears in a place."""

from datetime import date
from decimal import Decimal

import pytest

from tax_rules.decision import Reason
from tax_rules.errors import NoRuleInForce
from tax_rules.facts import Address, ProductKind
from tax_rules.rulebook import RuleBook
from tax_rules.vat.rate import RateFound, find_rate
from tax_rules.vat.territory import tax_place

ON = date(2026, 3, 1)


def rate_of(book: RuleBook, product: str, country: str, postal_code: str | None = None, on: date = ON) -> RateFound:
    place = tax_place(Address(country=country, postal_code=postal_code), on, book)
    return find_rate(ProductKind(product), place, on, book)


@pytest.mark.parametrize(
    ("product", "country", "postal_code", "rate", "reason"),
    [
        ("saas", "FR", None, "20", Reason.STANDARD_RATED),
        ("ebook", "FR", None, "5.5", Reason.REDUCED_RATED),
        ("ebook", "HU", None, "27", Reason.STANDARD_RATED),
        ("ebook", "IE", None, "0", Reason.ZERO_RATED),
        ("ebook", "PT", "9000", "4", Reason.REDUCED_RATED),
        ("ebook", "AT", "6991", "10", Reason.REDUCED_RATED),
        ("saas", "AT", "6991", "19", Reason.STANDARD_RATED),
        ("saas", "GR", "81100", "24", Reason.STANDARD_RATED),
        ("saas", "FR", "20000", "20", Reason.STANDARD_RATED),
        ("saas", "MY", None, "8", Reason.STANDARD_RATED),
        ("digital_media", "ID", None, "11", Reason.STANDARD_RATED),
    ],
)
def test_the_products_own_row_comes_before_the_standard_row(
    book: RuleBook, product: str, country: str, postal_code: str | None, rate: str, reason: Reason
) -> None:
    found = rate_of(book, product, country, postal_code)
    assert (found.rate, found.reason) == (Decimal(rate), reason)


def test_a_country_without_a_rate_is_an_error_and_no_zero(book: RuleBook) -> None:
    with pytest.raises(NoRuleInForce):
        rate_of(book, "saas", "BR")


def test_a_day_before_the_first_row_is_an_error_and_no_zero(book: RuleBook) -> None:
    with pytest.raises(NoRuleInForce):
        rate_of(book, "saas", "AE", on=date(2017, 12, 31))


def test_an_audiobook_without_a_row_of_its_own_is_assumed_and_less_sure(book: RuleBook) -> None:
    found = rate_of(book, "audiobook", "FR")
    assert (found.rate, found.is_assumed, found.confidence) == (Decimal(20), True, "medium")
    assert not rate_of(book, "audiobook", "DE").is_assumed
