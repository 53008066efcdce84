"""Content-addressed storage of issued bytes: a blob's name is its SHA-256, so what is read can always be proved.

Blobs are written once and never changed. Two stores speak the same Protocol: files below a folder, and an S3-compatible
bucket. Reading verifies the digest; bytes that do not match are refused, never served.
"""

import errno
import hashlib
import os
import secrets
import shutil
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Protocol

from app.errors import DomainError

READ_ONLY = 0o440
PIECE = 1 << 20  # bytes of a file that are in memory at once
SYNCS_AT_ONCE = 8


class BlobMissing(DomainError):
    """No blob of that digest is stored: a row points to a file that is gone, restore it from the backup."""


class BlobDamaged(DomainError):
    """The stored bytes no longer have the digest they are filed under: torn or altered, restore them."""


class StorageUnavailable(DomainError):
    """The store cannot take or give bytes now: disk full, no permission, network down. Try again later."""


class Blobs(Protocol):
    """Bytes by digest."""

    def put(self, content: bytes) -> str:
        """Store ``content`` durably and return its SHA-256 in hex; storing it again changes nothing.

        Raises:
            StorageUnavailable: nothing was stored and nothing half-written is visible.
        """

    def put_all(self, contents: Sequence[bytes]) -> list[str]:
        """Like :meth:`put` of each, waiting for the disk or network once for many; their digests in the same order.

        Raises:
            StorageUnavailable: some may be stored, whole; the same call again completes them.
        """

    def get(self, sha256: str) -> bytes:
        """The bytes of that digest, verified.

        Raises:
            BlobMissing: nothing is stored under it.
            BlobDamaged: something is, but it has another digest.
            StorageUnavailable: the store did not answer.
        """

    def put_file(self, file: IO[bytes]) -> str:
        """Like :meth:`put`, of a file that may be larger than the memory; it is read from its beginning."""

    def open(self, sha256: str) -> IO[bytes]:
        """Like :meth:`get`, as a file at its beginning, verified before the first byte is given; the caller closes it.

        Raises:
            BlobMissing, BlobDamaged, StorageUnavailable: as :meth:`get`.
        """

    def delete(self, sha256: str) -> None:
        """Forget the bytes of that digest; for what is kept for a time only, never for an issued document."""

    def exists(self, sha256: str) -> bool:
        """Whether something is stored under the digest; its content is not read."""

    def probe(self) -> None:
        """Raise StorageUnavailable when a write would fail now."""


