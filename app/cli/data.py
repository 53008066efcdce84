"""``taxdesk migrate`` and ``taxdesk seed``."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.actor import SYSTEM, Scope
from app.cli.answers import answer, json_option, open_the_desk
from app.errors import Unauthenticated
from app.store.schema import current_revision, upgrade

if TYPE_CHECKING:
    from app.desk import Desk

KEYS_FILE = "development-keys.json"


@click.command()
@json_option
def migrate(*, as_json: bool) -> None:
    """Bring the database to this code's schema, seal what is plain, load the seller entities, prepare their forms."""
    from app.services.load_sellers import store_sellers
    from app.services.prepare_forms import prepare_forms
    from app.services.rotate_keys import seal_plain_rows

    with open_the_desk() as desk:
        before = current_revision(desk.database)
        upgrade(desk.database)
        after = current_revision(desk.database)
        sealed = seal_plain_rows(desk, SYSTEM)
        sellers = store_sellers(desk)
        forms = prepare_forms(desk)
    named = ", ".join(f"{code} (version {version})" for code, version in sellers.items())
    sentence = f"schema {before or 'empty'} -> {after}; sellers: {named}"
    if sealed:
        sentence += f"; sealed {sealed} rows that were plain"
    members = {"before": before, "after": after, "sellers": sellers, "sealed": sealed, "forms": forms}
    answer(sentence, members, as_json=as_json)


@click.command()
@json_option
def seed(*, as_json: bool) -> None:
    """Fill a development database with recognisable situations; prints logins and API keys. Safe to repeat."""
    from app.examples.situations import situations
    from app.schemas.calculation_answers import calculation_answer
    from app.services.seed import PASSWORD, seed_orders, seed_people

    with open_the_desk() as desk:
        people = seed_people(desk)
        new = seed_orders(desk, situations(), lambda calculation: calculation_answer(calculation, desk.book))
        keys = _keys(desk)
    lines = [f"{new} new example orders", "", f"Sign in at {desk.settings.base_url}/login with password {PASSWORD}"]
    lines += [f"  {role:<9} {email}" for email, role in people.items()]
    lines += ["", "API keys (Authorization: Bearer …)"]
    lines += [f"  {scope:<9} {key}" for scope, key in keys.items()]
    members = {"orders": new, "users": people, "password": PASSWORD, "api_keys": keys}
    answer("\n".join(lines), members, as_json=as_json)


def _keys(desk: "Desk") -> dict[str, str]:
    """One key a scope; kept in a file of the data directory, because the database has only their hashes."""
    from app.services.authenticate import authenticate_key
    from app.services.seed import seed_key

    path: Path = desk.settings.data_dir / KEYS_FILE
    kept: dict[str, str] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    keys = {}
    for scope in Scope:
        try:
            authenticate_key(desk, kept.get(scope, ""))
            keys[str(scope)] = kept[scope]
        except Unauthenticated:
            keys[str(scope)] = seed_key(desk, scope)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(keys, file, indent=1)
    return keys
