"""Every dated row on its day and the day before: by look-up for all of them, by a sale for every rate of tax.

Generated from the book: a new row has its tests the moment it is written.
"""

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest

from tax_rules.calculate import Calculation, calculate
from tax_rules.decision import Outcome
from tax_rules.facts import GOODS, Address, Customer, CustomerKind, ProductKind, SellerFacts
from tax_rules.rulebook import RuleBook, load_rulebook
from tax_rules.rulefiles import Row
from tests.tax_rules.factories import make_line, make_registration, make_sale

BOOK = load_rulebook()
ROWS = tuple(BOOK.rows())
ONE_DAY = timedelta(days=1)
STANDARD, DIGITAL = "vat.standard_rate", "vat.digital_rate"
SOLD_AT = {
    STANDARD: ProductKind.SAAS,
    DIGITAL: ProductKind.SAAS,
    "vat.ebook_rate": ProductKind.EBOOK,
    "vat.audiobook_rate": ProductKind.AUDIOBOOK,
    "vat.book_rate": ProductKind.BOOK,
}
"""The parameters that hold the rate of something we sell, with what bears it."""
TERRITORIES = {row["code"]: row for row in BOOK.table("vat.territories")}
POSTAL_CODES = {
    "AT-JM": "6691",
    "ES-CN": "35001",
    "FR-H": "20000",
    "GR-IS": "81100",
    "PT-20": "9500001",
    "PT-30": "9000001",
}
PROVINCIAL = ("gst.rate", "hst.rate", "pst.rate", "qst.rate", "rst.rate")
CANADIAN = ("gst CA", "qst CA QC", "pst CA BC", "pst CA SK", "rst CA MB")


def names(rows: list[Row]) -> list[object]:
    return [pytest.param(row, id=row.id) for row in rows]


@pytest.mark.parametrize("row", names(list(ROWS)))
def test_a_row_is_found_from_its_day_on_and_the_one_before_it_until_then(row: Row) -> None:
    history = BOOK.history(row.parameter, row.jurisdiction)
    place = history.index(row)
    before = history[place - 1] if place else None
    until = BOOK.find(row.parameter, row.jurisdiction, row.valid_from - ONE_DAY)
    assert until == (before if before is not None and before.value is not None else None)
    assert BOOK.find(row.parameter, row.jurisdiction, row.valid_from) == (None if row.value is None else row)


@pytest.mark.parametrize("row", names([row for row in ROWS if row.parameter in SOLD_AT]))
def test_a_sale_bears_a_rate_from_its_day_on_and_another_the_day_before(row: Row) -> None:
    for day in (row.valid_from - ONE_DAY, row.valid_from):
        product = SOLD_AT[row.parameter]
        if row.parameter == STANDARD and not bears_standard_rate(product, row.jurisdiction, day):
            product = ProductKind.GENERAL_GOODS
        calculation = sell_at_home(row.jurisdiction, product, day)
        expected = rate_by_rows(row.parameter, whose_rates(row.jurisdiction, product, day), day)
        own = BOOK.find(row.parameter, row.jurisdiction, day)
        assert own is None or own.value == expected, "a territory with another's rates says the same as it"
        treatment = calculation.lines[0].treatment
        assert treatment.rate == expected, (day, treatment)
        if expected is None:
            assert (treatment.outcome, calculation.tax) == (Outcome.UNDETERMINED, None)
        else:
            assert calculation.tax == expected.quantize(Decimal("0.01")), "a price of 100 bears the rate"


@pytest.mark.parametrize("row", names([row for row in ROWS if row.parameter in PROVINCIAL]))
def test_a_sale_in_a_province_bears_a_tax_from_its_day_on(row: Row) -> None:
    province = row.jurisdiction.partition("-")[2] or "AB"
    tax_type = row.parameter.partition(".")[0]
    for day in (row.valid_from - ONE_DAY, row.valid_from):
        customer = Customer(kind=CustomerKind.CONSUMER, address=Address(country="CA", state=province))
        lines = (make_line(product="general_goods"),)
        sale = make_sale(seller=seller("CA", *CANADIAN), customer=customer, currency="CAD", tax_date=day, lines=lines)
        (line,) = calculate(sale, BOOK).lines
        in_force = BOOK.find(row.parameter, row.jurisdiction, day)
        borne = {share.tax_type: share.rate for share in line.shares}
        if line.treatment.outcome is Outcome.UNDETERMINED:
            assert line.amounts is None
        elif in_force is None:
            assert tax_type not in borne
        else:
            assert borne[tax_type] == in_force.value


