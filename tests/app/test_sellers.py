"""The file of the seller entities: strict, every fault with its line, and the shipped example is sound."""

import json
from datetime import date
from pathlib import Path

import pytest
import yaml
from stdnum import iban
from stdnum.ch import uid
from stdnum.de import vat as german
from stdnum.gb import vat as british
from stdnum.no import mva as norwegian

from app.sellers import EXAMPLE, InvalidSellers, SellerEntity, load_sellers, seller_from_json
from forms.check import check
from forms.load import find_definition
from tax_rules.facts import RegistrationKind

ON = date(2026, 11, 22)
MINIMUM = """
sellers:
  - code: xx
    legal_name: Example Ltd
    country: NO
    address: {line1: Street 1, city: Oslo, country: NO}
    registrations: [{kind: vat, country: NO, number: 00123, from: 2020-01-01}]
"""


def load(tmp_path: Path, text: str) -> dict[str, SellerEntity]:
    file = tmp_path / "sellers.yaml"
    file.write_text(text, "utf-8")
    return load_sellers(file)


def faults(tmp_path: Path, text: str) -> dict[str, str]:
    with pytest.raises(InvalidSellers) as refused:
        load(tmp_path, text)
    return {fault.pointer: fault.detail for fault in refused.value.faults}


def test_the_shipped_example_has_two_sellers_with_their_registrations() -> None:
    sellers = load_sellers()
    assert list(sellers) == ["de", "us"]
    german_seller = sellers["de"].facts()
    assert german_seller.country == "DE"
    assert german_seller.registration(RegistrationKind.OSS_UNION, None, ON) is not None
    assert sellers["us"].facts().registration(RegistrationKind.OSS_NON_UNION, None, ON) is not None
    assert sellers["de"].tax_form is not None
    assert (sellers["de"].tax_form.kind, sellers["us"].tax_form and sellers["us"].tax_form.kind) == ("w8bene", "w9")


def test_every_number_of_the_example_passes_its_check_and_every_name_is_fictitious() -> None:
    for seller in load_sellers().values():
        by_country = {r.country: r.number for r in seller.registrations if r.kind is RegistrationKind.VAT}
        assert german.is_valid(by_country.get("DE", "DE123456788"))
        assert british.is_valid(by_country["GB"])
        assert norwegian.is_valid(by_country["NO"])
        assert uid.is_valid(by_country["CH"].removesuffix(" MWST"))
        assert all(iban.is_valid(account.iban) for account in seller.bank_accounts if account.iban)
        assert str(seller.contact.email).endswith(".example")


def test_an_entity_survives_json() -> None:
    for seller in load_sellers().values():
        again = seller_from_json(json.loads(json.dumps(seller.as_json())))
        assert again == seller


def test_five_members_are_enough_and_bare_texts_are_taken_as_written(tmp_path: Path) -> None:
    seller = load(tmp_path, MINIMUM)["xx"]
    assert (seller.country, seller.registrations[0].number) == ("NO", "00123")
    assert (seller.bank_accounts, seller.series, seller.below_eu_threshold) == ((), {}, ())


def test_the_threshold_may_be_dated(tmp_path: Path) -> None:
    flags = "[{from: 2020-01-01, to: 2024-12-31, value: true}, {from: 2025-01-01, value: false}]"
    facts = load(tmp_path, MINIMUM + f"    below_eu_threshold: {flags}\n")["xx"].facts()
    days = (date(2019, 12, 31), date(2020, 1, 1), date(2024, 12, 31), date(2025, 1, 1))
    assert [facts.is_below_eu_threshold(day) for day in days] == [False, True, True, False]
    assert load(tmp_path, MINIMUM + "    below_eu_threshold: true\n")["xx"].facts().is_below_eu_threshold(ON)


def test_a_document_shows_the_registration_that_was_used() -> None:
    sellers = load_sellers()
    shown = {c: [r.number for r in sellers["de"].registrations_shown(c, ON)] for c in ("GB", "FR", "DE")}
    assert shown == {"GB": ["GB100000034"], "FR": ["DE123456788"], "DE": ["DE123456788"]}
    assert [r.number for r in sellers["us"].registrations_shown("FR", ON)] == ["EU372000041"]
    assert sellers["de"].registrations_shown("GB", date(2020, 12, 31))[0].number == "DE123456788"


@pytest.mark.parametrize(
    ("change", "pointer", "words"),
    [
        (
            ("legal_name: Example Ltd", "legal_name: Example Ltd\n    legal_name: Twice"),
            "/sellers/0/legal_name",
            "line 5: the key stands twice",
        ),
        (("legal_name: Example Ltd", "colour: red"), "/sellers/0/colour", "line 4: unknown key"),
        (("legal_name: Example Ltd", "colour: red"), "/sellers/0/legal_name", "Missing data"),
        (("country: NO\n", "country: Norway\n"), "/sellers/0/country", "line 5: write a country"),
        (("2020-01-01", "2020-02-30"), "/sellers/0/registrations/0/from", "line 7: write a date"),
        (("2020-01-01", "2020-01-01, to: 2019-01-01"), "/sellers/0/registrations/0/to", "lies before the beginning"),
        (("kind: vat", "kind: vta"), "/sellers/0/registrations/0/kind", "Must be one of"),
        (("kind: vat", "kind: sales_tax"), "/sellers/0/registrations/0/state", "needs the state"),
        (("number: 00123", "number: [1]"), "/sellers/0/registrations/0/number", "write a text"),
        (("code: xx", "code: XX"), "/sellers/0/code", "lower-case"),
    ],
)
def test_a_fault_is_told_with_pointer_and_line(
    tmp_path: Path, change: tuple[str, str], pointer: str, words: str
) -> None:
    assert words in faults(tmp_path, MINIMUM.replace(*change))[pointer]


