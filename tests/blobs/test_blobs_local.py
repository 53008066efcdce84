"""Files by digest: whole or not there, the same twice, and never served when they changed."""

import errno
import hashlib
import os
import resource
import stat
import subprocess
import threading
from pathlib import Path

import pytest

from app.blobs import BlobDamaged, BlobMissing, LocalBlobs, StorageUnavailable
from app.storage import open_blobs

CONTENT = b"%PDF-1.7 an issued document"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def blobs(tmp_path: Path) -> LocalBlobs:
    return LocalBlobs(tmp_path / "blobs")


def files(blobs: LocalBlobs) -> list[Path]:
    return [path for path in blobs.root.rglob("*") if path.is_file()] if blobs.root.exists() else []


def test_what_is_put_is_got_by_its_digest(blobs):
    assert blobs.put(CONTENT) == SHA256
    assert blobs.get(SHA256) == CONTENT
    assert blobs.exists(SHA256)


def test_a_file_lies_two_folders_deep_and_is_read_only(blobs):
    blobs.put(CONTENT)
    path = blobs.root / SHA256[:2] / SHA256[2:4] / SHA256
    assert files(blobs) == [path]
    assert stat.S_IMODE(path.stat().st_mode) == 0o440


def test_putting_the_same_bytes_again_writes_nothing(blobs):
    blobs.put(CONTENT)
    before = files(blobs)[0].stat().st_ino
    blobs.put(CONTENT)
    assert [path.stat().st_ino for path in files(blobs)] == [before]


def test_twenty_threads_putting_the_same_bytes_leave_one_file(blobs):
    threads = [threading.Thread(target=blobs.put, args=(CONTENT * 1000,)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(files(blobs)) == 1
    assert blobs.get(hashlib.sha256(CONTENT * 1000).hexdigest()) == CONTENT * 1000


def test_no_bytes_are_a_blob_too(blobs):
    assert blobs.get(blobs.put(b"")) == b""


def test_a_missing_blob_is_named_missing(blobs):
    assert not blobs.exists(SHA256)
    with pytest.raises(BlobMissing):
        blobs.get(SHA256)


@pytest.mark.parametrize("damage", [CONTENT[:-1], CONTENT + b" ", b"", b"X" + CONTENT[1:]])
def test_a_damaged_blob_is_refused_and_a_new_put_repairs_it(blobs, damage):
    blobs.put(CONTENT)
    path = files(blobs)[0]
    path.chmod(0o600)
    path.write_bytes(damage)
    with pytest.raises(BlobDamaged):
        blobs.get(SHA256)
    blobs.put(CONTENT)
    assert blobs.get(SHA256) == CONTENT


@pytest.mark.parametrize("name", ["../../etc/passwd", "", SHA256.upper(), SHA256 + "\n", SHA256[:-1]])
def test_only_a_digest_is_a_name(blobs, name):
    with pytest.raises(ValueError, match="SHA-256"):
        blobs.get(name)


@pytest.mark.parametrize("step", ["fsync", "rename"])
def test_a_disk_that_fills_up_at_the_last_moment_leaves_nothing_visible(blobs, monkeypatch, step):
    blobs.put(b"another, so that the folders stand")

    def full(*_args, **_options):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(*((os, "fsync") if step == "fsync" else (Path, "rename")), full)
        with pytest.raises(StorageUnavailable, match="disk is full"):
            blobs.put(CONTENT)
    assert len(files(blobs)) == 1
    assert not blobs.exists(SHA256)
    assert blobs.get(blobs.put(CONTENT)) == CONTENT


def test_a_write_cut_off_by_the_kernel_leaves_nothing_visible(blobs):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(StorageUnavailable):
            blobs.put(b"x" * 10_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert files(blobs) == []


def test_a_really_full_disk_is_refused_and_used_again_when_it_has_room(tmp_path):
    mount = tmp_path / "small"
    mount.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", mount], capture_output=True, check=False)
    if made.returncode:
        pytest.skip("this process may not mount a tmpfs")
    try:
        blobs = LocalBlobs(mount / "blobs")
        ballast = mount / "ballast"
        ballast.write_bytes(b"x" * 50_000)
        with pytest.raises(StorageUnavailable, match="disk is full"):
            blobs.put(b"y" * 40_000)
        assert files(blobs) == []
        ballast.unlink()
        assert blobs.get(blobs.put(b"y" * 40_000)) == b"y" * 40_000
    finally:
        subprocess.run(["umount", mount], check=True)


def test_a_folder_that_cannot_be_written_is_found_by_the_probe(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageUnavailable):
        LocalBlobs(tmp_path / "file" / "blobs").probe()
    LocalBlobs(tmp_path / "blobs").probe()
    assert list((tmp_path / "blobs").iterdir()) == []


def test_a_storage_url_opens_its_store(tmp_path):
    store = open_blobs(f"file://{tmp_path}/with%20space")
    assert isinstance(store, LocalBlobs)
    assert store.root == tmp_path / "with space"
    with pytest.raises(ValueError, match="file:// or s3://"):
        open_blobs("ftp://example.com/files")


def test_a_file_is_put_and_opened_like_bytes(blobs, tmp_path):
    path = tmp_path / "large"
    path.write_bytes(CONTENT * 200_000)
    with path.open("rb") as file:
        file.read(5)
        sha256 = blobs.put_file(file)
        assert blobs.put_file(file) == sha256
    assert sha256 == hashlib.sha256(CONTENT * 200_000).hexdigest()
    with blobs.open(sha256) as stored:
        assert stored.read() == path.read_bytes()
    stored_at = blobs.root / sha256[:2] / sha256[2:4] / sha256
    assert files(blobs) == [stored_at]
    assert stat.S_IMODE(stored_at.stat().st_mode) == 0o440


def test_a_file_that_was_altered_is_opened_for_nobody_and_put_anew(blobs, tmp_path):
    sha256 = blobs.put(CONTENT)
    path = files(blobs)[0]
    path.chmod(0o640)
    path.write_bytes(b"another")
    with pytest.raises(BlobDamaged):
        blobs.open(sha256)
    source = tmp_path / "source"
    source.write_bytes(CONTENT)
    with source.open("rb") as file:
        blobs.put_file(file)
    assert blobs.get(sha256) == CONTENT


def test_a_deleted_blob_is_missing_and_deleting_it_again_is_no_fault(blobs):
    sha256 = blobs.put(CONTENT)
    blobs.delete(sha256)
    blobs.delete(sha256)
    assert not blobs.exists(sha256)
    with pytest.raises(BlobMissing):
        blobs.open(sha256)
