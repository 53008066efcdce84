# ruff: noqa: E402 - run as a file, this folder would stand before the packages
"""10,000 W-9s given in bulk on PostgreSQL by two worker processes: filled, read back and stored, documents a second.

    python bench/forms_batch.py [DOCUMENTS]

Real worker processes on a database of their own, on the server of TAXDESK_TEST_POSTGRES_URL; without one nothing is
measured, and it says so. The baseline of the same run is what a copying machine would do: as many bytes a document
written to the same disk and waited for, one row each, a commit for every 100, by two processes too. Wanted: at least
150 documents a second, in at most three times the baseline's time.
"""

import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path[0] = str(Path(__file__).parents[1])

from sqlalchemy import create_engine, insert, select, text
from sqlalchemy.exc import OperationalError

from app.actor import SYSTEM
from app.blobs import LocalBlobs
from app.config import Settings
from app.desk import Desk, open_desk
from app.ids import new_id
from app.models.documents import DocumentRow
from app.models.orders import OrderLineRow, OrderRow
from app.schemas.orders import OrderSchema
from app.services.bulk import ROWS_A_CHUNK, read_run
from app.services.bulk_documents import OrderDocumentAsked, ask_documents
from app.services.give_document import DocumentAsked
from app.services.load_sellers import store_sellers
from app.services.put_order import put_order
from app.store.schema import upgrade
from bench.servers.process import BENCH, environment

