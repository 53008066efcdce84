"""ZIP archives that prove themselves: every file is listed in ``manifest.json`` with its SHA-256 and size.

The same content gives the same bytes (no clock, fixed order of members in the manifest), and a file is written as it
comes: an archive may be larger than the memory.
"""

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any
from urllib.parse import quote

MANIFEST = "manifest.json"
ZIP_DATE = (1980, 1, 1, 0, 0, 0)
_ATTRIBUTES = 0o100644 << 16  # a plain file that its owner may write and everybody read


class Archive:
    """An archive being written, in a ``with`` block; :meth:`close` adds the manifest and ends it.

    A block that is left before that leaves a file without a manifest, which proves nothing.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(file, "w")
        self._files: list[dict[str, Any]] = []

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError, ValueError):  # the disk may be why the block was left
            self._zip.close()

    def add(self, name: str, content: bytes, *, packed: bool = True, **facts: Any) -> None:
        """Write a file.

        Args:
            packed: False stores the bytes as they are, for what is compressed already.
            facts: further members of the file's entry in the manifest.
        """
        self._zip.writestr(_entry(name, packed=packed), content)
        self._list(name, hashlib.sha256(content).hexdigest(), len(content), facts)

    @contextmanager
    def stream(self, name: str, **facts: Any) -> Iterator[Callable[[bytes], None]]:
        """Write a file piece by piece: the block gets a function that takes the next bytes."""
        digest, size = hashlib.sha256(), 0
        with self._zip.open(_entry(name), "w", force_zip64=True) as member:

            def write(piece: bytes) -> None:
                nonlocal size
                member.write(piece)
                digest.update(piece)
                size += len(piece)

            yield write
        self._list(name, digest.hexdigest(), size, facts)

    def close(self, **members: Any) -> str:
        """Write the manifest with ``members`` before its list of files, end the archive; the manifest's SHA-256."""
        files = sorted(self._files, key=lambda entry: str(entry["name"]))
        manifest = readable_json(members | {"files": files})
        self._zip.writestr(_entry(MANIFEST), manifest)
        self._zip.close()
        return hashlib.sha256(manifest).hexdigest()

    def _list(self, name: str, sha256: str, size: int, facts: dict[str, Any]) -> None:
        self._files.append({"name": name, "sha256": sha256, "bytes": size} | facts)


def readable_json(value: Any) -> bytes:
    """JSON for people and machines: sorted members, one a line."""
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False).encode()


def document_name(number: str) -> str:
    """Where the PDF of a document lies in an archive; a number names nobody."""
    return f"documents/{quote(number, safe='')}.pdf"


def _entry(name: str, *, packed: bool = True) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, ZIP_DATE)
    entry.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    entry.external_attr = _ATTRIBUTES
    entry.create_system = 3  # Unix, wherever it is written
    return entry
