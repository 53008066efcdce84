"""How soon ``taxdesk serve`` answers, and how much memory its processes hold, beside a bare Flask hello.

Wanted: the first answer, of ``/livez`` and of a real API call, within 3 s of the start, and less than 200 MiB of
resident memory in each process after 200 requests of every sort: reads, calculations, readiness, metrics, a
verification.
The baseline is one Flask view under the same gunicorn settings, measured in the same run.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from servers.process import Connection, serving, taxdesk
from servers.request import CALCULATION

WANTED_SECONDS, WANTED_MIB = 3.0, 200.0
STARTS = 3
REQUESTS = 200
BOUNDARY = "bench-boundary"


def mixed(connection: Connection) -> tuple[Callable[[], int], ...]:
    """One request of every sort; each gives its status."""
    upload = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n'
        f"Content-Type: application/pdf\r\n\r\n%PDF-1.7 nothing of ours\r\n--{BOUNDARY}--\r\n"
    ).encode()
    return (
        lambda: connection("GET", "/livez")[0],
        lambda: connection("POST", "/v1/tax/calculations", CALCULATION)[0],
        lambda: connection("GET", "/v1/orders?limit=20")[0],
        lambda: connection("GET", "/v1/orders/TD-NONE")[0],
        lambda: connection("GET", "/v1/reference/currencies")[0],
        lambda: connection("GET", "/login")[0],
        lambda: connection("GET", "/readyz")[0],
        lambda: connection("GET", "/metrics")[0],
        lambda: connection("GET", "/openapi.json")[0],
        lambda: connection.upload("/v1/documents/verify", upload, BOUNDARY)[0],
    )


def start_of_ours(data_dir: Path, key: str, *, requests: int) -> tuple[float, float, dict[str, float]]:
    """Seconds to ``/livez``, seconds to a calculation, and MiB by process after ``requests``."""
    with serving(("app.cli", "serve"), data_dir) as server:
        connection = Connection(server.port, {"Authorization": f"Bearer {key}"})
        begin = time.perf_counter()
        status, _ = connection("POST", "/v1/tax/calculations", CALCULATION)
        assert status == 200
        called = server.seconds + time.perf_counter() - begin
        kinds = mixed(connection)
        for number in range(requests):
            status = kinds[number % len(kinds)]()
            assert status in {200, 404}, (number % len(kinds), status)
        return server.seconds, called, server.memory()


def main() -> int:
    """Measure and print; exit 1 when slower or larger than wanted."""
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder)
        taxdesk(data_dir, "migrate")
        key = taxdesk(data_dir, "api-keys", "create", "--name", "bench", "--scope", "billing,auditor,admin")
        ours, bare = [], []
        for number in range(STARTS):
            ours.append(start_of_ours(data_dir, key, requests=0 if number < STARTS - 1 else REQUESTS))
            with serving(("servers.hello",), data_dir) as hello:
                for _ in range(REQUESTS):
                    Connection(hello.port)("GET", "/livez")
                bare.append((hello.seconds, hello.memory()))
    alive, called = (statistics.median(start[n] for start in ours) for n in (0, 1))
    hello_seconds = statistics.median(seconds for seconds, _ in bare)
    memory, hello_memory = ours[-1][2], bare[-1][1]
    print(
        f"start: bare Flask {hello_seconds:.2f} s; taxdesk /livez {alive:.2f} s, ratio {alive / hello_seconds:.1f}; "
        f"first calculation {called:.2f} s (wanted <= {WANTED_SECONDS:g} s)"
    )
    for process, held in memory.items():
        print(
            f"memory of the {process} after {REQUESTS} requests: bare Flask {hello_memory[process]:.0f} MiB, taxdesk "
            f"{held:.0f} MiB, ratio {held / hello_memory[process]:.1f} (wanted < {WANTED_MIB:g} MiB)"
        )
    return 0 if called <= WANTED_SECONDS and max(memory.values()) < WANTED_MIB else 1


if __name__ == "__main__":
    sys.exit(main())
