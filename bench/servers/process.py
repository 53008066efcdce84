"""Starting a server on a free port with data of its own, asking it, and looking at its memory."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

BENCH = Path(__file__).parents[1]
START_SECONDS = 60.0
MIB = 1024


def environment(data_dir: Path, port: int) -> dict[str, str]:
    """The settings of a development machine with its data in ``data_dir``, whatever the caller's own are."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("TAXDESK_")}
    return given | {
        "TAXDESK_DATA_DIR": str(data_dir),
        "TAXDESK_PORT": str(port),
        "TAXDESK_REGISTERS": "off",
        "TAXDESK_LOG_FORMAT": "json",
    }


def taxdesk(data_dir: Path, *command: str) -> str:
    """What a ``taxdesk`` command prints."""
    done = subprocess.run(
        (sys.executable, "-m", "app.cli", *command),
        cwd=BENCH.parent, env=environment(data_dir, 8000), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"taxdesk {command[0]} failed:\n{done.stderr[-2000:]}")
    return done.stdout.strip()


@dataclass
class Connection:
    """One keep-alive connection."""

    port: int
    headers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._http = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def __call__(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, bytes]:
        """Ask and read the whole answer: its status and body."""
        if body is None:
            return self._ask(method, path, None, headers)
        return self._ask(method, path, json.dumps(body).encode(), {"Content-Type": "application/json"} | headers)

    def upload(self, path: str, content: bytes, boundary: str) -> tuple[int, bytes]:
        """POST a multipart body."""
        return self._ask("POST", path, content, {"Content-Type": f"multipart/form-data; boundary={boundary}"})

    def send(self, path: str, content: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """POST a body as it is."""
        return self._ask("POST", path, content, headers)

    def _ask(self, method: str, path: str, content: bytes | None, headers: Mapping[str, str]) -> tuple[int, bytes]:
        self._http.request(method, path, content, {**self.headers, **headers})
        answer = self._http.getresponse()
        return answer.status, answer.read()

    def close(self) -> None:
        self._http.close()


@dataclass(frozen=True)
class Running:
    """A server that answered ``/livez``."""

    process: subprocess.Popen[bytes]
    port: int
    seconds: float
    """From the start of the process to the first answer."""

    def memory(self) -> dict[str, float]:
        """Resident memory in MiB: of gunicorn's arbiter and of its worker processes, the largest counted."""
        arbiter = self.process.pid
        children = Path(f"/proc/{arbiter}/task/{arbiter}/children").read_text().split()
        return {"arbiter": _resident(arbiter), "worker": max(_resident(int(pid)) for pid in children)}


@contextmanager
def serving(command: tuple[str, ...], data_dir: Path) -> Iterator[Running]:
    """Run ``python -m command`` until the block ends."""
    port = _free_port()
    log = data_dir / f"{command[0]}.log"
    began = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(
            (sys.executable, "-m", *command),
            cwd=BENCH.parent,  # first on the path: bench/forms.py must not stand for the package of that name
            env=environment(data_dir, port) | {"PYTHONPATH": str(BENCH)},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        _wait_for_answer(process, port, log)
        yield Running(process, port, time.perf_counter() - began)
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait_for_answer(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        connection = Connection(port)
        try:
            status, _ = connection("GET", "/livez")
        except OSError:
            time.sleep(0.01)
        else:
            if status == 200:
                return
        finally:
            connection.close()
    raise SystemExit(f"the server did not answer:\n{log.read_text(errors='replace')[-2000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _resident(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / MIB
    raise ValueError("the process has no resident memory")