W9 = """
    tax_form:
      kind: w9
      revision: 2024-03
      answers:
        name: Example Ltd
        classification: c_corporation
        tin: {kind: ein, number: 91-1144442}
        signature: {name: Jane Doe, signed_on: 2026-01-05, method: electronic}
    signatories: [{name: Jane Doe, title: CFO}]
"""


def test_the_example_answers_its_w9_completely_and_signs_by_a_signatory() -> None:
    seller = load_sellers()["us"]
    definition = find_definition("w9", "2024-03")
    assert seller.tax_form is not None
    assert definition is not None
    assert check(definition, seller.tax_form.answers, today=ON).faults == ()
    assert seller.tax_form.answers["signature"]["name"] in [signatory.name for signatory in seller.signatories]
    assert seller.tax_form.answers["name"] == seller.legal_name


@pytest.mark.parametrize(
    ("change", "pointer", "words"),
    [
        (("91-1144442", "91-114444"), "/tin/number", "line 14: The number must have nine digits"),
        (("kind: ein, number: 91-1144442", "kind: ssn, number: 536-90-4399"), "/tin/kind", "gives its EIN"),
        (("c_corporation", "corporation"), "/classification", "line 13: That is not one of the codes."),
        (("2026-01-05", "5.1.2026"), "/signature/signed_on", "a date such as"),
        (
            ("        name: Example Ltd", "        nome: Example Ltd"),
            "/nome",
            "line 12: The form has no such question.",
        ),
        (
            ("{name: Jane Doe, signed", "{name: John Doe, signed"),
            "/signature/name",
            "line 15: write the name of one of",
        ),
    ],
)
def test_a_wrong_answer_to_a_form_that_we_know_is_told(
    tmp_path: Path, change: tuple[str, str], pointer: str, words: str
) -> None:
    text = MINIMUM + W9.removeprefix("\n")
    assert load(tmp_path, text)
    found = faults(tmp_path, text.replace(*change))
    assert words in found[f"/sellers/0/tax_form/answers{pointer}"]
    assert "91-114444" not in str(found)


def test_answers_that_are_missing_stop_no_order_and_other_forms_are_kept_as_given(tmp_path: Path) -> None:
    started = "    tax_form: {kind: w9, revision: 2024-03, answers: {name: Example Ltd}}\n"
    assert load(tmp_path, MINIMUM + started)
    unknown = "    tax_form: {kind: w8bene, revision: 2021-10, answers: {anything: [1, {deep: true}]}}\n"
    form = load(tmp_path, MINIMUM + unknown)["xx"].tax_form
    assert form is not None
    assert form.answers == {"anything": ["1", {"deep": True}]}
    older = "    tax_form: {kind: w9, revision: 2018-10, answers: {anything: x}}\n"
    assert load(tmp_path, MINIMUM + older)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    text = MINIMUM.replace("code: xx", "code: XX").replace("kind: vat", "kind: vta").replace("2020-01-01", "soon")
    assert len(faults(tmp_path, text)) == 3


@pytest.mark.parametrize("pattern", ["CN-{year}", "CN-{n", "CN-{seller}", "{n.__class__}", "{0}"])
def test_a_series_must_count_and_use_known_parts_only(tmp_path: Path, pattern: str) -> None:
    text = MINIMUM + f'    series: {{credit_note: "{pattern}"}}\n'
    assert any(pointer.startswith("/sellers/0/series") for pointer in faults(tmp_path, text))


@pytest.mark.parametrize("text", ["", "[]", "sellers: []", "a: [", "sellers: &a [*a]", "x: 1", "\x00"])
def test_a_file_that_is_none_is_refused_and_no_crash(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidSellers):
        load(tmp_path, text)


def test_two_sellers_with_one_code_are_refused(tmp_path: Path) -> None:
    twice = MINIMUM + MINIMUM.removeprefix("\nsellers:\n")
    assert "/sellers/1/code" in faults(tmp_path, twice)


def test_a_missing_file_is_told_without_its_path(tmp_path: Path) -> None:
    with pytest.raises(InvalidSellers) as refused:
        load_sellers(tmp_path / "secret-place.yaml")
    assert "secret-place" not in refused.value.detail


def test_the_example_is_plain_yaml_for_any_reader() -> None:
    assert len(yaml.safe_load(EXAMPLE.read_text("utf-8"))["sellers"]) == 2
