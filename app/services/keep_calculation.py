"""Calculations over the API: whose word counts for a tax ID, and keeping what has a reference."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from app import clock
from app.actor import Actor
from app.desk import Desk
from app.errors import NotFound
from app.facts import TaxId
from app.ids import new_id
from app.models.decisions import DecisionRow
from app.sellers import SellerEntity
from app.services.find_certificates import exemption_of
from app.services.find_local_rates import local_stacks
from app.services.gather_tax_facts import gather_tax_id
from app.services.read_sellers import read_sellers
from app.store import audit
from tax_rules import facts


@dataclass(frozen=True, slots=True)
class KnownFacts:
    """What a calculation may ask of us, all in one state of the database."""

    sellers: Mapping[str, SellerEntity]
    tax_id: Callable[[TaxId, str, date], facts.TaxId]
    exemption: Callable[[Sequence[str], date], facts.Exemption]
    local_stacks: Callable[[Iterable[facts.Address], date, str | None], tuple[facts.LocalStack, ...]]


@contextmanager
def known_facts(desk: Desk, actor: Actor) -> Iterator[KnownFacts]:
    """The sellers in force, and what our own checks (or the caller's word where it counts) say of a tax ID.

    ``tax_id`` takes the ID, the country of the customer's address and the tax date; ``exemption`` ids
    of certificates on file and the tax date; ``local_stacks`` the places that
    are taxed, the tax date, and the state that the sale begins in.
    """
    with desk.database.reading() as session:

        def tax_id(given: TaxId, home: str, on: date) -> facts.TaxId:
            return gather_tax_id(session, actor, given, book=desk.book, home=home, on=on)[0]

        def stacks(places: Iterable[facts.Address], on: date, origin_state: str | None) -> tuple[facts.LocalStack, ...]:
            return local_stacks(session, places, on, origin_state=origin_state)

        def exemption(ids: Sequence[str], on: date) -> facts.Exemption:
            return exemption_of(session, actor, ids, on)

        yield KnownFacts(read_sellers(session), tax_id, exemption, stacks)


def keep_calculation(desk: Desk, actor: Actor, request: dict[str, Any], answer: dict[str, Any]) -> str:
    """Keep a calculation that has a reference; returns its id."""
    with desk.database.writing() as session:
        row = DecisionRow(
            id=new_id("calc"),
            reference=answer["reference"],
            client_code=actor.client,
            request=request,
            answer=answer,
            rulebook_sha256=desk.book.sha256,
            created_at=clock.now(),
        )
        row.answer = answer | {"id": row.id}
        session.add(row)
        session.flush()
        audit.record(
            session,
            actor=actor.name,
            action="calculation.kept",
            subject=row.id,
            reference=answer["reference"],
            rulebook=desk.book.sha256,
        )
        return row.id


def read_calculation(desk: Desk, actor: Actor, calculation_id: str) -> dict[str, Any]:
    """The answer as it was given; raises NotFound where the caller may not know of it."""
    with desk.database.reading() as session:
        row = session.get(DecisionRow, calculation_id)
    if row is None or not actor.may_see(row.client_code):
        raise NotFound("There is no such calculation.")
    return row.answer
