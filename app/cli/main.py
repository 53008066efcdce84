"""The ``taxdesk`` command.

Exit codes: 0 yes or done, 1 no, 2 usage, 3 unknown, 4 some lines refused, 5 something outside is down.
"""

import sys
from importlib import import_module

import click

from app.cli.answers import EXIT_DOWN, EXIT_NO, EXIT_USAGE
from app.config import SettingsError
from app.errors import DomainError

# command -> where it is; imported when called, so that `taxdesk calculate` starts without the web
COMMANDS = {
    "api-keys": "app.cli.access:api_keys",
    "audit": "app.cli.audit:audit",
    "calculate": "app.cli.calculate:calculate",
    "demo": "app.cli.demo:demo",
    "documents": "app.cli.documents:documents",
    "export": "app.cli.export:export",
    "forms": "app.cli.forms:forms",
    "keys": "app.cli.keys:keys",
    "migrate": "app.cli.data:migrate",
    "nexus": "app.cli.nexus:nexus",
    "registers": "app.cli.registers:registers",
    "rules": "app.cli.rules:rules",
    "scheduler": "app.cli.up:scheduler",
    "seed": "app.cli.data:seed",
    "serve": "app.cli.serve:serve",
    "tax-ids": "app.cli.tax_ids:tax_ids",
    "up": "app.cli.up:up",
    "users": "app.cli.access:users",
    "worker": "app.cli.up:worker",
}


class LazyCommands(click.Group):
    """A group that imports a command when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command


@click.group(cls=LazyCommands, context_settings={"help_option_names": ["-h", "--help"]})
def taxdesk() -> None:
    """Tax and compliance documents for the payment team of a merchant of record."""


def main() -> None:
    """Run the command line; every foreseeable failure is one line on standard error and an exit code."""
    try:
        taxdesk(prog_name="taxdesk")
    except SettingsError as error:
        for fault in error.faults:
            click.echo(fault, err=True)
        sys.exit(EXIT_USAGE)
    except DomainError as error:
        click.echo(error.detail, err=True)
        for fault in error.faults:
            click.echo(f"  {fault.pointer}: {fault.detail}", err=True)
        sys.exit(EXIT_NO)
    except ConnectionError as error:
        click.echo(f"{type(error).__name__}: a server we need does not answer", err=True)
        sys.exit(EXIT_DOWN)
