"""``taxdesk registers``: the registers of tax IDs, and the double of them."""

import json
import sys

import click

from app.cli.answers import EXIT_DONE, EXIT_DOWN, EXIT_UNKNOWN, EXIT_USAGE, answer, json_option
from app.clock import rfc3339
from app.config import Settings
from app.registers.choose import DOUBLE_HOST, double_port, open_registers
from app.registers.model import Availability, RegisterStatus


@click.group()
def registers() -> None:
    """Registers of tax IDs: who answers, and a double to work with offline."""


@registers.command("double")
@click.option("--host", default=DOUBLE_HOST, show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), help="0: a free one; default 99 above TAXDESK_PORT.")
@click.option("--numbers", is_flag=True, help="Print the numbers that choose an outcome, and end.")
@json_option
def double(host: str, port: int | None, *, numbers: bool, as_json: bool) -> None:
    """Serve a double of VIES for development, demos and tests. Its answers are invented.

    Point TAXDESK_VIES_URL at the address it prints. POST /_double/mode switches outages, e.g.
    {"mode": "MS_UNAVAILABLE", "country": "DE", "lasts": 60}; {"mode": "ok"} ends them.
    """
    from app.registers.double import RegisterDouble
    from app.registers.double_vies import magic_numbers

    if numbers:
        rows = magic_numbers()
        lines = "\n".join(f"{row['outcome']:32}{row['DE']:16}{row['FR']}" for row in rows)
        answer(lines, {"data": rows}, as_json=as_json)
        return
    if port is None:
        port = double_port(Settings.from_environment())
    try:
        server = RegisterDouble(host=host, port=port)
    except OSError as error:
        click.echo(f"Cannot listen on {host}:{port}: {error.strerror}. Choose another --port.", err=True)
        sys.exit(EXIT_USAGE)
    answer(f"VIES double: {server.vies_url}", {"url": server.url, "vies_url": server.vies_url}, as_json=as_json)
    sys.stdout.flush()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        sys.exit(EXIT_DONE)


@registers.command("status")
@json_option
def status(*, as_json: bool) -> None:
    """Ask each register how it feels: exit 0 all answer, 3 none is in use, 5 one is down."""
    in_use = open_registers(Settings.from_environment())
    found = [register.status() for register in in_use.all]
    if as_json:
        click.echo(json.dumps({"mode": str(in_use.mode), "data": [_members(s) for s in found]}))
    else:
        click.echo(f"Registers: {in_use.mode}")
        for one in found:
            click.echo(_sentence(one))
    if not found:
        sys.exit(EXIT_UNKNOWN)
    sys.exit(EXIT_DONE if all(s.availability is Availability.AVAILABLE for s in found) else EXIT_DOWN)


def _sentence(status: RegisterStatus) -> str:
    sentence = f"{status.register}: {status.availability}"
    if status.error_code:
        sentence += f" ({status.error_code})"
    down = sorted(c for c, a in status.countries.items() if a is Availability.UNAVAILABLE)
    return sentence + (f"; not answering: {', '.join(down)}" if down else "")


def _members(status: RegisterStatus) -> dict[str, object]:
    return {
        "name": status.register,
        "availability": str(status.availability),
        "asked_at": rfc3339(status.asked_at),
        "countries": {country: str(a) for country, a in status.countries.items()},
        "error_code": status.error_code,
    }
