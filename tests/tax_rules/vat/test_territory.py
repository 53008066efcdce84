"""Where a customer is in the eyes of VAT."""

from datetime import date

import pytest

from tax_rules.facts import Address
from tax_rules.rulebook import RuleBook
from tax_rules.vat.territory import goods_place, tax_place

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("country", "postal_code", "city", "territory"),
    [
        ("ES", "35001", None, "ES-CN"),
        ("ES", " 38 314 ", None, "ES-CN"),
        ("ES", "E-35001", None, "ES-CN"),
        ("ES", "28001", None, None),
        ("ES", "51001", None, "ES-CE"),
        ("ES", "52001", None, "ES-ML"),
        ("FI", "22100", None, "AX"),
        ("AX", None, None, "AX"),
        ("FR", "97133", None, "BL"),
        ("FR", "97150", None, "MF"),
        ("FR", "F-97110", None, "GP"),
        ("FR", "97600", None, "YT"),
        ("FR", "98000", None, "MC"),
        ("FR", "98800", None, "FR-OCT"),
        ("NC", None, None, "FR-OCT"),
        ("FR", "20000", None, "FR-H"),
        ("IT", "23041", None, "IT-LIV"),
        ("IT", "23030", "Livigno", "IT-LIV"),
        ("IT", "23030", "Valdisotto", None),
        ("IT", "22061", None, "IT-CAM"),
        ("CH", "6911", None, "IT-CAM"),
        ("DE", "78266", None, "DE-BUS"),
        ("CH", "8238", None, "DE-BUS"),
        ("DE", "27498", None, "DE-HEL"),
        ("DE", "D-27498", None, "DE-HEL"),
        ("AT", "6991", None, "AT-JM"),
        ("AT", "A-6691", None, "AT-JM"),
        ("DE", "87491", None, "AT-JM"),
        ("DE", "87567", "Mittelberg", "AT-JM"),
        ("DE", "87567", "Oberstdorf", None),
        ("PT", "9500-150", None, "PT-20"),
        ("PT", "9000", None, "PT-30"),
        ("PT", "1149-014", None, None),
        ("GR", "63086", None, "GR-69"),
        ("EL", "63086", None, "GR-69"),
        ("GB", "BT1 5GS", None, "XI"),
        ("GB", "SW1A 1AA", None, None),
        ("GB", "BFPO 57", None, "CY-SBA"),
        ("GB", "JE2 3AB", None, "JE"),
        ("GB", "GY1 1AA", None, "GG"),
        ("GB", "IM1 1AA", None, "IM"),
        ("NO", "9170", None, "SJ"),
        ("NO", "0150", None, None),
        ("DK", "3900", None, "GL"),
        ("DK", "DK-100", None, "FO"),
        ("DK", "1050", None, None),
        ("GB", "BF1 2AT", None, "CY-SBA"),
        ("GB", "BFPO 40", None, None),
        ("LU", "L-1248", None, None),
        ("IE", "Dublin 1", None, None),
    ],
)
def test_a_special_territory_is_found_by_code_postal_code_or_city(
    book: RuleBook, country: str, postal_code: str | None, city: str | None, territory: str | None
) -> None:
    place = tax_place(Address(country=country, postal_code=postal_code, city=city), TODAY, book)
    assert place.territory == territory


@pytest.mark.parametrize(
    ("country", "postal_code", "state", "is_eu"),
    [
        ("MC", None, "FR", True),
        ("IM", None, "GB", False),
        ("XI", None, "GB", False),
        ("EL", None, "GR", True),
        ("CY", None, "CY", True),
        ("GB", "BFPO 57", "CY", True),
        ("AX", None, None, False),
        ("ES", "35001", None, False),
        ("PT", "9000", "PT", True),
        ("LI", None, "LI", False),
        ("XK", None, "XK", False),
    ],
)
def test_a_territory_belongs_to_the_vat_of_its_state_or_of_none(
    book: RuleBook, country: str, postal_code: str | None, state: str | None, is_eu: bool
) -> None:
    place = tax_place(Address(country=country, postal_code=postal_code), TODAY, book)
    assert (place.state, place.is_eu) == (state, is_eu)


