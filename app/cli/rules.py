"""``taxdesk rules``: is the rule book sound, and which row says so."""

import json
import sys
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from app.cli.answers import EXIT_DONE, EXIT_NO, EXIT_UNKNOWN, answer, json_option
from app.cli.local_rates import import_sst
from tax_rules.compare import PACKAGE, compare, read_publication
from tax_rules.coverage import cover
from tax_rules.errors import BadFacts, InvalidRuleBook
from tax_rules.money import format_percent
from tax_rules.rulebook import DATA, RuleBook, load_rulebook
from tax_rules.rulefiles import Row
from tax_rules.soundness import examine


@click.group()
def rules() -> None:
    """The dated rows of law that decide."""


rules.add_command(import_sst)


@rules.command("check")
@click.option("--data", type=click.Path(path_type=Path, exists=True, file_okay=False), default=DATA, hidden=True)
@json_option
def check(data: Path, *, as_json: bool) -> None:
    """Read every data file strictly and examine the rows together: exit 0 sound, 1 faults.

    A fault of a file is told with its line: an unsorted or doubled date, missing law, a wrong unit. A fault of the rows
    together is told with the row: a gap, an overlap, a row that no rule asks for, high confidence without an official
    publication.
    """
    try:
        book = load_rulebook(data)
    except InvalidRuleBook as error:
        faults = [{"code": "file", "file": f.file, "line": f.line, "detail": f.detail} for f in error.faults]
        answer("\n".join(map(str, error.faults)), {"sound": False, "faults": faults}, as_json=as_json)
        sys.exit(EXIT_NO)
    if findings := examine(book):
        faults = [{"code": f.code, "row": f.subject, "detail": f.detail} for f in findings]
        answer("\n".join(map(str, findings)), {"sound": False, "faults": faults}, as_json=as_json)
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


@rules.command("diff")
@click.option("--against", "name", type=click.Choice([PACKAGE]), required=True, help="Whose rates to compare with.")
@click.option(
    "--file", "path", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Its JSON file, downloaded."
)
@click.option("--on", type=click.DateTime(formats=["%Y-%m-%d"]), help="The day to compare; default the data's own.")
@json_option
def diff(name: str, path: Path | None, on: Any, *, as_json: bool) -> None:
    """Compare our VAT rates with a published list: an alarm for every night, never a source.

    Exit 0 the same, 1 differences that nobody has accepted, 2 the file is another, 3 no such data on this machine.
    Without --file the installed Python or npm package is read; it is data, nothing of it runs.
    """
    found = path or _installed(Path.cwd())
    if found is None:
        answer(
            f"{name} is not installed here. Install it, or download its JSON and name it with --file.",
            {"same": None, "differences": []},
            as_json=as_json,
        )
        sys.exit(EXIT_UNKNOWN)
    try:
        published = read_publication(found.read_text("utf-8"))
    except (BadFacts, UnicodeDecodeError) as error:
        raise click.BadParameter(f"{found}: {error}", param_hint="--file") from None
    day = on.date() if on else published.version
    differences = compare(load_rulebook(), published, day)
    fresh = [each for each in differences if each.accepted is None]
    members = {
        "same": not fresh,
        "against": {"name": name, "version": published.version.isoformat(), "countries": len(published.countries)},
        "date": day.isoformat(),
        "differences": [asdict(each) for each in differences],
    }
    summary = (
        f"{len(published.countries)} countries on {day}: {len(fresh)} differences, "
        f"{len(differences) - len(fresh)} more were looked at and accepted."
    )
    answer("\n".join([*map(str, fresh), summary]), members, as_json=as_json)
    sys.exit(EXIT_NO if fresh else EXIT_DONE)


@rules.command("coverage")
@json_option
def coverage(*, as_json: bool) -> None:
    """Say what the book covers: places and products, since when, and how sure the newest row is. Always exit 0."""
    book = load_rulebook()
    covered = cover(book)
    members = {**asdict(covered), "rulebook": {"version": book.version, "sha256": book.sha256}}
    if as_json:
        click.echo(json.dumps(members, ensure_ascii=False, default=date.isoformat))
        return
    for title, entries in covered.groups():
        click.echo(f"{title} ({len(entries)})")
        for entry in entries:
            click.echo(f"  {entry.code:<18} {entry.name}")
            for each in entry.parameters:
                click.echo(f"    {each.parameter:<40} from {each.since}  {each.confidence}")
    click.echo(f"no rows, undetermined where the seller is registered ({len(covered.uncovered)}):")
    click.echo(f"  {', '.join(covered.uncovered)}")


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


def _installed(below: Path) -> Path | None:
    """The package's JSON on this machine: of the Python package, or of the npm package below a folder."""
    spec = find_spec(PACKAGE.replace("-", "_"))
    folders = [Path(place) for place in (spec.submodule_search_locations or ())] if spec else []
    for folder in (*folders, below / "node_modules" / PACKAGE):
        for name in (f"{PACKAGE}.json", f"{PACKAGE.replace('-', '_')}.json"):
            if found := sorted(folder.rglob(name)):
                return found[0]
    return None


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
