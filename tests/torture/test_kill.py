"""Kill -9 at every moment that matters: all work is done, each piece once (faults F1, F2, F3)."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from app.config import Settings
from app.services.send_mail import Attachment, queue_mail
from app.store.mails import find_mail
from tests.torture.installation import Installation, install, kill_session, wait_for

pytestmark = [pytest.mark.torture, pytest.mark.timeout(1800)]

ROUNDS = int(os.environ.get("TAXDESK_TORTURE_ROUNDS", "3"))
JOBS_A_ROUND = 6
DONE_SECONDS = 60.0


@pytest.fixture
def installation(stack: Settings) -> Iterator[Installation]:
    with install(stack) as installed:
        yield installed


@pytest.fixture
def queue_mails(installation: Installation) -> Callable[[str], list[str]]:
    """Queue mails with an attachment large enough that a worker can be caught in the middle."""
    sha256 = installation.desk.blobs.put(os.urandom(2_000_000))
    attachment = Attachment("doc_torture", sha256, "credit-note.pdf")

    def queue(name: str) -> list[str]:
        made = []
        for number in range(JOBS_A_ROUND):
            with installation.desk.database.writing() as session:
                made.append(
                    queue_mail(
                        session,
                        to="accounts@customer.example",
                        subject="Credit note",
                        body_text="Attached.",
                        language="en",
                        purpose="credit_note",
                        idem_key=f"{name}-{number}",
                        attachments=[attachment],
                    )
                )
        return made

    return queue


def check_each_mail_exists_once(installation: Installation, mails: list[str]) -> None:
    folder = installation.settings.data_dir / "mail"
    assert sorted(path.name for path in folder.iterdir()) == sorted(f"{mail_id}.eml" for mail_id in mails)
    with installation.desk.database.reading() as session:
        states = {find_mail(session, mail_id).state for mail_id in mails}
    assert states == {"sent"}
    assert installation.states() == {"done": len(mails)}
    assert installation.unsettled() == 0


def test_killing_a_pool_process_in_the_middle_of_a_job_loses_and_doubles_nothing(installation, queue_mails):
    """F1."""
    installation.start("scheduler")
    installation.start("worker", "--concurrency", "2")
    mails: list[str] = []
    killed = 0
    for number in range(ROUNDS):
        mails += queue_mails(f"round-{number}")
        victims = 0
        while victims < 2 and installation.states().get("done", 0) < len(mails):
            for pid in installation.running_workers():
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    victims += 1
        killed += victims
        installation.wait_until_done(seconds=DONE_SECONDS)
    assert killed >= ROUNDS
    check_each_mail_exists_once(installation, mails)


def test_killing_the_whole_worker_in_the_middle_of_a_job_loses_and_doubles_nothing(installation, queue_mails):
    """F2: the broker may lose the message with the worker; the sweeper does not."""
    installation.start("scheduler")
    mails: list[str] = []
    for number in range(ROUNDS):
        worker = installation.start("worker", "--concurrency", "2")
        mails += queue_mails(f"round-{number}")
        wait_for(lambda: bool(installation.running_workers()), seconds=30, what=installation.log)
        kill_session(worker)
        survivor = installation.start("worker", "--concurrency", "2")
        installation.wait_until_done(seconds=90)
        kill_session(survivor)
    check_each_mail_exists_once(installation, mails)


@pytest.mark.parametrize("point", ["after_lease", "before_job_commit", "after_job_commit"])
def test_a_worker_that_dies_at_a_known_point_leaves_work_that_another_finishes_once(installation, queue_mails, point):
    """The same as F2 where chance would rarely hit."""
    installation.start("scheduler")  # also calls for a job whose message a busy broker did not take
    doomed = installation.start("worker", "--concurrency", "1", failpoint=f"{point}:kill")
    mails = queue_mails("doomed")
    touched = ("running", "done")
    wait_for(lambda: any(installation.states().get(state) for state in touched), seconds=30, what=installation.log)
    kill_session(doomed)
    installation.start("worker", "--concurrency", "2")
    installation.wait_until_done(seconds=90)
    check_each_mail_exists_once(installation, mails)


def test_killing_the_request_between_commit_and_publish_delays_its_job_and_no_more(installation):
    """F3."""
    installation.start("scheduler")
    installation.start("worker", "--concurrency", "1")
    for number in range(ROUNDS):
        request = installation.start_python(
            "-m", "tests.torture.request", f"request-{number}", failpoint="after_commit_before_wake:kill"
        )
        assert request.wait(30) == -signal.SIGKILL
    wait_for(
        lambda: installation.states().get("done") == ROUNDS,
        seconds=DONE_SECONDS,
        what=lambda: f"{installation.states()}\n{installation.log()}",
    )
    assert installation.unsettled() == 0
    assert len(list((installation.settings.data_dir / "mail").iterdir())) == ROUNDS


def test_killing_every_idle_pool_process_does_not_stop_the_worker(installation, queue_mails):
    """An idle process holds the lock of the pool's queue; its death must not keep the others from working."""
    installation.start("scheduler")
    worker = installation.start("worker", "--concurrency", "2")
    mails = queue_mails("before")
    installation.wait_until_done(seconds=DONE_SECONDS)
    for number in range(ROUNDS):
        for pid in children_of(worker.pid):
            os.kill(pid, signal.SIGKILL)
        mails += queue_mails(f"round-{number}")
        installation.wait_until_done(seconds=DONE_SECONDS)
    check_each_mail_exists_once(installation, mails)


def children_of(pid: int) -> list[int]:
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)
    return [int(line) for line in found.stdout.split()]
