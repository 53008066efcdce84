"""Objects by digest in an S3-compatible store, over real HTTP."""

import hashlib
from collections.abc import Iterator

import pytest

from app import blobs_s3 as module
from app.blobs import BlobDamaged, BlobMissing, StorageUnavailable
from app.blobs_s3 import S3Blobs
from app.storage import open_blobs
from tests.blobs.s3_double import S3Double, serve_s3

CONTENT = b"%PDF-1.7 an issued document"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
KEY = f"/papers/issued/2026/{SHA256[:2]}/{SHA256[2:4]}/{SHA256}"


@pytest.fixture
def server() -> Iterator[S3Double]:
    with serve_s3() as double:
        yield double


@pytest.fixture
def blobs(server: S3Double, monkeypatch: pytest.MonkeyPatch):
    for name, value in {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    return open_blobs("s3://papers/issued/2026", server.url)


def test_what_is_put_is_got_and_lies_under_bucket_prefix_and_digest(blobs, server):
    assert isinstance(blobs, S3Blobs)
    assert not blobs.exists(SHA256)
    assert blobs.put(CONTENT) == SHA256
    assert server.objects == {KEY: CONTENT}
    assert blobs.get(SHA256) == CONTENT
    assert blobs.exists(SHA256)


def test_an_object_is_never_overwritten(blobs, server):
    blobs.put(CONTENT)
    server.objects[KEY] = b"what lies there"
    blobs.put(CONTENT)
    assert server.puts == 2
    assert server.objects[KEY] == b"what lies there"
    with pytest.raises(BlobDamaged):
        blobs.get(SHA256)


def test_a_missing_object_is_named_missing(blobs):
    with pytest.raises(BlobMissing):
        blobs.get(SHA256)


def test_a_store_that_stumbles_is_asked_again(blobs, server):
    server.failures = [503, 503]
    assert blobs.put(CONTENT) == SHA256
    server.failures = [500]
    assert blobs.get(SHA256) == CONTENT


@pytest.mark.parametrize(
    "act", [lambda b: b.put(CONTENT), lambda b: b.get(SHA256), lambda b: b.exists(SHA256), lambda b: b.probe()]
)
def test_a_store_that_stays_down_or_refuses_us_is_unavailable_and_not_missing(blobs, server, act):
    for status in (503, 403):
        server.failures = [status] * 10
        with pytest.raises(StorageUnavailable):
            act(blobs)


def test_a_store_that_nobody_serves_is_unavailable(monkeypatch, blobs):
    monkeypatch.setattr(module, "S3_ATTEMPTS", 1)
    nowhere = open_blobs("s3://papers", "http://127.0.0.1:1")
    with pytest.raises(StorageUnavailable):
        nowhere.get(SHA256)


def test_the_probe_writes_the_same_object_every_time(blobs, server):
    blobs.probe()
    blobs.probe()
    assert len(server.objects) == 1


def test_without_a_prefix_the_digest_is_the_whole_key(blobs, server):
    open_blobs("s3://papers", server.url).put(CONTENT)
    assert list(server.objects) == [f"/papers/{SHA256[:2]}/{SHA256[2:4]}/{SHA256}"]


def test_a_file_is_put_opened_and_deleted(blobs, server, tmp_path):
    path = tmp_path / "large"
    path.write_bytes(CONTENT * 100_000)
    with path.open("rb") as file:
        file.read(5)
        sha256 = blobs.put_file(file)
        assert blobs.put_file(file) == sha256
    assert list(server.objects.values()) == [CONTENT * 100_000]
    with blobs.open(sha256) as stored:
        assert stored.read() == CONTENT * 100_000
    blobs.delete(sha256)
    blobs.delete(sha256)
    assert server.objects == {}
    with pytest.raises(BlobMissing):
        blobs.open(sha256)


def test_an_object_that_was_altered_is_opened_for_nobody(blobs, server):
    blobs.put(CONTENT)
    server.objects[KEY] = b"another"
    with pytest.raises(BlobDamaged):
        blobs.open(SHA256)


def test_a_store_that_is_down_neither_takes_opens_nor_deletes_a_file(blobs, server, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    with path.open("rb") as file:
        for act in (lambda: blobs.put_file(file), lambda: blobs.open(SHA256), lambda: blobs.delete(SHA256)):
            server.failures = [503] * 10
            with pytest.raises(StorageUnavailable):
                act()
