"""What the book does not know is undetermined with what is missing, never zero; and a weak row makes a weak answer."""

from datetime import date
from decimal import Decimal

import pytest

from tax_rules.calculate import Calculation, calculate
from tax_rules.decision import Confidence, Outcome, weakest
from tax_rules.facts import Address, Customer, CustomerKind, ProductKind
from tax_rules.rulebook import load_rulebook
from tax_rules.rulefiles import Row
from tests.tax_rules.factories import make_line, make_sale, make_seller

BOOK = load_rulebook()
ON = date(2026, 3, 1)
BEFORE_ALL_ROWS = date(1900, 1, 1)
COUNTRIES = sorted(BOOK.countries)
RATE_OF = {"vat.standard_rate": "saas", "vat.digital_rate": "saas", "vat.ebook_rate": "ebook"}
UNKNOWN = ("ZZ", "QM", "XZ", "AA", "XX")


def sell(country: str, *registrations: str, on: date = ON, product: str = "saas", **place: str) -> Calculation:
    """A seller with these registrations sells for 100.00 to a consumer in a country."""
    customer = Customer(kind=CustomerKind.CONSUMER, address=Address(country=country, **place))
    seller = make_seller("DE", ("vat DE", "oss_union DE", *registrations))
    sale = make_sale(seller=seller, customer=customer, tax_date=on, lines=(make_line(product=product),))
    return calculate(sale, BOOK)


def assert_unknown(calculation: Calculation) -> None:
    """No rate, no amount anywhere, and a warning that says what is missing."""
    assert calculation.outcome is Outcome.UNDETERMINED
    assert (calculation.tax, calculation.gross, calculation.net) == (None, None, None)
    (line,) = calculation.lines
    assert (line.treatment.rate, line.amounts) == (None, None)
    assert calculation.warnings, "it says what is missing"
    assert calculation.confidence is Confidence.LOW


@pytest.mark.parametrize("country", [country for country in COUNTRIES if country not in ("US", "CA")])
@pytest.mark.parametrize("product", ["saas", "ebook"])
def test_a_registered_seller_charges_a_rate_with_a_row_or_nothing_is_known(country: str, product: str) -> None:
    """In every country of the world: a tax of zero has a row that says so."""
    calculation = sell(country, f"vat {country}", f"gst {country}", product=product)
    (line,) = calculation.lines
    if line.treatment.rate is None:
        assert_unknown(calculation)
    elif line.treatment.rate == 0:
        assert line.treatment.rows or line.treatment.law, "a zero is somebody's law"
        assert line.treatment.outcome in (Outcome.ZERO_RATED, Outcome.OUT_OF_SCOPE, Outcome.NOT_COLLECTING)
    else:
        assert any(Decimal(row.value) == line.treatment.rate for row in line.treatment.rows if is_rate(row.value))
        assert calculation.tax == line.treatment.rate


def is_rate(value: object) -> bool:
    return isinstance(value, Decimal)


@pytest.mark.parametrize("country", [c for c in COUNTRIES if not BOOK.history("vat.standard_rate", c)])
def test_a_country_without_a_row_is_never_zero_for_a_registered_seller(country: str) -> None:
    treatment = sell(country, f"vat {country}", f"gst {country}").lines[0].treatment
    if treatment.rate == 0:
        assert treatment.outcome in (Outcome.OUT_OF_SCOPE, Outcome.NOT_COLLECTING)
        assert any("not_levied" in row.id or "territory" in row.id for row in treatment.rows) or country == "US"


@pytest.mark.parametrize("country", UNKNOWN)
@pytest.mark.parametrize("product", list(ProductKind))
def test_a_country_that_does_not_exist_is_undetermined(country: str, product: ProductKind) -> None:
    assert_unknown(sell(country, f"vat {country}", product=product.value))


@pytest.mark.parametrize("state", ["DE", "FR", "IT", "GB", "CH", "NO", "AU", "JP"])
def test_a_day_before_all_rows_is_undetermined(state: str) -> None:
    seller = make_seller(state, ())
    assert seller.country == state
    calculation = sell(state, f"vat {state}", f"gst {state}", on=BEFORE_ALL_ROWS)
    assert calculation.tax in (None, Decimal("0.00"))
    if calculation.tax is not None:
        assert calculation.outcome in (Outcome.NOT_COLLECTING, Outcome.OUT_OF_SCOPE)


@pytest.mark.parametrize("place", [{"state": "ZZ"}, {"state": "Nowhere"}, {"postal_code": "99999"}], ids=str)
@pytest.mark.parametrize("product", list(ProductKind))
def test_a_province_that_is_unknown_is_undetermined(place: dict[str, str], product: ProductKind) -> None:
    assert_unknown(sell("CA", "gst CA", product=product.value, **place))


@pytest.mark.parametrize("place", [{}, {"state": "Nowhere"}], ids=str)
@pytest.mark.parametrize("product", list(ProductKind))
def test_a_state_that_is_missing_or_unknown_is_undetermined(place: dict[str, str], product: ProductKind) -> None:
    assert_unknown(sell("US", "sales_tax US TX", product=product.value, **place))


WEAK = [
    row
    for row in BOOK.rows()
    if row.confidence != "high" and row.value is not None and row.parameter in RATE_OF and row.jurisdiction in COUNTRIES
]


def sell_by(row: Row) -> Calculation:
    """A sale that reads the row, in its country on its first day."""
    registrations = (f"vat {row.jurisdiction}", f"gst {row.jurisdiction}")
    return sell(row.jurisdiction, *registrations, on=row.valid_from, product=RATE_OF[row.parameter])


@pytest.mark.parametrize("row", [pytest.param(row, id=row.id) for row in WEAK])
def test_an_answer_is_no_surer_than_the_rate_it_rests_on(row: Row) -> None:
    calculation = sell_by(row)
    treatment = calculation.lines[0].treatment
    if treatment.rate is None or row.id in {read.id for read in treatment.rows}:
        assert weakest(calculation.confidence, row.confidence) == calculation.confidence


def test_most_weak_rates_are_read_by_their_sale() -> None:
    """The test above would say nothing if no sale read the rows."""
    read = [row for row in WEAK if row.id in {found.id for found in sell_by(row).lines[0].treatment.rows}]
    assert len(read) > len(WEAK) * 0.7
