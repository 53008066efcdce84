"""Bodies of many rows: kept in a file while they are read, so that memory stays flat however many rows there are."""

import hashlib
import tempfile
from typing import IO

from flask import Response, after_this_request, g, request

PIECE = 256 * 1024


def spooled_body() -> IO[bytes]:
    """The body of the request in a file that vanishes with the answer, read from its beginning.

    Raises:
        RequestEntityTooLarge: from the server's stream, when the body is larger than the route takes.
    """
    if "spooled_body" not in g:
        g.spooled_body = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the answer
        after_this_request(_close)
        g.spooled_digest = _fill(g.spooled_body)
    body: IO[bytes] = g.spooled_body
    body.seek(0)
    return body


def spooled_digest() -> bytes:
    """The SHA-256 of the body in the file."""
    spooled_body()
    digest: bytes = g.spooled_digest
    return digest


def _fill(kept: IO[bytes]) -> bytes:
    digest = hashlib.sha256()
    while piece := request.stream.read(PIECE):
        digest.update(piece)
        kept.write(piece)
    return digest.digest()


def _close(response: Response) -> Response:
    g.spooled_body.close()
    return response
