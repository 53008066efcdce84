"""Every box gets what the form says belongs there, and every field of the blank is thought of."""

from pathlib import Path
from typing import Any

import pypdf
import pytest

from forms.blanks import shipped_blanks
from forms.fill import Filling, FormBlocked, fill
from tests.forms.factories import checked, company, llc, person, w9

NAMES = Path(__file__).with_name("w9_2024_03_fields.txt").read_text("ascii").splitlines()


def official(answers: dict[str, Any]) -> Filling:
    return fill(checked(answers), blank="official")


def by_box(answers: dict[str, Any]) -> dict[str, str | bool]:
    return dict(fill(checked(answers), blank="substitute").values)


def test_every_field_of_the_blank_is_mapped_or_empty_on_purpose() -> None:
    mapped = {f"{box.field} {box.on}" if box.on else box.field for box in w9().boxes if box.field}
    assert mapped | set(w9().empty) == set(NAMES)
    assert len(NAMES) == 23


def test_the_list_of_fields_is_that_of_the_real_blank(irs_blanks: Path) -> None:
    with pypdf.PdfReader(irs_blanks / "fw9.pdf") as reader:
        found = set()
        for widget in (entry.get_object() for page in reader.pages for entry in page.get("/Annots", ())):
            if widget.get("/Subtype") != "/Widget":
                continue
            names, one = [str(widget["/T"])], widget
            while "/Parent" in one:
                one = one["/Parent"]
                names.append(str(one["/T"]))
            states = [str(state)[1:] for state in widget.get("/AP", {}).get("/N", {}) if state != "/Off"]
            is_check = widget["/FT"] == "/Btn"
            found.add(".".join(reversed(names)) + (f" {states[0]}" if is_check else ""))
    assert found == set(NAMES)


def test_the_quoted_wording_stands_in_the_real_blank(irs_blanks: Path) -> None:
    with pypdf.PdfReader(irs_blanks / "fw9.pdf") as reader:
        printed = _plain("".join(page.extract_text() for page in reader.pages))
    certification = w9().certification
    quoted = [certification.opening, *(f"{item.number}. {item.words}" for item in certification.items)]
    quoted += [words for name, q in w9().quotations.items() if name != "consent" for words in q.words]
    quoted += [row.words for name in ("exempt_payee_code", "fatca_code") for row in w9().lists[name].rows.values()]
    assert [words for words in quoted if _plain(words) not in printed] == []


def _plain(text: str) -> str:
    """Without blanks and dots: the form fills lines with dots and hyphenates nothing."""
    return "".join(sign for sign in text if not sign.isspace() and sign != ".")


def test_the_definition_is_of_a_revision_that_the_registry_knows() -> None:
    blank = shipped_blanks().revision("w9", w9().revision)
    assert blank is not None
    assert (blank.name, blank.printed, blank.fields) == (w9().name, w9().printed, len(NAMES))


def test_a_company() -> None:
    assert by_box(company(requester="Exemple SARL\nParis", account_numbers="ORD-1", business_name="Example Store")) == {
        "name": "Example Commerce Inc.",
        "business_name": "Example Store",
        "c_corporation": True,
        "exempt_payee_code": "5",
        "street": "1 Example Way",
        "city": "Wilmington, DE 19801",
        "requester": "Exemple SARL\nParis",
        "account_numbers": "ORD-1",
        "ein_prefix": "91",
        "ein_serial": "1144442",
        "signature": "Electronically signed by Jane Doe",
        "signed_on": "01-15-2026",
    }


@pytest.mark.parametrize("tin", [{"kind": "ssn", "number": "536904399"}, {"kind": "itin", "number": "912 50 3456"}])
def test_an_ssn_and_an_itin_stand_in_the_same_three_boxes(tin: dict[str, str]) -> None:
    values = by_box(person(tin=tin))
    digits = tin["number"].replace(" ", "")
    assert [values[name] for name in ("ssn_area", "ssn_group", "ssn_serial")] == [digits[:3], digits[3:5], digits[5:]]
    assert not {"ein_prefix", "ein_serial"} & set(values)
    assert values["individual"] is True


