"""Tables as Excel saves them: comma, semicolon or tab; UTF-8 with or without its mark, UTF-16 or Windows-1252."""

import codecs
import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, NoReturn

from app.errors import Fault, InvalidInput, MalformedBody
from app.services.bulk import RowAsked

SEPARATORS = (";", "\t", ",")
PIECE = 256 * 1024
LONGEST_HEADER = 64 * 1024
NOTHING_TAKEN = "The table was refused; nothing was taken."


def rows_of_table(body: IO[bytes], *, known: Mapping[str, object], required: Sequence[str]) -> Iterator[RowAsked]:
    """The rows of a table whose first line names its columns; a row that cannot be read is a refused one.

    Args:
        known: the columns that there are. required: those that a table must have.
    Returns:
        Of each row that is not blank its filled cells by column, under ``cells``, and its first line in the file.
    Raises:
        MalformedBody: not a text. InvalidInput: the first line does not name the columns, with every fault.
    """
    text = io.TextIOWrapper(body, encoding=_encoding(body), newline="")
    try:
        yield from _rows(text, known, required)
    except UnicodeDecodeError:
        _refuse("not_text", "The body is neither UTF-8 nor Windows-1252; save it as “CSV UTF-8”.")
    finally:
        text.detach()


def _rows(text: io.TextIOWrapper, known: Mapping[str, object], required: Sequence[str]) -> Iterator[RowAsked]:
    before, separator = _separator(text, known)
    reader = csv.reader(text, delimiter=separator, strict=True)
    try:
        header = next(reader, [])
    except csv.Error as error:
        _refuse("not_a_row", f"Line {before + 1}, which names the columns, is not a row of a table: {error}.")
    columns = _columns(header, known, required)
    while True:
        line = before + reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield _refused(line, "", f"Line {line} is not a row of the table: {error}.", before + reader.line_num)
            continue
        if any(cell.strip() for cell in cells):
            yield _row(line, columns, cells)


def _row(line: int, columns: Sequence[str], cells: Sequence[str]) -> RowAsked:
    filled = {name: cell.strip() for name, cell in zip(columns, cells, strict=False) if cell.strip()}
    reference = filled.get("reference", "")
    if len(cells) < len(columns) or any(cell.strip() for cell in cells[len(columns) :]):
        detail = f"Line {line} has {len(cells)} cells for {len(columns)} columns; is a separator inside a text?"
        return _refused(line, reference, detail)
    named = {"reference": reference or None}
    weight = sum(map(len, cells))
    return RowAsked(line=line, named=named, request=named | {"cells": filled}, weight=weight)


def _refused(line: int, reference: str, detail: str, last: int | None = None) -> RowAsked:
    if last is not None and last > line:
        detail = f"{detail} It goes on to line {last}; is a quotation mark open?"
    refusal = InvalidInput("The row was left out.", Fault("", "not_a_row", detail))
    return RowAsked(line=line, named={"reference": reference or None}, refusal=refusal)


def _encoding(body: IO[bytes]) -> str:
    """By its mark; else UTF-8 where all of it is, else what Excel saves as “CSV” in the west."""
    body.seek(0)
    start = body.read(3)
    body.seek(0)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while piece := body.read(PIECE):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    finally:
        body.seek(0)
    return "utf-8-sig"


def _separator(text: io.TextIOWrapper, known: Mapping[str, object]) -> tuple[int, str]:
    """The sign that gives the most names of columns; ``text`` then stands at the header, after so many lines."""
    first = text.readline(LONGEST_HEADER)
    text.seek(0)
    hint = first.rstrip("\r\n")
    if hint[:4].lower() == "sep=" and hint[4:] in SEPARATORS:  # Excel's own
        text.readline()
        return 1, hint[4:]

    def names(sign: str) -> int:
        return sum(cell.strip().strip('"').casefold() in known for cell in first.split(sign))

    return 0, max(SEPARATORS, key=names)


def _columns(header: Sequence[str], known: Mapping[str, object], required: Sequence[str]) -> list[str]:
    columns = [cell.strip().casefold() for cell in header]
    while columns and not columns[-1]:
        columns.pop()
    faults = [
        Fault(f"/{name[:64]}", "unknown_column", f"Line 1, column {n}: there is no such column.")
        for n, name in enumerate(columns, 1)
        if name not in known
    ]
    twice = sorted({name for name in columns if columns.count(name) > 1} & known.keys())
    faults += [Fault(f"/{name}", "duplicate_column", "Line 1 names it twice.") for name in twice]
    faults += [
        Fault(f"/{name}", "missing_column", "Line 1 does not name it.") for name in required if name not in columns
    ]
    if faults:
        raise InvalidInput(NOTHING_TAKEN, *faults)
    return columns


def _refuse(code: str, detail: str) -> NoReturn:
    raise MalformedBody(NOTHING_TAKEN, Fault("", code, detail))
