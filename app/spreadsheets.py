"""CSV that a spreadsheet opens as what it is: UTF-8 with its mark, and no cell that it would run as a formula."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal

from app import clock

BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # without it Excel reads UTF-8 as the machine's old code page
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?", re.ASCII)
# A spreadsheet runs a cell that begins with one of these signs. Where the machine's list separator is not the comma it
# cuts the line elsewhere, so what follows a separator inside a text counts as a beginning too.
_FORMULA = re.compile(r"(^|[;,\t\r\n])(\s*)(?=[=+\-@＝＋－＠])")

Value = str | int | bool | Decimal | date | datetime | Sequence[str] | None


def csv_lines(rows: Iterable[Sequence[Value]]) -> bytes:
    """The rows as CSV lines (RFC 4180: commas, quotation marks, CRLF), without a mark in front."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([cell(value) for value in row] for row in rows)
    return text.getvalue().encode()


def cell(value: Value) -> str:
    """A value as text: amounts to the last digit, moments in RFC 3339, lists joined by semicolons, None empty.

    A text that a spreadsheet would run as a formula gets an apostrophe before the sign; numbers stay as they are.
    """
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Decimal():
            return format(value, "f")
        case datetime():
            return clock.rfc3339(value)
        case date():
            return value.isoformat()
        case int():
            return str(value)
        case str():
            return value if _NUMBER.fullmatch(value) else _FORMULA.sub(r"\1\2'", value)
    return cell("; ".join(value))
