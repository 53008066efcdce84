"""Reading bodies: what libraries let pass is refused."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import MalformedBody
from app.schemas.strict_json import InexactNumber, parse


def code_of(body: bytes) -> str:
    with pytest.raises(MalformedBody) as refused:
        parse(body)
    return refused.value.faults[0].code


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty"),
        (b" \n ", "empty"),
        (b'\xef\xbb\xbf{"a": 1}', "byte_order_mark"),
        ('{"a": 1}'.encode("utf-16"), "byte_order_mark"),
        (b'{"a": "\xff"}', "not_utf8"),
        (b'{"a": 1, "a": 2}', "duplicate_key"),
        (b'{"a": {"b": 1, "b": 1}}', "duplicate_key"),
        (b'{"a": NaN}', "not_json"),
        (b'{"a": -Infinity}', "not_json"),
        (b'{"a": 1,}', "not_json"),
        (b"{'a': 1}", "not_json"),
        (b'{"a": 1} // comment', "not_json"),
        (b'{"a": 1} {"b": 2}', "not_json"),
        (b'{"a": 01}', "not_json"),
        (b'{"a": "\x01"}', "not_json"),
        (b"{" + b'"a":' * 3, "not_json"),
    ],
)
def test_what_is_not_strict_json_is_refused_with_its_reason(body: bytes, code: str) -> None:
    assert code_of(body) == code


@pytest.mark.parametrize("depth", [51, 10_000, 200_000])
def test_deep_nesting_is_refused_and_exhausts_nothing(depth: int) -> None:
    with pytest.raises(MalformedBody):
        parse(b"[" * depth + b"]" * depth)
    with pytest.raises(MalformedBody):
        parse(b'{"a":' * depth + b"1" + b"}" * depth)


def test_fifty_levels_are_read() -> None:
    value = parse(b"[" * 50 + b"]" * 50)
    for _ in range(49):
        (value,) = value
    assert value == []


def test_brackets_inside_a_text_are_no_nesting() -> None:
    assert parse(b'{"a": "' + b"[" * 500 + b'\\"]"}') == {"a": "[" * 500 + '"]'}


@pytest.mark.parametrize("number", ["1.0", "1e5", "1E-3", "12.50", "-0.0", "1e400"])
def test_a_number_with_fraction_or_exponent_keeps_its_digits_and_is_known_as_inexact(number: str) -> None:
    (value,) = parse(f"[{number}]".encode())
    assert type(value) is InexactNumber
    assert value == number


def test_a_huge_integer_is_refused() -> None:
    assert parse(b"[" + b"9" * 30 + b"]") == [int("9" * 30)]
    with pytest.raises(MalformedBody):
        parse(b"[" + b"9" * 5000 + b"]")


def test_dangerous_names_are_plain_names() -> None:
    assert parse(b'{"__proto__": {"x": 1}, "constructor": 2}') == {"__proto__": {"x": 1}, "constructor": 2}


@given(st.binary(max_size=200))
@settings(deadline=None, database=None)
def test_any_bytes_are_read_or_refused_and_never_crash(body: bytes) -> None:
    with suppress(MalformedBody):
        parse(body)
