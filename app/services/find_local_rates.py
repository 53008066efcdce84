"""Finding the local taxes of US addresses in the imported files."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy.orm import Session

from app.store import local_rates
from app.store.local_rates import StoredFile
from tax_rules.facts import Address, AddressLevel, LocalStack
from tax_rules.rulebook import RuleBook, shipped_rulebook
from tax_rules.sales_tax.us.local_stack import is_house, latest, lowest_stack
from tax_rules.sales_tax.us.place import find_us_place
from tax_rules.sales_tax.us.sst import FileKind, TaxedBy
from tax_rules.sales_tax.us.street import read_street_address, read_zip

COUNTRY = "US"


def local_stacks(
    session: Session, addresses: Iterable[Address], on: date, *, origin_state: str | None = None
) -> tuple[LocalStack, ...]:
    """The local taxes of each US address that the imported files know, for ``Sale.local_stacks``.

    Whoever builds a sale from a request or an order calls this once, with all its addresses: the customer's, those to
    which the sale and its lines are shipped, and the one it is shipped from. Addresses that no file knows have no
    stack; the engine then takes the sample that ships. Nothing is asked of the database for other countries.

    Args:
        on: the tax date.
        origin_state: where the sale begins, by its two letters: a state may have another rate for sales within it.
    """
    book = shipped_rulebook()
    wanted = dict.fromkeys(address for address in addresses if address.country == COUNTRY)
    found = (_find(session, address, on, book, origin_state) for address in wanted)
    return tuple(stack for stack in found if stack is not None)


def _find(session: Session, address: Address, on: date, book: RuleBook, origin_state: str | None) -> LocalStack | None:
    state, zip_code = find_us_place(address, book).state, read_zip(address)
    if state is None or zip_code is None:
        return None
    files = local_rates.newest_files(session, state)
    if len(files) < len(FileKind):
        return None
    level, places = _places(session, files[FileKind.BOUNDARIES], address, zip_code, on, book)
    rates = local_rates.read_rates(session, files[FileKind.RATES], places, on=on, is_intrastate=origin_state == state)
    return lowest_stack(address, level, places, rates)


def _places(
    session: Session, file: StoredFile, address: Address, zip_code: tuple[int, int | None], on: date, book: RuleBook
) -> tuple[AddressLevel, Iterable[TaxedBy]]:
    """By the street, else by ZIP+4, else everything in the ZIP code."""
    five, plus4 = zip_code
    house = read_street_address(address.line1, book)
    if house is not None:
        rows = local_rates.find_street(session, file, five, house.street, on)
        if places := latest(row for row in rows if is_house(row, house.number)):
            return AddressLevel.ZIP9, places
    if plus4 is not None and (places := latest(local_rates.find_zip4(session, file, five, plus4, on))):
        return AddressLevel.ZIP9, places
    return AddressLevel.ZIP5, local_rates.places_in_zip(session, file, five, on)
