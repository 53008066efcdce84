"""Our rates beside those that somebody else publishes: an alarm for people, never a source of ours."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from tax_rules.errors import BadFacts
from tax_rules.money import format_percent
from tax_rules.rulebook import RuleBook

STANDARD, SUPER_REDUCED, PARKING = "vat.standard_rate", "vat.super_reduced_rate", "vat.parking_rate"
REDUCED = (
    "vat.reduced_rate",
    "vat.second_reduced_rate",
    "vat.book_rate",
    "vat.ebook_rate",
    "vat.audiobook_rate",
    "vat.newspaper_rate",
    "vat.enewspaper_rate",
    "vat.foreign_language_book_rate",
    "vat.foreign_language_ebook_rate",
)
"""Where a reduced rate of a country may stand, by its rank or by the product that bears it."""
MEMBERSHIP = "vat.eu_membership"

PACKAGE = "eu-vat-rates-data"
Rates = frozenset[Decimal]


@dataclass(frozen=True, slots=True)
class PublishedRates:
    """What the other publication says of one country, in percent."""

    standard: Decimal
    reduced: Rates
    super_reduced: Rates
    parking: Rates
    is_eu_member: bool


@dataclass(frozen=True, slots=True)
class Publication:
    """The whole publication: ``version`` is the civil date it speaks for."""

    version: date
    countries: Mapping[str, PublishedRates]


@dataclass(frozen=True, slots=True)
class Difference:
    """One point on which the book and the publication disagree; both sides in words of rates, ``-`` for none.

    ``accepted``: why a person looked at exactly this difference and left it; None where nobody has.
    """

    country: str
    what: str
    ours: str
    theirs: str
    accepted: str | None = None

    def __str__(self) -> str:
        return f"{self.country} {self.what}: ours {self.ours}, theirs {self.theirs}"


def read_publication(text: str) -> Publication:
    """Read the JSON of ``eu-vat-rates-data``: ``version`` and, by country, its rates as numbers.

    Raises:
        BadFacts: it is not that file.
    """
    try:
        whole = json.loads(text, parse_float=Decimal, parse_int=Decimal)
        countries = {str(code): _published(entry) for code, entry in whole["rates"].items()}
        return Publication(date.fromisoformat(whole["version"]), countries)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadFacts(f"this is not the JSON of eu-vat-rates-data: {type(error).__name__} {error}") from None


def compare(book: RuleBook, published: Publication, on: date) -> tuple[Difference, ...]:
    """Where the rates in force on a civil date differ from the published ones; reduced rates are compared as sets."""
    known = {
        (row["country"], row["what"], row["ours"], row["theirs"]): row["reason"]
        for row in book.table("codes.accepted_differences")
    }
    return tuple(
        replace(found, accepted=known.get((found.country, found.what, found.ours, found.theirs)))
        for found in _differences(book, published, on)
    )


def _differences(book: RuleBook, published: Publication, on: date) -> list[Difference]:
    found: list[Difference] = []
    for country, theirs in sorted(published.countries.items()):
        standard = _in_force(book, (STANDARD,), country, on)
        if not standard:
            found.append(Difference(country, "standard", "-", format_percent(theirs.standard)))
            continue
        super_reduced, parking = (_in_force(book, (name,), country, on) for name in (SUPER_REDUCED, PARKING))
        reduced = _in_force(book, REDUCED, country, on) - standard - super_reduced - {Decimal(0)}
        pairs = (
            ("standard", standard, frozenset({theirs.standard})),
            ("reduced", reduced, theirs.reduced),
            ("super_reduced", super_reduced, theirs.super_reduced),
            ("parking", parking, theirs.parking),
        )
        found += [Difference(country, what, _words(us), _words(them)) for what, us, them in pairs if us != them]
        is_member = book.find(MEMBERSHIP, country, on) is not None
        if is_member != theirs.is_eu_member:
            found.append(Difference(country, "eu_member", str(is_member).lower(), str(theirs.is_eu_member).lower()))
    return found


def _published(entry: Mapping[str, Any]) -> PublishedRates:
    standard, member = entry["standard"], entry["eu_member"]
    if not isinstance(standard, Decimal) or not isinstance(member, bool):
        raise TypeError("a rate must be a number and eu_member true or false")
    return PublishedRates(
        standard,
        frozenset(entry["reduced"]),
        frozenset() if entry["super_reduced"] is None else frozenset({entry["super_reduced"]}),
        frozenset() if entry["parking"] is None else frozenset({entry["parking"]}),
        member,
    )


def _in_force(book: RuleBook, parameters: tuple[str, ...], country: str, on: date) -> Rates:
    rows = (book.find(parameter, country, on) for parameter in parameters)
    return frozenset(row.value for row in rows if row is not None and isinstance(row.value, Decimal))


def _words(rates: Rates) -> str:
    return ", ".join(map(format_percent, sorted(rates))) or "-"
