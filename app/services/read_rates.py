"""Reading which rates are in force at a place: from the rule book, and from the imported tables of the US states."""

from datetime import date

from app.desk import Desk
from app.services.find_local_rates import local_stacks
from tax_rules.facts import Address
from tax_rules.rates import RatesFound, find_rates


def read_rates(desk: Desk, address: Address, on: date) -> RatesFound:
    """The rates in force at an address on a civil date, whoever sells there."""
    with desk.database.reading() as session:
        stacks = local_stacks(session, [address], on)
    return find_rates(address, on, desk.book, stacks[0] if stacks else None)
