"""The memory a drawing may take. Time limits are the queue's: 45 s soft, 60 s hard."""

import resource
import sys

MEMORY = 512 * 1024 * 1024  # bytes of data the drawing process may hold


def limit_memory(memory: int) -> None:
    """Let this process hold at most ``memory`` bytes of data from now on, for good.

    Python answers a refused allocation with MemoryError; the libraries in C that lay out and write text end the process
    instead. So it belongs into a process of which nothing else depends. ``RLIMIT_DATA`` counts what is allocated, not
    the libraries and fonts that are mapped from files. Where the kernel does not hold to it (macOS) there is no limit.
    """
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
