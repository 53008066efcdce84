"""``taxdesk forms``: which of the authority's blanks are installed, and installing them."""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.cli.answers import EXIT_DONE, EXIT_DOWN, EXIT_NO, json_option, open_the_desk
from app.config import Settings
from forms.blanks import shipped_blanks

if TYPE_CHECKING:
    from app.desk import Desk
    from app.services.install_forms import Listed, Outcome


@click.group()
def forms() -> None:
    """The authority's own blanks of tax forms, which are installed and never shipped."""


@forms.command("list")
@json_option
def list_(*, as_json: bool) -> None:
    """Show every known form and revision, whether it is installed, and what to do when it is not."""
    from app.services.install_forms import list_forms

    directory = Settings.from_environment().forms_dir
    assert directory is not None  # noqa: S101 - read settings are complete
    listed = list_forms(directory, shipped_blanks())
    if as_json:
        members = {"directory": str(directory), "data": [_listed_members(one) for one in listed]}
        click.echo(json.dumps(members, ensure_ascii=False))
        return
    click.echo(f"Forms in {directory}")
    for one in listed:
        click.echo(_line(one))


@forms.command("install")
@click.option(
    "--from",
    "directory",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Take the PDFs of this directory instead of downloading them.",
)
@json_option
def install(directory: Path | None, *, as_json: bool) -> None:
    """Install the blanks of all forms from irs.gov, or from a directory. Only known copies are taken; safe to repeat.

    Exit code 0: all that was found is installed. 1: a copy was refused, or the directory has no PDF. 5: a site did not
    answer. Every file and every form gets its line in each case.
    """
    from app.services.install_forms import Result, install_from_authority, install_from_directory

    book = shipped_blanks()
    with open_the_desk() as desk:
        _create_tables(desk)
        outcomes = list(
            install_from_directory(desk, directory, book) if directory else install_from_authority(desk, book)
        )
    counts = Counter(outcome.result for outcome in outcomes)
    if as_json:
        members = {"data": [_outcome_members(one) for one in outcomes]} | {str(r): counts[r] for r in Result}
        click.echo(json.dumps(members, ensure_ascii=False))
    else:
        for outcome in outcomes:
            click.echo(_sentence(outcome))
        if not outcomes:
            click.echo("There is no PDF in the directory.")
    if counts[Result.UNREACHABLE]:
        sys.exit(EXIT_DOWN)
    sys.exit(EXIT_NO if counts[Result.REFUSED] or not outcomes else EXIT_DONE)


def _create_tables(desk: "Desk") -> None:
    """An install may come before the first start: its event needs the trail. An older schema is left to migrate."""
    from app.store.schema import current_revision, upgrade

    if current_revision(desk.database) is None and not desk.settings.is_production:
        upgrade(desk.database)


def _line(one: "Listed") -> str:
    state = one.blank.state
    if one.installed:
        there = f"installed ({one.installed.copy.quality.replace('_', ' ')})"
    else:
        there = "not installed" if state == "current" else "no accepted copy"
    line = f"{one.blank.form:<8}{one.blank.name:<10}{one.blank.revision}  {state:<12}{there}"
    return f"{line}. {one.missing}" if one.missing else line


def _listed_members(one: "Listed") -> dict[str, Any]:
    copy = one.installed.copy if one.installed else None
    return {
        "form": one.blank.form,
        "name": one.blank.name,
        "revision": one.blank.revision,
        "authority": one.blank.authority,
        "state": one.blank.state,
        "address": one.blank.address,
        "installed": copy is not None,
        "sha256": copy and copy.sha256,
        "quality": copy and copy.quality,
        "confidence": copy and copy.confidence,
        "missing": one.missing,
    }


def _sentence(outcome: "Outcome") -> str:
    named = f"{outcome.origin}, {outcome.blank.title}" if outcome.blank else outcome.origin
    reason = f" ({outcome.code}): {outcome.detail}" if outcome.code else ""
    return f"{named}: {outcome.result.replace('_', ' ')}{reason}"


def _outcome_members(outcome: "Outcome") -> dict[str, Any]:
    blank, copy = outcome.blank, outcome.copy
    return {
        "origin": outcome.origin,
        "result": str(outcome.result),
        "form": blank and blank.form,
        "revision": blank and blank.revision,
        "sha256": copy and copy.sha256,
        "quality": copy and copy.quality,
        "code": outcome.code,
        "detail": outcome.detail or None,
    }
