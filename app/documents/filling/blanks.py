"""Compiled blanks: from memory, from the cache beside the blank, or compiled once and kept there."""

import hashlib
import json
import os
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from app.documents.filling.base_font import BASE
from app.documents.filling.compile import compile_blank
from app.documents.filling.extras import Extra
from app.documents.filling.plan import COMPILER, CompiledBlank

_MOST_IN_MEMORY = 32
_kept: OrderedDict[tuple[object, ...], CompiledBlank] = OrderedDict()
_lock = threading.Lock()


def compiled(path: Path, extras: Mapping[str, Extra] | None = None) -> CompiledBlank:
    """The plan of the blank at ``path``.

    The cache is a file beside the blank, named by the blank's SHA-256 and by all else that the plan depends on. One
    that cannot be read, or was changed, is made anew; a folder that cannot be written only costs the time.

    Raises:
        BlankRefused: see ``compile_blank``.
        OSError: the blank cannot be read.
    """
    key = _key(path, extras or {})
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    blank = _from_folder(path, extras or {})
    with _lock:
        _kept[key] = blank
        while len(_kept) > _MOST_IN_MEMORY:
            _kept.popitem(last=False)
    return blank


def _key(path: Path, extras: Mapping[str, Extra]) -> tuple[object, ...]:
    """What makes reading the blank again needless: the same file, unchanged since."""
    status = path.stat()
    return (path, status.st_ino, status.st_mtime_ns, status.st_size, *sorted(extras.items()))


def _from_folder(path: Path, extras: Mapping[str, Extra]) -> CompiledBlank:
    pdf = path.read_bytes()
    cache = path.with_name(_name(pdf, extras))
    blank = _read(cache)
    if blank is None:
        blank = compile_blank(pdf, extras)
        with suppress(OSError):
            _write(cache, blank)
    return blank


def _name(pdf: bytes, extras: Mapping[str, Extra]) -> str:
    """The cache's file name: the blank's digest, and one of the extras, the compiler and the font it embeds."""
    said = json.dumps({name: asdict(extra) for name, extra in sorted(extras.items())})
    other = hashlib.sha256(f"{COMPILER} {BASE.embedded.name} {said}".encode()).hexdigest()
    return f"{hashlib.sha256(pdf).hexdigest()}.{other[:16]}.plan"


def _read(cache: Path) -> CompiledBlank | None:
    """The first line is the digest of the rest: a file that was cut off or edited is not a plan."""
    try:
        digest, _, text = cache.read_text(encoding="utf-8").partition("\n")
        return CompiledBlank.from_json(text) if hashlib.sha256(text.encode()).hexdigest() == digest else None
    except (OSError, ValueError):
        return None


def _write(cache: Path, blank: CompiledBlank) -> None:
    """Atomically: another process sees the whole file or none."""
    text = blank.to_json()
    handle, temporary = tempfile.mkstemp(dir=cache.parent, prefix=".", suffix=".plan")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(f"{hashlib.sha256(text.encode()).hexdigest()}\n{text}")
        Path(temporary).replace(cache)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
