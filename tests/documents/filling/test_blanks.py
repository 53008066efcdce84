"""Compiled blanks are kept beside the blank, and whatever is wrong with what was kept is made anew."""

from pathlib import Path

import pytest

from app.documents.errors import BlankRefused
from app.documents.filling import blanks
from app.documents.filling.blanks import compiled
from app.documents.filling.compile import compile_blank
from app.documents.filling.extras import Extra
from tests.documents.filling.made import blank, text


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A blank in a folder of its own, in a process that knows none yet."""
    forget(monkeypatch)
    path = tmp_path / "form.pdf"
    path.write_bytes(blank(text("a")))
    return path


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blanks, "_kept", type(blanks._kept)())


def test_a_plan_is_made_once_and_read_from_the_file_by_the_next_process(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = compiled(path)
    assert first == compile_blank(path.read_bytes())
    assert compiled(path) is first
    forget(monkeypatch)
    monkeypatch.setattr(blanks, "compile_blank", None)
    assert compiled(path) == first


@pytest.mark.parametrize("damage", [b"", b"nonsense\n{}", b"\xff\xfe"], ids=["empty", "nonsense", "not text"])
def test_a_damaged_plan_is_made_anew(path: Path, monkeypatch: pytest.MonkeyPatch, damage: bytes) -> None:
    first = compiled(path)
    [cache] = path.parent.glob("*.plan")
    whole = cache.read_bytes()
    for broken in (damage, whole[:-1], whole.replace(b'"rotation": 0', b'"rotation": 90', 1)):
        cache.write_bytes(broken)
        forget(monkeypatch)
        assert compiled(path) == first
        assert cache.read_bytes() == whole


def test_another_blank_under_the_same_name_has_a_plan_of_its_own(path: Path) -> None:
    assert list(compiled(path).widgets) == ["a"]
    path.write_bytes(blank(text("b")))
    assert list(compiled(path).widgets) == ["b"]
    assert len(list(path.parent.glob("*.plan"))) == 2


def test_the_same_blank_with_other_extras_has_a_plan_of_its_own(path: Path) -> None:
    assert compiled(path).widgets["a"].cells is None
    assert compiled(path, {"a": Extra(comb=4)}).widgets["a"].cells == 4
    assert compiled(path).widgets["a"].cells is None


def test_a_folder_that_cannot_be_written_only_costs_the_time(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise PermissionError

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    assert list(compiled(path).widgets) == ["a"]
    assert list(path.parent.glob("*.plan")) == []


def test_memory_holds_a_limited_number_of_plans(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blanks, "_MOST_IN_MEMORY", 2)
    for name in "abc":
        path.write_bytes(blank(text(name)))
        compiled(path)
    assert [list(plan.widgets) for plan in blanks._kept.values()] == [["b"], ["c"]]


def test_a_plan_in_memory_costs_no_reading(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = compiled(path)
    monkeypatch.setattr(Path, "read_bytes", None)
    assert compiled(path) is first


def test_a_refused_blank_leaves_nothing_behind(path: Path) -> None:
    path.write_bytes(b"%PDF-1.7 nothing")
    with pytest.raises(BlankRefused):
        compiled(path)
    assert [one.name for one in path.parent.iterdir()] == [path.name]
