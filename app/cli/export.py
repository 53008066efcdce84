"""``taxdesk export``."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

import click
from sqlalchemy.exc import OperationalError

from app.actor import SYSTEM
from app.blobs import StorageUnavailable, file_digest
from app.cli.answers import EXIT_DONE, EXIT_DOWN, EXIT_NO, answer, json_option, open_the_desk
from app.errors import InvalidInput
from app.facts import AuditExportAsked
from app.schemas.audit_exports import LARGEST_SAMPLE, LONGEST_SEED
from app.services.compose_export import Composed
from app.services.export_audit import write_export

DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.option("--from", "first", required=True, type=DAY, help="First day (UTC).")
@click.option("--to", "last", required=True, type=DAY, help="Last day, included.")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The ZIP to write.")
@click.option("--sample", type=click.IntRange(1, LARGEST_SAMPLE), help="Only so many documents, drawn by --seed.")
@click.option("--seed", help="Decides which documents are drawn; the same seed draws the same ones.")
@json_option
def export(first: datetime, last: datetime, out: Path, sample: int | None, seed: str | None, *, as_json: bool) -> None:
    """Write a period's documents, tables and chain proof into a ZIP that proves itself.

    Exit code 1: it was written, and something that should be in it is missing or altered (its manifest says what).
    """
    if (sample is None) != (seed is None) or (seed is not None and not 0 < len(seed.strip()) <= LONGEST_SEED):
        raise click.UsageError("Give --sample and --seed together.")
    asked = AuditExportAsked(
        first_day=first.date(), last_day=last.date(), sample_size=sample, sample_seed=seed and seed.strip()
    )
    try:
        with open_the_desk() as desk, _whole_file(out) as file:
            composed = write_export(desk, SYSTEM, asked, file, _shown())
            sha256, size = file_digest(file), file.seek(0, os.SEEK_END)
    except InvalidInput as refusal:
        raise click.UsageError(" ".join(fault.detail for fault in refusal.faults)) from None
    except (StorageUnavailable, OperationalError) as error:
        click.echo(f"{type(error).__name__}: the database or the file store does not answer", err=True)
        sys.exit(EXIT_DOWN)
    members = {
        "from": asked.first_day.isoformat(),
        "to": asked.last_day.isoformat(),
        "documents": composed.documents,
        "left_out": composed.left_out,
        "faults": composed.faults,
        "sha256": sha256,
        "manifest_sha256": composed.manifest_sha256,
        "bytes": size,
    }
    answer(_sentence(composed, out, sha256), members, as_json=as_json)
    sys.exit(EXIT_NO if composed.faults else EXIT_DONE)


def _sentence(composed: Composed, out: Path, sha256: str) -> str:
    said = f"{out}: {composed.documents} documents, SHA-256 {sha256}"
    if composed.left_out:
        said += f"; {composed.left_out} left out"
    return said + (f"; faults: {composed.faults}, see manifest.json" if composed.faults else "")


@contextmanager
def _whole_file(out: Path) -> Iterator[IO[bytes]]:
    """A file that gets its name when it is whole; what had the name before is kept until then."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{out.name}.", dir=out.parent)
    except OSError as error:
        raise click.UsageError(f"{out} cannot be written: {error.strerror}.") from None
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).rename(out)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _shown() -> Callable[[int, int, int], None]:
    """How far it is, on standard error where somebody looks at it."""
    if not sys.stderr.isatty():
        return lambda done, total, failed: None  # noqa: ARG005

    def show(done: int, total: int, failed: int) -> None:
        if done == total or done % 20 == 0:
            missing = f", {failed} missing" if failed else ""
            click.echo(f"\r{done}/{total} documents{missing}", err=True, nl=done == total)

    return show
