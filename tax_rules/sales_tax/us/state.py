"""The states of the United States by the words of an address."""

from tax_rules.facts import Address
from tax_rules.rulebook import RuleBook

COUNTRY = "US"


def find_state(address: Address, book: RuleBook) -> str | None:
    """The two letters of the state of an address, given by code or by name; None where it names none."""
    plain = (address.state or "").strip().upper().removeprefix(f"{COUNTRY}-")
    return book.derive(_states).get(plain) if address.country == COUNTRY else None


def _states(book: RuleBook) -> dict[str, str]:
    return {word: row["code"] for row in book.table("codes.us_states") for word in (row["code"], row["name"].upper())}
