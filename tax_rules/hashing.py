"""Frozen facts that serve as keys again and again are hashed once an object, not once a look-up."""

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class KeepsHash:
    """The place where a frozen dataclass with slots keeps its hash; it is no field and is never pickled."""

    __slots__ = ("_kept_hash",)
    _kept_hash: int


def hashed_once(cls: type[T]) -> type[T]:
    """A frozen dataclass below :class:`KeepsHash` whose hash is worked out at the first look-up."""
    of_fields: Callable[[Any], int] = cls.__hash__

    def kept(facts: KeepsHash) -> int:
        try:
            return facts._kept_hash
        except AttributeError:
            found = of_fields(facts)
            object.__setattr__(facts, "_kept_hash", found)
            return found

    cls.__hash__ = kept  # type: ignore[assignment]
    return cls
