"""Whether a customer proved to be a business, and where its tax ID and the evidence of its place disagree."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from stdnum.eu import vat

from tax_rules.decision import Caution
from tax_rules.facts import Address, Customer, SellerFacts, TaxId, TaxIdStatus
from tax_rules.rulebook import RuleBook
from tax_rules.vat.territory import CODES, TaxPlace, goods_place, tax_place

NORTHERN_IRELAND = "XI"
VAT_NUMBER = "vat"
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
    customer: Customer, place: TaxPlace, *, seller_state: str | None, on: date, book: RuleBook, for_goods: bool = False
) -> BusinessProof:
    """Judge the customer's tax IDs for a supply to ``place`` on a civil date.

    Args:
        seller_state: whose numbers point to a domestic supply: the seller's state, for goods that of the stock.
        for_goods: numbers of Northern Ireland are then those of a state of its own.
    Law:
        Implementing Regulation 282/2011 Art. 18 (status), 25 (only the facts at the chargeable event count); Directive
        2006/112/EC Art. 138(1)(b) (identified in another state than that in which the transport of goods begins).
    """
    if not customer.acts_as_business:
        return BusinessProof(Proof.CONSUMER)
    judged = [
        BusinessProof(_judge(tax_id, place, seller_state, on, book, for_goods=for_goods), tax_id)
        for tax_id in customer.tax_ids
    ]
    if not judged:
        return BusinessProof(Proof.NONE_GIVEN)
    return min(judged, key=lambda found: _BEST_FIRST.index(found.proof))


def _judge(
    tax_id: TaxId, place: TaxPlace, seller_state: str | None, on: date, book: RuleBook, *, for_goods: bool
) -> Proof:
    if not _counts_here(tax_id.country, place, seller_state, on, book, for_goods=for_goods):
        return Proof.OTHER_STATE
    if for_goods and place.is_eu and tax_id.kind != VAT_NUMBER:
        return Proof.OTHER_STATE  # Art. 138(1)(b) wants the number itself, other proof does not do
    if tax_id.status in (TaxIdStatus.UNVERIFIED, TaxIdStatus.MALFORMED):
        return Proof.REFUSED
    if tax_id.status is not TaxIdStatus.VERIFIED:
        return Proof.NOT_CONFIRMED
    if tax_id.valid_from is not None and on < tax_id.valid_from:
        return Proof.NOT_YET_VALID
    return Proof.ACCEPTED


def _counts_here(
    country: str, place: TaxPlace, seller_state: str | None, on: date, book: RuleBook, *, for_goods: bool
) -> bool:
    if place.is_eu:
        # An XI number stands for goods only; a number of the seller's own state points to a domestic supply.
        number_place = tax_place_of_number(country, on, book, for_goods=for_goods)
        is_member = number_place is not None and number_place.is_eu and (for_goods or country != NORTHERN_IRELAND)
        domestic = place.state == seller_state
        return is_member and (domestic or number_place is None or number_place.state != seller_state)
    if place.state == "GB":
        return country in ("GB", NORTHERN_IRELAND)  # the XI number is the GB number with another prefix
    if place.state in SWISS_STATES:
        return country in SWISS_STATES
    return country == place.state


def tax_place_of_number(country: str, on: date, book: RuleBook, *, for_goods: bool = False) -> TaxPlace | None:
    """The state whose number it is; Monaco's numbers are French."""
    if country not in book.countries and country != NORTHERN_IRELAND:
        return None
    address = Address(country=country)
    return goods_place(address, on, book) if for_goods else tax_place(address, on, book)


@dataclass(frozen=True, slots=True)
class LocationProof:
    """What the items of evidence say about a customer's place.

    ``counted`` are the kinds that count and agree, each paragraph of Art. 24f once; ``against`` those that point
    elsewhere; ``wanted`` how many must agree; ``missing`` the kinds that would help, empty where enough agree.
    """

    counted: tuple[str, ...]
    against: tuple[tuple[str, str], ...]
    wanted: int
    missing: tuple[str, ...]

    @property
    def is_enough(self) -> bool:
        return not self.missing and not self.against


def prove_location(seller: SellerFacts, customer: Customer, place: TaxPlace, on: date, book: RuleBook) -> LocationProof:
    """Judge the evidence that a consumer of electronic services is at ``place`` on a civil date.

    Two items that do not contradict each other are wanted; one from somebody else than seller and customer is enough
    for a seller with few such sales.

    Law:
        Implementing Regulation 282/2011 Art. 24b(d) and second subparagraph, 24f.
    """
    kinds = book.derive(_read_kinds)
    state = place.state or place.given
    found = [(item.kind, is_at(item.country, on, book)) for item in customer.evidence]
    agreeing = {kinds[kind]["paragraph"]: kind for kind, at in found if at == state and kind in kinds}
    one_item = seller.needs_one_evidence_item(on)
    if one_item:
        agreeing = {p: kind for p, kind in agreeing.items() if kinds[kind]["from_third_party"] == "yes"}
    wanted = 1 if one_item else 2
    enough = len(agreeing) >= wanted
    helpful = [
        kind
        for kind, row in kinds.items()
        if row["paragraph"] not in agreeing and (row["from_third_party"] == "yes" or not one_item)
    ]
    against = tuple((kind, at) for kind, at in found if at != state)
    return LocationProof(tuple(agreeing.values()), against, wanted, () if enough else tuple(helpful))


def _read_kinds(book: RuleBook) -> dict[str, dict[str, str]]:
    return {row["kind"]: row for row in book.table("vat.location_evidence")}


def location_warnings(
    seller: SellerFacts, customer: Customer, place: TaxPlace, proof: BusinessProof, on: date, book: RuleBook
) -> tuple[Caution, ...]:
    """What a person should look at: a number or evidence that points to another country than the address.

    Law:
        Implementing Regulation 282/2011 Art. 20 to 22 (which establishment), 24b, 24f (two items that do not
        contradict).
    """
    warnings: list[Caution] = []
    if proof.tax_id is not None and proof.is_accepted:
        number_place = tax_place_of_number(proof.tax_id.country, on, book)
        if number_place is not None and place.state not in (number_place.state, None):
            facts = (("number_country", proof.tax_id.country), ("customer_country", place.given))
            warnings.append(Caution("tax_id_of_another_country", facts))
            states = {is_at(item.country, on, book) for item in customer.evidence}
            if states and number_place.state not in states:
                warnings.append(Caution("tax_id_against_all_evidence", facts))  # A10
    elif customer.evidence:
        warnings += _evidence_warnings(prove_location(seller, customer, place, on, book), place)
    return tuple(warnings)


def _evidence_warnings(location: LocationProof, place: TaxPlace) -> list[Caution]:
    country = ("customer_country", place.given)
    if location.against:
        against = ", ".join(f"{kind}: {at}" for kind, at in location.against)
        return [Caution("location_evidence_contradicts", (country, ("against", against)))]
    if not location.missing or not place.is_eu:
        return []
    missing = ", ".join(location.missing)
    code = "location_evidence_not_independent" if location.wanted == 1 else "location_evidence_single"
    return [Caution(code, (country, ("missing", missing)))]


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
