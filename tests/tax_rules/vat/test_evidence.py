"""Whose number it is, and what it proves."""

from datetime import date

import pytest

from tax_rules.rulebook import RuleBook
from tax_rules.vat.evidence import Proof, number_country, prove_business
from tax_rules.vat.territory import tax_place
from tests.tax_rules.factories import make_customer, make_tax_id

ON = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("number", "home", "country"),
    [
        ("FR 12 345 678 901", "FR", "FR"),
        ("EL123456783", "GR", "GR"),
        ("ATU12345678", "FR", "AT"),
        ("CHE-123.456.788 MWST", "LI", "CH"),
        ("XI123456782", "GB", "XI"),
        ("GB123456782", "XI", "GB"),
        ("NO812345672MVA", "NO", "NO"),
        ("29AAACE1234F1Z5", "IN", "IN"),
        ("ESP900101AB1", "MX", "MX"),
        ("12345678901", "EL", "GR"),
        ("de123456788", "US", "DE"),
    ],
)
def test_a_prefix_names_the_country_where_tax_law_writes_one(
    book: RuleBook, number: str, home: str, country: str
) -> None:
    assert number_country(number, customer_country=home, on=ON, book=book) == country


def prove(book: RuleBook, *tax_ids: object, kind: str = "business", country: str = "FR") -> Proof:
    customer = make_customer(kind, country, tax_ids=tax_ids)
    place = tax_place(customer.address, ON, book)
    return prove_business(customer, place, seller_state="DE", on=ON, book=book).proof


@pytest.mark.parametrize(
    ("status", "proof"),
    [
        ("verified", Proof.ACCEPTED),
        ("unverified", Proof.REFUSED),
        ("malformed", Proof.REFUSED),
        ("pending", Proof.NOT_CONFIRMED),
        ("unavailable", Proof.NOT_CONFIRMED),
        ("not_checked", Proof.NOT_CONFIRMED),
    ],
)
def test_only_a_verified_number_is_proof_and_silence_is_no_refusal(book: RuleBook, status: str, proof: Proof) -> None:
    assert prove(book, make_tax_id(book, "FR12345678901", status=status)) is proof


def test_the_best_of_several_numbers_counts(book: RuleBook) -> None:
    bad = make_tax_id(book, "FR12345678901", status="unverified")
    good = make_tax_id(book, "ATU12345678")
    assert prove(book, bad, good) is Proof.ACCEPTED


def test_numbers_of_a_consumer_do_not_matter(book: RuleBook) -> None:
    assert prove(book, make_tax_id(book, "FR12345678901"), kind="consumer") is Proof.CONSUMER


def test_without_a_number_there_is_no_proof(book: RuleBook) -> None:
    assert prove(book) is Proof.NONE_GIVEN


def test_a_number_of_another_country_proves_nothing_outside_the_union(book: RuleBook) -> None:
    assert prove(book, make_tax_id(book, "FR12345678901"), country="NO") is Proof.OTHER_STATE


def test_one_register_serves_switzerland_and_liechtenstein(book: RuleBook) -> None:
    assert prove(book, make_tax_id(book, "CHE123456788", home="LI"), country="LI") is Proof.ACCEPTED
