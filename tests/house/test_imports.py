"""Imports go down only: app -> forms -> tax_rules, and inside app from the doors to the tables."""

import subprocess
import sys
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.house.repository import ROOT, imports, modules, python_files

PURE = {"tax_rules": {"anyascii", "rapidfuzz", "yaml", "stdnum"}, "forms": {"yaml", "stdnum", "tax_rules"}}

# The storeys of app, ground floor first. A room imports its own files and the storeys below it; a room that is not
# listed has no place yet and fails.
STOREYS: tuple[frozenset[str], ...] = (
    frozenset({"config", "clock", "ids", "errors", "version", "vault"}),
    frozenset({"actor", "archives", "facts", "failpoints", "logs", "i18n", "orphans", "reference", "spreadsheets"}),
    frozenset({"models", "postal", "sellers"}),
    frozenset({"store", "documents", "registers", "blobs", "file_transport", "mailer", "webhook_caller"}),
    frozenset({"queue", "blobs_s3"}),
    frozenset({"storage"}),
    frozenset({"desk"}),
    frozenset({"services"}),
    frozenset({"schemas"}),
    frozenset({"attachments", "sessions", "auth", "problems", "headers", "limits"}),
    frozenset({"api", "web", "tasks", "metrics"}),
    frozenset({"factory", "supervisor", "examples"}),
    frozenset({"wsgi", "worker", "cli"}),
)


def room(module: str) -> str:
    """The room of an app module: ``app.store.orders`` lives in ``store``, ``app.config`` in ``config``."""
    return module.split(".")[1]


def storey(module: str) -> int | None:
    """Its storey, counted from the ground; None when the room has no place yet."""
    return next((number for number, rooms in enumerate(STOREYS) if room(module) in rooms), None)


@pytest.mark.parametrize("package", PURE)
def test_a_pure_package_imports_nothing_of_the_world(package: str) -> None:
    allowed = set(sys.stdlib_module_names) | PURE[package] | {package}
    strangers = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in python_files(package)
        for line, name in imports(path)
        if name.split(".")[0] not in allowed
    ]
    assert strangers == []


@pytest.mark.parametrize("package", PURE)
def test_a_pure_package_asks_neither_clock_nor_network(package: str) -> None:
    outside = {"socket", "urllib.request", "http", "asyncio", "subprocess", "threading", "sqlite3", "random", "time"}
    found = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in python_files(package)
        for line, name in imports(path)
        if name in outside or name.split(".")[0] in outside - {"http"}
    ]
    assert found == []


def test_rules_and_forms_load_without_flask_and_the_rest_of_the_world() -> None:
    program = """
import importlib, pkgutil, sys
class Wall:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"flask", "sqlalchemy", "celery", "weasyprint", "pypdf", "marshmallow", "app"}:
            raise ImportError(f"{name} is the world")
sys.meta_path.insert(0, Wall())
import tax_rules, forms
for package in (tax_rules, forms):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_room_of_app_has_its_storey() -> None:
    unplaced = {room(name) for name in modules() if name.startswith("app.") and storey(name) is None}
    assert unplaced == set()


def test_inside_app_imports_go_down() -> None:
    upward = []
    for name, path in modules().items():
        if not name.startswith("app."):
            continue
        for line, other in imports(path):
            if not other.startswith("app.") or room(other) == room(name):
                continue
            if storey(name) is None or storey(other) is None:
                continue  # the test above names it
            if storey(other) >= storey(name):
                upward.append(f"{path.relative_to(ROOT)}:{line} imports {other}")
    assert upward == []


def test_no_ring_of_modules_has_to_be_loaded_to_load_one_of_them() -> None:
    known = modules()
    graph = {
        name: {other for _, other in imports(path, at_load=True) if other in known} - {name}
        for name, path in known.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as ring:
        pytest.fail(" -> ".join(ring.args[1]))


def test_flask_stays_at_the_doors() -> None:
    inside = ("models", "store", "services", "documents", "registers", "reference")
    found = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in python_files(*(f"app/{folder}" for folder in inside))
        for line, name in imports(path)
        if name.split(".")[0] in {"flask", "flask_smorest", "flask_wtf", "flask_limiter", "celery"}
    ]
    assert found == []
