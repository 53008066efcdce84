"""Which store of blobs the settings name."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from app.blobs import Blobs, LocalBlobs


def open_blobs(storage_url: str, s3_endpoint: str = "") -> Blobs:
    """The store that ``file:///path`` or ``s3://bucket/prefix`` names; ``s3_endpoint`` for stores other than AWS."""
    parts = urlsplit(storage_url)
    if parts.scheme == "file":
        return LocalBlobs(Path(unquote(parts.path)))
    if parts.scheme == "s3":
        from app.blobs_s3 import S3Blobs  # boto3 costs a quarter of a second and 20 MB, where it is used

        return S3Blobs(parts.netloc, prefix=parts.path.strip("/"), endpoint=s3_endpoint)
    raise ValueError("a storage URL begins with file:// or s3://")
