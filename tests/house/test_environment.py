"""What `.ci/env` says on machines that lack something: one line to run, and nothing is half built."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.house.repository import ROOT

FITTING_PYTHON = '#!/bin/sh\n# new enough, but no library can be loaded\n[ "$1" = -c ]\n'
OLD_PYTHON = "#!/bin/sh\nexit 1\n"
NOBODY = "#!/bin/sh\necho 1000\n"
ROOT_USER = "#!/bin/sh\necho 0\n"


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder of commands that is the whole PATH, and a checkout beside it that has only the script."""
    commands = tmp_path / "bin"
    commands.mkdir()
    for name in ("dirname", "uname"):
        found = shutil.which(name)
        assert found
        (commands / name).symlink_to(found)
    checkout = tmp_path / "checkout" / ".ci"
    checkout.mkdir(parents=True)
    shutil.copy(ROOT / ".ci" / "env", checkout)
    return tmp_path


def install(machine: Path, name: str, script: str) -> None:
    command = machine / "bin" / name
    command.write_text(script)
    command.chmod(0o755)


def build(machine: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", ".ci/env", "runtime"],
        cwd=machine / "checkout",
        env={"PATH": str(machine / "bin")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_a_fitting_python_it_says_how_to_get_one(machine: Path) -> None:
    install(machine, "python3", OLD_PYTHON)
    done = build(machine)
    assert done.returncode == 1
    assert "Python 3.11 or newer was not found" in done.stderr
    assert "apt-get install" in done.stderr
    assert not (machine / "checkout" / ".venv").exists()


def test_without_root_a_missing_library_is_one_line_to_run(machine: Path) -> None:
    install(machine, "python3", FITTING_PYTHON)
    install(machine, "id", NOBODY)
    done = build(machine)
    assert done.returncode == 1
    lines = [line.strip() for line in done.stderr.splitlines() if "apt-get" in line or "brew" in line]
    assert len(lines) == 1
    assert "pango" in lines[0]
    assert not (machine / "checkout" / ".venv").exists()


def test_as_root_a_missing_library_is_installed_after_one_update(machine: Path) -> None:
    install(machine, "python3", FITTING_PYTHON)
    install(machine, "id", ROOT_USER)
    install(machine, "apt-get", f'#!/bin/sh\necho "$@" >> {machine}/asked\n[ "$1" = update ]\n')
    done = build(machine)
    assert done.returncode == 1  # this apt-get installs nothing
    asked = (machine / "asked").read_text().splitlines()
    assert asked[0].startswith("update")
    assert asked[1].split()[-3:] == ["libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"]
    assert "-y" in asked[1].split()


def test_the_continuous_integration_script_is_executable_and_runs_the_check() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    *_, check, _, _, _, again = script.read_text("utf-8").rstrip().splitlines()
    assert check == "make check && exit", "what passes is done"
    assert "--last-failed-no-failures none" in again, "where nothing can be run again, the check has failed"
