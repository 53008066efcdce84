"""Names compared: what is the same party, what deserves a look, and what was not compared at all."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tax_rules.matching import Code, Verdict, compare_names, vocabulary
from tax_rules.matching.vocabulary import DATA, legal_forms

SAME = [
    ("Harbour Tools GmbH", "Harbour Tools GmbH", Code.IDENTICAL),
    ("Harbour Tools GmbH", "HARBOUR  TOOLS G.M.B.H.", Code.CASE_OR_MARKS),
    (
        "Müller Werkzeuge GmbH",
        "Mueller Werkzeuge Gesellschaft mit beschränkter Haftung",
        Code.LEGAL_FORM_WRITTEN_OTHERWISE,
    ),
    ("Müller Werkzeuge GmbH", "MULLER WERKZEUGE GMBH", Code.CASE_OR_MARKS),
    ("Ørsted Værktøj A/S", "Oersted Vaerktoej AS", Code.CASE_OR_MARKS),
    ("Łódzkie Narzędzia", "LODZKIE NARZEDZIA SP. Z O.O.", Code.LEGAL_FORM_MISSING),
    ("Outils du Port S.à r.l.", "OUTILS DU PORT SARL", Code.LEGAL_FORM_WRITTEN_OTHERWISE),
    ("PT Alat Pelabuhan", "Alat Pelabuhan, PT", Code.CASE_OR_MARKS),
    ("株式会社港工具", "港工具(株)", Code.LEGAL_FORM_WRITTEN_OTHERWISE),
    ("Порт Инструмент ООО", "OOO Port Instrument", Code.OTHER_SCRIPT),
    ("Λιμάνι Εργαλεία ΑΕ", "Limani Ergaleia SA", Code.OTHER_SCRIPT),
    ("Verdi Anna", "ANNA VERDI", Code.WORD_ORDER),
    ("Port & Starboard Ltd", "Port and Starboard Limited", Code.LEGAL_FORM_WRITTEN_OTHERWISE),
    ("Soft Harbour Ltd", "SoftHarbour Ltd", Code.WORDS_JOINED),
    ("Kai Tools BV", "Quay Holding||Kai Tools B.V.", Code.CASE_OR_MARKS),
    ("ＨＡＲＢＯＵＲ ＧｍｂＨ", "Harbour GmbH", Code.CASE_OR_MARKS),
    ("As Long As It Floats Ltd", "As Long As It Floats Limited", Code.LEGAL_FORM_WRITTEN_OTHERWISE),
]


@pytest.mark.parametrize(("told", "found", "reason"), SAME, ids=[told for told, _, _ in SAME])
def test_the_same_party_in_another_writing_is_alike(told: str, found: str, reason: Code) -> None:
    likeness = compare_names(told, found)

    assert likeness.verdict is Verdict.ALIKE
    assert reason in {one.code for one in likeness.reasons}


LOOKED_AT = [
    ("Harbour GmbH", "Harbour AG", Code.LEGAL_FORM_DIFFERS),
    ("Harbour GmbH", "Harbour GmbH & Co. KG", Code.LEGAL_FORM_DIFFERS),
    ("Harbour Tools", "Harbur Tools", Code.SPELLING),
    ("Muller Transport", "Miller Transport", Code.SPELLING),
    ("Harbour Business Machines Corp", "HBM Corp", Code.ABBREVIATED),
    ("Intl Harbour Ltd", "International Harbour Ltd", Code.ABBREVIATED),
    ("Harbour Ltd", "Harbour Europe Holdings Ltd", Code.WORDS_MORE),
]


@pytest.mark.parametrize(("told", "found", "reason"), LOOKED_AT, ids=[found for _, found, _ in LOOKED_AT])
def test_what_may_be_another_party_deserves_a_look(told: str, found: str, reason: Code) -> None:
    likeness = compare_names(told, found)

    assert likeness.verdict is Verdict.SIMILAR
    assert reason in {one.code for one in likeness.reasons}


@pytest.mark.parametrize(
    ("told", "found"),
    [("Harbour 12 GmbH", "Harbour 13 GmbH"), ("Harbour Tools GmbH", "Mountain Boots GmbH"), ("A", "B")],
)
def test_another_party_is_different(told: str, found: str) -> None:
    assert compare_names(told, found).verdict is Verdict.DIFFERENT


@pytest.mark.parametrize("found", ["---", "", "  ", "N/A".replace("N", "-").replace("A", "-")])
def test_a_hidden_name_is_not_compared(found: str) -> None:
    assert compare_names("Harbour GmbH", found).verdict is Verdict.NOT_COMPARED


def test_a_name_in_kanji_is_not_held_against_its_romanised_form() -> None:
    likeness = compare_names("港工具株式会社", "Minato Tools Co., Ltd.")

    assert likeness.verdict is Verdict.NOT_COMPARED
    assert Code.OTHER_SCRIPT in {one.code for one in likeness.reasons}


def test_a_name_that_is_nothing_but_a_form_keeps_it() -> None:
    assert compare_names("AG", "AG Ltd").verdict is not Verdict.NOT_COMPARED
    assert compare_names("AG", "KG").score < 65


def test_a_reason_tells_the_words_that_differ() -> None:
    reason = compare_names("Harbour Ltd", "Harbour Europe Ltd").reasons[0]

    assert (reason.code, reason.told, reason.found) == (Code.WORDS_MORE, "", "europe")


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_two_texts_are_compared_without_an_error(one: str, other: str) -> None:
    assert 0 <= compare_names(one, other).score <= 100


@given(*[st.text(alphabet=st.characters(categories=["Lu", "Ll", "Nd"]), max_size=40)] * 2)
def test_two_names_are_as_alike_from_either_side(one: str, other: str) -> None:
    assert compare_names(one, other).verdict is compare_names(other, one).verdict


@given(st.text(alphabet=st.characters(categories=["L", "Nd"]), min_size=1, max_size=40))
def test_a_name_is_alike_to_itself(name: str) -> None:
    assert compare_names(name, f" {name} ").score == 100


def test_a_very_long_name_and_a_flood_of_marks_end_soon() -> None:
    assert compare_names("Harbour " * 200_000, "Harbour" + "\u0301" * 100_000).score <= 100


def test_every_writing_of_a_form_is_found_at_the_end_of_a_name() -> None:
    rows = yaml.safe_load((DATA / "legal_forms.yaml").read_text("utf-8"))["legal_forms"]
    for written in (one for row in rows for one in row["written"]):
        likeness = compare_names("harbour tools", f"Harbour Tools {written}")
        assert likeness.reasons[0].code is Code.LEGAL_FORM_MISSING, written


def test_a_writing_under_two_forms_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "legal_forms.yaml").write_text(
        "legal_forms: [{form: one, written: [X.Y.]}, {form: two, written: [xy]}]\nfillers: []\n"
    )
    monkeypatch.setattr(vocabulary, "DATA", tmp_path)
    with pytest.raises(vocabulary.VocabularyError, match="one and two"):
        legal_forms.__wrapped__()