class LocalBlobs:
    """Files below a folder, two levels of 256 folders deep, written so that a crash leaves all or nothing."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, content: bytes) -> str:
        sha256 = digest(content)
        path = self._path(sha256)
        try:
            if not _holds(path, content):
                self._write(path, content)
        except OSError as error:
            raise StorageUnavailable(f"The file store refused to write: {_reason(error)}.") from error
        return sha256

    def put_all(self, contents: Sequence[bytes]) -> list[str]:
        digests = [digest(content) for content in contents]
        try:
            self._write_all(dict(zip(digests, contents, strict=True)))
        except OSError as error:
            raise StorageUnavailable(f"The file store refused to write: {_reason(error)}.") from error
        return digests

    def get(self, sha256: str) -> bytes:
        try:
            content = self._path(sha256).read_bytes()
        except FileNotFoundError:
            raise BlobMissing(f"No stored file has the digest {sha256}.") from None
        except OSError as error:
            raise StorageUnavailable(f"The file store refused to read: {_reason(error)}.") from error
        return verified(content, sha256)

    def put_file(self, file: IO[bytes]) -> str:
        sha256 = file_digest(file)
        path = self._path(sha256)
        try:
            if not _holds_digest(path, sha256):
                self._write(path, file)
        except OSError as error:
            raise StorageUnavailable(f"The file store refused to write: {_reason(error)}.") from error
        return sha256

    def open(self, sha256: str) -> IO[bytes]:
        try:
            file = self._path(sha256).open("rb")
        except FileNotFoundError:
            raise BlobMissing(f"No stored file has the digest {sha256}.") from None
        except OSError as error:
            raise StorageUnavailable(f"The file store refused to read: {_reason(error)}.") from error
        return verified_file(file, sha256)

    def delete(self, sha256: str) -> None:
        try:
            self._path(sha256).unlink(missing_ok=True)
        except OSError as error:
            raise StorageUnavailable(f"The file store refused to delete: {_reason(error)}.") from error

    def exists(self, sha256: str) -> bool:
        return self._path(sha256).is_file()

    def probe(self) -> None:
        path = self.root / f".probe-{secrets.token_hex(8)}"
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            try:
                _write_new(path, b"probe")
            finally:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise StorageUnavailable(f"The file store refused to write: {_reason(error)}.") from error

    def _path(self, sha256: str) -> Path:
        check_digest(sha256)
        return self.root / sha256[:2] / sha256[2:4] / sha256

    def _write_all(self, contents: Mapping[str, bytes]) -> None:
        """Write what is not there: all drafts first, then all waits for the disk at once, then all names."""
        drafts: dict[Path, Path] = {}  # by the path that each gets
        _make_durable_folder(self.root, self.root)
        try:
            for sha256, content in contents.items():
                path = self._path(sha256)
                if _holds(path, content):
                    continue
                path.parent.mkdir(parents=True, exist_ok=True)
                drafts[path] = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
                _write_new(drafts[path], content, sync=False)
            _sync_all(drafts.values())
            for path, draft in drafts.items():
                draft.rename(path)
        except BaseException:
            for draft in drafts.values():
                draft.unlink(missing_ok=True)
            raise
        leaves = {path.parent for path in drafts}
        _sync_all(leaves | {leaf.parent for leaf in leaves} | {self.root} if leaves else ())

    def _write(self, path: Path, content: bytes | IO[bytes]) -> None:
        _make_durable_folder(path.parent, self.root)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        try:
            _write_new(draft, content)
            draft.rename(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        _sync(path.parent)


def digest(content: bytes) -> str:
    """The SHA-256 of the content in hex: its name in every store."""
    return hashlib.sha256(content).hexdigest()


def verified(content: bytes, sha256: str) -> bytes:
    """``content``, if it has that digest; else BlobDamaged."""
    if digest(content) != sha256:
        raise BlobDamaged(f"The stored bytes do not have the digest {sha256} they are filed under.")
    return content


def file_digest(file: IO[bytes]) -> str:
    """The SHA-256 of a whole file; it stands at its beginning again afterwards."""
    file.seek(0)
    sha256 = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type] - typeshed wants more than it reads
    file.seek(0)
    return sha256


def verified_file(file: IO[bytes], sha256: str) -> IO[bytes]:
    """``file`` at its beginning, if its bytes have that digest; else it is closed and BlobDamaged raised."""
    if file_digest(file) != sha256:
        file.close()
        raise BlobDamaged(f"The stored bytes do not have the digest {sha256} they are filed under.")
    return file


def check_digest(sha256: str) -> None:
    """Raise ValueError unless the text is a digest as we write them; it becomes part of a path."""
    if len(sha256) != 64 or set(sha256) - set("0123456789abcdef"):
        raise ValueError("not a SHA-256 in lower-case hex")


def _holds(path: Path, content: bytes) -> bool:
    """Whether the file is there and intact; a damaged one is written anew."""
    try:
        return path.stat().st_size == len(content) and path.read_bytes() == content
    except FileNotFoundError:
        return False


def _holds_digest(path: Path, sha256: str) -> bool:
    """Like :func:`_holds`, for a file that is not read into memory."""
    try:
        with path.open("rb") as file:
            return file_digest(file) == sha256
    except FileNotFoundError:
        return False


def _write_new(path: Path, content: bytes | IO[bytes], *, sync: bool = True) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, READ_ONLY)
    with os.fdopen(handle, "wb") as file:
        if isinstance(content, bytes):
            file.write(content)
        else:
            shutil.copyfileobj(content, file, PIECE)
        file.flush()
        os.fchmod(file.fileno(), READ_ONLY)
        if sync:
            os.fsync(file.fileno())


def _make_durable_folder(folder: Path, root: Path) -> None:
    """Create the folder and make each new entry on the way down survive a power cut."""
    if folder.is_dir():
        return
    if folder != root:
        _make_durable_folder(folder.parent, root)
    folder.mkdir(parents=folder == root, exist_ok=True)
    _sync(folder.parent)


def _sync_all(paths: Collection[Path]) -> None:
    """Wait until files or folders are on the disk, beside each other: their journal's commits become few."""
    if paths:
        with ThreadPoolExecutor(SYNCS_AT_ONCE, "sync") as threads:
            list(threads.map(_sync, paths))


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _reason(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "the disk is full"
    return os.strerror(error.errno) if error.errno else "unknown error"
