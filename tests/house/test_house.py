"""House rules that a reader would otherwise check by eye."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.house.repository import ROOT, python_files

TOP = {
    ".ci", "app", "bench", "docs", "forms", "migrations", "tax_rules", "templates", "tests",
    ".dockerignore", ".editorconfig", ".env.example", ".gitignore", ".pre-commit-config.yaml",
    "Dockerfile", "Makefile", "README.md", "compose.yaml", "pyproject.toml", "requirements-dev.lock",
    "requirements.lock",
}  # fmt: skip
LONGEST_FILE = 600
OWN_TEXT = ("*.py", "*.md", "*.html", "*.css", "*.js", "*.yaml", "*.toml", "*.csv", "*.txt", "Makefile", ".ci/*")


def tracked(*patterns: str) -> list[str]:
    """Files under version control that match one of the patterns; all of them when there is none."""
    listed = subprocess.run(["git", "ls-files", "-z", *patterns], cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def lines_with(pattern: str, *, within: list[str]) -> list[str]:
    sought = re.compile(pattern)
    return [
        f"{name}:{number}: {line.strip()}"
        for name in within
        for number, line in enumerate((ROOT / name).read_text("utf-8").splitlines(), 1)
        if sought.search(line)
    ]


def test_the_top_folder_holds_what_it_should_and_nothing_else() -> None:
    assert {name.split("/")[0] for name in tracked()} == TOP


def test_no_file_is_longer_than_a_story() -> None:
    files = python_files("app", "forms", "tax_rules", "migrations", "tests", "bench")
    long = {str(path.relative_to(ROOT)): count for path in files if (count := _lines(path)) > LONGEST_FILE}
    assert long == {}


def _lines(path: Path) -> int:
    return path.read_text("utf-8").count("\n")


def test_nothing_is_left_for_later() -> None:
    words = "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X:", "HA" + "CK"))
    assert lines_with(rf"\b({words})\b", within=tracked(*OWN_TEXT)) == []


def test_the_code_does_not_print() -> None:
    code = [name for name in tracked("app/*.py", "forms/*.py", "tax_rules/*.py") if "build_fonts" not in name]
    assert lines_with(r"^\s*print\(", within=code) == []


@pytest.mark.parametrize("folder", ["tax_rules", "forms", "app/services", "app/schemas", "app/models"])
def test_money_and_rates_never_become_floats(folder: str) -> None:
    assert lines_with(r"\bfloat\(|\bas_float\b|\bFloat\b", within=tracked(f"{folder}/*.py")) == []


def test_only_services_commit() -> None:
    opens_or_migrates = {"app/store/database.py", "app/store/schema.py"}
    elsewhere = tracked("app/api/*.py", "app/web/*.py", "app/store/*.py", "app/models/*.py", "app/documents/*.py")
    found = lines_with(r"\.commit\(|\.writing\(", within=[name for name in elsewhere if name not in opens_or_migrates])
    assert found == []


def test_no_rooms_that_everybody_throws_things_into() -> None:
    rooms = {part.removesuffix(".py") for name in tracked("*.py") for part in name.split("/")}
    assert rooms & {"utils", "helpers", "common", "manager", "misc", "util", "helper"} == set()


def test_nothing_names_the_machine_it_was_written_on() -> None:
    words = "|".join(("/wo" + "rk/", "/ro" + "ot/", r"\.\./sha" + "red", "bare-" + "debian", "/ho" + "me/[a-z]+/"))
    assert lines_with(words, within=tracked(*OWN_TEXT)) == []
