"""A child answers, or dies alone."""

import os
import sys
import time

import pytest

from app.documents import child

HERE = "tests.documents.test_child"


def count(content: bytes) -> dict[str, int]:
    return {"bytes": len(content)}


def look_around(_content: bytes) -> dict[str, object]:
    return {"environment": sorted(os.environ), "folder": os.getcwd()}  # noqa: PTH109


def die(_content: bytes) -> None:
    os._exit(3)


def hoard(_content: bytes) -> int:
    return len(bytearray(2 * child.MEMORY))


def chatter(_content: bytes) -> None:
    sys.stdout.write("not JSON ")


def write_a_file(content: bytes) -> int:
    with open(content.decode(), "wb") as file:  # noqa: PTH123
        return file.write(b"x")


def sleep(_content: bytes) -> None:
    time.sleep(60)


def test_a_child_answers_what_the_function_says() -> None:
    assert child.ask(f"{HERE}:count", b"x" * 300_000) == {"bytes": 300_000}


def test_a_child_knows_nothing_of_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAXDESK_SECRET_KEYS", "secret")
    seen = child.ask(f"{HERE}:look_around", b"")
    assert seen["folder"] == "/"
    assert not [name for name in seen["environment"] if name.startswith("TAXDESK")]


@pytest.mark.parametrize("function", ["die", "chatter", "missing", "write_a_file"])
def test_a_child_that_fails_gives_no_answer(function: str, tmp_path: object) -> None:
    with pytest.raises(child.ChildFailed) as raised:
        child.ask(f"{HERE}:{function}", f"{tmp_path}/file".encode())
    assert not raised.value.is_timeout


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel does not hold to it")
def test_a_child_cannot_take_all_memory() -> None:
    with pytest.raises(child.ChildFailed):
        child.ask(f"{HERE}:hoard", b"")


def test_a_child_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "_WALL_SECONDS", 1.5)
    with pytest.raises(child.ChildFailed) as raised:
        child.ask(f"{HERE}:sleep", b"")
    assert raised.value.is_timeout


def test_too_many_bytes_are_not_sent() -> None:
    with pytest.raises(ValueError, match="too many bytes"):
        child.ask(f"{HERE}:count", b"x" * (child.MOST_BYTES + 1))
