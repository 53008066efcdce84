"""The two kinds of transaction, on both databases."""

import threading

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from app import clock
from app.models.orders import ClientRow
from app.store.database import Database, after_commit, before_commit


def clients(database: Database) -> set[str]:
    with database.reading() as session:
        return set(session.scalars(select(ClientRow.code)))


def add(session: object, code: str) -> None:
    session.add(ClientRow(code=code, created_at=clock.now()))  # type: ignore[attr-defined]


def test_a_writing_session_is_committed_at_the_end(database: Database) -> None:
    with database.writing() as session:
        add(session, "kept")
    assert clients(database) == {"kept"}


def test_an_exception_rolls_everything_back(database: Database) -> None:
    with pytest.raises(RuntimeError, match="half-way"), database.writing() as session:  # noqa: PT012 - fails after work
        add(session, "lost")
        session.flush()
        raise RuntimeError("half-way")
    assert clients(database) == set()


def test_a_reading_session_writes_nothing(database: Database) -> None:
    with database.reading() as session:
        add(session, "lost")
        session.flush()
    assert clients(database) == set()


def test_what_is_to_follow_the_commit_runs_once_it_is_durable_and_never_after_a_rollback(database: Database) -> None:
    seen: list[set[str]] = []
    with database.writing() as session:
        add(session, "kept")
        after_commit(session, lambda: seen.append(clients(database)))
    assert seen == [{"kept"}]
    with pytest.raises(RuntimeError), database.writing() as session:  # noqa: PT012 - it fails after its work
        after_commit(session, lambda: seen.append(set()))
        raise RuntimeError
    assert seen == [{"kept"}]


def test_a_failing_follower_undoes_nothing_and_stops_no_other(database: Database) -> None:
    seen: list[int] = []
    with database.writing() as session:
        add(session, "kept")
        after_commit(session, lambda: 1 / 0)
        after_commit(session, lambda: seen.append(1))
    assert (clients(database), seen) == ({"kept"}, [1])


def test_what_comes_last_belongs_to_the_transaction(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.writing() as session:  # noqa: PT012 - it fails at its end
        add(session, "lost")
        before_commit(session, lambda: 1 / 0)
    with database.writing() as session:
        before_commit(session, lambda: add(session, "last"))
    assert clients(database) == {"last"}


def test_a_constraint_refuses_and_its_message_holds_no_values(database: Database) -> None:
    with database.writing() as session:
        add(session, "twice")
    with pytest.raises(IntegrityError) as refused, database.writing() as session:
        session.execute(ClientRow.__table__.insert().values(code="twice", created_at=clock.now()))
    assert "parameters:" not in str(refused.value) or "hidden" in str(refused.value)


def test_writers_at_once_queue_and_none_fails(database: Database) -> None:
    failed: list[Exception] = []

    def write(n: int) -> None:
        try:
            with database.writing() as session:
                session.scalar(select(func.count()).select_from(ClientRow))
                add(session, f"c-{n}")
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(clients(database)) == 20
