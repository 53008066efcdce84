"""Bulk calculations: rows of NDJSON or of a table to requests, their answers as NDJSON or a table."""

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import count
from typing import IO, Any

from app.errors import Fault, InvalidInput, MalformedBody
from app.schemas.calculate import calculation_from_request
from app.schemas.fields import is_reference
from app.schemas.read_table import rows_of_table
from app.schemas.strict_json import parse
from app.schemas.table_columns import COLUMNS, REQUIRED, at_column, request_of
from app.services.bulk import RowAsked
from app.services.keep_calculation import KnownFacts
from app.spreadsheets import cell
from tax_rules.rulebook import RuleBook

LONGEST_ROW = 2 * 1024 * 1024  # bytes; as much as a single request may send


def sales_of_table(body: IO[bytes]) -> Iterator[RowAsked]:
    """The rows of a table; see :func:`app.schemas.read_table.rows_of_table`."""
    return rows_of_table(body, known=COLUMNS, required=REQUIRED)


def sales_of_ndjson(body: IO[bytes]) -> Iterator[RowAsked]:
    """The lines of NDJSON that are not blank; they are read as JSON by the worker, line by line."""
    for number in count(1):
        line = body.readline(LONGEST_ROW + 1)
        if not line:
            return
        if len(line) > LONGEST_ROW:
            yield _too_long(number, body)
        elif line.strip():
            yield _sale(number, line)


def answer_row(request: dict[str, Any], known: KnownFacts, book: RuleBook, may_assert: bool) -> dict[str, Any]:
    """The answer to a row, as a single request gets it; its reference is noted on the row for its result.

    Raises:
        InvalidInput: with every fault, told of the columns where the row is one of a table. MalformedBody: not JSON.
    """
    is_table = "cells" in request
    payload = request_of(request["cells"]) if is_table else parse(request["json"].encode())
    if not is_table and isinstance(payload, dict):
        request["reference"] = _reference(payload)
    try:
        return calculation_from_request(payload, sellers=known.sellers, book=book, may_assert=may_assert, known=known)
    except InvalidInput as refusal:
        if not is_table:
            raise
        raise InvalidInput(refusal.detail, *map(at_column, refusal.faults)) from refusal


RESULT_COLUMNS = (
    "line", "reference", "outcome", "currency", "amount_subtotal", "taxable_amount", "tax_amount", "amount_total",
    "rate_percent", "country", "state", "taxability_reason", "vat_category", "address_level", "confidence", "warnings",
)  # fmt: skip
ERROR_COLUMNS = ("line", "reference", "code", "detail", "faults")


def results_as_table(rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    """The answers as CSV with a header, the tax of each sale in one row; its taxes one by one stand in the NDJSON."""
    return _table(RESULT_COLUMNS, (_result_cells(row) for row in rows))


def errors_as_table(rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    """The refused rows as CSV with a header."""
    return _table(ERROR_COLUMNS, (_error_cells(row) for row in rows))


def _result_cells(row: dict[str, Any]) -> dict[str, Any]:
    line = row["lines"][0]
    place = line["tax_breakdown"][0]["jurisdiction"] if line["tax_breakdown"] else {}
    members = row | {name: line.get(name) for name in ("rate_percent", "taxability_reason", "vat_category")}
    if len(row["lines"]) > 1:
        members |= dict.fromkeys(("rate_percent", "taxability_reason", "vat_category"))
    codes = dict.fromkeys(warning["code"] for warning in row["warnings"])
    return members | {"country": place.get("country"), "state": place.get("state"), "warnings": " ".join(codes)}


def _error_cells(row: dict[str, Any]) -> dict[str, Any]:
    faults = "; ".join(f"{fault['pointer']}: {fault['detail']}" for fault in row["errors"])
    return row | {"faults": faults}


def _table(columns: tuple[str, ...], rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([cell(row.get(name)) for name in columns])
        yield text.getvalue()
        text.seek(0)
        text.truncate()
    yield text.getvalue()


def _sale(number: int, line: bytes) -> RowAsked:
    try:
        text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
    except UnicodeDecodeError:
        fault = Fault("", "not_utf8", f"Line {number} is not UTF-8.")
        return RowAsked(line=number, named={"reference": None}, refusal=MalformedBody("The row was left out.", fault))
    named = {"reference": None}
    return RowAsked(line=number, named=named, request=named | {"json": text}, weight=len(line))


def _too_long(number: int, body: IO[bytes]) -> RowAsked:
    while (rest := body.readline(LONGEST_ROW)) and not rest.endswith(b"\n"):
        pass
    fault = Fault("", "too_long", f"Line {number} is longer than one request may be ({LONGEST_ROW} bytes).")
    return RowAsked(line=number, named={"reference": None}, refusal=MalformedBody("The row was left out.", fault))


def _reference(payload: dict[str, Any]) -> str | None:
    sent = payload.get("reference")
    return sent if isinstance(sent, str) and is_reference(sent) else None
