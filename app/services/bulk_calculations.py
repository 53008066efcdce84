"""Many calculations at one request: each row answered as a single one is, a chunk of rows at a time.

Nothing but the run itself is kept: a chunk that dies is done again from its rows and leaves the same answers.
"""

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy.orm import Session

from app.actor import Actor, Scope
from app.desk import Desk
from app.errors import InvalidInput, MalformedBody
from app.services.bulk import RowAsked, ask_bulk, finish_chunk, read_chunk, refused_row, row_error
from app.services.jobs import Lease
from app.services.keep_calculation import KnownFacts, known_facts
from app.store.bulk import StoredRun
from tax_rules.rulebook import RuleBook

KIND = "calculations"
MOST_ROWS = 50_000
ROWS_A_CHUNK = 500
Answer = Callable[[dict[str, Any], KnownFacts, RuleBook, bool], dict[str, Any]]
"""The answer to a row; the last argument is whether the asker's word counts. Raises InvalidInput and MalformedBody."""


def ask_calculations(desk: Desk, actor: Actor, rows: Iterable[RowAsked], *, idempotency: str | None) -> StoredRun:
    """Ask for calculations.

    Raises:
        InvalidInput: there is no row, or more than ``MOST_ROWS``; or what reading the rows raises.
    """
    return ask_bulk(
        desk,
        actor,
        KIND,
        rows,
        most=MOST_ROWS,
        idempotency=idempotency,
        rows_a_chunk=ROWS_A_CHUNK,
        facts={"may_assert": actor.may(Scope.ADMIN)},
    )


def calculate_chunk(desk: Desk, lease: Lease, payload: dict[str, Any], *, answer: Answer) -> None:
    """Calculate the rows of a chunk; the job handler of ``bulk_calculations``."""
    with desk.database.reading() as session:
        chunk = read_chunk(session, payload["chunk_id"])
    may_assert = payload["may_assert"]
    actor = Actor(chunk.asked_by, frozenset({Scope.ADMIN} if may_assert else ()), client=chunk.client)
    results, errors = [], []
    with known_facts(desk, actor) as known:
        for request in chunk.requests:
            try:
                results.append({"line": request["line"], **answer(request, known, desk.book, may_assert)})
            except (InvalidInput, MalformedBody) as refusal:
                errors.append(refused_row(request["line"], _named(request), refusal))
    with desk.database.writing() as session:
        lease.commit(session)
        finish_chunk(session, chunk, results=results, errors=errors, forget_requests=True)


def chunk_of_calculations_failed(desk: Desk, session: Session, payload: dict[str, Any], code: str) -> None:
    """End a chunk that no worker could do: every row of it is refused."""
    del desk
    chunk = read_chunk(session, payload["chunk_id"])
    told = "The work on this row was given up; nothing was calculated."
    errors = [row_error(request["line"], _named(request), code, told) for request in chunk.requests]
    finish_chunk(session, chunk, results=(), errors=errors, state="failed", forget_requests=True)


def _named(request: dict[str, Any]) -> dict[str, Any]:
    return {"reference": request["reference"]}
