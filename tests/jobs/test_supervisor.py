"""The supervisor: children run again when they die, all stop together, none is left behind."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from app.cli.up import children_of
from app.config import RegisterMode
from tests.conftest import make_settings

REPOSITORY = Path(__file__).parents[2]
SLEEPER = "import time, pathlib, os, sys; pathlib.Path(sys.argv[1]).write_text(str(os.getpid())); time.sleep(600)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SLEEPER
PARENT = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', sys.argv[2], sys.argv[1]]).wait()"


@pytest.fixture
def supervise(tmp_path):
    """Start a supervisor of Python programs as a process of its own; each writes its process id to a file."""
    started = []

    def start(stop_seconds: float = 5.0, **programs: str) -> subprocess.Popen[str]:
        children = [
            f"Child({name!r}, [sys.executable, '-c', {program!r}, {str(tmp_path / name)!r}, {SLEEPER!r}])"
            for name, program in programs.items()
        ]
        script = textwrap.dedent(f"""
            import sys
            from app import supervisor
            from app.supervisor import Child, Supervisor
            supervisor.STOP_SECONDS = {stop_seconds}
            supervisor.FIRST_RESTART_SECONDS = 0.1
            Supervisor([{", ".join(children)}], lambda line: print(line, flush=True)).run()
        """)
        process = subprocess.Popen(
            (sys.executable, "-c", script), stdout=subprocess.PIPE, text=True, cwd=REPOSITORY,
            env=os.environ | {"PYTHONPATH": str(REPOSITORY)}, start_new_session=True,
        )  # fmt: skip
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def pid_in(path: Path, *, other_than: int = 0) -> int:
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        if path.exists() and (text := path.read_text()) and int(text) != other_than:
            return int(text)
        time.sleep(0.02)
    raise AssertionError(f"{path.name} did not start")


def is_gone(pid: int, *, seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_signal_stops_every_child_and_then_the_supervisor(supervise, tmp_path, number):
    process = supervise(a=SLEEPER, b=SLEEPER)
    pids = [pid_in(tmp_path / name) for name in ("a", "b")]
    process.send_signal(number)
    assert process.wait(10) == 0
    assert all(is_gone(pid) for pid in pids)
    assert "a: stopped" in process.stdout.read()


def test_a_child_that_dies_is_started_again(supervise, tmp_path):
    process = supervise(a=SLEEPER)
    first = pid_in(tmp_path / "a")
    os.kill(first, signal.SIGKILL)
    second = pid_in(tmp_path / "a", other_than=first)
    assert second != first
    process.terminate()
    process.wait(10)
    assert "a: ended by SIGKILL, again in " in process.stdout.read()


def test_a_child_that_cannot_start_is_tried_ever_more_rarely_and_leaves_the_others_alone(supervise, tmp_path):
    process = supervise(broken="raise SystemExit(3)", a=SLEEPER)
    pid = pid_in(tmp_path / "a")
    time.sleep(6)
    process.terminate()
    process.wait(10)
    lines = process.stdout.read().splitlines()
    assert 2 <= sum(line.startswith("broken: ended with code 3") for line in lines) <= 4
    assert not any(line.startswith("a: ended") for line in lines)
    assert is_gone(pid)


def test_a_child_that_does_not_stop_is_killed(supervise, tmp_path):
    process = supervise(stop_seconds=1.0, a=STUBBORN)
    pid = pid_in(tmp_path / "a")
    process.terminate()
    assert process.wait(10) == 0
    assert is_gone(pid)
    assert "a: did not stop in 1 s, killed" in process.stdout.read()


def test_the_children_of_a_killed_child_are_killed_with_it(supervise, tmp_path):
    process = supervise(a=PARENT)
    grandchild = pid_in(tmp_path / "a")
    process.terminate()
    process.wait(10)
    assert is_gone(grandchild)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel's parent-death signal is Linux's")
def test_no_child_outlives_a_supervisor_that_was_killed(supervise, tmp_path):
    process = supervise(a=SLEEPER, b=SLEEPER)
    pids = [pid_in(tmp_path / name) for name in ("a", "b")]
    process.kill()
    process.wait()
    assert all(is_gone(pid) for pid in pids)


def test_up_runs_web_worker_scheduler_and_the_double_only_where_it_is_used(tmp_path):
    double = make_settings(tmp_path)
    off = make_settings(tmp_path, registers=RegisterMode.OFF)
    names = [child.name for child in children_of(double, workers=1, concurrency=0)]
    assert names == ["registers", "web", "worker", "scheduler"]
    assert [child.name for child in children_of(off, workers=1, concurrency=0)] == names[1:]
