"""What a line between two programs can do wrong."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mode:
    """What the line does to the bytes that run ``to`` the client or the server; the other way they pass."""

    kind: str
    to: str = "client"
    after: int | bytes = 0
    seconds: float = 0.0
    rate: float = 0.0
    answer: bytes = b""


PASS = Mode("pass")
REFUSE = Mode("refuse")  # nothing listens; open connections stay, see ``drop``
SWALLOW = Mode("swallow")  # accepts and reads, and never answers


def reset_after(after: int | bytes, *, to: str = "client") -> Mode:
    """Let so many bytes pass, or all to the end of these, then send RST to the client.

    RST may overtake bytes that the client has not read. The server sees an orderly end: it reads all that passed.
    """
    return Mode("reset", to, after)


def cut_after(after: int | bytes, *, to: str = "client") -> Mode:
    """The same with FIN: both sides read all that passed, then see an orderly end in the wrong place."""
    return Mode("cut", to, after)


def delay(seconds: float, *, to: str = "client") -> Mode:
    """Hold the first byte back so long."""
    return Mode("delay", to, seconds=seconds)


def trickle(bytes_per_second: float, *, to: str = "client") -> Mode:
    """Let bytes pass slowly but steadily."""
    return Mode("trickle", to, rate=bytes_per_second)


def garbage(answer: bytes) -> Mode:
    """Answer this in the server's place, at once where it is a new connection, and say no more."""
    return Mode("garbage", answer=answer)
