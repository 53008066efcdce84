# ruff: noqa: E402 - run as a file, this folder would stand before the packages
"""50,000 calculations in bulk on SQLite: a table sent over HTTP, one worker process, until the last row is answered.

    python bench/bulk_calculations.py [ROWS]

A real server and a real worker on a database of their own. The baseline of the same run is what a copying machine would
do in one process: read the same table, and write as many bytes an answer into SQLite, a commit for every 500 rows.
Wanted: at least 2,000 rows a second, and no process of ours above 300 MiB.
"""

import csv
import io
import json
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

sys.path[0] = str(Path(__file__).parents[1])

from bench.servers.process import BENCH, Connection, environment, serving, taxdesk

ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
WARM = 1_000
WANTED = 2_000.0  # rows a second
MOST_MIB = 300.0
LIMIT = 60.0  # times the copying machine
ROWS_A_COMMIT = 500
LONGEST_SECONDS = 900.0
PATH = "/v1/bulk/tax/calculations"
HEADER = (
    "reference", "currency", "tax_date", "seller", "customer_kind", "country", "postal_code", "product_kind", "amount",
)  # fmt: skip
COUNTRIES = ("FR", "DE", "IT", "ES", "GB", "NL", "AT", "PL", "SE", "CH")
KINDS = ("saas", "ebook", "software_download", "training")


def table(rows: int) -> bytes:
    """An order book: places, products, days and amounts repeat as they do in real ones; no two rows are the same."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";")
    writer.writerow(HEADER)
    for n in range(rows):
        day, country, kind = f"2026-{n % 10 + 1:02d}-{n % 28 + 1:02d}", COUNTRIES[n % 10], KINDS[n % 4]
        amount = f"{n % 997}.{n % 100:02d}"
        writer.writerow((f"B-{n}", "EUR", day, "de", "consumer", country, str(10_000 + n % 9000), kind, amount))
    return text.getvalue().encode()


@contextmanager
def worker(data_dir: Path) -> Iterator[int]:
    """One worker process, as it is started in production; yields the id of its parent process."""
    with (data_dir / "worker.log").open("wb") as log:
        running = subprocess.Popen(
            (sys.executable, "-m", "app.cli", "worker", "--concurrency", "1"),
            cwd=BENCH.parent, env=environment(data_dir, 8000), stdout=log, stderr=log,
        )  # fmt: skip
    try:
        yield running.pid
    finally:
        running.terminate()
        running.wait(60)


def calculate(ask: Connection, body: bytes, name: str) -> tuple[float, str]:
    """Seconds from the request until the last row is answered, and the run."""
    began = time.perf_counter()
    status, answer = ask.send(PATH, body, {"Content-Type": "text/csv", "Idempotency-Key": name})
    if status != 202:
        raise SystemExit(f"the table was refused: {answer[:500]!r}")
    run = json.loads(answer)
    while run["status"] in {"queued", "running"}:
        if time.perf_counter() - began > LONGEST_SECONDS:
            raise SystemExit(f"not done in time: {run}")
        time.sleep(0.1)
        run = json.loads(ask("GET", run["links"]["self"])[1])
    if run["status"] != "done" or run["progress"]["failed"]:
        raise SystemExit(f"not all rows were answered: {run}")
    return time.perf_counter() - began, run["links"]["result"]


def copy(folder: Path, body: bytes, answer: str) -> float:
    """Seconds to read the table and to write an answer of the same size for each row."""
    began = time.perf_counter()
    database = sqlite3.connect(folder / "copies.sqlite3")
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("CREATE TABLE answers (position INTEGER PRIMARY KEY, answers TEXT)")
    rows = list(csv.DictReader(io.StringIO(body.decode()), delimiter=";"))
    for n in range(0, len(rows), ROWS_A_COMMIT):
        with database:
            written = json.dumps([row | {"answer": answer} for row in rows[n : n + ROWS_A_COMMIT]])
            database.execute("INSERT INTO answers VALUES (?, ?)", (n, written))
    database.close()
    return time.perf_counter() - began


def peak_mib(*parents: int) -> float:
    """The highest memory that any of the processes or their children ever had."""
    peaks = []
    for status in Path("/proc").glob("[0-9]*/status"):
        with suppress(OSError):
            facts = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
            if {int(status.parent.name), int(facts["PPid"])} & set(parents) and "VmHWM" in facts:
                peaks.append(int(facts["VmHWM"].split()[0]) / 1024)
    return max(peaks)


def main() -> int:
    """Measure and print; exit 1 when slower or larger than wanted."""
    with tempfile.TemporaryDirectory(prefix="taxdesk-bench-") as folder:
        data_dir = Path(folder)
        taxdesk(data_dir, "migrate")
        key = taxdesk(data_dir, "api-keys", "create", "--name", "bench", "--scope", "billing")
        body = table(ROWS)
        with serving(("app.cli", "serve"), data_dir) as server, worker(data_dir) as worker_pid:
            ask = Connection(server.port, {"Authorization": f"Bearer {key}"})
            calculate(ask, table(WARM), "warm")
            seconds, result = calculate(ask, body, "measured")
            status, answers = ask("GET", result)
            peak = peak_mib(server.process.pid, worker_pid)
        answer = answers.split(b"\n", 1)[0].decode()
        complete = status == 200 and answers.count(b"\n") == ROWS
        copied = copy(data_dir, body, answer)
    rate = ROWS / seconds
    print(
        f"{ROWS} calculations in bulk, one worker process on SQLite: {seconds:.1f} s, {rate:.0f} rows a second "
        f"(wanted {WANTED:.0f}); copied {ROWS / copied:.0f} a second: {seconds / copied:.1f} times its time "
        f"(at most {LIMIT:.0f}); highest memory of a process {peak:.0f} MiB (at most {MOST_MIB:.0f})"
    )
    return 0 if complete and rate >= WANTED and seconds / copied <= LIMIT and peak <= MOST_MIB else 1


if __name__ == "__main__":
    raise SystemExit(main())
