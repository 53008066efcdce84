"""Drawing apart: whatever a page does to the process that draws it, the failure is named and the next one is drawn."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from types import FrameType

import pytest
from billiard.exceptions import SoftTimeLimitExceeded

from app.documents.apart import Drawer, DrawerLost
from app.documents.drawer import ANSWER, MOST_RESIDENT, QUESTION, TAKEN, serve
from app.documents.errors import DrawingFailed
from app.documents.examples import CUSTOMER, credit_note
from app.documents.facts import MOST_ROWS, CreditNote
from app.documents.render import Drawn, draw
from tests.torture.installation import wait_for

pytestmark = pytest.mark.timeout(180)

SMALL = credit_note("fr")
LARGE = credit_note("en", rows=MOST_ROWS)  # takes seconds, and about 200 MiB
BEGUN_SECONDS = 0.3  # the question is taken, the drawing far from done


@pytest.fixture(scope="module")
def drawer() -> Iterator[Drawer]:
    """One for the tests that leave it as they found it, or gone."""
    drawer = Drawer()
    yield drawer
    drawer.close()


def drawn(drawer: Drawer, facts: CreditNote) -> Drawn:
    return drawer.draw(facts.kind, facts.to_json())


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()


def while_it_draws(drawer: Drawer, act: signal.Signals) -> threading.Timer:
    """Send the signal to the drawing process when it is at work."""
    drawn(drawer, SMALL)  # it is there and warm
    pid = drawer.pid
    assert pid is not None
    timer = threading.Timer(BEGUN_SECONDS, os.kill, (pid, act))
    timer.start()
    return timer


def test_the_bytes_are_those_of_a_drawing_in_this_process(drawer: Drawer) -> None:
    assert drawn(drawer, SMALL) == draw(SMALL.kind, SMALL.to_json())


def test_one_process_draws_one_document_after_the_other(drawer: Drawer) -> None:
    assert drawn(drawer, SMALL).pages == 1
    first = drawer.pid
    assert first is not None
    drawn(drawer, SMALL)
    assert drawer.pid == first


def test_how_much_memory_its_worker_has_does_not_count() -> None:
    ballast = b"x" * (MOST_RESIDENT + 1)
    drawer = Drawer()
    try:
        drawn(drawer, SMALL)
        assert drawer.pid is not None
    finally:
        drawer.close()
    assert len(ballast) > MOST_RESIDENT


def test_a_process_that_has_grown_large_is_replaced() -> None:
    questions, answers = BytesIO(), BytesIO()
    asked = json.dumps({"kind": SMALL.kind, "facts": SMALL.to_json()}).encode()
    questions.write(2 * (QUESTION.pack(len(asked)) + asked))
    questions.seek(0)
    ballast = b"x" * (MOST_RESIDENT + 1)  # this process is the large one here
    serve(questions, answers)
    length, size = ANSWER.unpack_from(answers.getvalue(), len(TAKEN))
    begins = len(TAKEN) + ANSWER.size
    assert json.loads(answers.getvalue()[begins : begins + length])["is_last"] is True
    assert len(answers.getvalue()) == begins + length + size  # the second question is for its successor
    assert len(ballast) > MOST_RESIDENT


@pytest.mark.parametrize("memory", [147, 152, 157, 162])
def test_a_page_that_needs_too_much_memory_is_never_drawn_and_its_failure_is_named(memory: int) -> None:
    """Wherever the memory ends: in Python, in Pango, or where a thread is to begin."""
    drawer = Drawer(memory * 1024 * 1024)
    try:
        assert drawn(drawer, SMALL).pages == 1
        with pytest.raises(DrawingFailed) as raised:
            drawn(drawer, LARGE)
        assert raised.value.code == "document_too_large"
        assert drawn(drawer, SMALL).pages == 1
    finally:
        drawer.close()


@pytest.mark.parametrize("act", [signal.SIGABRT, signal.SIGSEGV, signal.SIGTRAP])
def test_a_library_that_ends_the_process_ends_the_drawing_by_name(drawer: Drawer, act: signal.Signals) -> None:
    timer = while_it_draws(drawer, act)
    with pytest.raises(DrawingFailed) as raised:
        drawn(drawer, LARGE)
    timer.join()
    assert raised.value.code == "document_too_large"
    assert drawn(drawer, SMALL).pages == 1


@pytest.mark.parametrize("act", [signal.SIGKILL, signal.SIGTERM])
def test_a_process_that_was_ended_from_outside_says_nothing_about_the_document(
    drawer: Drawer, act: signal.Signals
) -> None:
    timer = while_it_draws(drawer, act)
    with pytest.raises(DrawerLost):
        drawn(drawer, LARGE)
    timer.join()
    assert drawn(drawer, SMALL).pages == 1


def test_a_process_that_was_ended_between_two_documents_is_replaced_unseen(drawer: Drawer) -> None:
    drawn(drawer, SMALL)
    first = drawer.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: not is_running(first), seconds=5, what=lambda: "it is still there")
    assert drawn(drawer, SMALL).pages == 1
    assert drawer.pid != first


def test_a_process_that_cannot_begin_is_named_as_that(monkeypatch: pytest.MonkeyPatch) -> None:
    drawer = Drawer()
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(DrawerLost, match="does not start"):
        drawn(drawer, SMALL)


def test_the_soft_time_limit_stops_the_drawing_and_its_process(drawer: Drawer) -> None:
    def too_late(_number: int, _frame: FrameType | None) -> None:
        raise SoftTimeLimitExceeded

    drawn(drawer, SMALL)
    pid = drawer.pid
    assert pid is not None
    before = signal.signal(signal.SIGUSR1, too_late)
    try:
        timer = threading.Timer(BEGUN_SECONDS, os.kill, (os.getpid(), signal.SIGUSR1))
        timer.start()
        with pytest.raises(DrawingFailed) as raised:
            drawn(drawer, LARGE)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert raised.value.code == "drawing_timed_out"
    assert not is_running(pid)
    assert drawn(drawer, SMALL).pages == 1


def test_no_drawing_outlives_a_killed_worker() -> None:
    program = textwrap.dedent("""
        from app.documents.apart import DRAWER, draw_apart
        from app.documents.examples import credit_note
        small, large = credit_note(), credit_note(rows=500)
        draw_apart(small.kind, small.to_json())
        print(DRAWER.pid, flush=True)
        draw_apart(large.kind, large.to_json())
    """)
    worker = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    with worker, worker.stdout:
        drawing = int(worker.stdout.readline())
        time.sleep(BEGUN_SECONDS)
        assert is_running(drawing)
        worker.kill()
        worker.wait()
        began = time.monotonic()
        wait_for(lambda: not is_running(drawing), seconds=5, what=lambda: "the drawing goes on")
    assert time.monotonic() - began < 2


def test_a_refusal_comes_back_with_its_code_and_its_fields(drawer: Drawer) -> None:
    with pytest.raises(DrawingFailed) as raised:
        drawn(drawer, replace(SMALL, customer=replace(CUSTOMER, name="Café 🎉")))
    assert raised.value.code == "glyph_missing"
    assert raised.value.faults[0].pointer == "/customer/name"
    with pytest.raises(DrawingFailed) as raised:
        drawer.draw("credit_note", {})
    assert raised.value.code == "invalid_facts"


def test_an_error_that_nobody_foresaw_is_raised_and_its_message_is_not_told(
    drawer: Drawer, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(RuntimeError, match="TypeError"):
        drawer.draw(["Secret"], {})  # type: ignore[arg-type] - what no caller sends
    assert "renderer failed at" in caplog.text
    assert "Secret" not in caplog.text


def test_threads_wait_for_each_other_and_each_gets_its_own(drawer: Drawer) -> None:
    documents = [credit_note(language, rows=rows) for rows in (1, 3) for language in ("en", "de", "fr")]
    found: dict[int, Drawn] = {}

    def work(n: int) -> None:
        found[n] = drawn(drawer, documents[n])

    threads = [threading.Thread(target=work, args=(n,)) for n in range(len(documents))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[n].sha256 for n in range(len(documents))] == [draw(f.kind, f.to_json()).sha256 for f in documents]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_drawing_process_knows_no_key_and_leaves_no_dump(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAXDESK_SECRET_KEY", "canary")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary")
    drawer = Drawer()
    try:
        drawn(drawer, SMALL)
        assert b"canary" not in Path(f"/proc/{drawer.pid}/environ").read_bytes()
        limits = Path(f"/proc/{drawer.pid}/limits").read_text()
        assert "Max core file size        0                    0" in limits
    finally:
        drawer.close()
