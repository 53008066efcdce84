"""Whether a customer proved to be a business, and where its tax ID and the evidence of its place disagree."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from stdnum.eu import vat

from tax_rules.decision import Caution
from tax_rules.facts import Address, Customer, TaxId, TaxIdStatus
from tax_rules.rulebook import RuleBook
from tax_rules.vat.territory import CODES, TaxPlace, tax_place

NORTHERN_IRELAND = "XI"
SWISS_STATES = frozenset({"CH", "LI"})  # one register for both: LI numbers begin with CHE too (treaty of 28.10.1994)


class Proof(StrEnum):
    """What the tax IDs prove. Everything but ``ACCEPTED`` means: tax as a consumer for now."""

    ACCEPTED = "accepted"
    NONE_GIVEN = "none_given"
    NOT_CONFIRMED = "not_confirmed"
    """Nobody has answered yet: pending, unavailable or not checked."""
    REFUSED = "refused"
    """The register does not know it, or it is malformed."""
    NOT_YET_VALID = "not_yet_valid"
    """Valid only from a date after the supply."""
    OTHER_STATE = "other_state"
    """A number that proves nothing here: of the seller's own state, or of a country whose register does not count."""
    CONSUMER = "consumer"
    """The customer buys as a consumer; numbers do not matter."""


@dataclass(frozen=True, slots=True)
class BusinessProof:
    """The best that the customer's tax IDs prove, and by which of them."""

    proof: Proof
    tax_id: TaxId | None = None

    @property
    def is_accepted(self) -> bool:
        return self.proof is Proof.ACCEPTED


_BEST_FIRST = (Proof.ACCEPTED, Proof.NOT_CONFIRMED, Proof.NOT_YET_VALID, Proof.REFUSED, Proof.OTHER_STATE)


def prove_business(
    customer: Customer, place: TaxPlace, *, seller_state: str | None, on: date, book: RuleBook
) -> BusinessProof:
    """Judge the customer's tax IDs for a service taxed at ``place`` on a civil date.

    Law:
        Implementing Regulation 282/2011 Art. 18 (status), 25 (only the facts at the chargeable event count).
    """
    if not customer.acts_as_business:
        return BusinessProof(Proof.CONSUMER)
    judged = [
        BusinessProof(_judge(tax_id, place, seller_state=seller_state, on=on, book=book), tax_id)
        for tax_id in customer.tax_ids
    ]
    if not judged:
        return BusinessProof(Proof.NONE_GIVEN)
    return min(judged, key=lambda found: _BEST_FIRST.index(found.proof))


def _judge(tax_id: TaxId, place: TaxPlace, *, seller_state: str | None, on: date, book: RuleBook) -> Proof:
    if not _counts_here(tax_id.country, place, seller_state=seller_state, on=on, book=book):
        return Proof.OTHER_STATE
    if tax_id.status in (TaxIdStatus.UNVERIFIED, TaxIdStatus.MALFORMED):
        return Proof.REFUSED
    if tax_id.status is not TaxIdStatus.VERIFIED:
        return Proof.NOT_CONFIRMED
    if tax_id.valid_from is not None and on < tax_id.valid_from:
        return Proof.NOT_YET_VALID
    return Proof.ACCEPTED


def _counts_here(country: str, place: TaxPlace, *, seller_state: str | None, on: date, book: RuleBook) -> bool:
    if place.is_eu:
        # An XI number stands for goods only; a number of the seller's own state points to a domestic supply.
        number_place = tax_place_of_number(country, on, book)
        is_member = country != NORTHERN_IRELAND and number_place is not None and number_place.is_eu
        domestic = place.state == seller_state
        return is_member and (domestic or number_place is None or number_place.state != seller_state)
    if place.state == "GB":
        return country in ("GB", NORTHERN_IRELAND)  # the XI number is the GB number with another prefix
    if place.state in SWISS_STATES:
        return country in SWISS_STATES
    return country == place.state


def tax_place_of_number(country: str, on: date, book: RuleBook) -> TaxPlace | None:
    """The state whose number it is; Monaco's numbers are French."""
    return (
        tax_place(Address(country=country), on, book)
        if country in book.countries or country == NORTHERN_IRELAND
        else None
    )


def location_warnings(
    customer: Customer, place: TaxPlace, proof: BusinessProof, on: date, book: RuleBook
) -> tuple[Caution, ...]:
    """What a person should look at: a number or evidence that points to another country than the address.

    Law:
        Implementing Regulation 282/2011 Art. 20 to 22 (which establishment), 24b, 24f (two items that do not
        contradict).
    """
    warnings = []
    if proof.tax_id is not None and proof.is_accepted:
        number_place = tax_place_of_number(proof.tax_id.country, on, book)
        if number_place is not None and place.state not in (number_place.state, None):
            facts = (("number_country", proof.tax_id.country), ("customer_country", place.given))
            warnings.append(Caution("tax_id_of_another_country", facts))
    if customer.evidence and not proof.is_accepted:
        states = [is_at(item.country, on, book) for item in customer.evidence]
        agreeing = sum(state == (place.state or place.given) for state in states)
        if agreeing < len(states) or agreeing < 2:
            code = "location_evidence_contradicts" if agreeing < len(states) else "location_evidence_single"
            warnings.append(Caution(code, (("customer_country", place.given),)))
    return tuple(warnings)


def is_at(country: str, on: date, book: RuleBook) -> str:
    """The state that evidence for a country points to."""
    place = tax_place(Address(country=country), on, book)
    return place.state or place.given


def number_country(number: str, *, customer_country: str, on: date, book: RuleBook) -> str:
    """Whose number it is, by its prefix where it has one that VAT uses, else the customer's country.

    Outside Europe letters are part of national numbers, so a prefix counts there only before a number that is well
    formed for its state.
    """
    plain = re.sub(r"[^A-Za-z0-9]", "", number).upper()
    if plain.startswith("CHE"):
        return "CH"
    prefix = CODES.get(plain[:2], plain[:2])
    if prefix in (NORTHERN_IRELAND, "GB", "NO") and plain[2:3].isdigit():
        return prefix
    home = CODES.get(customer_country, customer_country)
    if _is_member(prefix, on, book) and (
        home in _EUROPE_OUTSIDE_EU or _is_member(home, on, book) or vat.is_valid(plain)
    ):
        return prefix
    return home


_EUROPE_OUTSIDE_EU = frozenset({"GB", NORTHERN_IRELAND, "CH", "LI", "NO", "MC", "IM"})


def _is_member(state: str, on: date, book: RuleBook) -> bool:
    return book.find("vat.eu_membership", state, on) is not None
