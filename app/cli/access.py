"""``taxdesk users`` and ``taxdesk api-keys``."""

import sys

import click

from app.actor import SYSTEM, Role, Scope
from app.cli.answers import answer, json_option, open_the_desk
from app.services.grant_access import create_api_key, create_user, revoke_api_key, set_password


@click.group()
def users() -> None:
    """People who sign in to the pages."""


@users.command("create")
@click.option("--email", required=True)
@click.option("--role", required=True, type=click.Choice([str(role) for role in Role]))
@click.option("--language", default="en", type=click.Choice(["en", "de"]), show_default=True)
@json_option
def create_user_command(email: str, role: str, language: str, *, as_json: bool) -> None:
    """Create a user; the password is read from standard input."""
    password = _read_password()
    with open_the_desk() as desk:
        user_id = create_user(desk, SYSTEM, email=email, role=role, password=password, language=language)
    answer(user_id, {"id": user_id, "role": role}, as_json=as_json)


@users.command("set-password")
@click.option("--email", required=True)
@json_option
def set_password_command(email: str, *, as_json: bool) -> None:
    """Give a user another password, read from standard input; their sessions end."""
    password = _read_password()
    with open_the_desk() as desk:
        user_id = set_password(desk, SYSTEM, email=email, password=password)
    answer(user_id, {"id": user_id}, as_json=as_json)


def _read_password() -> str:
    """One line of standard input, or what is typed unseen at a terminal."""
    if sys.stdin.isatty():
        typed: str = click.prompt("Password", hide_input=True)
        return typed
    return sys.stdin.readline().rstrip("\n")


@click.group("api-keys")
def api_keys() -> None:
    """Keys of the programs that call the API."""


@api_keys.command("create")
@click.option("--name", required=True, help="Which program uses it.")
@click.option("--scope", required=True, help=f"One or more of {','.join(Scope)}, separated by commas.")
@click.option("--client", help="Bind the key to this client: it sees no other's orders.")
@json_option
def create_key_command(name: str, scope: str, client: str | None, *, as_json: bool) -> None:
    """Create a key and print it alone on standard output; it is shown only now."""
    with open_the_desk() as desk:
        scopes = [part.strip() for part in scope.split(",") if part.strip()]
        key = create_api_key(desk, SYSTEM, name=name, scopes=scopes, client=client)
    answer(key, {"key": key}, as_json=as_json)


@api_keys.command("revoke")
@click.argument("key_id")
@json_option
def revoke_key_command(key_id: str, *, as_json: bool) -> None:
    """Revoke the key with this id (its third part)."""
    with open_the_desk() as desk:
        revoke_api_key(desk, SYSTEM, key_id)
    answer("revoked", {"revoked": key_id}, as_json=as_json)
