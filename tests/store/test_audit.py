"""The audit trail: what was written stays, and whoever changes it is found, on both databases."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import time_machine
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.store import audit
from app.store.audit import GENESIS, ChainFault, read_events, verify_chains
from app.store.database import Database

MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)
WEDNESDAY = datetime(2026, 3, 4, 12, tzinfo=UTC)


def append(database: Database, *actions: str) -> None:
    with database.writing() as session:
        for action in actions:
            audit.record(session, actor="system", action=action, subject="thing", order_reference="A-1", amount="1.00")


def faults(database: Database) -> list[ChainFault]:
    with database.reading() as session:
        return [fault for _, _, fault in verify_chains(session) if fault]


def tamper(database: Database, *statements: str) -> None:
    """Change the trail as somebody with the database's password could: without its guards."""
    with database.engine.begin() as connection:
        if database.is_sqlite:
            for verb in ("update", "delete"):
                connection.execute(text(f"DROP TRIGGER audit_events_no_{verb}"))
        else:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in statements:
            assert connection.execute(text(statement)).rowcount == 1


@pytest.fixture
def trail(database: Database) -> Database:
    """Three events on Monday and two on Wednesday."""
    with time_machine.travel(MONDAY):
        append(database, "a", "b")
        append(database, "c")
    with time_machine.travel(WEDNESDAY):
        append(database, "d", "e")
    return database


def test_days_form_one_chain(trail: Database) -> None:
    with trail.reading() as session:
        events = read_events(session)
        days = [(day.isoformat(), length, fault) for day, length, fault in verify_chains(session)]
    assert [e.action for e in events] == ["a", "b", "c", "d", "e"]
    assert [e.position for e in events] == [1, 2, 3, 1, 2]
    assert [e.previous for e in events] == [GENESIS, *(e.hash for e in events[:-1])]
    assert days == [("2026-03-02", 3, None), ("2026-03-04", 2, None)]


TAMPERINGS = {
    "a changed fact": ("UPDATE audit_events SET facts = '{\"amount\":\"9.00\"}' WHERE action = 'b'",),
    "another actor": ("UPDATE audit_events SET actor = 'user:somebody' WHERE action = 'b'",),
    "another order": ("UPDATE audit_events SET order_reference = NULL WHERE action = 'b'",),
    "another moment": ("UPDATE audit_events SET at = '2026-03-02 11:00:00' WHERE action = 'b'",),
    "a removed event": ("DELETE FROM audit_events WHERE action = 'b'",),
    "a removed last event": ("DELETE FROM audit_events WHERE action = 'c'",),
    "a removed first event": ("DELETE FROM audit_events WHERE action = 'a'",),
    "a removed last event and a shorter day": (
        "DELETE FROM audit_events WHERE action = 'c'",
        "UPDATE audit_chains SET length = 2, head = (SELECT hash FROM audit_events WHERE action='b') WHERE length=3",
    ),
    "a changed day anchor": ("UPDATE audit_chains SET anchor = 'ff' WHERE day = '2026-03-04'",),
    "a changed day head": ("UPDATE audit_chains SET head = 'ff' WHERE day = '2026-03-02'",),
    "a changed day length": ("UPDATE audit_chains SET length = 2 WHERE day = '2026-03-02'",),
    "a removed day": (
        "DELETE FROM audit_events WHERE action = 'a'",
        "DELETE FROM audit_events WHERE action = 'b'",
        "DELETE FROM audit_events WHERE action = 'c'",
        "DELETE FROM audit_chains WHERE day = '2026-03-02'",
    ),
    "events that changed places": (
        "UPDATE audit_events SET position = 9 WHERE action = 'a'",
        "UPDATE audit_events SET position = 1 WHERE action = 'b'",
        "UPDATE audit_events SET position = 2 WHERE action = 'a'",
    ),
}


@pytest.mark.parametrize("what", TAMPERINGS)
def test_tampering_is_found(trail: Database, what: str) -> None:
    assert faults(trail) == []
    tamper(trail, *TAMPERINGS[what])
    found = faults(trail)
    assert found
    assert all(fault.why for fault in found)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_events SET actor = 'x'",
        "DELETE FROM audit_events",
        "UPDATE audit_events SET facts = '{}' WHERE action = 'a'",
    ],
)
def test_the_database_refuses_to_change_what_was_written(trail: Database, statement: str) -> None:
    with pytest.raises(DBAPIError), trail.engine.begin() as connection:
        connection.execute(text(statement))
    assert faults(trail) == []
    with trail.reading() as session:
        assert len(read_events(session)) == 5


def test_postgresql_refuses_to_empty_the_trail(trail: Database) -> None:
    if trail.is_sqlite:
        return  # SQLite has no TRUNCATE
    with pytest.raises(DBAPIError), trail.engine.begin() as connection:
        connection.execute(text("TRUNCATE audit_events"))


def test_an_event_is_stored_if_and_only_if_its_change_is(database: Database) -> None:
    with pytest.raises(RuntimeError), database.writing() as session:  # noqa: PT012 - it fails after its work
        audit.record(session, actor="system", action="lost", subject="thing")
        raise RuntimeError
    append(database, "kept")
    with database.reading() as session:
        assert [e.action for e in read_events(session)] == ["kept"]
    assert faults(database) == []


def run_all(targets: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=target) for target in targets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_many_that_append_at_once_keep_the_chain(database: Database) -> None:
    run_all([lambda n=n: [append(database, f"{n}-{m}", f"{n}-{m}b") for m in range(10)] for n in range(8)])  # type: ignore[misc,list-item]
    with database.reading() as session:
        events = read_events(session)
    assert len(events) == 160
    assert [e.position for e in events] == list(range(1, 161))
    assert faults(database) == []


def test_a_day_that_two_begin_at_once_has_one_chain(database: Database) -> None:
    with time_machine.travel(MONDAY):
        append(database, "before")
    with time_machine.travel(WEDNESDAY):
        run_all([lambda n=n: append(database, f"e-{n}") for n in range(8)])  # type: ignore[misc]
    assert faults(database) == []
    with database.reading() as session:
        assert len(read_events(session, day=WEDNESDAY.date())) == 8
