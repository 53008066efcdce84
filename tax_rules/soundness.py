"""Whether the rows of a book that was read make sense together: what no single file can show."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from tax_rules.readers import unread
from tax_rules.rulebook import RuleBook
from tax_rules.rulefiles import Row

COMMUNITIES = frozenset({"EU", "WORLD"})
MEMBERSHIP, STANDARD = "vat.eu_membership", "vat.standard_rate"
BY_LANGUAGE = "_mention"  # words for a document: their rows are by language, not by place
BY_CURRENCIES = "vat.exchange_rate_"  # rows by a pair of currencies, such as EUR-GBP
OPEN = date.max


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with the rows: a code, the row or parameter it is about, and what is wrong in words."""

    code: str
    subject: str
    detail: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.detail}"


def examine(book: RuleBook) -> tuple[Finding, ...]:
    """Everything that is wrong with the rows of a book: gaps, overlaps, rows nobody reads, and doubtful confidence."""
    return (*_gaps(book), *_members_without_rate(book), *_overlaps(book), *_unread(book), *_overstated(book))


def _gaps(book: RuleBook) -> Iterator[Finding]:
    """A rule that ends before it began, ends twice, or ends and comes back: between the two nothing is in force."""
    for history in _histories(book):
        before: Row | None = None
        for row in history:
            if row.value is None and (before is None or before.value is None):
                yield Finding("ends_without_beginning", row.id, "the rule ends, but no row before it is in force")
            elif before is not None and before.value is None:
                yield Finding("gap", row.id, f"nothing is in force from {before.valid_from} until {row.valid_from}")
            before = row


def _members_without_rate(book: RuleBook) -> Iterator[Finding]:
    """A member state has a standard rate on every day of its membership (Directive 2006/112/EC Art. 96)."""
    for state in book.jurisdictions(MEMBERSHIP):
        spans = _spans(book.history(MEMBERSHIP, state))
        rates = _spans(book.history(STANDARD, state))
        for day, end in spans:
            first = max(day, rates[0][0]) if rates else day  # history before our first row is not the book's subject
            missing = _first_day_outside(rates, first, end)
            if missing is not None:
                detail = f"{state} is a member of the European Union on {missing} without a standard rate"
                yield Finding("gap", f"{STANDARD}/{state}", detail)


def _overlaps(book: RuleBook) -> Iterator[Finding]:
    """Rows of a dated table that hold for the same key on the same day."""
    for name in book.tables:
        rows = book.table(name)
        if not rows or not {"from", "to"} <= rows[0].keys():
            continue
        found: dict[tuple[str, ...], list[tuple[str, str]]] = {}
        for row in rows:
            key = tuple(row[column] for column in rows[0] if column not in _VALUES)
            found.setdefault(key, []).append((row["from"], row["to"] or OPEN.isoformat()))
        for key, spans in found.items():
            spans.sort()
            for (_, end), (start, _) in pairwise(spans):
                if start <= end:
                    yield Finding("overlap", f"{name}/{'/'.join(key)}", f"two rows are in force on {start}")


_VALUES = frozenset({"key", "rate", "from", "to", "as_of", "law", "source", "confidence"})
"""Columns that say what holds and since when; the others say for what it holds."""


def _unread(book: RuleBook) -> Iterator[Finding]:
    """Parameters that no rule asks for, and places that no sale can be in."""
    for parameter in unread(book.parameters):
        yield Finding("unread", parameter, "no rule asks for this parameter")
    known = _places(book)
    for parameter in sorted(book.parameters):
        for place in book.jurisdictions(parameter):
            is_place = not (parameter.endswith(BY_LANGUAGE) or parameter.startswith(BY_CURRENCIES))
            if is_place and place not in known:
                yield Finding("unread", f"{parameter}/{place}", f"{place} is no country, territory, state or province")


def _overstated(book: RuleBook) -> Iterator[Finding]:
    """High confidence wants a source that anybody can open: an official publication of the list that ships."""
    official = [re.compile(row["pattern"]) for row in book.table("codes.official_publications")]
    for row in book.rows():
        if row.confidence == "high" and not any(pattern.match(row.source) for pattern in official):
            yield Finding("overstated", row.id, f"confidence is high, but {row.source!r} names no official publication")


def _places(book: RuleBook) -> frozenset[str]:
    """Every code that a sale's place can have."""
    territories = {row["code"] for row in book.table("vat.territories")}
    provinces = {f"CA-{row['code']}" for row in book.table("codes.canadian_provinces")}
    states = {f"US-{row['code']}" for row in book.table("us.states")}
    cities = {f"US-{row['state']}-{row['city'].upper()}" for row in book.table("us.local_rates")}
    return COMMUNITIES | book.countries.keys() | territories | provinces | states | cities


def _histories(book: RuleBook) -> Iterator[tuple[Row, ...]]:
    for parameter in sorted(book.parameters):
        for jurisdiction in book.jurisdictions(parameter):
            yield book.history(parameter, jurisdiction)


def _spans(history: tuple[Row, ...]) -> list[tuple[date, date]]:
    """From when to when, inclusive, something is in force."""
    ends = [*(row.valid_from - timedelta(days=1) for row in history[1:]), OPEN]
    return [(row.valid_from, end) for row, end in zip(history, ends, strict=True) if row.value is not None]


def _first_day_outside(spans: list[tuple[date, date]], day: date, end: date) -> date | None:
    """The first day from ``day`` to ``end`` that no span covers."""
    for begin, last in spans:
        if begin > day:
            break
        if last >= day:
            if last >= end:
                return None
            day = last + timedelta(days=1)
    return day
