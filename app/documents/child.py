"""An untrusted file is parsed in a child process: limited in memory and time, with no environment or folder of ours."""

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

MOST_BYTES = 10 * 1024 * 1024
MEMORY = 512 * 1024 * 1024
CPU_SECONDS = 20
_WALL_SECONDS = 40
_MOST_FILES = 64
_PROGRAM = "import sys; sys.path[:0] = sys.argv[2:]; from app.documents.child import serve; serve(sys.argv[1])"


class ChildFailed(Exception):
    """The child gave no answer: it ran out of time (``is_timeout``), else it crashed or ran out of memory."""

    def __init__(self, *, is_timeout: bool) -> None:
        super().__init__("timed out" if is_timeout else "died")
        self.is_timeout = is_timeout


def ask(function: str, content: bytes) -> Any:
    """What ``function`` (``package.module:name``) of bytes answers, JSON-able, called in a child of this process.

    The child may use 512 MiB of memory and 20 s of processor time, cannot write files, and gets at most 10 MiB.

    Raises:
        ChildFailed: it died, ran out of time, or answered something that is not JSON.
        ValueError: more than 10 MiB.
    """
    if len(content) > MOST_BYTES:
        raise ValueError("too many bytes for a child")
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and program; the upload is its input
            [sys.executable, "-I", "-c", _PROGRAM, function, *_import_paths()],
            input=content,
            capture_output=True,
            timeout=_WALL_SECONDS,
            env={"LANG": "C.UTF-8"},
            cwd="/",
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ChildFailed(is_timeout=True) from None
    try:
        return json.loads(done.stdout)
    except ValueError:
        # the kernel ends a child whose processor time is over by the one, or, at a hard limit, by the other
        raise ChildFailed(is_timeout=done.returncode in (-signal.SIGXCPU, -signal.SIGKILL)) from None


def serve(function: str) -> None:
    """The child's whole life: limits first, then the function on standard input, then JSON on standard output."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    if sys.platform == "linux":  # elsewhere the kernel does not hold to it
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_MOST_FILES, _MOST_FILES))
    module, _, name = function.partition(":")
    called: Callable[[bytes], Any] = getattr(import_module(module), name)
    answer = called(sys.stdin.buffer.read(MOST_BYTES))
    sys.stdout.write(json.dumps(answer))


def _import_paths() -> list[str]:
    """Where the child finds us and pypdf: our own import path, without the empty entry that means the directory."""
    return [os.path.abspath(path) for path in sys.path if path]  # noqa: PTH100 - a plain string for argv
