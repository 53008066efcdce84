"""Calling other people's addresses without being led astray: only public addresses, no redirects, one deadline.

The host is resolved once, every address it has is judged, and the connection goes to the address that was judged, so
a name that changes its mind between look-up and connect gains nothing (server-side request forgery).
"""

import socket
import ssl
import time
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx

CALL_SECONDS = 10.0
CONNECT_SECONDS = 4.0
ALLOWED_PORTS = frozenset({443, 8443})
_TRANSLATED = IPv6Network("64:ff9b::/96")  # NAT64: the last 32 bits are an IPv4 address
_SOCKET_OPTIONS = ((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),)


class CallFailed(Exception):
    """Nobody answered in time; ``code`` says in which way, without the address."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class AddressForbidden(CallFailed):
    """The URL leads, or could lead, to a place that outsiders may not make us call."""


@dataclass(frozen=True, slots=True)
class CallRules:
    """Where calls may go.

    Args:
        loopback: this machine may be called, over http and on any port: for development only.
    """

    loopback: bool = False


def check_url(url: str, rules: CallRules) -> None:
    """Raise AddressForbidden unless the URL is one that may be called; the name is not looked up."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        raise AddressForbidden("port_forbidden") from None
    if not parts.hostname or parts.username is not None or parts.password is not None or parts.fragment:
        raise AddressForbidden("url_malformed")
    if rules.loopback and parts.scheme in ("http", "https"):
        return
    if parts.scheme != "https":
        raise AddressForbidden("https_required")
    if (port or 443) not in ALLOWED_PORTS:
        raise AddressForbidden("port_forbidden")


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether the address is of the public internet, also the IPv4 address inside an IPv6 one."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if address in _TRANSLATED:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast


def call(
    url: str, *, headers: dict[str, str], body: bytes, rules: CallRules, trust: ssl.SSLContext | None = None
) -> int:
    """POST the body and return the status; the answer's body is not read and redirects are not followed.

    Raises:
        AddressForbidden: the URL or one of its addresses may not be called.
        CallFailed: no answer within 10 s: ``name_unknown``, ``connect_failed``, ``tls_failed``, ``timeout``,
            ``broken_answer``.
    """
    check_url(url, rules)
    backend = _PinnedBackend(rules, deadline=time.monotonic() + CALL_SECONDS)
    context = trust or httpx.create_ssl_context()
    timeouts = dict.fromkeys(("connect", "read", "write", "pool"), CALL_SECONDS) | {"connect": CONNECT_SECONDS}
    try:
        with (
            httpcore.ConnectionPool(ssl_context=context, network_backend=backend, retries=0) as pool,
            pool.stream("POST", url, headers=headers, content=body, extensions={"timeout": timeouts}) as answer,
        ):
            return int(answer.status)
    except httpcore.TimeoutException:
        raise CallFailed("timeout") from None
    except httpcore.ConnectError as error:
        tls = isinstance(error.__context__, ssl.SSLError) or "ssl" in str(error).lower()
        raise CallFailed("tls_failed" if tls else "connect_failed") from None
    except (httpcore.NetworkError, httpcore.ProtocolError):
        raise CallFailed("broken_answer") from None


def _resolve(host: str, port: int, rules: CallRules) -> str:
    """The first address of the host, after every one of them was judged."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise CallFailed("name_unknown") from None
    addresses = [str(entry[4][0]).partition("%")[0] for entry in found]
    for address in addresses:
        parsed = ip_address(address)
        if not (is_public(parsed) or (rules.loopback and parsed.is_loopback)):
            raise AddressForbidden("address_not_public")
    return addresses[0]


class _PinnedBackend(httpcore.NetworkBackend):
    """Connects to the judged address, while TLS and the Host header keep the name."""

    def __init__(self, rules: CallRules, *, deadline: float) -> None:
        self._rules = rules
        self._deadline = deadline
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        address = _resolve(host, port, self._rules)
        stream = self._plain.connect_tcp(
            address,
            port,
            timeout=timeout,
            local_address=local_address,
            socket_options=socket_options or _SOCKET_OPTIONS,
        )
        return _DeadlineStream(stream, self._deadline)


class _DeadlineStream(httpcore.NetworkStream):
    """A connection whose every operation shares one deadline, so that a byte a second does not keep us for ever."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, timeout=self._left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout=self._left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._left(timeout, httpcore.ConnectTimeout)
        return _DeadlineStream(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def _left(self, timeout: float | None, late: type[httpcore.TimeoutException]) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise late("the deadline has passed")
        return left if timeout is None else min(left, timeout)
