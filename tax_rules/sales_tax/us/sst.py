"""The rate and boundary files of the Streamlined Sales Tax states, read strictly: rows in, rows or faults out.

A rate file has nine columns, a boundary file 89 (some states: 90), neither has a header. The files are read line by
line and nothing of them is kept, so a file of any length needs no memory.

Law:
    SSUTA 305 (local rate and boundary changes), 307 (databases of rates and boundaries); SST Technology Guide ch. 5.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from tax_rules.errors import DataFault

STATE, COUNTY, PLACE = "45", "00", "01"
"""Types of jurisdiction; every other type is a special district."""
RATE_COLUMNS, BOUNDARY_COLUMNS = (9,), (89, 90)
LAST_DISTRICT_COLUMN = 89
OPEN_FROM = 2078
"""Files write an open end as some year from here on: 2078, 2099, 2999, 9999."""
LONGEST_LINE = 4096
"""Bytes of one line; the longest real ones have a few hundred."""

_NAME = re.compile(
    r"([A-Z]{2})([RB])(\d{4})Q([1-4])[A-Z]{3}\d{1,2}(?:[-_ .(].*)?\.(?:csv|zip)", re.ASCII | re.IGNORECASE
)
_DATE = re.compile(r"\d{8}", re.ASCII)
_RATE = re.compile(r"(0|1)?(\.\d{1,8})?", re.ASCII)
_ZIP = re.compile(r"\d{5}", re.ASCII)
_PLUS4 = re.compile(r"\d{1,4}", re.ASCII)
_CODE = re.compile(r"[A-Z0-9]{1,8}", re.ASCII)
_NUMBER = re.compile(r"[A-Z0-9 /-]{0,12}", re.ASCII)
_BOM = b"\xef\xbb\xbf"


class FileKind(StrEnum):
    RATES = "rates"
    BOUNDARIES = "boundaries"


class Record(StrEnum):
    """What a boundary record is about: a stretch of a street, a range of ZIP+4, or a range of ZIP codes."""

    ADDRESS = "A"
    ZIP4 = "4"
    ZIP5 = "Z"


@dataclass(frozen=True, slots=True)
class FileName:
    """What the name of a file says: the state by its two letters, what is in it, and the quarter, such as 2026Q4."""

    name: str
    state: str
    kind: FileKind
    quarter: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RateRow:
    """One rate of one jurisdiction, as fractions of one; ``ends`` inclusive, None open. The key is type and code."""

    line: int
    type: str
    code: str
    intrastate: Decimal
    interstate: Decimal
    food_drug_intrastate: Decimal
    food_drug_interstate: Decimal
    begins: date
    ends: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxedBy:
    """Which jurisdictions levy a tax in one place.

    ``has_state``: the state's own tax is due there. ``districts`` are pairs of type and code.
    """

    has_state: bool
    county: str | None = None
    place: str | None = None
    districts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundaryRow:
    """Which jurisdictions tax an address, a range of ZIP+4 or a range of ZIP codes.

    ``street`` is direction, name, suffix and direction; ``low`` to ``high`` are its house numbers, ``parity`` is O, E
    or B.
    """

    line: int
    record: Record
    begins: date
    ends: date | None
    zip_low: int
    zip_high: int
    plus4_low: int = 0
    plus4_high: int = 9999
    street: tuple[str, ...] = ()
    low: str = ""
    high: str = ""
    parity: str = "B"
    taxed_by: TaxedBy


def read_file_name(name: str) -> FileName | None:
    """What a file's name says, such as ``KSR2026Q4AUG19.zip``; None where it is no such name."""
    match = _NAME.fullmatch(name.upper())
    if match is None:
        return None
    state, kind, year, quarter = match.groups()
    return FileName(name, state, FileKind.RATES if kind == "R" else FileKind.BOUNDARIES, f"{year}Q{quarter}")


def read_rates(lines: Iterable[bytes], *, name: str, fips: str) -> Iterator[RateRow | DataFault]:
    """The rows of a rate file and the faults of those that cannot be used, in the order of the lines.

    Args:
        fips: the two digits of the state that the file's name says.
    """
    for cells in _table(lines, name, RATE_COLUMNS):
        if isinstance(cells, DataFault):
            yield cells
            continue
        row = _rate(cells, fips)
        yield from [row] if row is not None else cells.faults


