"""Addresses compared, as people tell them and as registers print them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tax_rules.matching import Code, Verdict, compare_addresses

ALIKE = [
    ("Hafenstr. 5\n20457 Hamburg", "HAFENSTRASSE 5, 20457 HAMBURG"),
    ("Hafen Straße 5, 20457 Hamburg", "Hafenstraße 5\n20457 Hamburg"),
    ("Rue du Port 5, 75002 Paris", "5 RUE DU PORT\n75002 PARIS 2"),
    ("Hamngatan 3, 111 22 Stockholm", "HAMNGATAN 3 11122 STOCKHOLM"),
    ("1 Quay Street, London SW1A 1AA", "1 Quay St, London SW1A1AA"),
    ("ul. Portowa 5/7, 00-950 Warszawa", "PORTOWA 5/7 00-950 WARSZAWA"),
    ("Havenkade 9, 1011 AB Amsterdam", "HAVENKADE 00009\n1011AB AMSTERDAM".replace("00009", "9")),
    ("C/ Puerto 8, 28001 Madrid", "Calle Puerto 8, 28001 Madrid"),
]


@pytest.mark.parametrize(("told", "found"), ALIKE, ids=[told for told, _ in ALIKE])
def test_one_place_in_two_writings_is_alike(told: str, found: str) -> None:
    assert compare_addresses(told, found).verdict is Verdict.ALIKE


@pytest.mark.parametrize(
    ("found", "code"),
    [
        ("Hafenstr. 7, 20457 Hamburg", Code.NUMBER_DIFFERS),
        ("Hafenstr. 5, 10115 Hamburg", Code.POSTAL_CODE_DIFFERS),
        ("Bergstr. 5, 20457 Hamburg", Code.STREET_DIFFERS),
    ],
)
def test_what_differs_is_named(found: str, code: Code) -> None:
    likeness = compare_addresses("Hafenstr. 5, 20457 Hamburg", found)

    assert likeness.verdict is not Verdict.ALIKE
    assert code in {reason.code for reason in likeness.reasons}


def test_another_street_in_another_town_is_different() -> None:
    assert compare_addresses("Hafenstr. 5, 20457 Hamburg", "Bergweg 9, 80331 München").verdict is Verdict.DIFFERENT


def test_a_hidden_address_is_not_compared() -> None:
    assert compare_addresses("Hafenstr. 5, 20457 Hamburg", "---").verdict is Verdict.NOT_COMPARED


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_two_texts_are_compared_without_an_error(one: str, other: str) -> None:
    assert 0 <= compare_addresses(one, other).score <= 100
