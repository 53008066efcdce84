"""The shapes of numbers by country, read once from ``tax_rules/data/identifiers``; strict about what stands there."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING, Any

import yaml

DATA = Path(__file__).parent.parent / "data" / "identifiers"
_LETTERS = {chr(n): chr(n).upper() for n in range(ord("a"), ord("z") + 1)}
# Blanks, dots and hyphens between groups are typing noise, also in the forms that word processors put there.
# str.upper() is not used: it would turn a long s or a dotless i into a Latin letter.
_BLANKS = "\t\n\v\f\r\u0020\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_NOISE = _BLANKS + ".-\u2010\u2011\u2012\u2013\u2014\u2015\u2212"


class ShapeFileError(ValueError):
    """A data file of this package is not as its head describes; the message names file and row."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How the numbers of one country look."""

    country: str
    prefix: str  # printed before the number, part of the canonical form
    prefixes: tuple[str, ...]  # all that may be typed, longest first
    module: ModuleType | None  # python-stdnum's check of the digits
    kinds: frozenset[str]
    lengths: frozenset[int]
    pattern: re.Pattern[str]
    also: frozenset[str]
    rewrites: tuple[tuple[re.Pattern[str], str], ...]
    expected: str
    noise: Mapping[int, str | None]
    confidence: str

    def compact(self, typed: str) -> str:
        """``typed`` in upper case without blanks, dots, hyphens and the separators customary here."""
        return typed.translate(self.noise)

    def body(self, compacted: str) -> str:
        """The number without its prefix; what already has the right shape is taken as it is."""
        if not self.pattern.fullmatch(compacted):
            for prefix in self.prefixes:
                if compacted.startswith(prefix):
                    return compacted[len(prefix) :]
        return compacted


@dataclass(frozen=True, slots=True)
class NeverIssued:
    """Numbers whose first seven digits lie between two bounds, both inclusive, under one scheme of check digits."""

    scheme: str
    first: str
    last: str


@cache
def shapes() -> Mapping[str, Shape]:
    """Every shape by its country code as VAT uses it (``EL``, ``XI``)."""
    data = read_data("vat.yaml", "sources", "same_numbers", "shapes")
    found = {row["country"]: _shape(row, data["sources"]) for row in data["shapes"]}
    if len(found) != len(data["shapes"]):
        raise ShapeFileError("vat.yaml: a country has two rows")
    return MappingProxyType(found)


@cache
def same_numbers() -> Mapping[str, str]:
    """Country code as addresses use it -> the country whose numbers hold there (``MC`` -> ``FR``)."""
    rows = read_data("vat.yaml", "sources", "same_numbers", "shapes")["same_numbers"]
    return MappingProxyType({row["country"]: row["as"] for row in rows})


@cache
def labels() -> tuple[str, ...]:
    """Words pasted with a number, longest first."""
    return tuple(sorted(_slips()["labels"], key=lambda label: (-len(label), label)))


@cache
def lookalikes() -> Mapping[int, str]:
    """Table for ``str.translate``: letters of other alphabets -> the Latin letters they look like."""
    return MappingProxyType(str.maketrans(_slips()["lookalikes"]))


@cache
def mistyped() -> Mapping[int, str]:
    """Table for ``str.translate``: letters -> the digits they are typed for."""
    return MappingProxyType(str.maketrans(_slips()["mistyped"]))


@cache
def never_issued(country: str) -> tuple[NeverIssued, ...]:
    """The ranges of a country that pass the check digits and were never issued."""
    rows = read_data("never_issued.yaml", "never_issued")["never_issued"]
    return tuple(NeverIssued(r["scheme"], r["from"], r["to"]) for r in rows if r["country"] == country)


def _slips() -> dict[str, Any]:
    return read_data("slips.yaml", "labels", "lookalikes", "mistyped")


@cache
def read_data(name: str, *members: str) -> dict[str, Any]:
    """A data file of this package: exactly these members at its top. Raises ShapeFileError."""
    data = yaml.load((DATA / name).read_text(encoding="utf-8"), Loader=_Strict)  # noqa: S506 - a SafeLoader
    if not isinstance(data, dict) or data.keys() != set(members):
        raise ShapeFileError(f"{name}: expected exactly {', '.join(members)}")
    return data


if TYPE_CHECKING:
    _Loader = yaml.SafeLoader
else:
    _Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the one in C reads ten times faster


class _Strict(_Loader):
    """The safe loader; a key that stands twice is an error, not the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        if len(set(keys)) != len(keys):
            raise ShapeFileError(f"{node.start_mark}: a key stands twice")
        return super().construct_mapping(node, deep)


def _shape(row: dict[str, Any], sources: dict[str, Any]) -> Shape:
    unknown = row.keys() - _COLUMNS.keys()
    missing = {column for column, needed in _COLUMNS.items() if needed} - row.keys()
    if unknown or missing or row.get("source") not in sources:
        raise ShapeFileError(f"vat.yaml, {row.get('country')}: unknown {sorted(unknown)}, missing {sorted(missing)}")
    prefix, country = row["prefix"], row["country"]
    typed = {prefix or country, *row.get("accepts", [])}
    noise: dict[str, str | None] = dict.fromkeys(_NOISE + row.get("separators", ""))
    return Shape(
        country=country,
        prefix=prefix,
        prefixes=tuple(sorted(typed, key=lambda p: (-len(p), p))),
        module=import_module(f"stdnum.{row['module']}") if row["module"] else None,
        kinds=frozenset(row.get("kinds", ["vat"])),
        lengths=frozenset(row["lengths"]),
        pattern=re.compile(row["shape"]),
        also=frozenset(row.get("also", "")),
        rewrites=tuple((re.compile(slip), meant) for slip, meant in row.get("rewrites", [])),
        expected=row["expected"],
        noise=MappingProxyType(str.maketrans(_LETTERS | {"ñ": "Ñ"} | noise)),
        confidence=sources[row["source"]]["confidence"],
    )


_COLUMNS = {  # column -> must be there
    "country": True,
    "prefix": True,
    "accepts": False,
    "module": True,
    "kinds": False,
    "lengths": True,
    "shape": True,
    "also": False,
    "separators": False,
    "rewrites": False,
    "expected": True,
    "source": True,
}