@pytest.mark.parametrize(
    ("country", "state", "territory"),
    [
        ("ES", "GC", "ES-CN"),
        ("ES", "ES-TF", "ES-CN"),
        ("ES", "M", None),
        ("GB", "NIR", "XI"),
        ("GB", "gb-nir", "XI"),
        ("GB", "ENG", None),
        ("PT", "20", "PT-20"),
        ("PT", "30", "PT-30"),
        ("FI", "01", "AX"),
        ("US", "20", None),
    ],
)
def test_a_special_territory_is_found_by_its_subdivision(
    book: RuleBook, country: str, state: str, territory: str | None
) -> None:
    assert tax_place(Address(country=country, state=state), TODAY, book).territory == territory


@pytest.mark.parametrize(("state", "city"), [("AE", "APO"), ("AA", "fpo"), ("AP", " DPO ")])
def test_the_forces_post_of_the_united_states_is_american_wherever_it_lies(
    book: RuleBook, state: str, city: str
) -> None:
    for country in ("DE", "JP", "US"):
        place = tax_place(Address(country=country, state=state, city=city, postal_code="09012"), TODAY, book)
        assert (place.state, place.is_eu) == ("US", False)
    assert tax_place(Address(country="IT", state="NA", city="Napoli"), TODAY, book).state == "IT"


@pytest.mark.parametrize(
    ("address", "state", "is_eu", "services"),
    [
        (Address(country="XI"), "XI", True, "GB"),
        (Address(country="IM"), "GB", False, "GB"),
        (Address(country="DE", postal_code="78266"), "CH", False, None),
        (Address(country="CH", postal_code="7562"), None, False, "CH"),
        (Address(country="MC"), "FR", True, "FR"),
        (Address(country="CY", postal_code="BFPO 57"), "CY", True, "CY"),
        (Address(country="ES", postal_code="35001"), None, False, None),
    ],
)
def test_goods_and_services_do_not_always_go_to_the_same_state(
    book: RuleBook, address: Address, state: str | None, is_eu: bool, services: str | None
) -> None:
    place = goods_place(address, TODAY, book)
    assert (place.state, place.is_eu) == (state, is_eu)
    assert tax_place(address, TODAY, book).state == services


def test_northern_ireland_is_a_state_for_goods_from_the_day_the_transition_ended(book: RuleBook) -> None:
    assert goods_place(Address(country="XI"), date(2020, 12, 31), book).state == "GB"
    assert goods_place(Address(country="XI"), date(2021, 1, 1), book).state == "XI"


def test_the_isle_of_man_left_with_the_united_kingdom(book: RuleBook) -> None:
    isle = Address(country="IM")
    assert tax_place(isle, date(2020, 12, 31), book).is_eu
    assert not tax_place(isle, date(2021, 1, 1), book).is_eu


def test_northern_ireland_was_part_of_a_member_state_until_the_end_of_2020(book: RuleBook) -> None:
    place = tax_place(Address(country="XI"), date(2020, 12, 31), book)
    assert (place.state, place.is_eu) == ("GB", True)


def test_a_territory_of_its_own_tells_its_law_and_its_row(book: RuleBook) -> None:
    place = tax_place(Address(country="ES", postal_code="35001"), TODAY, book)
    assert place.law == "Directive 2006/112/EC Art. 6(1)(b)"
    assert [row.id for row in place.rows] == ["vat.territory_for_services/ES-CN/1986-01-01"]


def test_every_territory_has_a_status_for_services_and_goods(book: RuleBook) -> None:
    codes = {row["code"] for row in book.table("vat.territories")}
    for parameter in ("vat.territory_for_services", "vat.territory_for_goods"):
        assert set(book.jurisdictions(parameter)) == codes
    assert {row["territory"] for row in book.table("vat.territory_places")} <= codes


@pytest.mark.parametrize("country", ["MC", "IM", "GG", "SM", "LI"])
def test_a_territory_of_no_state_stands_alone_before_it_had_a_status(country: str, book: RuleBook) -> None:
    place = tax_place(Address(country=country), date(1980, 1, 1), book)
    assert (place.state, place.rates, place.is_eu) == (country, country, False)
