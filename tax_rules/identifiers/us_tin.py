"""Taxpayer identification numbers of the United States, checked offline: SSN, ITIN and EIN.

They have no check digit. A number can be refused that cannot have been issued; nothing here says that one was.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from stdnum import numdb
from stdnum.us import ssn
from stdnum.util import clean

from tax_rules.identifiers.shapes import read_data

TIN_KINDS = ("ssn", "itin", "ein")

_GROUPS = {"ssn": (3, 2, 4), "itin": (3, 2, 4), "ein": (2, 7)}


@dataclass(frozen=True, slots=True)
class TinCheck:
    """What a number says of itself. ``number`` is nine digits and ``display`` has the dashes; both empty if refused."""

    kind: str
    number: str
    display: str
    reason: Literal["length", "format", "component"] | None = None
    is_prefix_known: bool = True  # an EIN may begin with a prefix newer than our list: a warning, no refusal

    @property
    def is_valid(self) -> bool:
        """Whether such a number can have been issued."""
        return self.reason is None


def check_us_tin(kind: str, number: str) -> TinCheck:
    """Check a number by length, grouping and components. The number may have blanks or dashes where they belong.

    Args:
        kind: ``ssn``, ``itin`` or ``ein``.
    Raises:
        ValueError: another kind.
    Source:
        python-stdnum (SSN, list of EIN prefixes); ``us_tin.yaml`` (ITIN: python-stdnum refuses groups 50 to 65).
    """
    if kind not in _GROUPS:
        raise ValueError(f"{kind!r} is not one of {', '.join(TIN_KINDS)}")
    groups = _GROUPS[kind]
    typed = re.sub(r"\s+", "-", clean(number, "").strip())
    digits = typed.replace("-", "")
    if not re.fullmatch(r"[0-9-]*", typed):
        return TinCheck(kind, "", "", "format")
    if len(digits) != 9:
        return TinCheck(kind, "", "", "length")
    if not re.fullmatch("-?".join(f"[0-9]{{{size}}}" for size in groups), typed):
        return TinCheck(kind, "", "", "format")  # dashes as in another kind of number: it may well be one
    if not _can_be_issued(kind, digits):
        return TinCheck(kind, "", "", "component")
    return TinCheck(kind, digits, display_us_tin(kind, digits), is_prefix_known=kind != "ein" or _has_prefix(digits))


def display_us_tin(kind: str, digits: str) -> str:
    """Nine digits as they are printed: ``123-45-6789`` or ``12-3456789``."""
    at, parts = 0, []
    for size in _GROUPS[kind]:
        parts.append(digits[at : at + size])
        at += size
    return "-".join(parts)


def _can_be_issued(kind: str, digits: str) -> bool:
    if kind == "ssn":
        return ssn.is_valid(digits)
    if kind == "itin":
        return digits[0] == "9" and any(first <= digits[3:5] <= last for first, last in _itin_groups())
    return True


def _has_prefix(digits: str) -> bool:
    return bool(numdb.get("us/ein").info(digits)[0][1])


@cache
def _itin_groups() -> tuple[tuple[str, str], ...]:
    return tuple((row["from"], row["to"]) for row in read_data("us_tin.yaml", "itin_groups")["itin_groups"])
