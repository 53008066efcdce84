"""Our substitutes as installed files: drawn once in a process of their own, kept beside the authority's blanks.

The processes that fill forms load no renderer. A file is named by the digest of all it is made from: page, style, fonts
and renderer. ``python -m app.documents.filling.own_blanks KIND REVISION [STRUCK…]`` is the process that draws.
"""

import hashlib
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

from app.documents import fonts
from app.documents.errors import DrawingFailed
from app.documents.filling.blanks import compiled
from app.documents.filling.extras import Extra, extras_of
from app.documents.filling.folder import write
from app.documents.filling.plan import CompiledBlank
from app.documents.filling.substitute import compose, draw
from app.documents.page import TEMPLATES
from forms.load import definitions
from forms.model import FormDefinition

STYLE = TEMPLATES / "forms" / "substitute.css"
LONGEST_SECONDS = 60


def substitute_blank(definition: FormDefinition, forms_dir: Path, crossed_out: Sequence[str] = ()) -> CompiledBlank:
    """The substitute of a form, compiled; drawn first where it is not there yet.

    Args:
        crossed_out: the strikes that hold; that wording is drawn struck through.
    Raises:
        DrawingFailed: ``render_failed``.
        OSError: the folder of forms cannot be written.
    """
    html = _html(definition.kind, definition.revision, tuple(crossed_out))
    path = forms_dir / "substitutes" / f"{definition.kind}-{definition.revision}-{_digest(html)[:32]}.pdf"
    if not path.is_file():
        write(path, _drawn_apart(definition, crossed_out))
    return compiled(path, _extras(html))


@lru_cache(maxsize=32)
def _html(kind: str, revision: str, crossed_out: tuple[str, ...]) -> str:
    return compose(definitions()[kind, revision], crossed_out=crossed_out)


@lru_cache(maxsize=32)
def _extras(html: str) -> Mapping[str, Extra]:
    return extras_of(html)


@lru_cache(maxsize=32)
def _digest(html: str) -> str:
    made_from = (html, STYLE.read_text(encoding="utf-8"), repr(sorted(fonts.bundled().items())), version("weasyprint"))
    return hashlib.sha256("\0".join(made_from).encode()).hexdigest()


def _drawn_apart(definition: FormDefinition, crossed_out: Sequence[str]) -> bytes:
    command = (sys.executable, "-m", "app.documents.filling.own_blanks", definition.kind, definition.revision)
    done = subprocess.run(  # noqa: S603 - our own command
        (*command, *crossed_out), cwd=TEMPLATES.parent, capture_output=True, check=False, timeout=LONGEST_SECONDS
    )
    if done.returncode or not done.stdout.startswith(b"%PDF-"):
        raise DrawingFailed("render_failed", f"The substitute for form {definition.name} could not be drawn.")
    return done.stdout


if __name__ == "__main__":
    kind, revision, *struck = sys.argv[1:]
    sys.stdout.buffer.write(draw(_html(kind, revision, tuple(struck))))
