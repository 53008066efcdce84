"""The province of an address: by code, name or postal code, and never by a guess."""

import pytest

from tax_rules.facts import Address
from tax_rules.rulebook import RuleBook
from tax_rules.sales_tax.canada.province import find_province


@pytest.mark.parametrize(
    ("state", "postal_code", "code"),
    [
        ("ON", None, "ON"),
        ("ca-on", None, "ON"),
        (" Québec ", None, "QC"),
        ("Que\u0301bec", None, "QC"),
        ("PQ", None, "QC"),
        ("ILE DU PRINCE EDOUARD", None, "PE"),
        ("Newfoundland & Labrador", None, None),
        (None, "m5v2t6", "ON"),
        (None, "H2Y 1C6", "QC"),
        ("", "V6B", "BC"),
        (None, "X0A 0H0", "NU"),
        (None, "X1A 2P8", "NT"),
        (None, "X9X 9X9", None),
        (None, "D1A 1A1", None),
        (None, "90210", None),
        (None, None, None),
        ("ZZ", "M5V 2T6", None),
    ],
)
def test_a_province_is_found_or_it_is_not(
    book: RuleBook, state: str | None, postal_code: str | None, code: str | None
) -> None:
    found = find_province(Address(country="CA", state=state, postal_code=postal_code), book)
    assert (found and found.code) == code
    assert found is None or found.by_postal_code == (not state)


def test_a_postal_code_of_another_province_is_told(book: RuleBook) -> None:
    def contradicted(postal_code: str) -> bool:
        found = find_province(Address(country="CA", state="ON", postal_code=postal_code), book)
        return found is not None and found.is_contradicted

    assert contradicted("H2Y 1C6")
    assert not contradicted("M5V 2T6")
    assert not contradicted("90210")
