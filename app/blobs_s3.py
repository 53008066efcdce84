"""Content-addressed storage in an S3-compatible bucket."""

import hashlib
from base64 import b64encode
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import IO, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from app.blobs import (
    PIECE,
    BlobDamaged,
    BlobMissing,
    StorageUnavailable,
    check_digest,
    digest,
    file_digest,
    verified,
)

S3_CONNECT_SECONDS = 3
S3_READ_SECONDS = 20
S3_ATTEMPTS = 3
PUTS_AT_ONCE = 8  # of the ten connections that the client keeps


class S3Blobs:
    """Objects of an S3-compatible bucket; the store checks the digest on arrival and refuses to overwrite."""

    def __init__(self, bucket: str, *, prefix: str = "", endpoint: str = "") -> None:
        self.bucket = bucket
        self.prefix = f"{prefix}/" if prefix else ""
        session = boto3.session.Session()
        self._s3: Any = session.client(
            "s3",
            endpoint_url=endpoint or None,
            region_name=session.region_name or "us-east-1",
            config=Config(
                connect_timeout=S3_CONNECT_SECONDS,
                read_timeout=S3_READ_SECONDS,
                retries={"max_attempts": S3_ATTEMPTS, "mode": "standard"},
                s3={"addressing_style": "path"} if endpoint else None,
            ),
        )

    def put(self, content: bytes) -> str:
        return self._put(digest(content), content)

    def put_all(self, contents: Sequence[bytes]) -> list[str]:
        if not contents:
            return []
        with ThreadPoolExecutor(PUTS_AT_ONCE, "put") as threads:  # the client may be used by many threads
            return list(threads.map(self.put, contents))

    def put_file(self, file: IO[bytes]) -> str:
        return self._put(file_digest(file), file)  # one request takes up to 5 GiB

    def _put(self, sha256: str, content: bytes | IO[bytes]) -> str:
        try:
            self._s3.put_object(
                Bucket=self.bucket,
                Key=self._key(sha256),
                Body=content,
                ChecksumSHA256=b64encode(bytes.fromhex(sha256)).decode(),
                IfNoneMatch="*",
            )
        except ClientError as error:
            if _status(error) != 412:  # 412: an object of that name, and so of that content, is there already
                raise _unavailable(error) from error
        except BotoCoreError as error:
            raise _unavailable(error) from error
        return sha256

    def get(self, sha256: str) -> bytes:
        with self._reading(sha256) as body:
            content: bytes = body.read()
        return verified(content, sha256)

    def open(self, sha256: str) -> IO[bytes]:
        """Read twice: once to be verified, and once to be given out; it may be larger than memory and disk."""
        found = hashlib.sha256()
        with self._reading(sha256) as body:
            for piece in body.iter_chunks(PIECE):
                found.update(piece)
        if found.hexdigest() != sha256:
            raise BlobDamaged(f"The stored bytes do not have the digest {sha256} they are filed under.")
        with self._reading(sha256) as body:
            opened: IO[bytes] = body
        return opened

    def delete(self, sha256: str) -> None:
        try:
            self._s3.delete_object(Bucket=self.bucket, Key=self._key(sha256))
        except (ClientError, BotoCoreError) as error:
            raise _unavailable(error) from error

    @contextmanager
    def _reading(self, sha256: str) -> Iterator[Any]:
        """The body of an object; whatever goes wrong while it is read is named as the Protocol says."""
        try:
            yield self._s3.get_object(Bucket=self.bucket, Key=self._key(sha256))["Body"]
        except ClientError as error:
            if _status(error) == 404:
                raise BlobMissing(f"No stored object has the digest {sha256}.") from None
            raise _unavailable(error) from error
        except BotoCoreError as error:
            raise _unavailable(error) from error

    def exists(self, sha256: str) -> bool:
        try:
            self._s3.head_object(Bucket=self.bucket, Key=self._key(sha256))
        except ClientError as error:
            if _status(error) == 404:
                return False
            raise _unavailable(error) from error
        except BotoCoreError as error:
            raise _unavailable(error) from error
        return True

    def probe(self) -> None:
        self.put(b"probe")

    def _key(self, sha256: str) -> str:
        check_digest(sha256)
        return f"{self.prefix}{sha256[:2]}/{sha256[2:4]}/{sha256}"


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _unavailable(error: Exception) -> StorageUnavailable:
    return StorageUnavailable(f"The object store did not take the request ({type(error).__name__}).")
