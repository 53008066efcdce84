"""``taxdesk nexus``: economic nexus in US states from lines of JSON, without server and database."""

import sys
from typing import Any

import click

from app.cli.answers import EXIT_DONE, EXIT_PARTLY
from app.cli.ndjson import answer_lines
from app.schemas.nexus import nexus_from_request
from app.schemas.strict_json import parse
from tax_rules.rulebook import shipped_rulebook

LONGEST_LINE = 64 * 1024  # bytes of one question


@click.command()
@click.argument("file", default="-", metavar="[FILE|-]")
@click.option("--json", "_as_json", is_flag=True, help="The answers are JSON already; accepted like everywhere else.")
def nexus(file: str, *, _as_json: bool) -> None:
    """Say whether sales into a US state oblige a seller to register there: one question a line, one answer a line.

    A question is {"state": "TX", "as_of": "2026-07-01", "sales": "500000.01", "transactions": 12}: sales in US dollars
    and transactions of the state's own measurement period, which the answer names. A refused line is answered by a
    problem object; then the exit code is 4.
    """
    book = shipped_rulebook()

    def answer(line: bytes) -> dict[str, Any]:
        return nexus_from_request(parse(line), book=book)

    refused = answer_lines(file, answer, longest=LONGEST_LINE)
    sys.exit(EXIT_PARTLY if refused else EXIT_DONE)
