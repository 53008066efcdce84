"""Reading YAML strictly: nodes keep their lines, a key stands once and is known, and all faults are told at once."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from tax_rules.errors import DataFault

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(slots=True)
class DataFile:
    """A data file being read, collecting its faults."""

    name: str
    faults: list[DataFault] = field(default_factory=list)

    def fault(self, node: yaml.Node | int, detail: str) -> None:
        """Remember a fault at a node, or at a line counted from 1."""
        line = node if isinstance(node, int) else node.start_mark.line + 1
        self.faults.append(DataFault(self.name, line, detail))


def compose(file: DataFile, content: bytes) -> yaml.Node | None:
    """The document's root node, with the line of everything; None, and a fault, where it is no YAML."""
    try:
        root: yaml.Node | None = yaml.compose(content.decode("utf-8"), Loader=_LOADER)
    except UnicodeDecodeError:
        file.fault(1, "is not UTF-8")
        return None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        file.fault(line, f"is not YAML: {error.problem}")
        return None
    except yaml.YAMLError:
        file.fault(1, "is not YAML")
        return None
    if root is None:
        file.fault(1, "is empty")
    return root


def pairs(
    file: DataFile, node: yaml.Node | None, allowed: tuple[str, ...] | None = None
) -> Iterator[tuple[str, yaml.Node]]:
    """The pairs of a mapping; a key that appears twice or is unknown is a fault."""
    if not isinstance(node, yaml.MappingNode):
        if node is not None:
            file.fault(node, "a mapping is wanted here")
        return
    seen: set[str] = set()
    for key_node, value_node in node.value:
        key = str(key_node.value)
        if key in seen:
            file.fault(key_node, f"key {key!r} appears twice")
            continue
        seen.add(key)
        if allowed is not None and key not in allowed:
            file.fault(key_node, f"unknown key {key!r}; known are {', '.join(allowed)}")
            continue
        yield key, value_node


def scalar(file: DataFile, parent: yaml.Node, cells: dict[str, yaml.Node], key: str) -> str | None:
    """The text of a key that must be there; None, and a fault, where it is missing, empty or no text."""
    node = cells.get(key)
    if node is None:
        file.fault(parent, f"{key} is missing")
    elif not isinstance(node, yaml.ScalarNode) or not node.value.strip():
        file.fault(node, f"{key} must be a text")
    else:
        return str(node.value)
    return None
