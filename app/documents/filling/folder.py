"""The folder of installed blanks: ``w9/2024-03/<sha256>.pdf``. A file whose bytes are not its name does not count."""

import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from forms.blanks import Blank, Copy

_READ_ONLY = 0o444


@dataclass(frozen=True, slots=True)
class Installed:
    """An accepted copy that is there and intact."""

    blank: Blank
    copy: Copy
    path: Path


def place(root: Path, blank: Blank, copy: Copy) -> Path:
    """Where a copy of a blank lies below ``root``, or would."""
    return root / blank.form / blank.revision / f"{copy.sha256}.pdf"


def installed(root: Path, blank: Blank) -> Installed | None:
    """The installed copy of a blank, the authority's own bytes before others; None where none is intact."""
    return next((Installed(blank, copy, place(root, blank, copy)) for copy in intact(root, blank)), None)


def intact(root: Path, blank: Blank) -> tuple[Copy, ...]:
    """The accepted copies of a blank that are there, byte for byte."""
    return tuple(copy for copy in blank.copies if _sha256(place(root, blank, copy)) == copy.sha256)


def damaged(root: Path, blank: Blank) -> tuple[Path, ...]:
    """Files that lie where a copy should and have other bytes."""
    places = [place(root, blank, copy) for copy in blank.copies]
    whole = intact(root, blank)
    return tuple(p for p, copy in zip(places, blank.copies, strict=True) if p.is_file() and copy not in whole)


def write(path: Path, content: bytes) -> None:
    """Put a file there whole: a reader, and a crash, see all of it or nothing. What was there is replaced.

    Raises:
        OSError: nothing was changed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _READ_ONLY), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _sha256(path: Path) -> str | None:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None
