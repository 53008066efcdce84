"""Named places where a test may stop the world, to prove that what was promised survives it.

``TAXDESK_FAILPOINT=after_commit_before_wake:kill`` makes the process kill itself there, with SIGKILL, as the kernel
would. Only a process that is not in production listens.
"""

import os
import signal
from enum import StrEnum


class Failpoint(StrEnum):
    """The places."""

    AFTER_COMMIT_BEFORE_WAKE = "after_commit_before_wake"
    """The request's transaction is durable; no worker has been told."""

    AFTER_LEASE = "after_lease"
    """A worker owns the job and has done nothing yet."""

    BEFORE_JOB_COMMIT = "before_job_commit"
    """The work is done and its effects outside the database exist; the result is not committed."""

    AFTER_JOB_COMMIT = "after_job_commit"
    """The result is committed; the queue message is not acknowledged."""


def reach(point: Failpoint) -> None:
    """Die here if the environment asks for it."""
    if os.environ.get("TAXDESK_FAILPOINT") != f"{point}:kill":
        return
    if os.environ.get("TAXDESK_ENV") != "production":
        os.kill(os.getpid(), signal.SIGKILL)
