"""SSN, ITIN and EIN: what cannot have been issued is refused, what we merely do not know is not."""

import pytest

from tax_rules.identifiers import check_us_tin


@pytest.mark.parametrize(
    ("kind", "typed", "display"),
    [
        ("ssn", "536904399", "536-90-4399"),
        ("ssn", "536-90-4399", "536-90-4399"),
        ("ssn", " 536 90 4399 ", "536-90-4399"),
        ("ssn", "536–90–4399", "536-90-4399"),
        ("itin", "912-50-3456", "912-50-3456"),
        ("ein", "91-1144442", "91-1144442"),
        ("ein", "911144442", "91-1144442"),
    ],
)
def test_a_number_that_may_have_been_issued_is_taken_however_it_is_typed(kind: str, typed: str, display: str) -> None:
    checked = check_us_tin(kind, typed)
    assert (checked.is_valid, checked.display) == (True, display)
    assert checked.number == display.replace("-", "")


@pytest.mark.parametrize(
    ("group", "is_issued"),
    [
        ("49", False), ("50", True), ("65", True), ("66", False), ("69", False), ("70", True), ("88", True),
        ("89", False), ("90", True), ("92", True), ("93", False), ("94", True), ("99", True), ("00", False),
    ],
)  # fmt: skip
def test_an_itin_has_one_of_the_issued_groups(group: str, is_issued: bool) -> None:
    assert check_us_tin("itin", f"912{group}3456").is_valid is is_issued


@pytest.mark.parametrize(
    ("kind", "typed", "reason"),
    [
        ("ssn", "000-12-3456", "component"),
        ("ssn", "666-12-3456", "component"),
        ("ssn", "912-70-3456", "component"),
        ("ssn", "123-00-4567", "component"),
        ("ssn", "123-45-0000", "component"),
        ("ssn", "078-05-1120", "component"),
        ("itin", "812-70-3456", "component"),
        ("ssn", "12-3456789", "format"),
        ("ein", "123-45-6789", "format"),
        ("ein", "12-34S6789", "format"),
        ("ein", "١٢٣٤٥٦٧٨٩", "format"),
        ("ein", "12-345678", "length"),
        ("itin", "", "length"),
        ("ssn", "1" * 5000, "length"),
    ],
)
def test_a_number_that_was_never_issued_is_refused_with_the_reason(kind: str, typed: str, reason: str) -> None:
    checked = check_us_tin(kind, typed)
    assert (checked.reason, checked.number, checked.display) == (reason, "", "")


def test_an_ein_with_a_prefix_that_we_do_not_know_is_valid_and_says_so() -> None:
    assert check_us_tin("ein", "91-1144442").is_prefix_known
    unknown = check_us_tin("ein", "07-1144442")
    assert unknown.is_valid
    assert not unknown.is_prefix_known


def test_a_kind_that_does_not_exist_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="atin"):
        check_us_tin("atin", "900-93-0000")
