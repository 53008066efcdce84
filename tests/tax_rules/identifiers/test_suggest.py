"""What was probably meant: suggested when one slip explains it, never taken."""

import pytest

from tax_rules.identifiers import check_identifier


@pytest.mark.parametrize(
    ("country", "typed", "meant"),
    [
        ("DE", "VAT: DE136695976", "DE136695976"),
        ("DE", "VAT ID DE136695976", "DE136695976"),
        ("DE", "USt-IdNr.: DE 136695976", "DE136695976"),
        ("FR", "N° TVA FR40391895109", "FR40391895109"),
        ("IT", "P.IVA 00571320076", "IT00571320076"),
        ("AU", "ABN 83 914 571 673", "83914571673"),
        ("IT", "IT O0571320076", "IT00571320076"),
        ("IT", "IT OO57l32OO76", "IT00571320076"),
        ("NL", "NL001545668BO1", "NL001545668B01"),
        ("NL", "NL001545668", "NL001545668B01"),
        ("NL", "001545668B1", "NL001545668B01"),
        ("AT", "AT39364503", "ATU39364503"),
        ("AT", "39364503", "ATU39364503"),
        ("SE", "556464-6874", "SE556464687401"),
        ("HU", "14860955-2-41", "HU14860955"),
        ("CH", "CH-109.578.122 MWST", "CHE109578122"),
        ("MC", "MC53000004605", "FR53000004605"),
        ("IM", "IM002501253", "GB002501253"),
        ("DE", "DE136695967", "DE136695976"),
        ("FR", "FR40391895190", "FR40391895109"),
    ],
)
def test_one_slip_is_recognised(country: str, typed: str, meant: str) -> None:
    check = check_identifier(country, typed)
    assert (check.valid, check.suggestion, check.suggestion_country) == (False, meant, None)


@pytest.mark.parametrize(
    ("country", "typed", "meant", "elsewhere"),
    [
        ("DE", "FR40391895109", "FR40391895109", "FR"),
        ("FR", "GR094501040", "EL094501040", "EL"),
        ("AT", "VAT: CHE-109.578.122 MWST", "CHE109578122", "CH"),
        ("DE", "GB434031494", "GB434031494", "GB"),
    ],
)
def test_a_number_of_another_country_is_suggested_with_that_country(
    country: str, typed: str, meant: str, elsewhere: str
) -> None:
    check = check_identifier(country, typed)
    assert (check.valid, check.suggestion, check.suggestion_country) == (False, meant, elsewhere)


@pytest.mark.parametrize(
    ("country", "typed"),
    [
        ("DE", "DE000000000"),
        ("DE", "no number at all"),
        ("DE", "FR40391895100"),
        ("DE", "DE111111111"),
        ("DE", ""),
        ("DE", "VAT"),
        ("US", "DE136695976"),
        ("EE", "EE000207418"),
    ],
)
def test_what_no_single_slip_explains_is_not_guessed(country: str, typed: str) -> None:
    assert check_identifier(country, typed).suggestion is None


def test_two_possible_swaps_are_one_too_many() -> None:
    ambiguous = _number_with_two_repairs()
    assert check_identifier("DK", ambiguous).reason == "checksum"
    assert check_identifier("DK", ambiguous).suggestion is None


def _number_with_two_repairs() -> str:
    """The first Danish number that two different swaps of neighbours would mend."""
    for number in range(10_000_000, 10_100_000):
        text = str(number)
        swaps = {text[:n] + text[n + 1] + text[n] + text[n + 2 :] for n in range(7)} - {text}
        if not check_identifier("DK", text).valid and sum(bool(check_identifier("DK", s).valid) for s in swaps) > 1:
            return text
    raise AssertionError("there is one")
