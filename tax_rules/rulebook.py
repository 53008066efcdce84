"""The rule book: all dated rows and code lists, read once, with a digest of every byte that was read."""

import hashlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from tax_rules.errors import DataFault, InvalidRuleBook, NoRuleInForce, UnknownCode
from tax_rules.money import Currency
from tax_rules.rulefiles import Row, read_csv_table, read_rule_file, read_text_file

DATA = Path(__file__).parent / "data"
OTHER_READERS = ("identifiers", "matching")  # folders whose shape their own package reads; the digest covers them too
WORDING = "wording"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Edition:
    """Which book was read: a version people say and a digest that cannot be mistaken."""

    version: str
    sha256: str


class RuleBook:
    """Every rule that may be applied. Looking up never guesses: what is not in force is an error."""

    def __init__(
        self,
        rows: tuple[Row, ...],
        tables: Mapping[str, tuple[dict[str, str], ...]],
        wording: Mapping[str, Mapping[str, Mapping[str, str]]],
        edition: Edition,
    ) -> None:
        self.edition = edition
        self._tables = tables
        self._wording = wording
        self._rows: dict[tuple[str, str], tuple[Row, ...]] = {}
        for row in rows:
            key = (row.parameter, row.jurisdiction)
            self._rows[key] = (*self._rows.get(key, ()), row)
        self._dates = {key: [row.valid_from for row in found] for key, found in self._rows.items()}
        self._parameters = frozenset(parameter for parameter, _ in self._rows)
        self._derived: dict[Callable[[RuleBook], Any], Any] = {}
        self.currencies: Mapping[str, Currency] = _currencies(self.table("codes.currencies"))
        self.countries: Mapping[str, dict[str, str]] = {row["code"]: row for row in self.table("codes.countries")}

    @property
    def version(self) -> str:
        return self.edition.version

    @property
    def sha256(self) -> str:
        return self.edition.sha256

    @property
    def parameters(self) -> frozenset[str]:
        """The names of all parameters."""
        return self._parameters

    @property
    def tables(self) -> tuple[str, ...]:
        """The names of all code lists."""
        return tuple(sorted(self._tables))

    def rows(self) -> Iterator[Row]:
        """Every row, by parameter and jurisdiction, oldest first."""
        for key in sorted(self._rows):
            yield from self._rows[key]

    def history(self, parameter: str, jurisdiction: str) -> tuple[Row, ...]:
        """All rows of a parameter in a jurisdiction, oldest first; empty where there are none."""
        return self._rows.get((parameter, jurisdiction), ())

    def jurisdictions(self, parameter: str) -> tuple[str, ...]:
        """Where a parameter has rows."""
        return tuple(sorted(place for name, place in self._rows if name == parameter))

    def find(self, parameter: str, jurisdiction: str, on: date) -> Row | None:
        """The row in force on a civil date, or None where there is none or the rule has ended."""
        key = (parameter, jurisdiction)
        dates = self._dates.get(key)
        if not dates:
            return None
        place = bisect_right(dates, on)
        row = self._rows[key][place - 1] if place else None
        return row if row is not None and row.value is not None else None

    def in_force(self, parameter: str, jurisdiction: str, on: date) -> Row:
        """The row in force on a civil date.

        Raises:
            NoRuleInForce: there is none, or the rule ended before.
        """
        row = self.find(parameter, jurisdiction, on)
        if row is None:
            raise NoRuleInForce(parameter, jurisdiction, on)
        return row

    def table(self, name: str) -> tuple[dict[str, str], ...]:
        """A flat code list such as ``codes.countries``, as the file has it."""
        return self._tables[name]

    def wording(self, language: str) -> Mapping[str, Mapping[str, str]]:
        """Sentences by section and code in a language; the English ones where we have no others."""
        return self._wording.get(language, self._wording["en"])

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that explanations are written in."""
        return tuple(sorted(self._wording))

    def currency(self, code: str) -> Currency:
        """A currency by its ISO 4217 code, current or former.

        Raises:
            UnknownCode: there is no such currency.
        """
        try:
            return self.currencies[code]
        except KeyError:
            raise UnknownCode("currency", code) from None

    def derive(self, build: Callable[["RuleBook"], T]) -> T:
        """What ``build`` makes of this book, made once: for compiled patterns and other read-only views."""
        if build not in self._derived:
            self._derived[build] = build(self)
        found: T = self._derived[build]
        return found


@cache
def shipped_rulebook() -> RuleBook:
    """The book that ships with the code, read once a process."""
    return load_rulebook()


def load_rulebook(directory: Path = DATA) -> RuleBook:
    """Read every data file below ``directory``.

    Raises:
        InvalidRuleBook: with every fault of every file, each with file and line.
    """
    rows: list[Row] = []
    tables: dict[str, tuple[dict[str, str], ...]] = {}
    wording: dict[str, dict[str, dict[str, str]]] = {}
    faults: list[DataFault] = []
    homes: dict[tuple[str, str], set[str]] = {}
    digest = hashlib.sha256()
    for path in sorted(p for p in directory.rglob("*") if p.suffix in (".yaml", ".csv")):
        name = path.relative_to(directory).as_posix()
        content = path.read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
        if name.split("/")[0] in OTHER_READERS:
            continue
        parameter = name.rsplit(".", 1)[0].replace("/", ".")
        if path.suffix == ".csv":
            tables[parameter], found = read_csv_table(name, content)
        elif name.startswith(f"{WORDING}/"):
            sections, found = read_text_file(name, content)
            found += _join(wording.setdefault(name.split("/")[1], {}), sections, name)
        else:
            read, found = read_rule_file(name, content)
            found += _misplaced(name, parameter, read)
            for row in read:
                homes.setdefault((row.parameter, row.jurisdiction), set()).add(name)
            rows += read
        faults += found
    faults += _twice(rows) + _scattered(homes)
    faults += _incomplete(directory, tables, wording)
    if faults:
        raise InvalidRuleBook(tuple(faults))
    version = (directory / "VERSION").read_text("utf-8").strip()
    digest.update(version.encode())
    return RuleBook(tuple(rows), tables, wording, Edition(version, digest.hexdigest()))


def _join(language: dict[str, dict[str, str]], sections: Mapping[str, Mapping[str, str]], name: str) -> list[DataFault]:
    """Add the sentences of one file, such as ``wording/en/vat.yaml``, to those of its language; a code stands once."""
    faults = []
    for section, sentences in sections.items():
        known = language.setdefault(section, {})
        faults += [
            DataFault(name, 1, f"{section}.{code} stands in another file of this language too")
            for code in sorted(sentences.keys() & known.keys())
        ]
        known.update(sentences)
    return faults


def _misplaced(name: str, path_name: str, rows: list[Row]) -> list[DataFault]:
    """A file lies where its parameter says: ``vat/standard_rate/de.yaml`` or ``vat/eu_membership.yaml``."""
    return [
        DataFault(name, 1, f"{row.parameter} for {row.jurisdiction} does not belong into this file")
        for row in rows
        if path_name not in (row.parameter, f"{row.parameter}.{row.jurisdiction.lower()}")
    ]


def _twice(rows: list[Row]) -> list[DataFault]:
    counts = Counter(row.id for row in rows)
    return [DataFault(row_id.split("/")[0], 1, f"row {row_id} appears twice") for row_id, n in counts.items() if n > 1]


def _scattered(homes: Mapping[tuple[str, str], set[str]]) -> list[DataFault]:
    """Rows of one parameter and jurisdiction lie together: in two files their dates could overlap unseen."""
    return [
        DataFault(max(files), 1, f"{parameter} for {jurisdiction} has rows in {min(files)} too")
        for (parameter, jurisdiction), files in homes.items()
        if len(files) > 1
    ]


def _incomplete(
    directory: Path, tables: Mapping[str, Any], wording: Mapping[str, Mapping[str, Mapping[str, str]]]
) -> list[DataFault]:
    """What a book cannot do without, and sentences that one language has and another lacks."""
    faults = [
        DataFault(f"{name.replace('.', '/')}.csv", 1, "is missing")
        for name in ("codes.currencies", "codes.countries", "codes.former_countries")
        if name not in tables
    ]
    if not (directory / "VERSION").is_file():
        faults.append(DataFault("VERSION", 1, "is missing"))
    if "en" not in wording:
        return [*faults, DataFault(f"{WORDING}/en", 1, "is missing")]
    wanted = {(section, code) for section, texts in wording["en"].items() for code in texts}
    for language, sections in wording.items():
        have = {(section, code) for section, texts in sections.items() for code in texts}
        faults += [
            DataFault(f"{WORDING}/{language}", 1, f"{section}.{code} is not in every language")
            for section, code in sorted(wanted ^ have)
        ]
    return faults


def _currencies(rows: tuple[dict[str, str], ...]) -> dict[str, Currency]:
    return {
        row["code"]: Currency(
            row["code"],
            int(row["digits"]),
            row["name"],
            date.fromisoformat(row["from"]) if row["from"] else None,
            date.fromisoformat(row["until"]) if row["until"] else None,
            row["successor"] or None,
        )
        for row in rows
    }
