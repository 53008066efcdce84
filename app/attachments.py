"""Answering with a file too large for the memory: piece by piece, with its length and digest in front."""

from base64 import b64encode
from collections.abc import Callable, Iterator
from typing import IO

from flask import Response, request

PIECE = 1 << 18  # bytes that are in memory at once


def repr_digest(sha256: bytes) -> str:
    """The digest as RFC 9530 writes it."""
    return f"sha-256=:{b64encode(sha256).decode()}:"


def attached_file(opened: Callable[[], IO[bytes]], *, content_type: str, name: str, size: int, sha256: str) -> Response:
    """A file to be saved under ``name``; for a HEAD it is not opened, so nothing is given out.

    Args:
        opened: opens the file at its beginning; it is closed when the answer is sent or given up.
    """
    response = Response(content_type=content_type)
    if request.method != "HEAD":
        file = opened()
        response.response = _pieces(file)
        response.call_on_close(file.close)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.headers["Content-Length"] = str(size)
    response.headers["Repr-Digest"] = repr_digest(bytes.fromhex(sha256))
    response.set_etag(sha256)
    return response


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(PIECE):
            yield piece
