"""Which of a number's checks is found, on both databases."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.models.decisions import TaxIdCheckRow
from app.store.database import Database
from app.store.tax_id_checks import StoredCheck, find_answered_check, find_check, number_digest

NUMBER = "FR29999001001"
FIRST, LAST = date(2026, 10, 4), date(2026, 10, 6)


def add_check(session: Session, check_id: str, answered_at: datetime | None, *, number: str = NUMBER) -> None:
    """A verified check with everything that a check can hold."""
    session.add(
        TaxIdCheckRow(
            id=check_id,
            client_code="pixelforge",
            order_reference="ORD-1",
            country="FR",
            kind="vat",
            number=number,
            number_sha256=number_digest(number),
            asked_with={"requester": "DE999990018"},
            format={"valid": True, "reason": None},
            status="verified",
            register={"name": "VIES", "consultation_number": "WAPIAAAA"},
            valid_from=date(2020, 1, 1),
            attempts=1,
            created_at=datetime(2026, 10, 1, 12, tzinfo=UTC),
            answered_at=answered_at,
        )
    )


def found(database: Database, **days: Any) -> StoredCheck | None:
    with database.reading() as session:
        return find_answered_check(session, NUMBER, **({"first_day": FIRST, "last_day": LAST} | days))


@pytest.mark.parametrize(
    ("answered_at", "is_found"),
    [
        (datetime(2026, 10, 3, 23, 59, 59, 999999, tzinfo=UTC), False),
        (datetime(2026, 10, 4, tzinfo=UTC), True),
        (datetime(2026, 10, 6, 23, 59, 59, 999999, tzinfo=UTC), True),
        (datetime(2026, 10, 7, tzinfo=UTC), False),
        (None, False),
    ],
    ids=str,
)
def test_a_check_counts_from_the_first_day_to_the_end_of_the_last(
    database: Database, answered_at: datetime | None, *, is_found: bool
) -> None:
    with database.writing() as session:
        add_check(session, "tic_1", answered_at)
    assert (found(database) is not None) == is_found


def test_the_newest_answer_about_the_number_is_found_with_all_that_it_holds(database: Database) -> None:
    with database.writing() as session:
        add_check(session, "tic_old", datetime(2026, 10, 5, 9, tzinfo=UTC))
        add_check(session, "tic_new", datetime(2026, 10, 5, 11, tzinfo=UTC))
        add_check(session, "tic_other", datetime(2026, 10, 5, 12, tzinfo=UTC), number="FR46999002009")
    with database.reading() as session:
        newest = find_check(session, "tic_new")
    assert newest is not None
    assert newest.answered_at == datetime(2026, 10, 5, 11, tzinfo=UTC)
    assert found(database) == newest


def test_two_windows_are_two_questions(database: Database) -> None:
    """The statement is built once for all; what one caller asks must not answer the next."""
    with database.writing() as session:
        add_check(session, "tic_1", datetime(2026, 10, 5, 9, tzinfo=UTC))
    assert found(database) is not None
    assert found(database, first_day=date(2026, 10, 6)) is None
    assert found(database, last_day=date(2026, 10, 5)) is not None
