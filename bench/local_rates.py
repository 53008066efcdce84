"""A boundary file of 200,000 rows imported, against the bare csv and sqlite3 of the standard library on the same file.

The bare side splits each line and inserts the cells that we keep, without a check, an audit event or a search key, into
a table with the same index. Memory is the highest of the process after 20,000 rows, and how much 200,000 add to it.
"""

import csv
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from app.actor import SYSTEM
from app.config import Settings
from app.desk import open_desk
from app.services.import_local_rates import import_local_rates
from app.store.schema import upgrade

ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
LIMIT, MOST_GROWTH = 8.0, 10.0
KEPT = (0, 1, 2, 3, 4, 5, 7, 15, 17, 18, 19, 20, 23, 24, 25, 30)
SIZES = 900


def cells(number: int) -> list[str]:
    """One row: every fourth a street, one of 400 a ZIP code, the others ranges of ZIP+4."""
    zip_code, plus4 = str(66000 + number % SIZES), number // SIZES * 10 % 9990
    row = [""] * 89
    row[1:3], row[22], row[23], row[24] = ["20200101", "20991231"], "20", "20", "177"
    if number % 4 == 0:
        row[0], row[3:9], row[15] = "A", ["100", "198", "E", "SW", f"{number % 500}TH", "AVE"], zip_code
    elif number % 400 == 1:
        row[0], row[17], row[19] = "z", zip_code, zip_code
    else:
        row[0], row[17:21] = "4", [zip_code, str(plus4), zip_code, str(plus4 + 9)]
    if number % 3 == 0:
        row[29:32] = ["ST", "21215", "63"]
    return row


def write(folder: Path, name: str, rows: int) -> Path:
    """A boundary file of so many rows."""
    path = folder / name
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(map(cells, range(rows)))
    return path


def bare(path: Path, database: Path) -> None:
    """The cells of the file in a table, and nothing else."""

    def rows() -> Iterator[list[str]]:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.reader(file):
                yield [row[column] for column in KEPT]

    columns = ", ".join(f"c{column}" for column in KEPT)
    with sqlite3.connect(database) as connection:
        connection.execute(f"CREATE TABLE bare ({columns})")
        connection.execute("CREATE INDEX place ON bare (c0, c17, c7)")
        connection.executemany(f"INSERT INTO bare VALUES ({', '.join('?' * len(KEPT))})", rows())  # noqa: S608
    connection.close()


def peak() -> float:
    """The highest memory of this process so far, in MiB."""
    highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return highest / (1024 * 1024 if sys.platform == "darwin" else 1024)


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        desk = open_desk(Settings(data_dir=folder / "var").completed())
        upgrade(desk.database)
        import_local_rates(desk, SYSTEM, write(folder, "KSB2026Q1NOV20.csv", ROWS // 10))
        before = peak()
        path = write(folder, "KSB2026Q4AUG19.csv", ROWS)
        begin = time.process_time()
        done = import_local_rates(desk, SYSTEM, path)
        ours = time.process_time() - begin
        growth = peak() - before
        desk.close()
        begin = time.process_time()
        bare(path, folder / "bare.sqlite3")
        theirs = time.process_time() - begin
    ratio = ours / theirs
    print(
        f"{done.rows} boundary rows: bare {theirs:.2f} s, imported {ours:.2f} s "
        f"({done.rows / ours:,.0f} rows a second), ratio {ratio:.1f}, limit {LIMIT:.0f}; "
        f"memory {before:.0f} MiB and {growth:.1f} MiB more, limit {MOST_GROWTH:.0f}"
    )
    return 0 if ratio <= LIMIT and growth <= MOST_GROWTH and done.rows == ROWS else 1


if __name__ == "__main__":
    raise SystemExit(main())
