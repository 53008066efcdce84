"""``taxdesk rules import-sst``: official files of local rates and boundaries into the database."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.actor import SYSTEM
from app.cli.answers import EXIT_DONE, EXIT_NO, EXIT_UNKNOWN, json_option, open_the_desk

if TYPE_CHECKING:
    from app.services.import_local_rates import Imported


@click.command("import-sst")
@click.argument(
    "files", nargs=-1, required=True, metavar="FILE...", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@json_option
def import_sst(files: tuple[Path, ...], *, as_json: bool) -> None:
    """Import Streamlined Sales Tax rate and boundary files, CSV or ZIP, under their official names.

    The file of the same state and quarter is replaced; the same file again changes nothing; a file with a fault changes
    nothing. Exit code 0: all are in. 1: a file was refused, with every fault and its line. 3: a name says no state,
    kind and quarter, such as KSR2026Q4AUG19.zip.
    """
    from app.services.import_local_rates import Result, import_local_rates

    with open_the_desk() as desk:
        done = [import_local_rates(desk, SYSTEM, path) for path in files]
    if as_json:
        click.echo(json.dumps({"files": [_members(one) for one in done]}, ensure_ascii=False))
    else:
        click.echo("\n".join(line for one in done for line in _sentences(one)))
    results = {one.result for one in done}
    sys.exit(EXIT_NO if Result.REFUSED in results else EXIT_UNKNOWN if Result.UNSUPPORTED in results else EXIT_DONE)


def _members(one: "Imported") -> dict[str, Any]:
    file = one.file
    return {
        "file": one.name,
        "result": one.result.value,
        "state": file and file.state,
        "kind": file and file.kind.value,
        "quarter": file and file.quarter,
        "rows": one.rows,
        "faults": [{"line": fault.line, "detail": fault.detail} for fault in one.faults],
        "is_cut": one.is_cut,
    }


def _sentences(one: "Imported") -> list[str]:
    if one.file is None:
        return [f"{one.name}: the name says no state, kind and quarter; KSR2026Q4AUG19.zip is such a name"]
    told = f"{one.name}: {one.file.kind} of {one.file.state} for {one.file.quarter} {one.result}"
    if not one.faults:
        return [f"{told}, {one.rows} rows" if one.rows else told]
    more = ["  the file was not read further"] if one.is_cut else []
    return [told, *(f"  {fault}" for fault in one.faults), *more]
