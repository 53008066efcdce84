"""Which parameters the rules ask the book for, read from their own source: a row that nobody asks for is found."""

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from tax_rules.rulefiles import PARAMETER

_ANY = r"[a-z0-9_.]+"
_WORDS = re.compile(r"[a-z]{3,}")


def unread(parameters: Iterable[str]) -> tuple[str, ...]:
    """The parameters that no rule of this package names, in order."""
    known = parameter_patterns()
    return tuple(sorted(name for name in parameters if not any(known_one.fullmatch(name) for known_one in known)))


@cache
def parameter_patterns() -> tuple[re.Pattern[str], ...]:
    """What the rules name: a parameter as it stands, or one with a part put in (``pst.taxability.{product}``)."""
    found = {
        pattern
        for path in sorted(Path(__file__).parent.rglob("*.py"))
        for pattern in _named(ast.parse(path.read_text("utf-8")))
    }
    return tuple(re.compile(pattern) for pattern in sorted(found))


def _named(module: ast.Module) -> Iterator[str]:
    inside = {id(part) for node in ast.walk(module) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            if PARAMETER.fullmatch(node.value):
                yield re.escape(node.value)
        elif isinstance(node, ast.JoinedStr):
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "\0" for part in node.values)
            if re.fullmatch(r"[a-z0-9_.\0]+", text) and "." in text and _WORDS.search(text):
                yield _ANY.join(map(re.escape, text.split("\0")))
