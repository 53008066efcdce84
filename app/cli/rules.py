"""``taxdesk rules``: is the rule book sound, and which row says so."""

import json
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from app.cli.answers import EXIT_DONE, EXIT_NO, EXIT_UNKNOWN, answer, json_option
from app.cli.local_rates import import_sst
from tax_rules.errors import InvalidRuleBook
from tax_rules.money import format_percent
from tax_rules.rulebook import DATA, RuleBook, load_rulebook
from tax_rules.rulefiles import Row


@click.group()
def rules() -> None:
    """The dated rows of law that decide."""


rules.add_command(import_sst)


@rules.command("check")
@click.option("--data", type=click.Path(path_type=Path, exists=True, file_okay=False), default=DATA, hidden=True)
@json_option
def check(data: Path, *, as_json: bool) -> None:
    """Read every data file strictly: exit 0 sound, 1 faults, each with file and line."""
    try:
        book = load_rulebook(data)
    except InvalidRuleBook as error:
        faults = [{"file": f.file, "line": f.line, "detail": f.detail} for f in error.faults]
        answer("\n".join(map(str, error.faults)), {"sound": False, "faults": faults}, as_json=as_json)
        sys.exit(EXIT_NO)
    rows = list(book.rows())
    levels = {level: sum(row.confidence == level for row in rows) for level in ("high", "medium", "low")}
    members = {
        "sound": True,
        "faults": [],
        "rows": len(rows),
        "parameters": len(book.parameters),
        "confidence": levels,
        "rulebook": {"version": book.version, "sha256": book.sha256},
    }
    spread = ", ".join(f"{count} {level}" for level, count in levels.items())
    sentence = f"{len(rows)} rows of {len(book.parameters)} parameters are sound (confidence: {spread}).\n"
    answer(f"{sentence}Rule book {book.version}, sha256 {book.sha256}", members, as_json=as_json)


@rules.command("explain")
@click.argument("parameter")
@click.argument("jurisdiction")
@click.argument("on", metavar="DATE", type=click.DateTime(formats=["%Y-%m-%d"]))
@json_option
def explain(parameter: str, jurisdiction: str, on: Any, *, as_json: bool) -> None:
    """Show the row in force on DATE, its law, and its neighbours: exit 0 found, 3 none in force or none known."""
    book, day = load_rulebook(), on.date()
    history = book.history(parameter, jurisdiction)
    row = book.find(parameter, jurisdiction, day)
    members: dict[str, Any] = {
        "parameter": parameter,
        "jurisdiction": jurisdiction,
        "date": day.isoformat(),
        "row": _members(row) if row else None,
        "neighbours": [_members(other) for other in history if other is not row],
        "rulebook": {"version": book.version, "sha256": book.sha256},
    }
    if as_json:
        click.echo(json.dumps(members, ensure_ascii=False))
    else:
        click.echo(_sentences(book, parameter, jurisdiction, day, row))
    sys.exit(EXIT_DONE if row else EXIT_UNKNOWN)


def _sentences(book: RuleBook, parameter: str, jurisdiction: str, day: date, row: Row | None) -> str:
    history = book.history(parameter, jurisdiction)
    if not history:
        known = book.jurisdictions(parameter)
        where = (
            f"it has rows for {', '.join(known)}" if known else f"parameters are {', '.join(sorted(book.parameters))}"
        )
        return f"{parameter} has no rows for {jurisdiction}; {where}."
    lines = [f"{parameter} in {jurisdiction} on {day}: {_value(row) if row else 'nothing in force'}"]
    for other in history:
        mark = "->" if other is row else "  "
        lines.append(
            f"{mark} from {other.valid_from}  {_value(other):>8}  {other.law}  [{other.source}; {other.confidence}]"
        )
    return "\n".join(lines)


def _value(row: Row) -> str:
    if row.value is None:
        return "ended"
    if isinstance(row.value, Decimal):
        return format_percent(row.value) + (" %" if row.unit == "percent" else "")
    return str(row.value).lower() if isinstance(row.value, bool) else str(row.value)


def _members(row: Row) -> dict[str, Any]:
    value = row.value
    return {
        "id": row.id,
        "from": row.valid_from.isoformat(),
        "value": format_percent(value) if isinstance(value, Decimal) else value,
        "unit": row.unit,
        "law": row.law,
        "source": row.source,
        "confidence": row.confidence,
        **dict(row.attributes),
    }
