"""Numbers without gaps, on both databases."""

import threading
from datetime import date

import pytest

from app.store.counters import Number, next_number, next_numbers
from app.store.database import Database

DAY = date(2026, 11, 22)
SERIES = "DE-CN-{year}-{n:06d}"
TAKERS, THREADS = 200, 16


class GaveUp(Exception):
    """A transaction that took a number and failed."""


def take(database: Database, day: date = DAY, pattern: str = SERIES, *, fail: bool = False) -> Number:
    with database.writing() as session:
        number = next_number(session, pattern, day)
        if fail:
            raise GaveUp
        return number


def test_200_takers_at_once_of_whom_every_tenth_fails_leave_no_gap(database: Database) -> None:
    taken: list[Number] = []
    waiting = list(range(TAKERS))
    lock = threading.Lock()

    def work() -> None:
        while True:
            with lock:
                if not waiting:
                    return
                n = waiting.pop()
            try:
                number = take(database, fail=n % 10 == 0)
            except GaveUp:
                continue
            with lock:
                taken.append(number)

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = TAKERS - TAKERS // 10
    assert sorted(n.value for n in taken) == list(range(1, expected + 1))
    assert len({n.text for n in taken}) == expected
    assert take(database).value == expected + 1


def test_a_number_that_was_rolled_back_is_given_to_the_next(database: Database) -> None:
    assert take(database).text == "DE-CN-2026-000001"
    with pytest.raises(GaveUp):
        take(database, fail=True)
    assert take(database).text == "DE-CN-2026-000002"


def test_a_year_begins_at_one_and_series_do_not_mix(database: Database) -> None:
    assert take(database, date(2026, 12, 31)).text == "DE-CN-2026-000001"
    assert take(database, date(2027, 1, 1)).text == "DE-CN-2027-000001"
    assert take(database, date(2026, 12, 31), "US-CN-{year}-{n:06d}").text == "US-CN-2026-000001"


def test_dates_do_not_go_back_as_numbers_grow(database: Database) -> None:
    days = [date(2026, 3, 2), date(2026, 3, 1), date(2026, 3, 5), date(2026, 3, 3)]
    issued = [take(database, day).issued_on for day in days]
    assert issued == [date(2026, 3, 2), date(2026, 3, 2), date(2026, 3, 5), date(2026, 3, 5)]


def test_several_numbers_at_once_are_the_next_ones_in_order(database: Database) -> None:
    first = take(database)
    with database.writing() as session:
        several = next_numbers(session, SERIES, DAY, 3)
    last = take(database)
    assert [number.value for number in (first, *several, last)] == [1, 2, 3, 4, 5]
    assert [number.text for number in several] == [f"DE-CN-2026-00000{n}" for n in (2, 3, 4)]
    assert {number.issued_on for number in several} == {DAY}
