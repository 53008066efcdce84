"""The W-9's rules: what blocks, what a person must look at, what is only said, each at its line."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.check import check
from tests.forms.factories import TODAY, checked, company, faults, llc, person, w9

ABROAD = {"line1": "1 King Street", "city": "Toronto", "state": "ON", "postal_code": "M5V 1A1", "country": "CA"}


@pytest.mark.parametrize("answers", [company(), person(), llc("C"), llc("S"), llc("P")])
def test_complete_answers_have_no_fault(answers: dict[str, Any]) -> None:
    assert faults(answers) == []


def test_an_empty_form_tells_everything_that_is_missing_at_once_in_the_order_of_the_form() -> None:
    missing = [
        "name", "classification", "address.line1", "address.city", "address.country", "tin.kind", "signature.name",
    ]  # fmt: skip
    found = checked({}).faults
    assert [(fault.path, fault.code) for fault in found] == [(path, "missing") for path in missing]
    assert [fault.severity for fault in found] == ["block"] * 6 + ["review"]
    assert all(fault.line and fault.words and fault.source for fault in found)


def test_none_and_blank_are_no_answer() -> None:
    assert faults(company(business_name=None, account_numbers="")) == []
    assert ("block", "name", "empty") in faults(company(name="  "))


@pytest.mark.parametrize("code", ["individual", "c_corporation", "s_corporation", "partnership", "trust_estate"])
def test_a_box_of_line_3a_is_one_text(code: str) -> None:
    assert ("block", "classification", "not_a_text") in faults(company(classification=[code, "other"]))
    assert ("block", "classification", "unknown_code") in faults(company(classification=f"{code},other"))


@pytest.mark.parametrize("letter", ["D", "disregarded"])
def test_a_disregarded_llc_is_sent_to_the_box_of_its_owner(letter: str) -> None:
    found = checked(llc(letter)).faults
    assert [(fault.path, fault.code) for fault in found] == [("llc_classification", "code_refused")]
    assert "box of its owner" in found[0].words


def test_the_letter_belongs_to_the_llc_box_and_the_words_to_other() -> None:
    assert ("block", "llc_classification", "missing") in faults(llc(llc_classification=None))
    assert faults(company(llc_classification="C")) == [("block", "llc_classification", "not_asked")]
    assert ("block", "other_classification", "missing") in faults(company(classification="other"))
    assert faults(company(classification="other", other_classification="Tax-exempt", exempt_payee_code="1")) == []
    assert faults(company(other_classification="Tax-exempt")) == [("block", "other_classification", "not_asked")]


@pytest.mark.parametrize(
    ("name", "is_doubted"),
    [("Example LLC", True), ("Example L.L.C.", True), ("Allcorp Inc.", False), ("LLC Lovers Inc.", False)],
)
def test_an_llc_on_line_1_without_its_box_is_looked_at(name: str, is_doubted: bool) -> None:
    assert (("review", "classification", "llc_box") in faults(company(name=name))) is is_doubted


@pytest.mark.parametrize(
    ("answers", "is_asked"),
    [
        (person(), False),
        (company(), False),
        (llc("C"), False),
        (llc("S"), False),
        (llc("P"), True),
        (llc("P", classification="partnership", llc_classification=None, name="Example LP"), True),
        (llc("P", classification="trust_estate", llc_classification=None, name="Example Trust"), True),
    ],
)
def test_line_3b_is_for_flow_through_entities_only(answers: dict[str, Any], is_asked: bool) -> None:
    severity, code = ("warn", "requester_is_no_flow_through") if is_asked else ("block", "not_a_flow_through")
    assert faults(answers | {"has_foreign_owners": True}) == [(severity, "has_foreign_owners", code)]
    assert faults(answers | {"has_foreign_owners": False}) == []


def test_every_exempt_payee_code_and_no_other_is_known() -> None:
    assert set(w9().lists["exempt_payee_code"].rows) == {str(n) for n in range(1, 14)}
    for code in ("0", "14", "05", "5.", "A"):
        assert ("block", "exempt_payee_code", "unknown_code") in faults(company(exempt_payee_code=code))
    assert ("block", "exempt_payee_code", "not_a_text") in faults(company(exempt_payee_code=5))


def test_every_fatca_code_and_no_other_is_known() -> None:
    assert set(w9().lists["fatca_code"].rows) == {*"ABCDEFGHIJKLM", "not_applicable"}
    assert ("block", "fatca_code", "unknown_code") in faults(company(fatca_code="N"))
    assert faults(company(fatca_code="D")) == [("warn", "fatca_code", "accounts_abroad_only")]
    assert faults(person(fatca_code="not_applicable")) == []


@pytest.mark.parametrize(
    ("answers", "fault"),
    [
        (person(exempt_payee_code="5"), ("block", "exempt_payee_code", "individual_not_exempt")),
        (person(fatca_code="A"), ("block", "fatca_code", "individual_not_exempt")),
        (llc("S", exempt_payee_code="5"), ("review", "exempt_payee_code", "s_corporation_not_exempt")),
        (llc("P", exempt_payee_code="5"), ("review", "exempt_payee_code", "code_of_others")),
        (company(exempt_payee_code="13"), ("review", "exempt_payee_code", "code_of_others")),
        (company(fatca_code="L"), ("review", "fatca_code", "code_of_others")),
    ],
)
def test_a_code_of_others_is_not_taken_silently(answers: dict[str, Any], fault: tuple[str, str, str]) -> None:
    assert fault in faults(answers)


def test_who_may_use_an_exempt_payee_code() -> None:
    used = {
        letter: {
            code for code in w9().lists["exempt_payee_code"].rows if not faults(llc(letter, exempt_payee_code=code))
        }
        for letter in "CSP"
    }
    assert used == {
        "C": {"1", "2", "3", "4", "5", "6", "7", "8", "9", "11", "12"},
        "S": set(),
        "P": {"6", "7", "9", "10", "12"},
    }


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"state": "ZZ"}, ("block", "address.state", "unknown_state")),
        ({"state": "Delaware"}, ("block", "address.state", "unknown_state")),
        ({"state": None}, ("block", "address.state", "missing")),
        ({"postal_code": "1980"}, ("block", "address.postal_code", "zip_malformed")),
        ({"postal_code": "19801\n"}, None),
        ({"postal_code": "19801-1234"}, None),
        ({"country": "USA"}, ("block", "address.country", "unknown_code")),
        ({"county": "Kent"}, ("block", "address.county", "unknown_answer")),
    ],
)
def test_a_us_address_has_a_state_and_a_zip_code(changed: dict[str, Any], fault: tuple[str, str, str] | None) -> None:
    assert faults(company(address=company()["address"] | changed)) == ([fault] if fault else [])


def test_an_address_abroad_is_possible_and_said() -> None:
    assert faults(company(address=ABROAD)) == [("warn", "address.country", "address_abroad")]


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (person(tin={"kind": "itin", "number": "912-50-3456"}), []),
        (person(tin={"kind": "ein", "number": "91-1144442"}), [("warn", "tin.kind", "ssn_preferred")]),
        (company(tin={"kind": "ssn", "number": "536-90-4399"}), [("block", "tin.kind", "ein_wanted")]),
        (llc("P", tin={"kind": "itin", "number": "912-50-3456"}), [("block", "tin.kind", "ein_wanted")]),
        (
            llc(classification="trust_estate", llc_classification=None, name="A Trust", tin=person()["tin"]),
            [("review", "tin.kind", "ein_expected")],
        ),
        (company(tin={"kind": "ein", "number": "07-1144442"}), [("warn", "tin.number", "ein_prefix_unknown")]),
        (company(tin={"kind": "ein", "number": "123-45-6789"}), [("block", "tin.number", "tin_malformed")]),
        (company(tin={"kind": "ein", "number": "12345"}), [("block", "tin.number", "tin_malformed")]),
        (person(tin={"kind": "ssn", "number": "666-12-3456"}), [("block", "tin.number", "tin_not_issued")]),
        (person(tin={"kind": "itin", "number": "912-93-3456"}), [("block", "tin.number", "tin_not_issued")]),
        (person(tin={"kind": "ssn"}), [("block", "tin.number", "missing")]),
        (person(tin={"kind": "applied_for"}), [("warn", "tin.kind", "applied_for")]),
        (
            person(tin={"kind": "applied_for", "number": "536-90-4399"}),
            [("warn", "tin.kind", "applied_for"), ("block", "tin.number", "number_not_asked")],
        ),
        (person(tin={"kind": "atin", "number": "900-93-0000"}), [("block", "tin.kind", "unknown_code")]),
        (person(tin="536-90-4399"), [("block", "tin", "unknown_answer"), ("block", "tin.kind", "missing")]),
    ],
)
def test_the_number_is_of_the_kind_that_the_classification_gives(answers: dict[str, Any], expected: list[Any]) -> None:
    assert faults(answers) == expected


@pytest.mark.parametrize(
    ("signature", "expected"),
    [
        (None, [("review", "signature.name", "missing")]),
        ({"name": "Jane Doe", "method": "by_hand"}, [("warn", "signature.method", "sign_by_hand")]),
        ({"name": "Jane Doe", "signed_on": TODAY, "method": "electronic"}, []),
        ({"name": "Jane Doe", "method": "electronic"}, [("block", "signature.signed_on", "missing")]),
        (
            {"name": "Jane Doe", "signed_on": "2026-11-23", "method": "electronic"},
            [("block", "signature.signed_on", "signed_later")],
        ),
        (
            {"name": "Jane Doe", "signed_on": "15/01/2026", "method": "electronic"},
            [("block", "signature.signed_on", "not_a_date")],
        ),
    ],
)
def test_a_signature_has_a_name_a_way_and_a_day_that_has_come(signature: Any, expected: list[Any]) -> None:
    assert faults(company(signature=signature)) == expected


def test_a_moment_is_not_a_civil_date() -> None:
    signature = {"name": "Jane Doe", "method": "electronic", "signed_on": datetime(2026, 1, 15, tzinfo=UTC)}
    assert faults(company(signature=signature)) == [("block", "signature.signed_on", "not_a_date")]


def test_notified_and_exempt_contradict_each_other() -> None:
    assert faults(person(backup_withholding_notified=True)) == []
    assert faults(company(backup_withholding_notified=True)) == [
        ("review", "backup_withholding_notified", "exempt_and_notified")
    ]
    assert faults(company(backup_withholding_notified="yes")) == [
        ("block", "backup_withholding_notified", "not_a_flag")
    ]


def test_texts_that_cannot_stand_on_a_line_are_refused() -> None:
    assert faults(company(name="Two\nLines Inc.")) == [("block", "name", "not_printable")]
    assert faults(company(name="x" * 151)) == [("block", "name", "too_long")]
    assert faults(company(requester="\n".join("12345678"))) == []
    assert faults(company(requester="\n".join("123456789"))) == [("block", "requester", "too_long")]
    assert faults(company(business_name="EXAMPLE  commerce inc.")) == [("warn", "business_name", "same_name")]


def test_a_name_in_any_script_is_composed_and_kept() -> None:
    assert checked(company(name=" Ło\u0301dź 東京 Inc. ")).facts["name"] == "Łódź 東京 Inc."


def test_what_depends_on_a_faulty_answer_is_not_told_too() -> None:
    assert faults(company(classification="corporation")) == [("block", "classification", "unknown_code")]


def test_no_fault_quotes_an_answer() -> None:
    secret = "078-05-1120"
    answers = company(tin={"kind": "ssn", "number": secret}, name=[secret], exempt_payee_code=secret)
    told = json.dumps([(fault.words, fault.code, fault.path) for fault in checked(answers).faults])
    assert len(checked(answers).faults) == 4
    assert secret not in told


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)
NAMES = sorted({path.split(".")[0] for path in w9().fields} | {"tin.kind", "x"})
INNER = sorted({path.split(".")[1] for path in w9().fields if "." in path})


@given(
    st.dictionaries(
        st.sampled_from(NAMES) | st.text(max_size=9),
        json_values | st.dictionaries(st.sampled_from(INNER), json_values, max_size=4),
        max_size=12,
    )
)
def test_any_answers_are_checked_without_a_crash(answers: dict[str, Any]) -> None:
    for fault in check(w9(), answers, today=date(2026, 1, 1)).faults:
        assert fault.words
        assert fault.path.isprintable()
