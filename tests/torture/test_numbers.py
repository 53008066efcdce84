"""Numbers under load: 1 to n without gap or double, although a tenth of the transactions is aborted (fault F9).

Each transaction takes its number, inserts the document and its audit event, as issuing does; drawing is not needed.
Several threads ask; in `make torture` PostgreSQL is asked by several processes.
"""

import os
import random
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import date, timedelta
from multiprocessing import get_context

import pytest
from sqlalchemy import select

from app import clock
from app.ids import new_code, new_id
from app.models.audit import AuditEventRow, CounterRow
from app.models.documents import DocumentRow
from app.store import audit
from app.store.audit import verify_chains
from app.store.counters import next_number
from app.store.database import Database
from tests.torture.refunds import check_numbers

pytestmark = [pytest.mark.torture, pytest.mark.timeout(1800)]

IS_LONG = int(os.environ.get("TAXDESK_TORTURE_ROUNDS", "3")) > 3
WRITERS = 4
ABORTED = 0.1
PATTERN = "DE-CN-{year}-{n:06d}"
FIRST_DAY = date(2026, 3, 1)


class Aborted(Exception):
    """What kills a transaction after it took its number."""


def issue(database: Database, day: date, *, abort: bool) -> None:
    """One transaction as issuing makes it; ``abort`` ends it at its last moment."""
    with database.writing() as session:
        number = next_number(session, PATTERN, day)
        document_id = new_id("doc")
        session.add(
            DocumentRow(
                id=document_id, idempotency=document_id, kind="credit_note", number=number.text, code=new_code(),
                language="en", issued_on=number.issued_on, facts={}, status="queued", created_at=clock.now(),
            )
        )  # fmt: skip
        session.flush()
        audit.record(session, actor="system", action="document.issued", subject=document_id, number=number.text)
        if abort:
            raise Aborted


def issue_many(url: str, count: int, seed: int) -> int:
    """Issue ``count`` documents, a tenth of them in vain; how many were. Days come out of order, as clocks do."""
    database, chance, aborted = Database(url), random.Random(seed), 0  # noqa: S311 - no secret
    for number in range(count):
        day = FIRST_DAY + timedelta(days=max(0, number * 5 // count + chance.randint(-1, 1)))
        try:
            issue(database, day, abort=chance.random() < ABORTED)
        except Aborted:
            aborted += 1
    database.close()
    return aborted


def in_threads(url: str, counts: list[int]) -> int:
    aborted: list[int] = []

    def work(count: int, seed: int) -> None:
        aborted.append(issue_many(url, count, seed))

    threads = [threading.Thread(target=work, args=(count, seed)) for seed, count in enumerate(counts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(aborted) == len(counts)
    return sum(aborted)


def in_processes(url: str, counts: list[int]) -> int:
    with ProcessPoolExecutor(len(counts), mp_context=get_context("spawn")) as pool:
        return sum(pool.map(issue_many, [url] * len(counts), counts, range(len(counts))))


def test_numbers_have_no_gap_and_no_double_although_a_tenth_is_aborted(database_url: str) -> None:
    is_sqlite = database_url.startswith("sqlite")
    run: Callable[[str, list[int]], int] = in_processes if IS_LONG and not is_sqlite else in_threads
    asked = (2_000 if is_sqlite else 10_000) if IS_LONG else 300
    aborted = run(database_url, [asked // WRITERS] * WRITERS)
    assert aborted > asked * ABORTED / 3

    database = Database(database_url)
    with database.reading() as session:
        documents = list(session.scalars(select(DocumentRow)))
        counter = session.get_one(CounterRow, "DE-CN-2026-{n:06d}")
        events = set(session.scalars(select(AuditEventRow.subject)))
        faults = [fault for _, _, fault in verify_chains(session) if fault]
    database.close()
    assert len(documents) == asked - aborted
    check_numbers(documents)
    assert counter.value == len(documents)
    assert counter.last_date == max(document.issued_on for document in documents)
    assert events == {document.id for document in documents}
    assert faults == []