def read_boundaries(lines: Iterable[bytes], *, name: str, fips: str) -> Iterator[BoundaryRow | DataFault]:
    """The rows of a boundary file and the faults of those that cannot be used, in the order of the lines.

    Args:
        fips: the two digits of the state that the file's name says.
    """
    for cells in _table(lines, name, BOUNDARY_COLUMNS):
        if isinstance(cells, DataFault):
            yield cells
            continue
        row = _boundary(cells, fips)
        yield from [row] if row is not None else cells.faults


class _Cells:
    """The cells of one line, counted from 1, and what is wrong with them."""

    def __init__(self, name: str, line: int, texts: list[str]) -> None:
        self.name, self.line, self.texts = name, line, texts
        self.faults: list[DataFault] = []

    def fault(self, column: int, wanted: str) -> None:
        found = self.texts[column - 1][:40]
        self.faults.append(DataFault(self.name, self.line, f"column {column} is {found!r}; {wanted}"))

    def text(self, column: int) -> str:
        return self.texts[column - 1].strip().upper()

    def like(self, column: int, pattern: re.Pattern[str], wanted: str) -> str:
        text = self.text(column)
        if not pattern.fullmatch(text):
            self.fault(column, wanted)
        return text

    def day(self, column: int) -> date | None:
        text = self.like(column, _DATE, "a date YYYYMMDD is wanted")
        try:
            return date(int(text[:4]), int(text[4:6]), int(text[6:])) if _DATE.fullmatch(text) else None
        except ValueError:
            self.fault(column, "there is no such day")
            return None

    def period(self, begin: int, end: int) -> tuple[date, date | None]:
        begins, ends = self.day(begin), self.day(end)
        if begins is not None and ends is not None and ends < begins:
            self.fault(end, "it lies before the begin")
        return begins or date.min, ends if ends is not None and ends.year < OPEN_FROM else None

    def rate(self, column: int) -> Decimal:
        text = self.like(column, _RATE, "a rate between 0 and 1 is wanted, such as 0.0125")
        try:
            rate = Decimal(text) if _RATE.fullmatch(text) else Decimal(0)
        except ArithmeticError:
            self.fault(column, "a rate is missing")
            return Decimal(0)
        if rate > 1:
            self.fault(column, "a rate is at most 1")
        return rate

    def number(self, column: int, pattern: re.Pattern[str], wanted: str) -> int:
        text = self.like(column, pattern, wanted)
        return int(text) if pattern.fullmatch(text) else 0

    def state(self, column: int, fips: str) -> None:
        if self.text(column).zfill(2) != fips:
            self.fault(column, f"the file's name says state {fips}")


def _table(lines: Iterable[bytes], name: str, columns: tuple[int, ...]) -> Iterator[_Cells | DataFault]:
    """The lines as cells; a file without any is a fault."""
    is_empty, wanted = True, " or ".join(map(str, columns))
    for number, line in enumerate(lines, 1):
        if number == 1:
            line = line.removeprefix(_BOM)
        if not line.strip():
            continue
        is_empty = False
        if len(line) > LONGEST_LINE:
            yield DataFault(name, number, f"the line has more than {LONGEST_LINE} bytes")
            continue
        try:
            texts = _split(line.decode("utf-8").rstrip("\r\n"))
        except (UnicodeDecodeError, csv.Error):
            yield DataFault(name, number, "the line is not CSV in UTF-8")
            continue
        if len(texts) not in columns:
            yield DataFault(name, number, f"the line has {len(texts)} columns, not {wanted}")
            continue
        yield _Cells(name, number, texts)
    if is_empty:
        yield DataFault(name, 1, "the file is empty")


def _split(line: str) -> list[str]:
    return next(csv.reader([line], strict=True)) if '"' in line else line.split(",")


