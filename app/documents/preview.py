"""Draw one example document: ``python -m app.documents.preview credit_note --language fr --out FILE``."""

import sys
import webbrowser
from pathlib import Path

import click

from app.documents.examples import EXAMPLES
from app.documents.render import draw
from app.i18n import SHIPPED


@click.command()
@click.argument("example", type=click.Choice(sorted(EXAMPLES)))
@click.option("--language", default="en", type=click.Choice(SHIPPED), help="Language of the document.")
@click.option(
    "--out", default=None, type=click.Path(dir_okay=False, path_type=Path), help="Default: EXAMPLE.LANGUAGE.pdf."
)
@click.option("--open", "show", is_flag=True, help="Open it in the browser.")
def preview(example: str, language: str, out: Path | None, *, show: bool) -> None:
    """Draw EXAMPLE as it would be issued and write the PDF."""
    facts = EXAMPLES[example](language)
    target = out or Path(f"{example}.{language}.pdf")
    drawn = draw(facts.kind, facts.to_json())
    target.write_bytes(drawn.pdf)
    sys.stdout.write(f"{target}: {drawn.pages} pages, {len(drawn.pdf)} bytes, SHA-256 {drawn.sha256}\n")
    if show:
        webbrowser.open(target.absolute().as_uri())


if __name__ == "__main__":
    preview()
