"""The reference data: what it must contain, and that the loader refuses what it does not understand."""

import csv
import shutil
from datetime import date
from pathlib import Path

import pytest
from babel import Locale

from app.reference import payment_option
from app.reference.load import DATA, FAMILIES, ReferenceFault, load_reference, reference
from app.reference.records import UnknownReferenceCode
from tax_rules.facts import GOODS, ProductKind


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DATA, tmp_path / "data"))


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def test_at_least_23_payment_options_of_every_family_are_accepted() -> None:
    options = reference().payment_options
    open_today = [option for option in options if option.is_open(date(2026, 11, 22))]
    assert len(open_today) >= 23
    assert {option.family for option in open_today} == set(FAMILIES)


def test_every_payment_option_says_how_and_when_money_goes_back_and_what_proves_the_payment() -> None:
    for option in reference().payment_options:
        assert option.refund_days[1] > 0, option.code
        assert all(code in reference().evidence for code in option.evidence), option.code


def test_a_cash_voucher_cannot_be_refunded_the_way_it_was_paid() -> None:
    vouchers = [option for option in reference().payment_options if option.family == "cash_voucher"]
    assert vouchers
    assert not any(option.refundable for option in vouchers)


def test_a_payment_option_closes_after_its_last_day() -> None:
    giropay = reference().payment_options["giropay"]
    assert giropay.is_open(date(2024, 12, 31))
    assert not giropay.is_open(date(2025, 1, 1))


def test_an_option_with_currencies_accepts_no_other() -> None:
    options = reference().payment_options
    assert options["pix"].accepts("BRL")
    assert not options["pix"].accepts("EUR")
    assert options["visa"].accepts("EUR")


def test_currencies_and_countries_of_the_options_exist() -> None:
    currencies = Locale("en").currencies
    for option in reference().payment_options:
        assert set(option.currencies) <= set(currencies), option.code
        assert set(option.countries) <= set(reference().countries.codes), option.code


def test_product_kinds_are_those_that_the_tax_rules_know() -> None:
    assert set(reference().product_kinds.codes) == {str(kind) for kind in ProductKind}


def test_goods_are_the_kinds_that_are_delivered_physically() -> None:
    assert {kind.code for kind in reference().product_kinds if kind.delivery == "physical"} == set(GOODS)


def test_a_payment_option_is_found_by_its_code_or_not_at_all() -> None:
    found = payment_option("sepa_direct_debit")
    assert found is not None
    assert found.family == "direct_debit"
    assert payment_option("SEPA") is None


@pytest.mark.parametrize(
    ("alias", "kind", "exempt"),
    [
        ("prewritten_software_download", "software_download", False),
        ("prewritten_software_physical", "software_physical", False),
        ("support_maintenance_optional", "support", False),
        ("digital_audio_video", "digital_media", False),
        ("physical_good", "general_goods", False),
        ("physical_media", "software_physical", False),
        ("exempt_goods", "general_goods", True),
        ("saas", "saas", False),
    ],
)
def test_an_alias_stands_for_its_product_kind(alias: str, kind: str, exempt: bool) -> None:
    found, is_exempt = reference().product_kind(alias)
    assert (found.code, is_exempt) == (kind, exempt)


def test_an_unknown_product_kind_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownReferenceCode) as refused:
        reference().product_kind("sofware")
    assert "saas" in refused.value.extra["known"]


def test_reasons_are_those_of_the_contract() -> None:
    assert set(reference().tax_refund_reasons.codes) == {
        "vat_id_provided", "exemption_certificate", "wrong_rate", "wrong_address", "wrong_product_kind",
        "duplicate_tax", "other",
    }  # fmt: skip
    assert set(reference().refund_reasons.codes) == {
        "customer_request", "duplicate", "fraud", "not_delivered", "price_adjustment", "goodwill", "other",
    }  # fmt: skip


