"""What every command shares: exit codes, ``--json``, and opening the desk."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from app.config import Settings
from app.errors import DomainError

if TYPE_CHECKING:
    from app.desk import Desk

EXIT_DONE, EXIT_NO, EXIT_USAGE, EXIT_UNKNOWN, EXIT_PARTLY, EXIT_DOWN = range(6)
Command = TypeVar("Command", bound=Callable[..., Any])


def json_option(command: Command) -> Command:
    """``--json``: answer with one JSON object instead of sentences."""
    return click.option("--json", "as_json", is_flag=True, help="Answer with one JSON object.")(command)


def answer(sentence: str, members: dict[str, Any], *, as_json: bool) -> None:
    """Print the answer for a reader, or as JSON."""
    click.echo(json.dumps(members, ensure_ascii=False) if as_json else sentence)


@contextmanager
def open_the_desk() -> Iterator["Desk"]:
    """The desk that the environment's settings describe; what cannot be opened in it is told like any other refusal."""
    from app.desk import open_desk
    from app.logs import configure_logs
    from app.vault import VaultError

    settings = Settings.from_environment()
    configure_logs(settings, quiet=True)
    desk = open_desk(settings)
    try:
        yield desk
    except VaultError as error:
        raise DomainError(f"{error}.") from error
    finally:
        desk.close()
