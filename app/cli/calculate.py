"""``taxdesk calculate``: tax calculations from lines of JSON, without server and database."""

import sys
from typing import Any

import click

from app.cli.answers import EXIT_DONE, EXIT_PARTLY
from app.cli.ndjson import answer_lines
from app.config import Settings
from app.schemas.calculate import calculation_from_request
from app.schemas.strict_json import parse
from app.sellers import load_sellers
from tax_rules.rulebook import load_rulebook

LONGEST_LINE = 4 * 1024 * 1024  # bytes of one request; 1,000 lines with descriptions stay far below


@click.command()
@click.argument("file", default="-", metavar="[FILE|-]")
@click.option("--json", "_as_json", is_flag=True, help="The answers are JSON already; accepted like everywhere else.")
def calculate(file: str, *, _as_json: bool) -> None:
    """Calculate the tax on sales: one request a line, one answer a line in the same order.

    A refused line is answered by a problem object; then the exit code is 4. The sellers come from TAXDESK_SELLERS, else
    from the shipped example. A stated status of a tax ID and rates_override are used as given.
    """
    sellers, book = load_sellers(Settings.from_environment().sellers), load_rulebook()

    def answer(line: bytes) -> dict[str, Any]:
        return calculation_from_request(parse(line), sellers=sellers, book=book, may_assert=True, may_override=True)

    refused = answer_lines(file, answer, longest=LONGEST_LINE)
    sys.exit(EXIT_PARTLY if refused else EXIT_DONE)
