"""The offline check: which numbers can exist, in which form, and why others cannot."""

import json
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tax_rules.identifiers import check_identifier
from tax_rules.identifiers.shapes import shapes

OURS_ALONE = {"CH", "NO", "OM"}  # where corrections accept what python-stdnum's VAT module does not take
ANY_COUNTRY = st.sampled_from([*sorted(shapes()), "GR", "MC", "IM", "LI", "US", "ZZ"])
TYPED = (
    st.text(st.characters(), max_size=40)
    | st.text("0123456789 .-", max_size=16)
    | st.from_regex(r"[A-Z]{2}[0-9A-Z]{5,12}", fullmatch=True)
)


@pytest.mark.parametrize(
    ("country", "typed", "canonical", "for_register"),
    [
        ("DE", "DE136695976", "DE136695976", "136695976"),
        ("DE", "136695976", "DE136695976", "136695976"),
        ("de", " de 136.695-976 ", "DE136695976", "136695976"),
        ("DE", "DE136695976\n", "DE136695976", "136695976"),
        ("DE", "DE\u00a0136\u2011695\u2013976", "DE136695976", "136695976"),
        ("EL", "EL094501040", "EL094501040", "094501040"),
        ("GR", "EL094501040", "EL094501040", "094501040"),
        ("EL", "GR094501040", "EL094501040", "094501040"),
        ("EL", "GR94501040", "EL094501040", "094501040"),
        ("FR", "FR 40 391 895 109", "FR40391895109", "40391895109"),
        ("MC", "FR53000004605", "FR53000004605", "53000004605"),
        ("GB", "GB 434 0314 94", "GB434031494", "434031494"),
        ("IM", "GB002501253", "GB002501253", "002501253"),
        ("GB", "XI434031494", "XI434031494", "434031494"),
        ("XI", "434031494", "XI434031494", "434031494"),
        ("XI", "XIGD123", "XIGD123", "GD123"),
        ("NL", "NL001545668B01", "NL001545668B01", "001545668B01"),
        ("AT", "ATU39364503", "ATU39364503", "U39364503"),
        ("BE", "BE 897.223.571", "BE0897223571", "0897223571"),
        ("IE", "IE8Z49289F", "IE8Z49289F", "8Z49289F"),
        ("ES", "ES-B58378431", "ESB58378431", "B58378431"),
        ("CH", "CHE-109.578.122 MWST", "CHE109578122", "109578122"),
        ("CH", "109.578.122", "CHE109578122", "109578122"),
        ("NO", "NO 990 630 372 MVA", "NO990630372MVA", "990630372"),
        ("NO", "990630372", "NO990630372MVA", "990630372"),
        ("EU", "EU372022452", "EU372022452", "EU372022452"),
        ("AU", "83 914 571 673", "83914571673", "83914571673"),
        ("BR", "16.727.230/0001-97", "16727230000197", "16727230000197"),
        ("MX", "mab-930714-8t4", "MAB9307148T4", "MAB9307148T4"),
        ("BY", "УНП MA1953684", "MA1953684", "MA1953684"),
        ("OM", "OM1100006999", "OM1100006999", "1100006999"),
    ],
)
def test_a_number_that_can_exist_gets_its_canonical_form(
    country: str, typed: str, canonical: str, for_register: str
) -> None:
    check = check_identifier(country, typed)
    assert (check.valid, check.reason, check.suggestion) == (True, None, None)
    assert (check.number, check.register_number) == (canonical, for_register)


@pytest.mark.parametrize(
    ("country", "typed", "reason"),
    [
        ("DE", "DE13669597", "length"),
        ("DE", "DE1366959768", "length"),
        ("DE", "", "length"),
        ("DE", "D" * 1_000_000, "length"),
        ("DE", "DE036695976", "format"),
        ("DE", "DE13669597X", "format"),
        ("DE", "DE136695967", "checksum"),
        ("FR", "FRO0391895109", "format"),
        ("EE", "EE000207418", "component"),
        ("ES", "ESK8201230M", "component"),
        ("GB", "GB000000000", "component"),
        ("GB", "GB949000138", "component"),
        ("GB", "GB999000201000", "component"),
        ("XI", "XIHA123", "component"),
        ("IT", "IT12345678901", "component"),
        ("CH", "CHE-109.578.123 MWST", "checksum"),
        ("NO", "NO990630373MVA", "checksum"),
        ("OM", "OM1100006084", "checksum"),
    ],
)
def test_a_number_that_cannot_exist_says_why_and_what_was_expected(country: str, typed: str, reason: str) -> None:
    check = check_identifier(country, typed)
    assert (check.valid, check.reason) == (False, reason)
    assert check.expected
    assert check.register_number == ""


def test_the_expected_shape_is_told_in_words() -> None:
    assert check_identifier("NL", "NL1").expected == "NL + 9 digits + B + 2 digits"


