"""The two sockets of one connection through the fault proxy, and the bytes on their way."""

import socket
import struct
import time
from contextlib import suppress

from tests.kit.faults import PASS, Mode

PIECE = 64 * 1024
RESETTING = struct.pack("ii", 1, 0)  # SO_LINGER of no time: closing sends RST


class Connection:
    """Two sockets and the bytes on their way; :meth:`step` never waits."""

    def __init__(self, client: socket.socket, server: socket.socket | None, mode: Mode) -> None:
        self._mode: Mode = mode
        self._sockets = [s for s in (client, server) if s]
        self._ways = [_Way("client", server, client), _Way("server", client, server)]
        if mode.kind == "garbage":
            self._ways[0].waiting += mode.answer
        elif server is None:
            self._ways[0].forget()  # silence is not the end: no FIN
        for each in self._sockets:
            each.setblocking(False)
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def wanted(self) -> list[socket.socket]:
        return [way.source for way in self._ways if way.source and not way.ended and not way.waiting]

    def step(self, mode: Mode) -> bool:
        """Move what may move; whether the connection is still of use."""
        if mode is not self._mode:
            self._mode = mode
            for way in self._ways:
                way.count_anew()
        try:
            if any(way.move(mode) for way in self._ways):
                self._break(mode)
        except OSError:  # one side is gone in disorder: so is the other
            self.close(reset=True)
        if self._sockets and all(way.ended and not way.waiting for way in self._ways):
            self.close()
        return bool(self._sockets)

    def close(self, *, reset: bool = False) -> None:
        for each in self._sockets:
            close_socket(each, reset=reset)
        self._sockets = []
        self._ways = []

    def _break(self, mode: Mode) -> None:
        for way in self._ways:
            way.forget()
        if mode.kind == "reset":
            client = self._sockets.pop(0)
            self._ways[1].source, self._ways[1].ended = None, True
            close_socket(client, reset=True)
        for each in self._sockets:  # unread bytes would turn a close into RST: say FIN, then read and forget
            each.shutdown(socket.SHUT_WR)


class _Way:
    """The bytes from one side to the other."""

    def __init__(self, to: str, source: socket.socket | None, target: socket.socket | None) -> None:
        self._to, self.source, self._target = to, source, target
        self.waiting = bytearray()
        self.ended = source is None
        self._is_closed = False  # FIN was sent
        self.count_anew()

    def count_anew(self) -> None:
        self._passed, self._since, self._recent = 0, time.monotonic(), b""
        self._found: int | None = None  # where the bytes end that name the place

    def forget(self) -> None:
        """Carry nothing any more; what still comes is read and thrown away."""
        self.waiting.clear()
        self._target = None

    def move(self, mode: Mode) -> bool:
        """Read and pass on what the mode allows; whether the connection must break now."""
        self._read(mode)
        mine = mode if mode.to == self._to else PASS
        if self._target and (share := self.waiting[: self._share(mine)]):
            with suppress(BlockingIOError):
                sent = self._target.send(share)
                del self.waiting[:sent]
                self._passed += sent
        if self._target and self.ended and not self.waiting and not self._is_closed:
            self._is_closed = True
            self._target.shutdown(socket.SHUT_WR)
        if mine.kind not in {"reset", "cut"} or not self._target:
            return False
        place = self._place(mine)
        return place is not None and self._passed >= place and bool(self._passed or self.waiting)

    def _read(self, mode: Mode) -> None:
        if self.source is None or self.ended or self.waiting:
            return
        try:
            piece = self.source.recv(PIECE)
        except BlockingIOError:
            return
        self.ended = not piece
        if not self._target or mode.kind == "swallow":
            return
        if mode.kind == "garbage" and self._to == "client":
            piece, self.ended = mode.answer, True
        if piece and self._passed == 0:
            self._since = time.monotonic()
        if isinstance(mode.after, bytes):
            seen = self._recent + piece
            if self._found is None and mode.after in seen:
                self._found = self._passed - len(self._recent) + seen.index(mode.after) + len(mode.after)
            self._recent = seen[-len(mode.after) :]
        self.waiting += piece

    def _share(self, mode: Mode) -> int:
        """How many bytes may pass now."""
        since = time.monotonic() - self._since
        if mode.kind == "delay" and since < mode.seconds:
            return 0
        if mode.kind == "trickle":
            return max(0, int(since * mode.rate) - self._passed)
        if mode.kind in {"reset", "cut"} and (place := self._place(mode)) is not None:
            return max(0, place - self._passed)
        return len(self.waiting)

    def _place(self, mode: Mode) -> int | None:
        return mode.after if isinstance(mode.after, int) else self._found


def close_socket(end: socket.socket, *, reset: bool) -> None:
    if reset:
        with suppress(OSError):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESETTING)
    end.close()
