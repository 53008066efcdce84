"""One command that runs several: starts each child, starts it again when it dies, and stops them all.

Children are told to stop by SIGTERM and have 25 s to finish what they have in hand; then they are killed, each with
its own children. What a killed worker had in hand comes back by its lease. If the supervisor itself is killed, the
kernel (or, where there is none of that, the child's own watch) stops the children.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import FrameType

from app.orphans import SUPERVISED, ask_kernel_to_stop_child

STOP_SECONDS = 25.0
FIRST_RESTART_SECONDS = 1.0
LONGEST_RESTART_SECONDS = 30.0
LIVED_WELL_SECONDS = 30.0
LOOK_SECONDS = 0.1


@dataclass
class Child:
    """One program to keep running."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_at: float = 0.0
    restart_seconds: float = field(default=FIRST_RESTART_SECONDS)

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None


class Supervisor:
    """Runs children until it is told to stop by SIGTERM or SIGINT.

    Args:
        say: gets one line an event.
    """

    def __init__(self, children: Sequence[Child], say: Callable[[str], None]) -> None:
        self._children = children
        self._say = say
        self._stopping = False
        self._arrange = ask_kernel_to_stop_child()

    def run(self) -> None:
        """Start everything, keep it running, and return when all of it has stopped; must run in the main thread."""
        before = {number: signal.signal(number, self._on_signal) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            while not self._stopping:
                for child in self._children:
                    self._tend(child)
                time.sleep(LOOK_SECONDS)
        finally:
            self._stop_all()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _tend(self, child: Child) -> None:
        moment = time.monotonic()
        if child.is_running:
            return
        if child.process is not None:
            self._bury(child, moment)
        if moment >= child.start_at and not self._stopping:
            # its own session: Ctrl-C reaches us alone, and the child can be killed together with its children
            child.process = subprocess.Popen(  # noqa: S603 - our own commands
                child.command, env=os.environ | {SUPERVISED: "1"}, start_new_session=True, preexec_fn=self._arrange
            )
            child.started_at = moment
            self._say(f"{child.name}: started, process {child.process.pid}")

    def _bury(self, child: Child, moment: float) -> None:
        process, child.process = child.process, None
        if process is None:
            return
        _kill_group(process.pid)
        if moment - child.started_at > LIVED_WELL_SECONDS:
            child.restart_seconds = FIRST_RESTART_SECONDS
        self._say(f"{child.name}: {_how_it_ended(process.returncode)}, again in {child.restart_seconds:g} s")
        child.start_at = moment + child.restart_seconds
        child.restart_seconds = min(child.restart_seconds * 2, LONGEST_RESTART_SECONDS)

    def _stop_all(self) -> None:
        running = [child for child in self._children if child.is_running]
        for child in running:
            if child.process is not None:
                child.process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for child in running:
            if child.process is None:
                continue
            try:
                child.process.wait(max(0.0, deadline - time.monotonic()))
                self._say(f"{child.name}: stopped")
            except subprocess.TimeoutExpired:
                self._say(f"{child.name}: did not stop in {STOP_SECONDS:g} s, killed")
            _kill_group(child.process.pid)
            child.process.wait()


def _kill_group(leader: int) -> None:
    """Kill what is left of a child's process group."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return


def _how_it_ended(code: int) -> str:
    return f"ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
