"""The line to VIES breaks: half an answer says nothing about a number, and nobody waits longer than the limit."""

import time
from collections.abc import Callable, Iterator

import pytest

from app.registers.double import RegisterDouble
from app.registers.double_vies import OUTCOMES, magic_number
from app.registers.http import Limits
from app.registers.model import Outcome, RegisterAnswer, RegisterQuery
from app.registers.vies import Vies
from tests.kit.fault_proxy import FaultProxy
from tests.kit.faults import PASS, REFUSE, SWALLOW, Mode, cut_after, delay, garbage, reset_after, trickle

FRENCH = "40391895109"
UNKNOWN = magic_number("FR", next(code for code, outcome in OUTCOMES.items() if outcome == "invalid"))
USUAL = Limits()
PATIENT_BETWEEN_BYTES = Limits(read=10.0, total=1.0)
A_REPLY = b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n"


@pytest.fixture
def line(double: RegisterDouble) -> Iterator[FaultProxy]:
    with FaultProxy(double.vies_url) as running:
        yield running


def ask(line: FaultProxy, number: str, limits: Limits = USUAL) -> RegisterAnswer:
    return Vies(line.url, limits=limits).ask(RegisterQuery(country="FR", number=number))


@pytest.mark.parametrize("fault", [cut_after, reset_after])
@pytest.mark.parametrize(("number", "whole"), [(FRENCH, Outcome.VALID), (UNKNOWN, Outcome.INVALID)])
def test_wherever_an_answer_breaks_off_it_is_no_answer(
    line: FaultProxy, fault: Callable[[int], Mode], number: str, whole: Outcome
) -> None:
    complete = ask(line, number)
    assert complete.outcome is whole
    for size in range(0, len(complete.evidence), 29):  # the headers come before: all of these are too short
        line.mode = fault(size)
        assert ask(line, number).outcome is Outcome.UNAVAILABLE, size
    line.mode = PASS
    assert ask(line, number).outcome is whole


@pytest.mark.parametrize(
    ("mode", "named"),
    [
        (trickle(30), "total_timeout"),
        (SWALLOW, "total_timeout"),
        (delay(30.0), "total_timeout"),
        (REFUSE, "connect_failed"),
        (garbage(b"220 mail.example ESMTP\r\n"), "broken_answer"),
        (garbage(b"\x00" * 1000), "broken_answer"),
        (garbage(A_REPLY + b'{"valid": false}'), "broken_answer"),
        (garbage(A_REPLY + b'{"valid": false}    '), "wrong_schema"),
    ],
    ids=["trickle", "swallow", "delay", "refuse", "another protocol", "zeros", "too short", "about no number"],
)
def test_a_line_in_disorder_is_unavailable_within_the_limit(line: FaultProxy, mode: Mode, named: str) -> None:
    line.mode = mode
    began = time.monotonic()
    answer = ask(line, UNKNOWN, PATIENT_BETWEEN_BYTES if named == "total_timeout" else USUAL)
    assert (answer.outcome, answer.error_code) == (Outcome.UNAVAILABLE, named)
    assert time.monotonic() - began < 6  # a loaded machine is no failure, a single wait of ten seconds is
