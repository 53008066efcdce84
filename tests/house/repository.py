"""What the house tests read: the files of the repository and the imports in them."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("app", "forms", "tax_rules")


def python_files(*folders: str) -> list[Path]:
    """Every Python file under the folders, sorted."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def module_name(path: Path) -> str:
    """``app/store/orders.py`` -> ``app.store.orders``; a package's ``__init__`` is the package."""
    parts = list(path.relative_to(ROOT).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def modules() -> dict[str, Path]:
    """Every module of the three packages by its dotted name."""
    return {module_name(path): path for path in python_files(*PACKAGES)}


def imports(path: Path, *, at_load: bool = False) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything a file imports, wherever the import stands.

    ``from app.store import orders`` gives ``app.store.orders`` when that is a module, else ``app.store``.
    ``at_load`` leaves out what is imported inside a function: it runs when the function is called.
    """
    for node in _nodes(ast.parse(path.read_text("utf-8"), str(path)), into_functions=not at_load):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield node.lineno, inner if _is_module(inner) else str(node.module)


def _nodes(tree: ast.AST, *, into_functions: bool) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        yield node
        if into_functions or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _nodes(node, into_functions=into_functions)


def _is_module(name: str) -> bool:
    place = ROOT.joinpath(*name.split("."))
    return place.with_suffix(".py").is_file() or (place / "__init__.py").is_file()