@pytest.mark.parametrize(("country", "kind"), [("US", "vat"), ("ZZ", "vat"), ("", "vat"), ("DE", "gst"), ("DE", "\0")])
def test_what_we_have_no_rule_for_is_unsupported_and_not_invalid(country: str, kind: str) -> None:
    check = check_identifier(country, "DE136695976", kind=kind)
    assert (check.valid, check.reason, check.expected) == (None, "unsupported", None)


def test_how_well_a_rule_is_sourced_is_told() -> None:
    assert check_identifier("DE", "DE136695976").confidence == "medium"
    assert check_identifier("GT", "576937-K").confidence == "low"


def test_a_gst_number_is_checked_where_the_tax_is_called_so() -> None:
    assert check_identifier("AU", "83914571673", kind="gst").valid is True


def test_the_prefix_decides_between_northern_ireland_and_great_britain() -> None:
    assert check_identifier("GB", "XI434031494").country == "XI"
    assert check_identifier("GB", "GB434031494").country == "GB"
    proof_for_services_only = check_identifier("XI", "GB434031494")
    assert (proof_for_services_only.valid, proof_for_services_only.suggestion) == (False, "XI434031494")


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("CHE109578122", "CHE-109.578.122 MWST"),
        ("CHE-109.578.122 TVA", "CHE-109.578.122 TVA"),
        ("109578122 IVA", "CHE-109.578.122 IVA"),
    ],
)
def test_a_swiss_number_is_printed_with_the_name_of_the_tax(typed: str, printed: str) -> None:
    assert check_identifier("CH", typed).display == printed


@pytest.mark.parametrize(
    ("country", "typed"),
    [
        ("EL", "ЕL094501040"),  # Cyrillic Е
        ("DE", "DЕ136695976"),
        ("DE", "DE１３６６９５９７６"),  # full width
        ("DE", "DE١٣٦٦٩٥٩٧٦"),  # Arabic-Indic
        ("DE", "DE136695976\0"),
        ("DE", "DE136\u200b695976"),
        ("DE", "\u202eDE136695976"),
        ("DE", "DE136695976😀"),
        ("SE", "ſE556464687401"),  # a long s, which str.upper() makes an S
        ("IT", "ıT00571320076"),  # a dotless i
        ("DE", "DE13669\ud8005976"),
        ("DE", "DE1366959７6"),
    ],
)
def test_signs_of_other_alphabets_are_never_taken_for_latin_ones(country: str, typed: str) -> None:
    check = check_identifier(country, typed)
    assert (check.valid, check.reason) == (False, "format")
    assert check.suggestion is not None
    assert check_identifier(country, check.suggestion).valid


@settings(max_examples=250, deadline=None)
@given(
    country=ANY_COUNTRY | st.text(max_size=6), typed=TYPED, kind=st.sampled_from(["vat", "gst"]) | st.text(max_size=5)
)
@example(country="DE", typed="\ud800", kind="vat")
@example(country="\ud800", typed="x", kind="\ud800")
@example(country="SG", typed="A" * 9, kind="vat")
@example(country="GB", typed="²²²²²²²²²", kind="vat")
def test_no_text_raises_and_every_answer_can_be_stored(country: str, typed: str, kind: str) -> None:
    check = check_identifier(country, typed, kind=kind)
    assert check.valid in {True, False, None}
    assert (check.reason is None) == (check.valid is True)
    for text in (check.country, check.kind, check.number, check.display, check.suggestion or ""):
        json.dumps(text, ensure_ascii=False).encode()
        assert "\0" not in text
        assert len(text) <= 64


@settings(max_examples=300, deadline=None)
@given(country=ANY_COUNTRY, typed=TYPED)
def test_a_number_is_valid_only_where_python_stdnum_agrees(country: str, typed: str) -> None:
    check = check_identifier(country, typed)
    if check.valid and check.country not in OURS_ALONE:
        module = shapes()[check.country].module
        assert module is not None
        assert module.is_valid(check.number)


@pytest.mark.parametrize("country", sorted(shapes()))
def test_numbers_of_the_right_shape_are_judged_as_python_stdnum_does_or_stricter(country: str) -> None:
    shape = shapes()[country]

    @settings(max_examples=10, deadline=None, database=None)
    @given(st.from_regex(shape.pattern, fullmatch=True, alphabet=st.characters(codec="ascii")))
    def judge(body: str) -> None:
        check = check_identifier(country, shape.prefix + body)
        if check.valid:
            assert country in OURS_ALONE or shape.module is None or shape.module.is_valid(shape.prefix + body)
            assert check_identifier(country, check.number).number == check.number

    judge()


def test_a_megabyte_is_refused_at_once() -> None:
    began = time.perf_counter()
    for typed in ("9" * 1_000_000, "DE" + " " * 1_000_000 + "1", "А" * 1_000_000):
        assert check_identifier("DE", typed).reason == "length"
    assert time.perf_counter() - began < 0.5
