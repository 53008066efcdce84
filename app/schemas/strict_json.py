"""Reading a JSON body strictly: what libraries let pass (duplicate keys, NaN, a byte order mark) is refused here.

Numbers with a fraction or an exponent become :class:`InexactNumber`, so that a float can never be taken for money.
"""

import json
import re
from typing import Any, NoReturn

from app.errors import Fault, MalformedBody

MAX_DEPTH = 50
MAX_INTEGER_DIGITS = 30
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)


class InexactNumber(str):
    """A JSON number that was written with a fraction or an exponent; a string that fields recognise and refuse."""

    __slots__ = ()


def parse(body: bytes) -> Any:
    """The value that ``body`` holds: one JSON text in UTF-8.

    Raises:
        MalformedBody: not UTF-8, a byte order mark, not JSON, a key twice in one object, nested deeper than 50, NaN or
            Infinity, an integer of more than 30 digits.
    """
    if not body.strip():
        _refuse("empty", "The body is empty; send one JSON object.")
    if body.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        _refuse("byte_order_mark", "Send UTF-8 without a byte order mark.")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        _refuse("not_utf8", "Send the body in UTF-8.")
    _check_depth(text)
    try:
        return json.loads(
            text,
            object_pairs_hook=_unique,
            parse_float=InexactNumber,
            parse_int=_integer,
            parse_constant=lambda word: _refuse("not_json", f"{word} is not JSON."),
        )
    except json.JSONDecodeError as error:
        _refuse("not_json", f"Line {error.lineno}, column {error.colno}: {error.msg}.")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            _refuse("duplicate_key", f"The key {key[:60]!r} stands twice in one object.")
        found[key] = value
    return found


def _integer(digits: str) -> int:
    if len(digits) > MAX_INTEGER_DIGITS:
        _refuse("number_too_long", f"A number has more than {MAX_INTEGER_DIGITS} digits.")
    return int(digits)


def _check_depth(text: str) -> None:
    """Count brackets outside strings, so that a deep body is refused before the parser recurses into it."""
    depth = 0
    for token in _STRING_OR_BRACKET.finditer(text):
        letter = token.group()
        if letter in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                _refuse("too_deep", f"The body is nested deeper than {MAX_DEPTH}.")
        elif letter in "]}":
            depth -= 1


def _refuse(code: str, detail: str) -> NoReturn:
    raise MalformedBody("The body was refused; nothing was changed.", Fault("", code, detail))
