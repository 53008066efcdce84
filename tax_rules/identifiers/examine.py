"""One reading of a number, judged: shape, then check digits and components. No guessing here."""

from dataclasses import dataclass
from typing import Literal

from stdnum.exceptions import InvalidChecksum, InvalidComponent, InvalidLength, ValidationError

from tax_rules.identifiers.corrections import validate_body
from tax_rules.identifiers.shapes import Shape

Reason = Literal["length", "format", "checksum", "component", "unsupported"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one reading of a number: its canonical body, or the reason against it."""

    body: str
    reason: Reason | None


def examine(shape: Shape, compacted: str) -> Finding:
    """One reading of a number, without guessing: its canonical body or the first reason against it."""
    body = shape.body(compacted)
    if not shape.pattern.fullmatch(body):
        return Finding(body, _misshapen(shape, body))
    try:
        return Finding(validate_body(shape, body), None)
    except ValidationError as error:
        return Finding(body, _REASONS.get(type(error), "format"))
    except (ArithmeticError, LookupError, ValueError):
        return Finding(body, "format")  # python-stdnum trips over some numbers that it ought to refuse


_REASONS: dict[type[ValidationError], Reason] = {
    InvalidChecksum: "checksum",
    InvalidComponent: "component",
    InvalidLength: "length",
}


def _misshapen(shape: Shape, body: str) -> Reason:
    known = all(sign in shape.also or (sign.isascii() and sign.isalnum()) for sign in body)
    return "length" if known and len(body) not in shape.lengths else "format"
