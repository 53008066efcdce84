"""``taxdesk tax-ids``: check one number, or many offline."""

import sys
from typing import Any

import click
from marshmallow import ValidationError

from app.cli.answers import EXIT_DONE, EXIT_DOWN, EXIT_NO, EXIT_PARTLY, EXIT_UNKNOWN, answer, json_option
from app.cli.ndjson import answer_lines
from app.errors import InvalidInput
from app.schemas.fields import faults_of
from app.schemas.strict_json import parse
from app.schemas.tax_ids import TaxIdCheckRequestSchema, TaxIdCheckSchema, offline_check
from tax_rules.identifiers import IdentifierCheck, check_identifier

LONGEST_LINE = 64 * 1024  # bytes of one request
REQUEST = TaxIdCheckRequestSchema()
EXIT_OF_STATUS = {"verified": EXIT_DONE, "unverified": EXIT_NO, "malformed": EXIT_NO, "unavailable": EXIT_DOWN}


@click.group("tax-ids")
def tax_ids() -> None:
    """Tax IDs: VAT and GST numbers."""


@tax_ids.command("check")
@click.argument("what", nargs=-1, metavar="COUNTRY NUMBER | [FILE|-]")
@click.option("--offline", is_flag=True, help="Ask no register; many requests come from FILE or stdin.")
@click.option("--kind", default="vat", show_default=True, help="Kind of number.")
@click.option("--requester", help="Our own EU VAT number with prefix, for a consultation number.")
@json_option
def check(what: tuple[str, ...], *, offline: bool, kind: str, requester: str | None, as_json: bool) -> None:
    """Check a tax ID: exit 0 valid, 1 not valid, 3 no rule for it, 5 its register is down.

    With --offline and no number: one request {"country", "number", "kind"?} a line, one answer a line in the same
    order, a problem object for a line that is refused (then exit 4). Needs no server and no database.
    """
    if len(what) == 2:
        country, number = what
        _check_one(check_identifier(country, number, kind=kind), offline=offline, requester=requester, as_json=as_json)
    if not offline or len(what) > 2:
        raise click.UsageError("Give COUNTRY and NUMBER, or --offline and a file (or - for standard input).")
    refused = answer_lines(what[0] if what else "-", _check_line, longest=LONGEST_LINE)
    sys.exit(EXIT_PARTLY if refused else EXIT_DONE)


def _check_one(found: IdentifierCheck, *, offline: bool, requester: str | None, as_json: bool) -> None:
    members = offline_check(found)
    if found.valid and not offline:
        members |= _ask(found, requester)
    answer(_sentence(found, members), members, as_json=as_json)
    status = members["status"]
    unasked = EXIT_UNKNOWN if found.valid is None else EXIT_DONE
    sys.exit(EXIT_OF_STATUS.get(status, unasked))


def _ask(found: IdentifierCheck, requester: str | None) -> dict[str, Any]:
    """What the register says: the members that differ from the offline answer; none where no register is in use."""
    from app.config import Settings
    from app.registers.choose import open_registers
    from app.registers.model import RegisterQuery

    register = open_registers(Settings.from_environment()).for_country(found.country)
    if register is None:
        return {}
    own = check_identifier(requester[:2], requester) if requester else None
    if own and not own.valid:
        raise click.UsageError("--requester is no VAT number with its prefix.")
    said = register.ask(
        RegisterQuery(
            country=found.country,
            number=found.register_number,
            requester_country=own.country if own else None,
            requester_number=own.register_number if own else None,
        )
    )
    told = {"status": said.status, "register": said.members(), "valid_from": said.valid_from}
    return TaxIdCheckSchema(only=tuple(told)).dump(told)


def _sentence(found: IdentifierCheck, members: dict[str, Any]) -> str:
    if found.valid is None:
        return f"{found.number}: we have no rule for {found.kind} numbers of {found.country or 'no country'}"
    if not found.valid:
        meant = f"; did you mean {found.suggestion}?" if found.suggestion else ""
        return f"{found.number}: cannot be right ({found.reason}); expected {found.expected}{meant}"
    said = members["register"]
    if said is None:
        return f"{found.number}: can be right; no register was asked"
    facts = [members["status"], said["error_code"], said["trader_name"], said["consultation_number"]]
    return f"{found.number}: {said['name']} says {', '.join(filter(None, facts))}"


def _check_line(line: bytes) -> dict[str, Any]:
    try:
        asked = REQUEST.load(parse(line))
    except ValidationError as error:
        raise InvalidInput("The line was refused.", *faults_of(error.normalized_messages())) from error
    return offline_check(check_identifier(asked.country, asked.number, kind=asked.kind))
