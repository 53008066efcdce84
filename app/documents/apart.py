"""Drawing in a process of its own: a page that exhausts its memory ends that process and nothing else.

Pango and HarfBuzz end the process when they get no memory. A worker that drew in itself would be lost with its lease
and its connections, and the document would be tried again until nobody is left to say why it failed. A new process for
each document would cost more than the document; so one process of the worker's draws them one after the other. It is
started anew rather than forked: Pango keeps threads, and a lock held in a fork is held for ever.
"""

import atexit
import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from billiard.exceptions import SoftTimeLimitExceeded  # what Celery raises in a job that takes too long

from app.documents import limits
from app.documents.drawer import ANSWER, QUESTION, TAKEN
from app.documents.errors import DrawingFailed
from app.documents.render import TOO_LARGE, Drawn
from app.errors import Fault

ROOT = Path(__file__).parents[2]
# What the interpreter and its libraries look for. Our settings, keys among them, are not for a process that draws.
_ENVIRONMENT = ("PATH", "HOME", "LANG", "TZ", "TMPDIR", "XDG_CACHE_HOME", "LD_LIBRARY_PATH")
_ENVIRONMENT_BEGINS = ("LC_", "PYTHON", "DYLD_")
_ENDED_FROM_OUTSIDE = {signal.SIGKILL, signal.SIGTERM, signal.SIGHUP}
_log = logging.getLogger(__name__)


class DrawerLost(Exception):
    """The drawing process was ended from outside, or never began: that says nothing about the document. Try again."""


class Drawer:
    """One drawing process, started when it is first needed and again whenever it is gone.

    One document at a time; more threads wait for each other.

    Args:
        memory: bytes of data it may hold; None: ``limits.MEMORY`` at the moment of its start.
    """

    def __init__(self, memory: int | None = None) -> None:
        self._memory = memory
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._turn = threading.Lock()

    @property
    def pid(self) -> int | None:
        """The drawing process, None while there is none."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the process and do not wait: it takes a second to load the renderer."""
        with self._turn:
            self._running()

    def close(self) -> None:
        """End the process."""
        with self._turn:
            self._end()

    def draw(self, kind: str, facts: Mapping[str, Any]) -> Drawn:
        """Draw a document and read it back, as :func:`app.documents.render.draw` does, in the drawing process.

        Raises:
            DrawingFailed: with the code and the faults of whatever refused it, ``invalid_facts`` included;
                ``drawing_timed_out`` when the queue's soft limit came first.
            DrawerLost: the process was killed.
        """
        with self._turn:
            try:
                answer, pdf = self._ask(json.dumps({"kind": kind, "facts": facts}).encode("ascii"))
                if answer["is_last"]:
                    self._end()
            except SoftTimeLimitExceeded:
                self._end()
                raise DrawingFailed("drawing_timed_out", "The drawing took longer than one job may take.") from None
            except BaseException:
                self._end()
                raise
        if answer.get("where"):
            _log.error("renderer failed at %s", answer["where"])
        if "unexpected" in answer:
            raise RuntimeError(f"the drawing process raised {answer['unexpected']}")
        if "code" in answer:
            raise DrawingFailed(answer["code"], answer["detail"], *(Fault(*fault) for fault in answer["faults"]))
        return Drawn(pdf, answer["sha256"], answer["pages"])

    def _ask(self, question: bytes) -> tuple[dict[str, Any], bytes]:
        if not self._is_taken(question):
            self._end()  # it was killed while it had nothing to do
            if not self._is_taken(question):
                raise DrawerLost(f"the drawing process does not start ({_how_it_ended(self._end())})")
        answers = _pipe(self._running().stdout)
        head = answers.read(ANSWER.size)
        if len(head) == ANSWER.size:
            length, size = ANSWER.unpack(head)
            text, pdf = answers.read(length), answers.read(size)
            if len(text) == length and len(pdf) == size:
                return json.loads(text), pdf
        code = self._end(is_dead=True)
        if code < 0 and -code in _ENDED_FROM_OUTSIDE:
            raise DrawerLost(f"the drawing process was {_how_it_ended(code)}")
        _log.error("drawing process %s", _how_it_ended(code))
        raise DrawingFailed("document_too_large", TOO_LARGE)

    def _is_taken(self, question: bytes) -> bool:
        process = self._running()
        questions = _pipe(process.stdin)
        try:
            questions.write(QUESTION.pack(len(question)) + question)
            questions.flush()
        except BrokenPipeError:
            return False
        return _pipe(process.stdout).read(len(TAKEN)) == TAKEN

    def _running(self) -> subprocess.Popen[bytes]:
        if self._owner != os.getpid():
            self._process = None  # after a fork it is our parent's
        if self._process is None:
            memory = limits.MEMORY if self._memory is None else self._memory
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                (sys.executable, "-m", "app.documents.drawer", str(memory)),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                cwd=ROOT,
                env={n: v for n, v in os.environ.items() if n in _ENVIRONMENT or n.startswith(_ENVIRONMENT_BEGINS)},
            )
            self._owner = os.getpid()
        return self._process

    def _end(self, *, is_dead: bool = False) -> int:
        """Kill the process unless it died by itself, and wait for it; its exit code, 0 when there is none."""
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():
            return 0
        if not is_dead:
            process.kill()
        code = process.wait()
        for pipe in (process.stdin, process.stdout):
            try:
                _pipe(pipe).close()
            except BrokenPipeError:
                continue  # part of a question that nobody read
        return code


def _pipe(pipe: Any) -> BinaryIO:
    assert pipe is not None  # noqa: S101 - we asked for both
    return pipe  # type: ignore[no-any-return]


def _how_it_ended(code: int) -> str:
    return f"ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"


DRAWER = Drawer()  # this process's own
atexit.register(DRAWER.close)


def draw_apart(kind: str, facts: Mapping[str, Any]) -> Drawn:
    """Draw in this process's own drawing process; see :meth:`Drawer.draw`."""
    return DRAWER.draw(kind, facts)
