"""Many blobs at once: each as whole, durable and repeatable as one alone."""

import errno
import hashlib
import os
from pathlib import Path

import pytest

from app import blobs as module
from app.blobs import LocalBlobs, StorageUnavailable
from app.storage import open_blobs
from tests.blobs.s3_double import serve_s3

CONTENTS = [f"%PDF-1.7 document {n}".encode() for n in range(40)]
DIGESTS = [hashlib.sha256(content).hexdigest() for content in CONTENTS]


@pytest.fixture
def blobs(tmp_path: Path) -> LocalBlobs:
    return LocalBlobs(tmp_path / "blobs")


def names(blobs: LocalBlobs) -> list[str]:
    return sorted(path.name for path in blobs.root.rglob("*") if path.is_file())


def test_all_are_there_under_their_digests_in_the_order_given(blobs: LocalBlobs) -> None:
    assert blobs.put_all([*CONTENTS, CONTENTS[0]]) == [*DIGESTS, DIGESTS[0]]
    assert [blobs.get(sha256) for sha256 in DIGESTS] == CONTENTS
    assert names(blobs) == sorted(DIGESTS)


def test_nothing_is_put_of_nothing(blobs: LocalBlobs) -> None:
    assert blobs.put_all([]) == []


def test_what_is_there_is_kept_and_what_is_damaged_repaired(blobs: LocalBlobs) -> None:
    blobs.put_all(CONTENTS[:2])
    kept, damaged = (blobs._path(sha256) for sha256 in DIGESTS[:2])
    inode = kept.stat().st_ino
    damaged.chmod(0o600)
    damaged.write_bytes(b"torn")
    blobs.put_all(CONTENTS)
    assert kept.stat().st_ino == inode
    assert [blobs.get(sha256) for sha256 in DIGESTS] == CONTENTS


def test_every_file_is_on_the_disk_before_it_has_its_name_and_every_folder_after(
    blobs: LocalBlobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a power cut would leave is what was synced: no name without its bytes, no name that was not synced."""
    order: list[tuple[str, str]] = []
    sync, rename = module._sync, Path.rename

    def noted_sync(path: Path) -> None:
        order.append(("sync", str(path)))
        sync(path)

    def noted_rename(self: Path, target: Path) -> Path:
        order.append(("name", str(target)))
        order.append(("drafted", str(self)))
        return rename(self, target)

    monkeypatch.setattr(module, "_sync", noted_sync)
    monkeypatch.setattr(Path, "rename", noted_rename)
    blobs.put_all(CONTENTS)
    first_name = min(n for n, (what, _) in enumerate(order) if what == "name")
    last_name = max(n for n, (what, _) in enumerate(order) if what == "name")
    synced_before = {path for what, path in order[:first_name] if what == "sync"}
    synced_after = {path for what, path in order[last_name:] if what == "sync"}
    assert {path for what, path in order if what == "drafted"} <= synced_before
    for sha256 in DIGESTS:
        leaf = blobs._path(sha256).parent
        assert {str(leaf), str(leaf.parent), str(blobs.root)} <= synced_after


def test_a_full_disk_leaves_no_draft_and_the_same_again_completes(
    blobs: LocalBlobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = 0

    def full(handle: int) -> None:
        nonlocal calls
        calls += 1
        if calls > 5:
            raise OSError(errno.ENOSPC, "No space left on device")

    blobs.put_all(CONTENTS[:1])
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(StorageUnavailable, match="the disk is full"):
            blobs.put_all(CONTENTS)
    assert set(names(blobs)) <= set(DIGESTS)
    assert blobs.put_all(CONTENTS) == DIGESTS
    assert names(blobs) == sorted(DIGESTS)


def test_a_bucket_takes_all_too(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    with serve_s3() as server:
        bucket = open_blobs("s3://papers/issued/2026", server.url)
        assert bucket.put_all(CONTENTS) == DIGESTS
        assert bucket.put_all([]) == []
        assert sorted(server.objects.values()) == sorted(CONTENTS)
        server.failures = [403] * 200
        with pytest.raises(StorageUnavailable):
            bucket.put_all([b"new"])
