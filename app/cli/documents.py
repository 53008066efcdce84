"""``taxdesk documents``."""

import sys
from pathlib import Path

import click

from app.cli.answers import EXIT_DONE, EXIT_NO, EXIT_UNKNOWN, answer, json_option, open_the_desk
from app.services.verify_document import Result, verify_document

EXIT_OF_RESULT = {Result.GENUINE: EXIT_DONE, Result.ALTERED: EXIT_NO, Result.UNKNOWN: EXIT_UNKNOWN}


@click.group()
def documents() -> None:
    """Issued documents."""


@documents.command("verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
def verify(file: Path, *, as_json: bool) -> None:
    """Tell whether a PDF is genuine (exit 0), altered (1) or unknown (3)."""
    with open_the_desk() as desk:
        verification = verify_document(desk, file.read_bytes())
    document = verification.document
    sentence = str(verification.result)
    if document:
        sentence += f": {document.number} of {document.issued_on.isoformat()}"
    if verification.superseded_by:
        sentence += ", superseded"
    members = {
        "result": str(verification.result),
        "document": document and {"id": document.id, "number": document.number, "sha256": document.sha256},
        "superseded_by": verification.superseded_by,
    }
    answer(sentence, members, as_json=as_json)
    sys.exit(EXIT_OF_RESULT[verification.result])
