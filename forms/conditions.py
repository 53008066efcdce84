"""The small language in which a form's rules are written: a condition holds, or not, for the answers of one form.

In YAML a condition is a mapping; all of its entries must hold. An entry is ``path: value``, ``path: [values]`` or a
test: ``path: {given: true}``, ``{matches: regex}``, ``{in: list}``, ``{after: today}``, ``{same_as: path}``,
``{open_to: path}`` (the code's row in its list names the other value, or names none). ``any: [conditions]``,
``all: [conditions]`` and ``not: condition`` put conditions together. An answer that is not given has no value; only
``given: false`` and ``not`` hold for it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

Value = str | bool | date
Facts = Mapping[str, Value]


class Condition(Protocol):
    """Something that holds for the facts of a form or does not. ``today`` is the civil date of the check."""

    def holds(self, facts: Facts, today: date) -> bool:
        """Whether it holds."""

    def paths(self) -> frozenset[str]:
        """Every answer and derived fact that it looks at."""


@dataclass(frozen=True, slots=True)
class Is:
    """The value is one of these."""

    path: str
    values: frozenset[str | bool]

    def holds(self, facts: Facts, today: date) -> bool:  # noqa: ARG002
        return facts.get(self.path) in self.values

    def paths(self) -> frozenset[str]:
        return frozenset({self.path})


@dataclass(frozen=True, slots=True)
class Given:
    """There is a value, or there is none."""

    path: str
    wanted: bool

    def holds(self, facts: Facts, today: date) -> bool:  # noqa: ARG002
        return (self.path in facts) is self.wanted

    def paths(self) -> frozenset[str]:
        return frozenset({self.path})


@dataclass(frozen=True, slots=True)
class Matches:
    """The text contains what the pattern says; upper and lower case are the same."""

    path: str
    pattern: re.Pattern[str]

    def holds(self, facts: Facts, today: date) -> bool:  # noqa: ARG002
        value = facts.get(self.path)
        return isinstance(value, str) and self.pattern.search(value) is not None

    def paths(self) -> frozenset[str]:
        return frozenset({self.path})


@dataclass(frozen=True, slots=True)
class AfterToday:
    """The date lies after the day of the check."""

    path: str

    def holds(self, facts: Facts, today: date) -> bool:
        value = facts.get(self.path)
        return isinstance(value, date) and value > today

    def paths(self) -> frozenset[str]:
        return frozenset({self.path})


@dataclass(frozen=True, slots=True)
class SameAs:
    """Two texts are the same but for upper and lower case and blanks."""

    path: str
    other: str

    def holds(self, facts: Facts, today: date) -> bool:  # noqa: ARG002
        one, two = facts.get(self.path), facts.get(self.other)
        return isinstance(one, str) and isinstance(two, str) and _plain(one) == _plain(two)

    def paths(self) -> frozenset[str]:
        return frozenset({self.path, self.other})


@dataclass(frozen=True, slots=True)
class OpenTo:
    """The code may be used by the other value; ``open_to`` has the codes that are not open to all."""

    path: str
    other: str
    open_to: Mapping[str, frozenset[str]]

    def holds(self, facts: Facts, today: date) -> bool:  # noqa: ARG002
        code = facts.get(self.path)
        if not isinstance(code, str):
            return False
        return code not in self.open_to or facts.get(self.other) in self.open_to[code]

    def paths(self) -> frozenset[str]:
        return frozenset({self.path, self.other})


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds; without parts it always does."""

    parts: tuple[Condition, ...] = ()

    def holds(self, facts: Facts, today: date) -> bool:
        return all(part.holds(facts, today) for part in self.parts)

    def paths(self) -> frozenset[str]:
        return frozenset().union(*(part.paths() for part in self.parts))


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds."""

    parts: tuple[Condition, ...]

    def holds(self, facts: Facts, today: date) -> bool:
        return any(part.holds(facts, today) for part in self.parts)

    def paths(self) -> frozenset[str]:
        return frozenset().union(*(part.paths() for part in self.parts))


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Condition

    def holds(self, facts: Facts, today: date) -> bool:
        return not self.part.holds(facts, today)

    def paths(self) -> frozenset[str]:
        return self.part.paths()


ALWAYS = All()


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