def test_an_llc_taxed_as_partnership_with_foreign_owners() -> None:
    values = by_box(llc("P", has_foreign_owners=True))
    assert (values["llc"], values["llc_classification"], values["has_foreign_owners"]) == (True, "P", True)
    assert "partnership" not in values


@pytest.mark.parametrize("code", ["individual", "c_corporation", "s_corporation", "partnership", "trust_estate", "llc"])
def test_exactly_one_box_of_line_3a_is_ticked(code: str) -> None:
    boxes = {box.name for box in w9().boxes if box.line == "3a" and box.tick}
    letter = "C" if code == "llc" else None
    answers = person(classification=code, llc_classification=letter, tin={"kind": "applied_for"})
    assert boxes & set(by_box(answers)) == {code}
    assert len(boxes) == 7


@pytest.mark.parametrize(("answers", "space"), [(person(), "ssn"), (llc("S"), "ein")])
def test_applied_for_stands_in_the_space_that_the_number_would_take(answers: dict[str, Any], space: str) -> None:
    applied = answers | {"tin": {"kind": "applied_for"}}
    assert by_box(applied)[f"{space}_applied_for"] == "Applied For"
    (text,) = [text for text in official(applied).texts if text.text == "Applied For"]
    assert text.role == f"{space}_applied_for"
    fields = {box.field for box in w9().boxes if box.name.startswith(("ssn_", "ein_"))}
    assert not fields & set(official(applied).values)


def test_an_address_is_put_together_with_what_there_is() -> None:
    address = {"line1": "1 King St", "line2": "Suite 2", "city": "Toronto", "postal_code": "M5V 1A1", "country": "CA"}
    values = by_box(company(address=address))
    assert (values["street"], values["city"]) == ("1 King St, Suite 2", "Toronto M5V 1A1, Canada")


def test_line_4_says_not_applicable_in_words() -> None:
    assert by_box(company(fatca_code="not_applicable"))["fatca_code"] == "Not Applicable"
    assert by_box(company(fatca_code="D"))["fatca_code"] == "D"


def test_where_the_blank_has_no_field_a_text_is_placed() -> None:
    filling = official(company(new_address=True))
    assert {text.role: text.text for text in filling.texts} == {
        "new_address": "NEW",
        "signature": "Electronically signed by Jane Doe",
        "signed_on": "01-15-2026",
    }
    assert all(text.place.page == 0 for text in filling.texts)
    assert set(filling.values) <= {name.split(" ")[0] for name in NAMES}


def test_a_signature_by_hand_leaves_its_lines_empty() -> None:
    values = by_box(company(signature={"name": "Jane Doe", "method": "by_hand"}))
    assert not {"signature", "signed_on"} & set(values)


def test_who_was_notified_crosses_out_item_2() -> None:
    answers = person(backup_withholding_notified=True)
    assert [line.role for line in official(answers).lines] == ["item_2"] * 3
    substitute = fill(checked(answers), blank="substitute")
    assert (substitute.crossed_out, substitute.lines) == (("item_2",), ())
    assert official(person()).lines == ()
    assert official(person()).crossed_out == ()


def test_labels_say_the_line_in_the_words_of_the_form() -> None:
    filling = official(company())
    assert filling.labels.keys() == filling.values.keys()
    labels = set(filling.labels.values())
    assert "Line 1: Name of entity/individual. An entry is required." in labels
    assert "Part I: Employer identification number, first 2 digits" in labels


def test_what_is_blocked_is_not_filled_and_the_error_tells_no_value() -> None:
    answers = company(tin={"kind": "ein", "number": "078051120x"})
    with pytest.raises(FormBlocked) as blocked:
        official(answers)
    assert [fault.path for fault in blocked.value.faults] == ["tin.number"]
    assert "078051120" not in str(blocked.value)
    assert official(company(signature=None)).values  # for review: a person may decide to give it
