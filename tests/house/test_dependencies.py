"""Dependencies: each has its line and its use, and the lock files pin every file by hash and name no registry."""

import re
import sys
import tomllib
from functools import cache
from typing import Any

import pytest

from tests.house.repository import PACKAGES, ROOT, imports, python_files

LOCKS = ("requirements.lock", "requirements-dev.lock")
# distribution -> import name, where they differ
IMPORT_NAME = {"argon2-cffi": "argon2", "fonttools": "fontTools", "python-stdnum": "stdnum", "pyyaml": "yaml"}
# found by name at run time: SQLAlchemy's driver, Celery's transport, a need of theirs on old Python
NOT_IMPORTED = {"psycopg", "redis", "async-timeout"}
# parts of a direct dependency that its own documentation tells users to import
COMES_WITH = {
    "werkzeug": "flask",
    "itsdangerous": "flask",
    "markupsafe": "jinja2",
    "kombu": "celery",
    "billiard": "celery",
    "botocore": "boto3",
    "webargs": "flask-smorest",
    "apispec": "flask-smorest",
    "limits": "flask-limiter",
    "pydyf": "weasyprint",
}


@cache
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def names(requirements: list[Any]) -> set[str]:
    return {re.split(r"[\[<>=;~ ]", line)[0].lower() for line in requirements if isinstance(line, str)}


def runtime() -> set[str]:
    return names(project()["project"]["dependencies"])


def development() -> set[str]:
    groups = project()["dependency-groups"]
    return names(groups["dev"]) | names(groups["build"])


def locked(lock: str) -> dict[str, tuple[str, int]]:
    """name -> (version with its marker, number of hashes)."""
    text = (ROOT / lock).read_text("utf-8").replace("\\\n", " ")
    found = {}
    for line in text.splitlines():
        match = re.match(r"([a-z0-9._-]+)==(\S+(?: ; [^-]+)?)", line)
        assert match, line
        found[match[1]] = (match[2].strip(), line.count("--hash=sha256:"))
    return found


def test_every_direct_dependency_has_its_line_in_the_docs_and_no_line_is_left_over() -> None:
    text = (ROOT / "docs" / "dependencies.md").read_text("utf-8")
    rows = [line.strip("|").split("|") for line in text.splitlines() if re.match(r"\| [a-z0-9-]+ \|", line)]
    rows = [row for row in rows if row[0].strip() != "package"]
    assert all(len(row) == 4 and all(cell.strip() for cell in row) for row in rows)
    listed = [row[0].strip() for row in rows]
    assert sorted(listed) == sorted(runtime() | development())


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_is_pinned_by_hash(lock: str) -> None:
    packages = locked(lock)
    assert len(packages) > 30
    assert [name for name, (_, hashes) in packages.items() if not hashes] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_file_names_no_address_and_no_folder(lock: str) -> None:
    text = (ROOT / lock).read_text("utf-8")
    assert not re.search(r"://|--index|--find-links|@ |file:", text)


def test_both_lock_files_hold_every_direct_dependency_at_the_same_version() -> None:
    small, large = (locked(lock) for lock in LOCKS)
    assert runtime() | {"setuptools"} <= set(small)
    assert development() <= set(large)
    assert {name: large[name][0] for name in small} == {name: version for name, (version, _) in small.items()}


def test_what_the_code_imports_is_a_direct_dependency() -> None:
    known = {IMPORT_NAME.get(name, name.replace("-", "_")) for name in runtime()} | set(COMES_WITH)
    known |= set(sys.stdlib_module_names) | set(PACKAGES)
    strangers = {
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in python_files(*PACKAGES)
        for line, name in imports(path)
        if name.split(".")[0] not in known
    }
    assert strangers == set()
    assert set(COMES_WITH.values()) <= runtime()


def test_no_direct_dependency_is_unused() -> None:
    used = {name.split(".")[0] for path in python_files(*PACKAGES, "migrations") for _, name in imports(path)}
    unused = {name for name in runtime() - NOT_IMPORTED if IMPORT_NAME.get(name, name.replace("-", "_")) not in used}
    assert unused == set()
