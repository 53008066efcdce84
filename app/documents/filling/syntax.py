"""Reading PDF syntax, as much of it as a filled form has: objects, classic cross-reference tables, content operators.

This is the read-back's own reader: it shares nothing with what writes. What it does not know is an error.
"""

import re
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

_TOKEN = re.compile(
    rb"[\0\t\n\f\r ]*(?:"
    rb"([+-]?(?:\d+(?:\.\d*)?|\.\d+))"  # number
    rb"|/([^\0\t\n\f\r ()<>\[\]{}/%]*)"  # name
    rb"|<([0-9A-Fa-f\0\t\n\f\r ]*)>"  # string in hexadecimal
    rb"|\(((?:[^()\\]|\\.)*)\)"  # string without brackets inside
    rb"|(<<|>>|\[|\])"
    rb"|([A-Za-z'\"][A-Za-z0-9*'\"]*)"  # keyword
    rb")",
    re.DOTALL,
)
_NUMBER, _NAME, _HEXADECIMAL, _LITERAL, _BRACKET, _KEYWORD = range(1, 7)
_HEAD = re.compile(rb"(\d+) 0 obj\s")
_SECTION = re.compile(rb"(\d+) (\d+)\n")
_ENTRY = re.compile(rb"(\d{10}) 00000 n \n|0000000000 65535 f \n")  # all objects are of the first generation
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|\r\n|.)", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"\n": b"", b"\r": b"", b"\r\n": b""}
_CONSTANTS: dict[bytes, Any] = {b"true": True, b"false": False, b"null": None}
_MOST_UNPACKED = 20_000_000


class SyntaxFault(ValueError):
    """The bytes are not what a filled form consists of."""


class Name(str):
    """A name, without its slash."""

    __slots__ = ()


class Ref(NamedTuple):
    """A reference to the object of that number."""

    number: int


class Stream(NamedTuple):
    """A stream: its dictionary, and its bytes as they stand in the file."""

    entries: dict[str, Any]
    raw: bytes

    def content(self) -> bytes:
        """The bytes unpacked. Raises SyntaxFault for another filter than deflation, or for more than 20 MB."""
        packing = self.entries.get("Filter")
        if packing is None:
            return self.raw
        if packing != "FlateDecode" or "DecodeParms" in self.entries:
            raise SyntaxFault("a stream is packed in an unknown way")
        unpacker = zlib.decompressobj()
        try:
            content = unpacker.decompress(self.raw, _MOST_UNPACKED)
        except zlib.error as error:
            raise SyntaxFault("a stream is damaged") from error
        if unpacker.unconsumed_tail or not unpacker.eof:
            raise SyntaxFault("a stream is too large or was cut off")
        return content


def value(data: bytes, at: int = 0) -> tuple[Any, int]:
    """The dictionary or array that begins at ``at``, and where it ends."""
    scan = _TOKEN.match
    above: list[list[Any]] = []
    items: list[Any] = []
    while token := scan(data, at):
        at = token.end()
        kind = token.lastindex
        if kind == _BRACKET:
            sign = token[_BRACKET]
            if sign in (b"<<", b"["):
                above.append(items)
                items = []
                continue
            closed: Any = items if sign == b"]" else _dictionary(items)
            items = above.pop() if above else []
            if not above:
                return closed, at
            items.append(closed)
        elif not above:
            break
        elif kind == _KEYWORD:
            items.append(_keyword(token[_KEYWORD], items))
        else:
            items.append(_simple(token))
    raise SyntaxFault("an object does not end")


def _simple(token: re.Match[bytes]) -> Any:
    kind = token.lastindex
    if kind == _NUMBER:
        text = token[_NUMBER]
        return float(text) if b"." in text else int(text)
    if kind == _NAME:
        return _name(token[_NAME])
    if kind == _HEXADECIMAL:
        digits = token[_HEXADECIMAL].translate(None, b"\0\t\n\f\r ")
        return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii"))
    return _ESCAPE.sub(_unescape, token[_LITERAL])


def _name(raw: bytes) -> Name:
    if b"#" in raw:
        raw = re.sub(rb"#([0-9A-Fa-f]{2})", lambda code: bytes([int(code[1], 16)]), raw)
    return Name(raw.decode("utf-8", "surrogateescape"))


