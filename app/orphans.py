"""No process of ours outlives the one that started it, however that one ended."""

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
_LOOK_SECONDS = 0.5
_IS_LINUX = sys.platform.startswith("linux")
STOP_SECONDS = 25.0
SUPERVISED = "TAXDESK_SUPERVISED"


def die_with_parent() -> None:
    """End this process at once when its parent is gone; a thread looks twice a second, on every system.

    Not the kernel's parent-death signal: that one fires when the *thread* that forked ends, and Celery forks from a
    thread.
    """
    _watch(os.getppid(), lambda: os._exit(1))


def stop_with_supervisor() -> None:
    """Stop this process when the supervisor that started it is gone; alone, it runs on.

    SIGTERM first (on Linux the kernel has sent it already), and after 25 s SIGKILL to the whole process group.
    """
    if os.environ.get(SUPERVISED):
        _watch(os.getppid(), _stop_group)


def ask_kernel_to_stop_child() -> Callable[[], None] | None:
    """What a child runs between fork and exec so that Linux sends it SIGTERM when its parent dies; None elsewhere."""
    if not _IS_LINUX:
        return None
    libc = ctypes.CDLL(None, use_errno=True)  # loaded before the fork: the child may not allocate much
    parent = os.getpid()

    def arrange() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:  # it died while we were being born
            os._exit(1)

    return arrange


def _stop_group() -> None:
    if not _IS_LINUX:
        os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_SECONDS)
    if os.getpgrp() == os.getpid():  # the supervisor gave us a group of our own
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os._exit(1)


def _watch(parent: int, end: Callable[[], object]) -> None:
    def look() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK_SECONDS)
        end()

    threading.Thread(target=look, name="parent-watch", daemon=True).start()
