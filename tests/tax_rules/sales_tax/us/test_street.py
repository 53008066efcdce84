"""Streets and ZIP codes however they are written."""

import pytest

from tax_rules.facts import Address
from tax_rules.rulebook import RuleBook
from tax_rules.sales_tax.us.street import StreetAddress, read_street_address, read_zip


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("3700 SW 10th Avenue", ("3700", "SW 10TH AVE")),
        ("3700 Southwest 10TH ave., Apt. 3", ("3700", "SW 10TH AVE")),
        ("3700 S.W. 10th Ave #12", ("3700", "SW 10TH AVE")),
        ("12A Main Street Suite 5", ("12A", "MAIN ST")),
        ("12 Flower Court", ("12", "FLOWER CT")),
        ("Main Street 12", None),
        ("PO Box 12", None),
        ("", None),
        (None, None),
    ],
)
def test_a_street_is_found_in_its_line(book: RuleBook, line: str | None, found: tuple[str, str] | None) -> None:
    assert read_street_address(line, book) == (found and StreetAddress(*found))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("66604", (66604, None)),
        ("66604-1908", (66604, 1908)),
        ("66604 0008", (66604, 8)),
        ("666041908", (66604, 1908)),
        (" 01001 ", (1001, None)),
        ("6660", None),
        ("66604-19", None),
        (None, None),
    ],
)
def test_a_zip_code_is_read_with_its_plus4(text: str | None, found: tuple[int, int | None] | None) -> None:
    assert read_zip(Address(country="US", postal_code=text)) == found
