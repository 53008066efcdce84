"""A whole sale: lines, shipping, sums, warnings and what is refused."""

from datetime import date
from decimal import Decimal

import pytest

from tax_rules.calculate import calculate
from tax_rules.decision import Outcome, Reason
from tax_rules.errors import BadFacts, UnknownCode
from tax_rules.facts import (
    CustomerKind,
    LocationEvidence,
    RateOverride,
    RoundingBasis,
    Shipping,
    TaxBehavior,
)
from tax_rules.rulebook import RuleBook
from tests.tax_rules.factories import make_customer, make_line, make_sale, make_seller, make_tax_id


def test_lines_at_two_rates_sum_to_the_document(book: RuleBook) -> None:
    lines = (make_line("1", amount="49.90"), make_line("2", product="ebook", amount="10.00"))
    answer = calculate(make_sale(lines=lines), book)
    assert (answer.net, answer.tax, answer.gross) == (Decimal("59.90"), Decimal("10.53"), Decimal("70.43"))
    assert [(share.rate, share.tax) for share in answer.shares] == [
        (Decimal(20), Decimal("9.98")),
        (Decimal("5.5"), Decimal("0.55")),
    ]
    assert answer.outcome is Outcome.CHARGE


def test_a_document_with_different_outcomes_is_mixed_and_its_sums_are_unknown_while_a_line_is(book: RuleBook) -> None:
    lines = (make_line("1"), make_line("2", product="book", amount="150.00"))
    answer = calculate(make_sale(customer=make_customer(country="GB"), lines=lines), book)
    assert answer.outcome is Outcome.MIXED
    assert (answer.net, answer.tax, answer.gross, answer.taxable) == (None, None, None, None)
    assert answer.lines[0].amounts is not None
    assert answer.lines[1].amounts is None
    warnings = [(warning.code, warning.line) for warning in answer.warnings]
    assert warnings == [("not_registered", "1"), ("consignment_value_unknown", "2")]


def test_a_discount_lowers_the_taxable_amount(book: RuleBook) -> None:
    answer = calculate(make_sale(lines=(make_line(amount="100.00", discount=Decimal("10.00")),)), book)
    assert (answer.taxable, answer.tax) == (Decimal("90.00"), Decimal("18.00"))


@pytest.mark.parametrize("discount", ["100.01", "-0.01"])
def test_a_discount_outside_the_amount_is_refused(book: RuleBook, discount: str) -> None:
    with pytest.raises(BadFacts):
        calculate(make_sale(lines=(make_line(discount=Decimal(discount)),)), book)


def test_an_amount_with_more_decimals_than_the_currency_is_refused(book: RuleBook) -> None:
    with pytest.raises(BadFacts):
        calculate(make_sale(currency="JPY", lines=(make_line(amount="1.50"),)), book)


def test_an_unknown_currency_is_refused(book: RuleBook) -> None:
    with pytest.raises(UnknownCode):
        calculate(make_sale(currency="ZZZ"), book)


def test_by_default_a_sum_of_prices_with_tax_is_kept_and_taxed_once(book: RuleBook) -> None:
    lines = tuple(make_line(str(n), tax_behavior=TaxBehavior.INCLUSIVE) for n in range(5))
    german = make_customer(country="DE")
    answer = calculate(make_sale(customer=german, lines=lines), book)
    assert answer.rounding_basis is RoundingBasis.DOCUMENT_GROSS
    assert (answer.net, answer.tax, answer.gross) == (Decimal("420.17"), Decimal("79.83"), Decimal("500.00"))


def test_a_total_that_leaves_the_promised_price_is_warned_of(book: RuleBook) -> None:
    lines = tuple(make_line(str(n), tax_behavior=TaxBehavior.INCLUSIVE) for n in range(5))
    sale = make_sale(customer=make_customer(country="DE"), lines=lines, rounding_basis=RoundingBasis.DOCUMENT_NET)
    answer = calculate(sale, book)
    assert answer.gross == Decimal("499.98")
    assert [(w.code, dict(w.facts)) for w in answer.warnings] == [
        ("total_leaves_price", {"promised": "500.00", "total": "499.98"})
    ]


def test_japan_rounds_once_for_each_rate(book: RuleBook) -> None:
    seller = make_seller("US", ["vat JP"])
    sale = make_sale(
        seller=seller, customer=make_customer(country="JP"), currency="JPY", lines=(make_line(amount="1127"),)
    )
    answer = calculate(sale, book)
    assert (answer.rounding_basis, answer.tax) == (RoundingBasis.PER_TAX, Decimal(113))


def test_shipping_follows_the_rates_of_the_lines(book: RuleBook) -> None:
    lines = (
        make_line("1", amount="11.90", tax_behavior=TaxBehavior.INCLUSIVE),
        make_line("2", product="ebook", amount="10.70", tax_behavior=TaxBehavior.INCLUSIVE),
    )
    shipping = Shipping(amount=Decimal("2.26"), tax_behavior=TaxBehavior.INCLUSIVE)
    sale = make_sale(customer=make_customer(country="DE"), lines=lines, shipping=shipping)
    answer = calculate(sale, book)
    assert answer.shipping is not None
    assert [(s.rate, s.taxable + s.tax) for s in answer.shipping.shares] == [
        (Decimal(19), Decimal("1.19")),
        (Decimal(7), Decimal("1.07")),
    ]
    assert answer.gross == Decimal("24.86")