def _unescape(escape: re.Match[bytes]) -> bytes:
    code = escape[1]
    return bytes([int(code, 8) & 255]) if code[:1].isdigit() else _ESCAPED.get(code, code)


def _keyword(word: bytes, items: list[Any]) -> Any:
    if word == b"R" and len(items) >= 2 and items[-1] == 0 and isinstance(items[-2], int):
        items.pop()
        return Ref(items.pop())
    if word in _CONSTANTS:
        return _CONSTANTS[word]
    raise SyntaxFault("an object has an unknown word")


def _dictionary(items: list[Any]) -> dict[str, Any]:
    keys = items[::2]
    if len(items) % 2 or not all(type(key) is Name for key in keys) or len(set(keys)) != len(keys):
        raise SyntaxFault("a dictionary is malformed")
    return dict(zip(keys, items[1::2], strict=True))


def indirect(data: bytes, at: int, number: int) -> tuple[Any, int]:
    """The object ``number`` that begins at ``at``, a dictionary, array, stream or string, and where it ends."""
    head = _HEAD.match(data, at)
    if head is None or int(head[1]) != number:
        raise SyntaxFault(f"object {number} is not where the table says")
    token = _TOKEN.match(data, head.end())
    if token is None:
        raise SyntaxFault(f"object {number} is not readable")
    if token.lastindex == _BRACKET:
        found, end = value(data, head.end())
        if isinstance(found, dict) and data.startswith(b"stream\n", start := _skip(data, end)):
            begin, length = start + len(b"stream\n"), found.get("Length")
            if not isinstance(length, int):
                raise SyntaxFault(f"stream {number} has no length")
            found, end = Stream(found, data[begin : begin + length]), begin + length
            if not data.startswith(b"\nendstream", end):
                raise SyntaxFault(f"stream {number} does not end where it should")
            end += len(b"\nendstream")
    else:
        end = token.end()
        found = _CONSTANTS.get(token[_KEYWORD]) if token.lastindex == _KEYWORD else _simple(token)
    end = _skip(data, end)
    if not data.startswith(b"endobj\n", end):
        raise SyntaxFault(f"object {number} does not end")
    return found, end + len(b"endobj\n")


def _skip(data: bytes, at: int) -> int:
    while data[at : at + 1] in (b"\n", b" ", b"\r"):
        at += 1
    return at


def table(data: bytes, at: int) -> tuple[dict[int, int], dict[str, Any], int]:
    """A classic cross-reference table: object number to place, the trailer's dictionary, and where that ends."""
    if not data.startswith(b"xref\n", at):
        raise SyntaxFault("there is no cross-reference table")
    at += len(b"xref\n")
    places: dict[int, int] = {}
    while section := _SECTION.match(data, at):
        first, count = int(section[1]), int(section[2])
        at = section.end()
        for number in range(first, first + count):
            line = _ENTRY.match(data, at)
            if line is None or bool(line[1]) == (number == 0):
                raise SyntaxFault("the cross-reference table is damaged")
            if line[1]:
                places[number] = int(line[1])
            at = line.end()
    if not data.startswith(b"trailer\n", at):
        raise SyntaxFault("there is no trailer")
    trailer, end = value(data, at + len(b"trailer\n"))
    if not isinstance(trailer, dict):
        raise SyntaxFault("the trailer is no dictionary")
    return places, trailer, end


def last_table(data: bytes) -> int:
    """Where the last cross-reference table of a file begins; the file must end right after saying so."""
    end = re.search(rb"\nstartxref\n(\d{1,10})\n%%EOF\n\Z", data[-48:])
    if end is None:
        raise SyntaxFault("the file does not end with its cross-reference")
    return int(end[1])


def operations(content: bytes) -> Iterator[tuple[bytes, list[Any]]]:
    """The operators of a content stream, each with its operands. Inline images are not known."""
    operands: list[Any] = []
    at, end, scan = 0, len(content.rstrip()), _TOKEN.match
    while at < end:
        token = scan(content, at)
        if token is None:
            raise SyntaxFault("the content is not readable")
        kind = token.lastindex
        if kind == _KEYWORD:
            yield token[_KEYWORD], operands
            operands = []
            at = token.end()
        elif kind == _BRACKET:
            found, at = value(content, at)
            operands.append(found)
        else:
            operands.append(_simple(token))
            at = token.end()
    if operands:
        raise SyntaxFault("the content ends before its operator")