def test_countries_are_the_249_of_iso_3166_and_the_three_that_vat_adds() -> None:
    countries = list(reference().countries)
    assert sum(country.standing == "iso" for country in countries) == 249
    assert {country.code: country.iso_code for country in countries if country.standing != "iso"} == {
        "EL": "GR",
        "XI": "GB",
        "XK": "XK",
    }


def test_every_country_has_a_name_in_all_languages_of_the_pages() -> None:
    for language in reference().languages:
        territories = Locale.parse(language.locale).territories
        assert {country.iso_code for country in reference().countries} <= set(territories), language.code


def test_the_country_list_agrees_with_the_rule_book() -> None:
    import tax_rules

    with (Path(tax_rules.__file__).parent / "data" / "codes" / "countries.csv").open(encoding="utf-8") as file:
        codes = {row["code"] for row in csv.DictReader(file)}
    assert codes | {"EL", "XI"} == set(reference().countries.codes)


def test_there_are_seven_languages_and_two_of_them_internal() -> None:
    languages = reference().languages
    assert languages.codes == ("en", "de", "fr", "es", "it", "pt-BR", "ja")
    assert [language.code for language in languages if language.internal] == ["en", "de"]


def test_a_name_falls_back_to_english() -> None:
    names = reference().tax_refund_reasons["duplicate_tax"].names
    assert names.in_language("fr-CA") == names.fr
    assert names.in_language("ja") == names.en


@pytest.mark.parametrize(
    ("file", "old", "new", "word"),
    [
        ("payment_options.yaml", "code: visa,", "code: visa, colour: blue,", "colour"),
        ("payment_options.yaml", "code: visa, family: card,", "code: visa,", "family"),
        ("payment_options.yaml", "code: visa, family: card", "code: visa, family: plastic", "family"),
        ("payment_options.yaml", "code: mastercard", "code: visa", "Used twice: visa"),
        ("payment_options.yaml", "code: visa,", "code: visa, code: visa,", "stands twice"),
        ("payment_options.yaml", "refund_days: [3, 10]", "refund_days: [10, 3]", "fewest"),
        ("payment_options.yaml", "refund_days: [3, 10]", "refund_days: [3]", "fewest"),
        ("payment_options.yaml", "refundable: true", 'refundable: "yes"', "refundable"),
        ("payment_options.yaml", "evidence: [card_statement]", "evidence: [word_of_honour]", "word_of_honour"),
        ("payment_options.yaml", "to: 2024-12-31", "to: soon", "to"),
        ("payment_options.yaml", "to: 2024-12-31", "from: 2025-01-01, to: 2024-12-31", "Ends before it begins"),
        ("payment_options.yaml", "countries: [NL]", "countries: [NO]", "countries"),
        ("product_kinds.yaml", "aliases: [physical_good]", "aliases: [saas]", "Used twice: saas"),
        ("product_kinds.yaml", "delivery: physical", "delivery: by_hand", "delivery"),
        ("reasons.yaml", "code: wrong_rate", "code: Wrong Rate", "code"),
        ("reasons.yaml", "fr: Fraude", "fr: ''", "fr"),
        ("languages.yaml", "locale: de_DE", "locale: german", "locale"),
        ("countries.csv", "DE,DE,iso,", "DE,DE,iso,,too much", "Unknown field"),
        ("countries.csv", "DE,DE,iso,", "DE,Germany,iso,", "iso_code"),
        ("countries.csv", "DE,DE,iso,", "AD,DE,iso,", "Used twice: AD"),
        ("countries.csv", "code,iso_code", "iso_code,code", "header"),
    ],
)
def test_a_fault_in_a_file_is_refused_with_its_place(folder: Path, file: str, old: str, new: str, word: str) -> None:
    replace(folder / file, old, new)
    with pytest.raises(ReferenceFault) as refused:
        load_reference(folder)
    assert file in str(refused.value)
    assert word in str(refused.value)
