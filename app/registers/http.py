"""One bounded HTTP call to somebody else: own timeouts, a total time, a largest size, no redirects; faults are named.

Every call opens its own connection: registers are asked about once a second, and an old connection only adds faults.
Proxies and credentials of the environment are not used; what we reach is an allow-list of the network.
"""

import socket
import ssl
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds to connect, to wait for the next bytes, and for the whole call; bytes of the answer."""

    connect: float = 3.0
    read: float = 10.0
    total: float = 15.0
    size: int = 256 * 1024


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that came whole."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class NoReply:
    """No whole answer; ``code`` names why."""

    code: str


def call(
    method: str, url: str, *, limits: Limits, json: dict[str, str] | None = None, accept: str = "application/json"
) -> Reply | NoReply:
    """Send one request and read the answer within ``limits``. Never raises for what the other side does."""
    timeout = httpx.Timeout(limits.read, connect=limits.connect)
    with (
        _Watchdog(limits.total) as watchdog,
        httpx.Client(timeout=timeout, trust_env=False, verify=_certificates()) as client,
    ):
        try:
            headers = {"Accept": accept, "Connection": "close", "Accept-Encoding": "identity"}
            extensions = {"trace": watchdog.trace}
            with client.stream(method, url, json=json, headers=headers, extensions=extensions) as response:
                reply = _read(response, limits)
            return NoReply("total_timeout") if watchdog.has_bitten else reply
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            return NoReply("total_timeout" if watchdog.has_bitten else _code(error))


@cache
def _certificates() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)  # reading them takes longer than a call


def _read(response: httpx.Response, limits: Limits) -> Reply | NoReply:
    if response.headers.get("Content-Encoding", "identity") != "identity":
        return NoReply("compressed_unasked")  # a small answer may unpack to a huge one
    body = bytearray()
    for chunk in response.iter_raw():
        body += chunk
        if len(body) > limits.size:
            return NoReply("too_large")
    return Reply(response.status_code, bytes(body))


def _code(error: Exception) -> str:
    """Our name for what went wrong, by the most special class that fits."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), "connection_failed")


_CODES: tuple[tuple[type[Exception], str], ...] = (
    (httpx.ConnectTimeout, "connect_timeout"),
    (httpx.TimeoutException, "read_timeout"),
    (httpx.ConnectError, "connect_failed"),
    (httpx.InvalidURL, "bad_address"),
    (httpx.UnsupportedProtocol, "bad_address"),
    (httpx.NetworkError, "connection_reset"),
    (httpx.ProtocolError, "broken_answer"),
)


class _Watchdog:
    """Cuts the connection when the whole call takes too long; httpx itself only bounds each single wait."""

    def __init__(self, seconds: float) -> None:
        self.has_bitten = False
        self._ends = time.monotonic() + seconds
        self._timer = threading.Timer(seconds, self._bite)
        self._timer.daemon = True
        self._streams: list[Any] = []

    def __enter__(self) -> "_Watchdog":
        self._timer.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._timer.cancel()

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """Called by httpcore at each step; remembers the connection, and its TLS layer when there is one."""
        if event in {"connection.connect_tcp.complete", "connection.start_tls.complete"}:
            self._streams.append(info["return_value"])
        if time.monotonic() > self._ends:
            self._bite()

    def _bite(self) -> None:
        self.has_bitten = True
        for stream in self._streams:
            with suppress(OSError, AttributeError, ValueError):
                socket.socket.shutdown(stream.get_extra_info("socket"), socket.SHUT_RDWR)
