"""The fault proxy does what it says, byte by byte and within the time."""

import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from tests.kit.fault_proxy import FaultProxy
from tests.kit.faults import PASS, REFUSE, SWALLOW, Mode, cut_after, delay, garbage, reset_after, trickle

SOON = 3.0  # a loaded machine is no failure


class Echo(socketserver.ThreadingTCPServer):
    """Gives back what it gets, and keeps it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Echoing)
        self.got = bytearray()
        self.ends: list[str] = []  # how connections ended


class _Echoing(socketserver.BaseRequestHandler):
    server: Echo

    def handle(self) -> None:
        try:
            while piece := self.request.recv(65536):
                self.server.got += piece
                self.request.sendall(piece)
        except OSError:
            self.server.ends.append("reset")
        else:
            self.server.ends.append("end")


@pytest.fixture
def echo() -> Iterator[Echo]:
    with Echo() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def line(echo: Echo) -> Iterator[FaultProxy]:
    with FaultProxy(f"tcp://127.0.0.1:{echo.server_address[1]}") as running:
        yield running


@pytest.fixture
def connect(line: FaultProxy) -> Iterator[Callable[[], socket.socket]]:
    opened: list[socket.socket] = []

    def one() -> socket.socket:
        opened.append(socket.create_connection(("127.0.0.1", line.port), timeout=5))
        return opened[-1]

    yield one
    for each in opened:
        each.close()


def read(here: socket.socket, size: int) -> bytes:
    got = b""
    while len(got) < size and (piece := here.recv(size - len(got))):
        got += piece
    return got


def read_until_reset(here: socket.socket) -> bytes:
    got = b""
    try:
        while piece := here.recv(10):
            got += piece
    except ConnectionResetError:
        return got
    raise AssertionError("an orderly end")


def eventually(is_so: Callable[[], bool]) -> bool:
    until = time.monotonic() + 5
    while not is_so() and time.monotonic() < until:
        time.sleep(0.01)
    return is_so()


def test_what_passes_arrives_whole_both_ways_and_the_end_too(connect, echo, line) -> None:
    here, sent = connect(), bytes(range(256)) * 20_000  # more than any buffer holds
    thread = threading.Thread(target=here.sendall, args=(sent,))
    thread.start()
    assert read(here, len(sent)) == sent
    thread.join()
    here.shutdown(socket.SHUT_WR)
    assert here.recv(1) == b""
    assert eventually(lambda: echo.ends == ["end"])
    assert line.connections == 1


def test_connections_are_counted_and_stand_apart(connect, line) -> None:
    first, second = connect(), connect()
    second.sendall(b"two")
    first.sendall(b"one")
    assert (read(first, 3), read(second, 3)) == (b"one", b"two")
    assert line.connections == 2


def test_the_url_is_the_server_s_with_the_line_s_place(echo: Echo) -> None:
    with FaultProxy(f"postgresql://user:se%40cret@127.0.0.1:{echo.server_address[1]}/name?x=1") as line:
        assert line.url == f"postgresql://user:se%40cret@{line.address}/name?x=1"


def test_refused_is_what_a_dead_server_is_and_it_may_come_back(connect, line) -> None:
    line.mode = REFUSE
    for _ in range(3):
        with pytest.raises(ConnectionRefusedError):
            connect()
    line.mode = PASS
    here = connect()
    here.sendall(b"back")
    assert read(here, 4) == b"back"
    assert line.connections == 1


def test_refusing_leaves_open_connections_and_dropping_ends_them(connect, echo, line) -> None:
    here = connect()
    here.sendall(b"a")
    assert read(here, 1) == b"a"
    line.mode = REFUSE
    here.sendall(b"b")
    assert read(here, 1) == b"b"
    line.drop()
    with pytest.raises(ConnectionResetError):
        here.recv(1)
    assert eventually(lambda: echo.ends == ["reset"])


@pytest.mark.parametrize("size", [0, 1, 5])
def test_a_reset_comes_after_so_many_bytes_at_most(connect, echo, line, size: int) -> None:
    line.mode = reset_after(size)
    here = connect()
    here.sendall(b"0123456789")
    got = read_until_reset(here)
    assert got in {b"", b"0123456789"[:size]}  # RST may overtake
    assert eventually(lambda: echo.ends == ["end"])
    assert bytes(echo.got) == b"0123456789"


@pytest.mark.parametrize("size", [0, 1, 5])
def test_a_cut_looks_like_an_orderly_end_after_exactly_so_many_bytes(connect, echo, line, size: int) -> None:
    line.mode = cut_after(size)
    here = connect()
    here.sendall(b"0123456789")
    assert read(here, 10) == b"0123456789"[:size]
    assert here.recv(1) == b""
    here.sendall(b"more")  # nobody minds, nobody gets it
    assert eventually(lambda: echo.ends == ["end"])
    assert bytes(echo.got) == b"0123456789"


@pytest.mark.parametrize("fault", [reset_after, cut_after])
def test_what_runs_to_the_server_may_break_too(connect, echo, line, fault: Callable[..., Mode]) -> None:
    line.mode = fault(4, to="server")
    here = connect()
    here.sendall(b"0123456789")
    assert eventually(lambda: echo.ends == ["end"])
    assert bytes(echo.got) == b"0123"


def test_bytes_may_name_the_place_even_where_they_come_in_pieces(connect, echo, line) -> None:
    line.mode = reset_after(b"COMMIT", to="server")
    here = connect()
    for piece in (b"BEGIN;", b"COM"):
        here.sendall(piece)
        assert read(here, len(piece)) == piece
    here.sendall(b"MIT;")
    with pytest.raises(ConnectionResetError):
        read(here, 5)
    assert eventually(lambda: echo.ends == ["end"])
    assert bytes(echo.got) == b"BEGIN;COMMIT"


def test_a_mode_counts_from_when_it_was_set(connect, line) -> None:
    here = connect()
    here.sendall(b"before")
    assert read(here, 6) == b"before"
    line.mode = cut_after(3)
    here.sendall(b"after")
    assert read(here, 5) == b"aft"


def test_the_first_byte_is_held_back_and_the_rest_is_not(connect, line) -> None:
    line.mode = delay(1.0)
    here, began = connect(), time.monotonic()
    here.sendall(b"slow")
    assert read(here, 4) == b"slow"
    assert 1.0 <= time.monotonic() - began < 1.0 + SOON
    began = time.monotonic()
    here.sendall(b"quick")
    assert read(here, 5) == b"quick"
    assert time.monotonic() - began < 0.9


def test_bytes_trickle_at_the_rate(connect, line) -> None:
    line.mode = trickle(50)
    here, began = connect(), time.monotonic()
    here.sendall(b"x" * 20)
    assert read(here, 10) == b"x" * 10
    assert 0.18 <= time.monotonic() - began < 0.2 + SOON
    assert read(here, 10) == b"x" * 10
    assert 0.38 <= time.monotonic() - began < 0.4 + SOON


def test_what_is_swallowed_reaches_nobody(connect, echo, line) -> None:
    line.mode = SWALLOW
    here = connect()
    here.settimeout(0.2)
    here.sendall(b"hello")
    with pytest.raises(TimeoutError):
        here.recv(1)
    assert not echo.got
    assert line.connections == 1


def test_an_open_connection_is_swallowed_too(connect, echo, line) -> None:
    here = connect()
    here.sendall(b"a")
    assert read(here, 1) == b"a"
    line.mode = SWALLOW
    here.settimeout(0.2)
    here.sendall(b"b")
    with pytest.raises(TimeoutError):
        here.recv(1)
    assert bytes(echo.got) == b"a"


@pytest.mark.parametrize("is_open", [False, True], ids=["new", "open"])
def test_garbage_comes_in_the_server_s_place_and_then_the_end(connect, line, is_open: bool) -> None:
    here = connect() if is_open else None
    if here:
        here.sendall(b"a")
        assert read(here, 1) == b"a"
    line.mode = garbage(b"\x00\xff nonsense")
    here = here or connect()
    here.sendall(b"hello")
    assert read(here, 100) == b"\x00\xff nonsense"


def test_a_server_that_is_not_there_resets_the_caller(echo: Echo, line: FaultProxy) -> None:
    line.mode = REFUSE
    with FaultProxy(line.url) as outer:
        with pytest.raises(ConnectionResetError), socket.create_connection(("127.0.0.1", outer.port)) as here:
            here.recv(1)
        assert outer.connections == 1