def test_shipping_of_an_undecided_sale_is_undecided(book: RuleBook) -> None:
    sale = make_sale(
        customer=make_customer(country="GB"),
        lines=(make_line(product="book", amount="150.00"),),
        shipping=Shipping(amount=Decimal("5.00")),
    )
    answer = calculate(sale, book)
    assert answer.shipping is not None
    assert answer.shipping.amounts is None
    assert answer.gross is None


def test_a_stated_rate_replaces_the_books_and_is_named_as_such(book: RuleBook) -> None:
    stated = (RateOverride(tax_type="vat", rate_percent=Decimal("21.5"), lines=("1",)),)
    answer = calculate(make_sale(lines=(make_line("1"), make_line("2")), rates_override=stated), book)
    assert [line.treatment.rate for line in answer.lines] == [Decimal("21.5"), Decimal(20)]
    assert "rate of 21.5 % stated by the caller" in answer.lines[0].treatment.law


def test_a_stated_rate_does_not_tax_what_the_customer_accounts_for(book: RuleBook) -> None:
    business = make_customer("business", tax_ids=(make_tax_id(book, "FR12345678901"),))
    stated = (RateOverride(tax_type="vat", rate_percent=Decimal(50)),)
    answer = calculate(make_sale(customer=business, rates_override=stated), book)
    assert (answer.outcome, answer.tax) == (Outcome.REVERSE_CHARGE, Decimal(0))


def test_two_stated_rates_for_one_line_are_refused(book: RuleBook) -> None:
    stated = tuple(RateOverride(tax_type="vat", rate_percent=Decimal(rate)) for rate in (5, 7))
    with pytest.raises(BadFacts):
        calculate(make_sale(rates_override=stated), book)


def test_reverse_charge_brings_its_words_in_the_customers_language_and_the_sellers(book: RuleBook) -> None:
    business = make_customer("business", tax_ids=(make_tax_id(book, "FR12345678901"),))
    answer = calculate(make_sale(customer=business), book)
    assert [(notice.language, notice.text) for notice in answer.notices] == [
        ("fr", "Autoliquidation"),
        ("de", "Steuerschuldnerschaft des Leistungsempfängers"),
        ("en", "Reverse charge"),
    ]
    assert answer.taxable == Decimal("100.00")


def test_an_asserted_status_is_told_in_the_law_line(book: RuleBook) -> None:
    asserted = make_tax_id(book, "FR12345678901", asserted=True)
    answer = calculate(make_sale(customer=make_customer("business", tax_ids=(asserted,))), book)
    assert any("asserted" in law for law in answer.lines[0].treatment.law)
    plain = make_customer("business", tax_ids=(make_tax_id(book, "FR12345678901"),))
    assert not any("asserted" in law for law in calculate(make_sale(customer=plain), book).lines[0].treatment.law)


def test_out_of_scope_money_is_exempt_and_not_taxable(book: RuleBook) -> None:
    answer = calculate(make_sale(customer=make_customer(country="BR")), book)
    assert (answer.lines[0].taxable, answer.lines[0].exempt) == (Decimal(0), Decimal("100.00"))
    assert answer.lines[0].treatment.reason is Reason.NOT_SUBJECT_TO_TAX


@pytest.mark.parametrize(
    ("given", "warning"),
    [
        ({"ip_address": "FR", "card_country": "FR"}, None),
        ({"ip_address": "FR", "card_country": "BE"}, "location_evidence_contradicts"),
        ({"ip_address": "FR"}, "location_evidence_single"),
    ],
)
def test_evidence_of_the_place_is_looked_at_where_it_is_given(
    book: RuleBook, given: dict[str, str], warning: str | None
) -> None:
    items = tuple(LocationEvidence(kind=kind, country=country) for kind, country in given.items())
    answer = calculate(make_sale(customer=make_customer(evidence=items)), book)
    assert [w.code for w in answer.warnings] == ([warning] if warning else [])


def test_an_answer_is_as_sure_as_its_weakest_row(book: RuleBook) -> None:
    sale = make_sale(customer=make_customer(country="DK"), lines=(make_line("1"), make_line("2", product="ebook")))
    answer = calculate(sale, book)
    assert [line.treatment.confidence for line in answer.lines] == ["high", "low"]
    assert answer.confidence == "low"


def test_rates_change_on_the_day(book: RuleBook) -> None:
    def rate(on: date) -> Decimal | None:
        customer = make_customer(country="DE")
        return calculate(make_sale(customer=customer, tax_date=on), book).lines[0].treatment.rate

    days = (date(2020, 6, 30), date(2020, 7, 1), date(2020, 12, 31), date(2021, 1, 1))
    assert [rate(day) for day in days] == [Decimal(19), Decimal(16), Decimal(16), Decimal(19)]


def test_a_registration_collects_only_while_it_is_in_force(book: RuleBook) -> None:
    from tests.tax_rules.factories import make_registration, make_seller

    seller = make_seller()
    limited = make_registration("oss_union DE", valid_from=date(2026, 2, 1), valid_to=date(2026, 2, 28))
    home = make_registration("vat DE")
    sellers = type(seller)(code="de", country="DE", registrations=(home, limited))
    outcomes = [
        calculate(make_sale(seller=sellers, tax_date=day), book).outcome
        for day in (date(2026, 1, 31), date(2026, 2, 1), date(2026, 2, 28), date(2026, 3, 1))
    ]
    assert outcomes == ["not_collecting", "charge", "charge", "not_collecting"]


def test_a_business_without_a_number_is_taxed_as_a_consumer(book: RuleBook) -> None:
    answer = calculate(make_sale(customer=make_customer(CustomerKind.BUSINESS)), book)
    assert (answer.outcome, answer.tax) == (Outcome.CHARGE, Decimal("20.00"))
