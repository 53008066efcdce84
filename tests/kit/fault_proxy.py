"""A TCP line that breaks on command; it stands between taxdesk and any server of a test.

    with FaultProxy(server_url) as line:
        use(line.url)
        line.mode = reset_after(100)

A mode may change at any time and holds from then on, for open connections as for new ones; bytes and seconds are
counted anew. One thread owns every socket, so a change is in force when the assignment returns.
"""

import queue
import select
import socket
import threading
from collections.abc import Callable
from urllib.parse import urlsplit

from tests.kit.faults import PASS, Mode
from tests.kit.relay import Connection, close_socket

TICK = 0.01  # seconds until the thread looks again; the fineness of delay and trickle


class FaultProxy:
    """Listens on a free port of this machine. ``port`` is the server's where its URL names none."""

    def __init__(self, server_url: str, *, port: int = 0) -> None:
        parts = urlsplit(server_url)
        self._server = (parts.hostname or "127.0.0.1", parts.port or port)
        self._mode = PASS
        self.connections = 0
        self._open: list[Connection] = []
        self._orders: queue.Queue[tuple[Callable[[], None], threading.Event]] = queue.Queue()
        self._place = _bound(0)  # keeps the port ours while nothing listens
        self._listener: socket.socket | None = None
        self.port: int = self._place.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        user = parts.netloc.rpartition("@")
        self.url = parts._replace(netloc="".join(user[:2]) + self.address).geturl()
        self._ended = False
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "FaultProxy":
        self._listen(wanted=True)
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._do(self._end)
        self._thread.join()

    @property
    def mode(self) -> Mode:
        return self._mode

    @mode.setter
    def mode(self, mode: Mode) -> None:
        self._do(lambda: self._change(mode))

    def drop(self) -> None:
        """Send RST to both sides of every open connection, now."""
        self._do(lambda: [connection.close(reset=True) for connection in self._open] and None)

    def _do(self, order: Callable[[], None]) -> None:
        done = threading.Event()
        self._orders.put((order, done))
        if not done.wait(10):
            raise TimeoutError("the line's thread has ended")

    def _run(self) -> None:
        while not self._ended:
            while not self._orders.empty():
                order, done = self._orders.get()
                order()
                done.set()
            self._open = [connection for connection in self._open if connection.step(self._mode)]
            readers = [s for connection in self._open for s in connection.wanted()]
            listeners = [self._listener] if self._listener else []
            ready, _, _ = select.select([*listeners, *readers], [], [], TICK)
            if self._listener in ready:
                self._accept(self._listener)

    def _accept(self, listener: socket.socket) -> None:
        client, _ = listener.accept()
        self.connections += 1
        server = None
        if self._mode.kind not in {"swallow", "garbage"}:
            try:
                server = socket.create_connection(self._server, timeout=2)
            except OSError:
                close_socket(client, reset=True)
                return
        self._open.append(Connection(client, server, self._mode))

    def _change(self, mode: Mode) -> None:
        self._mode = mode
        self._listen(wanted=mode.kind != "refuse")

    def _listen(self, *, wanted: bool) -> None:
        if wanted and not self._listener:
            self._listener = _bound(self.port)
            self._listener.listen(64)
        elif not wanted and self._listener:
            self._listener.close()
            self._listener = None

    def _end(self) -> None:
        self._ended = True
        self._listen(wanted=False)
        self._place.close()
        for connection in self._open:
            connection.close(reset=True)


def _bound(port: int) -> socket.socket:
    here = socket.socket()
    here.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    here.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    here.bind(("127.0.0.1", port))
    return here
