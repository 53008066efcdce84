"""The pages' own files: style, script, icons. Their address holds their digest, so a browser may keep them."""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, request, url_for

from app.auth import public
from app.errors import NotFound

FOLDER = Path(__file__).parents[2] / "templates" / "screen" / "assets"
TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
FOR_EVER = "public, max-age=31536000, immutable"

bp = Blueprint("assets", __name__)


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is served."""

    content: bytes
    digest: str
    content_type: str


@cache
def assets() -> dict[str, Asset]:
    """Every file of the folder by name, read once a process."""
    found = {}
    for path in sorted(FOLDER.iterdir()):
        content = path.read_bytes()
        found[path.name] = Asset(content, hashlib.sha256(content).hexdigest()[:16], TYPES[path.suffix])
    return found


def asset_url(name: str) -> str:
    """The address of a file, with its digest."""
    return url_for("assets.show", digest=assets()[name].digest, name=name)


@bp.get("/assets/<digest>/<name>")
@public
def show(digest: str, name: str) -> Response:
    """The file, if it is still the one that the address names."""
    asset = assets().get(name)
    if asset is None or asset.digest != digest:
        raise NotFound("There is no such file.")
    response = Response(asset.content, content_type=asset.content_type)
    response.headers["Cache-Control"] = FOR_EVER
    response.set_etag(asset.digest)
    return response.make_conditional(request)
