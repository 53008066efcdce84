"""Whose number it is, and what it proves."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tax_rules.facts import DatedFlag, LocationEvidence, SellerFacts
from tax_rules.rulebook import RuleBook
from tax_rules.vat.evidence import (
    LocationProof,
    Proof,
    location_warnings,
    number_country,
    prove_business,
    prove_location,
)
from tax_rules.vat.territory import goods_place, tax_place
from tests.tax_rules.factories import make_customer, make_seller, make_tax_id

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


def evidence(**given: str) -> tuple[LocationEvidence, ...]:
    return tuple(LocationEvidence(kind=kind, country=country) for kind, country in given.items())


def location(book: RuleBook, *, seller: SellerFacts | None = None, **given: str) -> LocationProof:
    customer = make_customer("consumer", "FR", evidence=evidence(**given))
    place = tax_place(customer.address, ON, book)
    return prove_location(seller or make_seller(), customer, place, ON, book)


@pytest.mark.parametrize(
    ("given", "is_enough"),
    [
        ({"billing_address": "FR", "ip_address": "FR"}, True),
        ({"billing_address": "FR", "card_country": "FR"}, True),
        ({"sim_country": "FR", "fixed_line": "MC"}, True),
        ({"billing_address": "FR"}, False),
        ({"bank_country": "FR", "card_country": "FR"}, False),
        ({"billing_address": "FR", "ip_address": "FR", "card_country": "DE"}, False),
        ({}, False),
    ],
)
def test_two_items_of_different_paragraphs_that_do_not_contradict_are_wanted(
    book: RuleBook, given: dict[str, str], is_enough: bool
) -> None:
    assert location(book, **given).is_enough is is_enough


def test_what_is_missing_is_named_and_what_contradicts_too(book: RuleBook) -> None:
    found = location(book, billing_address="FR", ip_address="BE")
    assert found.counted == ("billing_address",)
    assert found.against == (("ip_address", "BE"),)
    assert set(found.missing) == {"ip_address", "bank_country", "card_country", "sim_country", "fixed_line", "other"}


@pytest.mark.parametrize("flag", ["below_eu_threshold", "below_evidence_threshold"])
def test_one_item_from_somebody_else_is_enough_for_a_small_seller(book: RuleBook, flag: str) -> None:
    flags = (DatedFlag(value=True, valid_to=ON), DatedFlag(value=False, valid_from=ON + timedelta(1)))
    seller = replace(make_seller(), **{flag: flags})
    assert location(book, seller=seller, card_country="FR").is_enough
    own = location(book, seller=seller, billing_address="FR")
    assert (own.is_enough, own.missing) == (False, ("bank_country", "card_country", "sim_country"))
    assert not seller.needs_one_evidence_item(ON + timedelta(1))


@pytest.mark.parametrize(
    ("given", "codes"),
    [
        ({"billing_address": "FR"}, ["location_evidence_single"]),
        ({"billing_address": "FR", "ip_address": "BE"}, ["location_evidence_contradicts"]),
        ({"billing_address": "FR", "ip_address": "FR"}, []),
        ({}, []),
    ],
)
def test_warnings_say_what_to_ask_for(book: RuleBook, given: dict[str, str], codes: list[str]) -> None:
    customer = make_customer("consumer", "FR", evidence=evidence(**given))
    place = tax_place(customer.address, ON, book)
    proof = prove_business(customer, place, seller_state="DE", on=ON, book=book)
    warnings = location_warnings(make_seller(), customer, place, proof, ON, book)
    assert [warning.code for warning in warnings] == codes


def test_a_number_that_all_evidence_speaks_against_is_for_a_person_to_review(book: RuleBook) -> None:
    number = make_tax_id(book, "ATU12345678")
    for countries, codes in (
        (("FR", "FR"), ["tax_id_of_another_country", "tax_id_against_all_evidence"]),
        (("FR", "AT"), ["tax_id_of_another_country"]),
        ((), ["tax_id_of_another_country"]),
    ):
        items = evidence(**dict(zip(("ip_address", "card_country"), countries, strict=False)))
        customer = make_customer("business", "FR", tax_ids=(number,), evidence=items)
        place = tax_place(customer.address, ON, book)
        proof = prove_business(customer, place, seller_state="DE", on=ON, book=book)
        assert [w.code for w in location_warnings(make_seller(), customer, place, proof, ON, book)] == codes


@pytest.mark.parametrize(
    ("number", "country", "proof"),
    [
        ("XI123456782", "XI", Proof.ACCEPTED),
        ("GB123456782", "XI", Proof.OTHER_STATE),
        ("XI123456782", "IE", Proof.ACCEPTED),
        ("DE123456788", "FR", Proof.OTHER_STATE),
        ("GB123456782", "GB", Proof.ACCEPTED),
    ],
)
def test_for_goods_northern_ireland_has_numbers_of_its_own(
    book: RuleBook, number: str, country: str, proof: Proof
) -> None:
    customer = make_customer("business", country, tax_ids=(make_tax_id(book, number, home=country),))
    place = goods_place(customer.address, ON, book)
    assert prove_business(customer, place, seller_state="DE", on=ON, book=book, for_goods=True).proof is proof
