"""Giving out bytes: as an attachment, with their digest, in a sandbox."""

import hashlib

from flask import Response

from app.attachments import repr_digest

SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'"
# a browser's own PDF viewer does not start in a sandbox: the preview forbids everything else instead
PREVIEW = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'self'"


def attachment(content: bytes, content_type: str, name: str) -> Response:
    """A file to be saved under ``name`` (RFC 6266), with its digest (RFC 9530)."""
    response = Response(content, content_type=content_type)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.headers["Repr-Digest"] = repr_digest(hashlib.sha256(content).digest())
    response.headers["Content-Security-Policy"] = SANDBOX
    return response
