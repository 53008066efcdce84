"""Reading the parts of a definition: typed cells with their lines, and conditions over known answers only."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import yaml

from forms.conditions import ALWAYS, AfterToday, All, AnyOf, Condition, Given, Is, Matches, Not, OpenTo, SameAs
from forms.model import CodeList
from tax_rules.strict_yaml import DataFile, pairs, scalar


@dataclass(slots=True)
class Reader:
    """A definition being read: which answers and derived facts are known so far, and the lists of codes."""

    file: DataFile
    lists: Mapping[str, CodeList] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    list_of: dict[str, str] = field(default_factory=dict)  # answer -> the list of its codes

    def cells(self, node: yaml.Node | None, allowed: tuple[str, ...] | None = None) -> "Cells":
        """The cells of a mapping; keys that are not allowed are faults."""
        if node is None:
            return Cells(self, yaml.MappingNode("", [], _START), {})
        return Cells(self, node, dict(pairs(self.file, node, allowed)))

    def add(self, node: yaml.Node, path: str) -> None:
        """Make a fact known; one that is known already is a fault."""
        if path in self.known:
            self.file.fault(node, f"{path} appears twice")
        self.known.add(path)

    def known_path(self, node: yaml.Node, path: str) -> str:
        """The path; one that nobody answers is a fault."""
        if path and path not in self.known:
            self.file.fault(node, f"{path!r} is neither an answer nor derived from one")
        return path

    def condition(self, node: yaml.Node) -> Condition:
        """A condition; see :mod:`forms.conditions`."""
        parts: list[Condition] = []
        for name, inner in pairs(self.file, node):
            if name in ("any", "all"):
                listed = inner.value if isinstance(inner, yaml.SequenceNode) else []
                if not listed:
                    self.file.fault(inner, f"{name} needs a list of conditions")
                inside = tuple(self.condition(each) for each in listed)
                parts.append(AnyOf(inside) if name == "any" else All(inside))
            elif name == "not":
                parts.append(Not(self.condition(inner)))
            else:
                parts.append(self._test(self.known_path(inner, name), inner))
        if not parts:
            self.file.fault(node, "a condition needs at least one entry")
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _test(self, path: str, node: yaml.Node) -> Condition:
        if isinstance(node, yaml.MappingNode):
            return self._special(path, node)
        nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
        values = frozenset(_value(each) for each in nodes)
        if path in self.list_of:
            for value in sorted(map(str, values - self.lists[self.list_of[path]].rows.keys())):
                self.file.fault(node, f"{value!r} is not a code of {path}")
        return Is(path, values)

    def _special(self, path: str, node: yaml.MappingNode) -> Condition:
        cells = dict(pairs(self.file, node, ("given", "matches", "in", "after", "same_as", "open_to")))
        if len(cells) != 1:
            self.file.fault(node, "one test a path; write more under all")
            return ALWAYS
        name, inner = next(iter(cells.items()))
        text = scalar(self.file, node, cells, name) or ""
        if name == "given" and text in ("true", "false"):
            return Given(path, text == "true")
        if name == "matches":
            try:
                return Matches(path, re.compile(text, re.IGNORECASE))
            except re.error as error:
                self.file.fault(inner, f"not a regular expression: {error}")
                return ALWAYS
        if name == "in" and text in self.lists:
            return Is(path, frozenset(self.lists[text].rows))
        if name == "after" and text == "today":
            return AfterToday(path)
        if name in ("same_as", "open_to"):
            other = self.known_path(inner, text)
            return SameAs(path, other) if name == "same_as" else OpenTo(path, other, self._open_to(inner, path))
        self.file.fault(inner, f"{name} does not take {text!r}")
        return ALWAYS

    def _open_to(self, node: yaml.Node, path: str) -> dict[str, frozenset[str]]:
        if path not in self.list_of:
            self.file.fault(node, f"{path} has no list of codes")
            return {}
        rows = self.lists[self.list_of[path]].rows.values()
        return {row.code: row.open_to for row in rows if row.open_to is not None}


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of one mapping, read by type. What is missing or wrong is a fault, and an empty value stands for it."""

    reader: Reader
    node: yaml.Node
    given: dict[str, yaml.Node]

    def text(self, key: str) -> str:
        """Words on one line."""
        found = scalar(self.reader.file, self.node, self.given, key)
        return " ".join(found.split()) if found else ""

    def exact(self, key: str) -> str:
        """Words as they stand, blanks included."""
        node = self.given[key]
        if isinstance(node, yaml.ScalarNode):
            return str(node.value)
        self.reader.file.fault(node, f"{key} must be a text")
        return ""

    def matching(self, key: str, pattern: str) -> str:
        """Words of a certain look."""
        found = self.text(key)
        if found and not re.fullmatch(pattern, found, re.ASCII):
            self.reader.file.fault(self.given[key], f"{key} {found!r} does not look like one")
        return found

    def one_of(self, key: str, known: tuple[str, ...]) -> str:
        """One of a few words."""
        found = self.text(key)
        if found and found not in known:
            self.reader.file.fault(self.given[key], f"{key} is {', '.join(known)}, not {found!r}")
        return found

    def whole(self, key: str) -> int:
        """A whole number, 0 or more."""
        found = self.matching(key, r"\d{1,6}")
        return int(found) if found.isdecimal() else 0

    def path(self, key: str) -> str:
        """The name of an answer or of a derived fact."""
        found = self.text(key)
        return self.reader.known_path(self.given.get(key, self.node), found)

    def condition(self, key: str) -> Condition:
        """A condition that must be there."""
        if key in self.given:
            return self.reader.condition(self.given[key])
        self.reader.file.fault(self.node, f"{key} is missing")
        return ALWAYS

    def nodes(self, key: str, *, may_be_absent: bool = False) -> list[yaml.Node]:
        """The entries of a list that is not empty."""
        node = self.given.get(key)
        if isinstance(node, yaml.SequenceNode) and node.value:
            return list(node.value)
        if node is not None or not may_be_absent:
            self.reader.file.fault(node or self.node, f"{key} must be a list that is not empty")
        return []

    def texts(self, key: str) -> Iterator[str]:
        """A list of words."""
        for node in self.nodes(key):
            if isinstance(node, yaml.ScalarNode) and node.value.strip():
                yield " ".join(node.value.split())
            else:
                self.reader.file.fault(node, f"{key}: a text is wanted here")

    def mapping(self, key: str) -> Iterator[tuple[str, yaml.Node]]:
        """The pairs below a key that may be absent."""
        return pairs(self.reader.file, self.given.get(key))


_START = yaml.Mark("", 0, 0, 0, None, 0)


def _value(node: yaml.Node) -> str | bool:
    """A bare true or false is a flag; everything else is the text as it stands."""
    if isinstance(node, yaml.ScalarNode) and not node.style and node.value in ("true", "false"):
        return bool(node.value == "true")
    return str(node.value)