POSTGRES = os.environ.get("TAXDESK_TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
DOCUMENTS = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
WARM = 4 * ROWS_A_CHUNK
COPIES = 2_000
WORKERS = 2
WANTED = 150.0  # documents a second
LIMIT = 3.0
LONGEST_SECONDS = 900.0
W9 = DocumentAsked(kind="w9")
ORDER = {
    "client": "pixelforge",
    "seller": "us",
    "status": "paid",
    "currency": "USD",
    "ordered_at": "2026-10-05T09:14:00Z",
    "customer": {
        "reference": "C-1",
        "kind": "business",
        "name": "Harbor Lane Software LLC",
        "email": "ap@harbor-lane.example",
        "language": "en",
        "address": {
            "line1": "12 Harbor Lane",
            "postal_code": "02110",
            "city": "Boston",
            "state": "MA",
            "country": "US",
        },
    },
    "lines": [
        {
            "reference": "1",
            "description": "Drawing studio, one year",
            "product_kind": "saas",
            "quantity": "1",
            "amount": "100.00",
            "tax": {"rate_percent": "0", "amount": "0.00"},
        }
    ],
}


@contextmanager
def own_database() -> Iterator[str | None]:
    """The URL of a new database that is dropped at the end; None where no server answers."""
    name = f"taxdesk_bench_{uuid.uuid4().hex[:12]}"
    admin = create_engine(POSTGRES.replace("postgresql://", "postgresql+psycopg://", 1), isolation_level="AUTOCOMMIT")
    try:
        with admin.connect() as connection:
            connection.execute(text(f'CREATE DATABASE "{name}"'))
    except OperationalError:
        yield None
        return
    try:
        yield admin.url.set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
        admin.dispose()


@contextmanager
def workers(data_dir: Path, database_url: str) -> Iterator[None]:
    """A worker of two processes and a scheduler, as they are started in production."""
    given = environment(data_dir, 8000) | {"TAXDESK_DATABASE_URL": database_url}
    if forms := Settings.from_environment().forms_dir:
        given["TAXDESK_FORMS_DIR"] = str(forms)
    commands = (("worker", "--concurrency", str(WORKERS)), ("scheduler",))
    with (data_dir / "workers.log").open("wb") as log:
        running = [
            subprocess.Popen(
                (sys.executable, "-m", "app.cli", *command), cwd=BENCH.parent, env=given, stdout=log, stderr=log
            )
            for command in commands
        ]
    try:
        yield
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(60)


def add_orders(desk: Desk, count: int) -> list[str]:
    """One order as a caller puts it, and copies of its rows: what is measured begins after that."""
    order = OrderSchema().load(ORDER)
    put_order(desk, SYSTEM, "B-0", order, may_change=lambda _: None, describe=lambda _: {})
    with desk.database.writing() as session:
        first = dict(session.execute(select(OrderRow.__table__)).mappings().one())
        line = dict(session.execute(select(OrderLineRow.__table__)).mappings().one())
        ids = [new_id("ord") for _ in range(1, count)]
        copies = [first | {"id": order_id, "reference": f"B-{n}"} for n, order_id in enumerate(ids, 1)]
        session.execute(insert(OrderRow.__table__), copies)
        session.execute(insert(OrderLineRow.__table__), [line | {"order_id": order_id} for order_id in ids])
    return [f"B-{n}" for n in range(count)]


def give(desk: Desk, references: list[str]) -> float:
    """Seconds from the request until the last document is ready."""
    began = time.perf_counter()
    lines = [(n, OrderDocumentAsked(order_reference=r, document=W9)) for n, r in enumerate(references, 1)]
    run = ask_documents(desk, SYSTEM, lines, idempotency=None)
    while not (run := read_run(desk, SYSTEM, run.id)).is_finished:
        if time.perf_counter() - began > LONGEST_SECONDS:
            raise SystemExit(f"not done in time: {run}")
        time.sleep(0.05)
    if (run.status, run.failed) != ("done", 0):
        raise SystemExit(f"not all documents were given: {run}")
    return time.perf_counter() - began


def copy_and_store(folder: Path, database_url: str, content: bytes, count: int) -> None:
    """So many files of the content, each with a line of its own at the end, and a row for each."""
    blobs, engine = LocalBlobs(folder), create_engine(database_url)
    row = text("INSERT INTO copies (sha256, size) VALUES (:sha256, :size)")
    for begin in range(0, count, ROWS_A_CHUNK):
        made = [content + uuid.uuid4().bytes for _ in range(begin, min(begin + ROWS_A_CHUNK, count))]
        stored = [{"sha256": blobs.put(copied), "size": len(copied)} for copied in made]
        with engine.begin() as connection:
            connection.execute(row, stored)


def baseline(folder: Path, database_url: str, content: bytes) -> float:
    """Copies a second."""
    with create_engine(database_url).begin() as connection:
        connection.execute(text("CREATE TABLE copies (sha256 text PRIMARY KEY, size integer NOT NULL)"))
    context = multiprocessing.get_context("spawn")
    given = (folder, database_url, content, COPIES // WORKERS)
    copying = [context.Process(target=copy_and_store, args=given) for _ in range(WORKERS)]
    began = time.perf_counter()
    for process in copying:
        process.start()
    for process in copying:
        process.join()
    return COPIES / (time.perf_counter() - began)


def measure(data_dir: Path, database_url: str) -> bool:
    """Print the figures; whether they are as wanted."""
    settings = Settings(data_dir=data_dir, database_url=database_url).completed()
    desk = open_desk(settings)
    upgrade(desk.database)
    store_sellers(desk)
    references = add_orders(desk, WARM + DOCUMENTS)
    with workers(data_dir, database_url):
        give(desk, references[:WARM])
        seconds = give(desk, references[WARM:])
    with desk.database.reading() as session:
        sample = session.scalars(select(DocumentRow).limit(1)).one()
        blank, content = sample.facts["form"]["blank"], desk.blobs.get(sample.sha256 or "")
    copies = baseline(data_dir / "copies", database_url, content)
    desk.close()
    rate = DOCUMENTS / seconds
    print(
        f"{DOCUMENTS} W-9s on the {blank} blank, {len(content) // 1000} kB each, {WORKERS} worker processes: "
        f"{seconds:.1f} s, {rate:.0f} a second (wanted {WANTED:.0f}); copied and stored {copies:.0f} a second: "
        f"{copies / rate:.1f} times its time (at most {LIMIT:.0f})"
    )
    return rate >= WANTED and copies / rate <= LIMIT


def main() -> int:
    """Measure where there is a server; exit 1 when it is slower than wanted."""
    with own_database() as database_url:
        if database_url is None:
            print("W-9s in bulk: no PostgreSQL answers (TAXDESK_TEST_POSTGRES_URL), not measured")
            return 0
        data_dir = Path(tempfile.mkdtemp(prefix="taxdesk-bench-"))
        try:
            return 0 if measure(data_dir, database_url) else 1
        finally:
            shutil.rmtree(data_dir)


if __name__ == "__main__":
    raise SystemExit(main())
