"""Frozen dataclasses to JSON and strictly back: unknown, missing and mistyped members are faults with a pointer."""

import re
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import Field, fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, Literal, TypeVar

from app.clock import rfc3339
from app.documents.errors import InvalidFacts
from app.errors import Fault

MOST = "most"  # letters in a text
MOST_ITEMS = "most_items"  # items in a tuple
LETTERS = 500  # most letters of a text that states no other limit
ITEMS = 500

T = TypeVar("T")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,10})?")
_MARKS = re.compile(r"[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{9}")  # a flood of accents


def encode(value: Any) -> Any:
    """Plain JSON: Decimals and dates as strings, moments as RFC 3339 UTC, tuples as lists."""
    if is_dataclass(value):
        return {f.name: encode(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, tuple):
        return [encode(item) for item in value]
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return rfc3339(value)
    return value.isoformat() if isinstance(value, date) else value


def decode(cls: type[T], data: Mapping[str, Any]) -> T:
    """The record that ``data`` describes; raises InvalidFacts with every fault."""
    faults: list[Fault] = []
    record = _record(cls, data, "", faults)
    if faults:
        raise InvalidFacts(*faults)
    return record


def decimals(value: Any, pointer: str = "") -> Iterator[tuple[str, Decimal]]:
    """Every Decimal in a record with its JSON Pointer."""
    if is_dataclass(value):
        for f in fields(value):
            yield from decimals(getattr(value, f.name), f"{pointer}/{f.name}")
    elif isinstance(value, tuple):
        for n, item in enumerate(value):
            yield from decimals(item, f"{pointer}/{n}")
    elif isinstance(value, Decimal):
        yield pointer, value


def texts(value: Any, pointer: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a record with its JSON Pointer."""
    if is_dataclass(value):
        for f in fields(value):
            yield from texts(getattr(value, f.name), f"{pointer}/{f.name}")
    elif isinstance(value, tuple):
        for n, item in enumerate(value):
            yield from texts(item, f"{pointer}/{n}")
    elif isinstance(value, str):
        yield pointer, value


def with_texts(value: Any, change: Callable[[str], str]) -> Any:
    """The same record with every text changed."""
    if is_dataclass(value):
        return type(value)(**{f.name: with_texts(getattr(value, f.name), change) for f in fields(value)})
    if isinstance(value, tuple):
        return tuple(with_texts(item, change) for item in value)
    return change(value) if isinstance(value, str) else value


@cache
def _members(cls: type) -> dict[str, tuple[Field[Any], Any]]:
    hints = typing.get_type_hints(cls)
    return {f.name: (f, hints[f.name]) for f in fields(cls)}


def _record(cls: Any, data: Any, pointer: str, faults: list[Fault]) -> Any:
    if not isinstance(data, Mapping):
        faults.append(Fault(pointer, "wrong_type", "Send an object."))
        return None
    members, given, before = _members(cls), {}, len(faults)
    faults += [Fault(f"{pointer}/{name}", "unknown", "No such member.") for name in data if name not in members]
    for name, (member, hint) in members.items():
        if name in data:
            given[name] = _value(hint, data[name], f"{pointer}/{name}", faults, member.metadata)
        elif member.default is member.default_factory:  # both are MISSING: no default
            faults.append(Fault(f"{pointer}/{name}", "missing", "Required."))
    return cls(**given) if len(faults) == before else None


def _value(hint: Any, data: Any, pointer: str, faults: list[Fault], limits: Mapping[str, int]) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        if data is None:
            return None
        return _value(next(a for a in arguments if a is not types.NoneType), data, pointer, faults, limits)
    if origin is tuple:
        return _items(arguments[0], data, pointer, faults, limits)
    if origin is Literal:
        if data in arguments:
            return data
        faults.append(Fault(pointer, "not_allowed", f"Send one of {', '.join(map(str, arguments))}."))
        return None
    if is_dataclass(hint):
        return _record(hint, data, pointer, faults)
    value = _SCALARS[hint](data)
    if value is None:
        faults.append(Fault(pointer, "wrong_type", _EXPECTED[hint]))
    elif hint is str and (fault := _text_fault(value, limits.get(MOST, LETTERS))):
        faults.append(Fault(pointer, *fault))
    return value


def _items(hint: Any, data: Any, pointer: str, faults: list[Fault], limits: Mapping[str, int]) -> tuple[Any, ...]:
    if not isinstance(data, list | tuple):
        faults.append(Fault(pointer, "wrong_type", "Send a list."))
        return ()
    if len(data) > limits.get(MOST_ITEMS, ITEMS):
        faults.append(Fault(pointer, "too_many", f"At most {limits.get(MOST_ITEMS, ITEMS)} items."))
        return ()
    return tuple(_value(hint, item, f"{pointer}/{n}", faults, limits) for n, item in enumerate(data))


def _text_fault(text: str, most: int) -> tuple[str, str] | None:
    if not text.strip():
        return "empty", "Send a text or leave the member out."
    if len(text) > most:
        return "too_long", f"At most {most} letters; found {len(text)}."
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        return "not_text", "Half of a surrogate pair is not a letter."
    if _MARKS.search(text):
        return "too_many_marks", "At most 8 accents may follow one letter."
    return None


def _decimal(data: Any) -> Decimal | None:
    return Decimal(data) if isinstance(data, str) and _DECIMAL.fullmatch(data) else None


def _date(data: Any) -> date | None:
    try:
        return date.fromisoformat(data) if isinstance(data, str) and len(data) == len("2026-01-31") else None
    except ValueError:
        return None


def _moment(data: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(data) if isinstance(data, str) else None
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment is not None and moment.tzinfo is not None else None


_SCALARS: dict[Any, Any] = {
    str: lambda data: data if isinstance(data, str) else None,
    bool: lambda data: data if isinstance(data, bool) else None,
    int: lambda data: data if isinstance(data, int) and not isinstance(data, bool) and 0 <= data < 10**6 else None,
    Decimal: _decimal,
    date: _date,
    datetime: _moment,
}
_EXPECTED: dict[Any, str] = {
    str: "Send a text.",
    bool: "Send true or false.",
    int: "Send a whole number from 0 to 999999.",
    Decimal: 'Send the amount as a string, e.g. "100.00".',
    date: "Send a date, e.g. 2026-01-31.",
    datetime: "Send a moment with its zone, e.g. 2026-01-31T12:00:00Z.",
}
