"""A calculation over HTTP against the same endpoint with a constant answer: at most 1.5 times.

Two real servers, ``taxdesk serve`` and the baseline of ``servers/constant.py``, stand on the same data; one keep-alive
connection to each is asked in turns, and the medians are compared. Neither stores anything: there is no reference.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

from servers.process import Connection, serving, taxdesk
from servers.request import CALCULATION

LIMIT = 1.5
ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 400
WARM_UP = 30
PATH = "/v1/tax/calculations"


def timed(connection: Connection) -> float:
    """Milliseconds of one calculation."""
    begin = time.perf_counter()
    status, _ = connection("POST", PATH, CALCULATION)
    passed = (time.perf_counter() - begin) * 1000
    assert status == 200
    return passed


def measure(ours: Connection, constant: Connection) -> tuple[float, float]:
    """The medians of both, asked in turns."""
    assert ours("POST", PATH, CALCULATION) == constant("POST", PATH, CALCULATION)
    for _ in range(WARM_UP):
        timed(ours), timed(constant)
    pairs = [(timed(ours), timed(constant)) for _ in range(ROUNDS)]
    own, baseline = zip(*pairs, strict=True)
    return statistics.median(own), statistics.median(baseline)


def main() -> int:
    """Measure and print; exit 1 when slower than wanted."""
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder)
        taxdesk(data_dir, "migrate")
        key = taxdesk(data_dir, "api-keys", "create", "--name", "bench", "--scope", "billing")
        bearer = {"Authorization": f"Bearer {key}"}
        with (
            serving(("app.cli", "serve"), data_dir) as real,
            serving(("servers.constant",), data_dir) as baseline,
        ):
            own, constant = measure(Connection(real.port, bearer), Connection(baseline.port, bearer))
    print(
        f"calculation over HTTP: constant answer {constant:.2f} ms, calculated {own:.2f} ms, "
        f"ratio {own / constant:.2f} (wanted <= {LIMIT})"
    )
    return 0 if own / constant <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
