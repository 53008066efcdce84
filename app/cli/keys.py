"""``taxdesk keys``."""

import sys
from dataclasses import asdict

import click

from app.actor import SYSTEM
from app.cli.answers import EXIT_NO, answer, json_option, open_the_desk


@click.group()
def keys() -> None:
    """The keys that seal personal data in the database (TAXDESK_FIELD_KEYS)."""


@keys.command("list")
@json_option
def list_command(*, as_json: bool) -> None:
    """The keys by id, newest first, and how many values each seals; exit code 1 where one that is needed is missing."""
    from app.services.rotate_keys import list_keys

    with open_the_desk() as desk:
        found = list_keys(desk)
    lines = []
    for key in found:
        state = "missing" if not key.is_known else "seals what is new" if key.is_newest else "opens only"
        tables = ", ".join(f"{table} {count}" for table, count in key.values.items())
        lines.append(f"{key.id}  {state:<17} {sum(key.values.values())} values{f' ({tables})' if tables else ''}")
    answer("\n".join(lines), {"keys": [asdict(key) for key in found]}, as_json=as_json)
    sys.exit(0 if all(key.is_known for key in found) else EXIT_NO)


@keys.command("rotate")
@click.option("--batch", default=500, show_default=True, type=click.IntRange(1, 10_000), help="Rows in a transaction.")
@json_option
def rotate_command(batch: int, *, as_json: bool) -> None:
    """Seal with the newest key whatever an older one seals. Safe to interrupt and to repeat, also while others work.

    Exit code 1 and the place of each value that does not open; the others are sealed anew.
    """
    from app.services.rotate_keys import rotate_keys

    with open_the_desk() as desk:
        rotation = rotate_keys(desk, SYSTEM, batch=batch)
    tables = ", ".join(f"{table} {count}" for table, count in rotation.values.items())
    total = sum(rotation.values.values())
    lines = [f"{total} values sealed with {rotation.key_id}{f' ({tables})' if tables else ''}"]
    lines += [f"left: {fault}" for fault in rotation.faults]
    members = {
        "key_id": rotation.key_id,
        "rows": rotation.rows,
        "values": rotation.values,
        "faults": list(rotation.faults),
    }
    answer("\n".join(lines), members, as_json=as_json)
    sys.exit(EXIT_NO if rotation.faults else 0)