def _rate(cells: _Cells, fips: str) -> RateRow | None:
    cells.state(1, fips)
    kind = f"{cells.number(2, re.compile('[0-9]{1,2}'), 'a type of two digits is wanted'):02}"
    code = _padded(cells.like(3, _CODE, "a code is wanted"), kind)
    rates = [cells.rate(column) for column in (4, 5, 6, 7)]
    begins, ends = cells.period(8, 9)
    if cells.faults:
        return None
    return RateRow(
        line=cells.line, type=kind, code=code, intrastate=rates[0], interstate=rates[1],
        food_drug_intrastate=rates[2], food_drug_interstate=rates[3], begins=begins, ends=ends,
    )  # fmt: skip


def _boundary(cells: _Cells, fips: str) -> BoundaryRow | None:
    begins, ends = cells.period(2, 3)
    record = cells.text(1)
    if record not in ("A", "4", "Z"):
        cells.fault(1, "a record is A, 4 or Z")
        return None
    cells.state(23, fips)
    where = _where(cells, Record(record))
    taxed_by = TaxedBy(
        has_state=_has_state(cells, fips),
        county=_code(cells, 25, COUNTY),
        place=_code(cells, 26, PLACE),
        districts=_districts(cells),
    )
    if cells.faults:
        return None
    return BoundaryRow(line=cells.line, record=Record(record), begins=begins, ends=ends, taxed_by=taxed_by, **where)


def _where(cells: _Cells, record: Record) -> dict[str, Any]:
    zip_wanted, plus4_wanted = "a ZIP code of five digits is wanted", "a ZIP+4 of up to four digits is wanted"
    if record is Record.ADDRESS:
        zip_code = cells.number(16, _ZIP, zip_wanted)
        parity = cells.text(6) or "B"
        if parity not in ("O", "E", "B"):
            cells.fault(6, "O, E or B is wanted")
        if not cells.text(8):
            cells.fault(8, "an address record needs a street")
        return {
            "zip_low": zip_code,
            "zip_high": zip_code,
            "street": tuple(filter(None, map(cells.text, (7, 8, 9, 10)))),
            "low": cells.like(4, _NUMBER, "a house number is wanted"),
            "high": cells.like(5, _NUMBER, "a house number is wanted"),
            "parity": parity,
        }
    found = {"zip_low": cells.number(18, _ZIP, zip_wanted), "zip_high": cells.number(20, _ZIP, zip_wanted)}
    if record is Record.ZIP4:
        found["plus4_low"] = cells.number(19, _PLUS4, plus4_wanted)
        found["plus4_high"] = cells.number(21, _PLUS4, plus4_wanted)
    low, high = ((found[f"zip_{end}"], found.get(f"plus4_{end}", 0)) for end in ("low", "high"))
    if high < low:
        cells.fault(20, "the range ends before it begins")
    return {**found}


def _has_state(cells: _Cells, fips: str) -> bool:
    indicator = cells.text(24)
    if indicator and indicator.zfill(2) != fips:
        cells.fault(24, f"the state {fips} or nothing is wanted")
    return bool(indicator)


def _code(cells: _Cells, column: int, kind: str) -> str | None:
    text = cells.text(column)
    if not text:
        return None
    return _padded(cells.like(column, _CODE, "a code is wanted"), kind)


def _districts(cells: _Cells) -> tuple[tuple[str, str], ...]:
    """Type and code of each special district; triples of type 45 are location codes of a state and levy nothing."""
    found: list[tuple[str, str]] = []
    if not any(cells.texts[29:LAST_DISTRICT_COLUMN]):
        return ()
    for column in range(30, LAST_DISTRICT_COLUMN, 3):
        if not any(cells.texts[column - 1 : column + 2]):
            continue
        code = cells.like(column + 1, _CODE, "a code is wanted")
        kind = cells.text(column + 2).zfill(2)
        if kind != STATE:
            found.append((kind, _padded(code, kind)))
    return tuple(found)


def _padded(code: str, kind: str) -> str:
    """A code with its leading zeros: three digits for counties, five for places and districts, two for states."""
    return code.zfill({STATE: 2, COUNTY: 3}.get(kind, 5)) if code.isdigit() else code