def seller(country: str, *registrations: str) -> SellerFacts:
    """A seller that has been registered for as long as there has been a tax."""
    since = tuple(make_registration(words, valid_from=date(1900, 1, 1)) for words in registrations)
    return SellerFacts(code="s", country=country, registrations=since)


def sell_at_home(jurisdiction: str, product: ProductKind, day: date) -> Calculation:
    """A registered seller of the place sells for 100.00 to a consumer next door."""
    address = address_in(jurisdiction)
    territory = TERRITORIES.get(jurisdiction)
    home = (territory and territory["state"]) or address.country
    states = [BOOK.find(f"vat.territory_for_{kind}", jurisdiction, day) for kind in ("services", "goods")]
    taxing = (str(row.value) for row in states if row)
    codes = dict.fromkeys((home, jurisdiction, address.country, *taxing))
    return calculate(
        make_sale(
            seller=seller(home, *(f"{kind} {code}" for code in codes for kind in ("vat", "gst"))),
            customer=Customer(kind=CustomerKind.CONSUMER, address=address),
            ship_from=address,
            tax_date=day,
            lines=(make_line(product=product.value, amount="100.00"),),
        ),
        BOOK,
    )


def bears_standard_rate(product: ProductKind, jurisdiction: str, day: date) -> bool:
    """Whether this product shows the standard rate of the place: no rate for digital products, and nobody else's."""
    return not BOOK.find(DIGITAL, jurisdiction, day) and whose_rates(jurisdiction, product, day) == jurisdiction


def whose_rates(jurisdiction: str, product: ProductKind, day: date) -> str:
    """A territory may bear the rates of a state; so does one that had no status of its own yet."""
    if jurisdiction not in TERRITORIES:
        return jurisdiction
    status = BOOK.find(f"vat.territory_for_{'goods' if product in GOODS else 'services'}", jurisdiction, day)
    if status is None:
        return TERRITORIES[jurisdiction]["state"] or jurisdiction
    return status.attribute("rates") or jurisdiction


def address_in(jurisdiction: str) -> Address:
    """An address that lies in a country or territory and nowhere else."""
    territory = TERRITORIES.get(jurisdiction)
    if territory is None or territory["iso_codes"]:
        return Address(country=territory["iso_codes"].split()[0] if territory else jurisdiction)
    return Address(country=territory["state"], postal_code=POSTAL_CODES[jurisdiction])


def rate_by_rows(parameter: str, jurisdiction: str, day: date) -> Decimal | None:
    """The product's own row, else the standard one; a territory without either follows its state."""
    territory = TERRITORIES.get(jurisdiction)
    places = (jurisdiction, territory["state"]) if territory and territory["state"] else (jurisdiction,)
    own = [] if parameter == STANDARD else [(parameter, place) for place in places]
    digital = [] if parameter in (STANDARD, "vat.book_rate") else [(DIGITAL, place) for place in places]
    rows = (BOOK.find(name, place, day) for name, place in (*own, *digital, *((STANDARD, place) for place in places)))
    return next((row.value for row in rows if row is not None and isinstance(row.value, Decimal)), None)


def test_every_territory_with_a_rate_has_an_address_to_test_it_by() -> None:
    places = BOOK.table("vat.territory_places")
    for code, postal in POSTAL_CODES.items():
        assert any(row["territory"] == code and re.search(row["postal_pattern"], postal) for row in places), code


def test_the_rates_that_a_sale_shows_are_most_of_the_rates(book: RuleBook) -> None:
    shown = [row for row in book.rows() if row.parameter in (*SOLD_AT, *PROVINCIAL)]
    assert len(shown) > 300
