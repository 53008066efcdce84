"""Readiness says which part is missing, in words."""

import shutil
from pathlib import Path

import pytest

from app import i18n
from app.documents import fonts, health
from app.documents.filling import bidi


def test_nothing_is_missing_here() -> None:
    assert health.missing_parts() == []


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copy = tmp_path / "fonts"
    shutil.copytree(fonts.FONTS, copy)
    monkeypatch.setattr(fonts, "FONTS", copy)
    monkeypatch.setattr(fonts, "SUMS", copy / "SHA256SUMS")
    monkeypatch.setattr(fonts, "CONFIGURATION", copy / "fonts.conf")
    return copy


def test_a_missing_font_is_named(bundle: Path) -> None:
    (bundle / "NotoSans-Bold.ttf").unlink()
    assert health.missing_parts() == ["font NotoSans-Bold.ttf: missing under templates/fonts"]


def test_another_font_under_the_same_name_is_named(bundle: Path) -> None:
    with (bundle / "NotoSansThai-Regular.ttf").open("ab") as file:
        file.write(b"x")
    assert health.missing_parts() == ["font NotoSansThai-Regular.ttf: not the file it should be (SHA-256 differs)"]


def test_a_missing_catalogue_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(i18n, "LOCALE", tmp_path)
    i18n.language.cache_clear()
    i18n.translations.cache_clear()
    assert [sentence.split(":")[0] for sentence in health.missing_parts()] == [
        f"language {tag}" for tag in i18n.SHIPPED
    ]


def test_the_missing_subset_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    fonts.prepare()
    from weasyprint.text import ffi

    monkeypatch.setattr(ffi, "harfbuzz_subset", None)
    assert [sentence.split(":")[0] for sentence in health.missing_parts()] == ["HarfBuzz subset library"]


def test_the_missing_library_of_right_to_left_text_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(name: str) -> None:
        raise OSError(name)

    monkeypatch.setattr(bidi.ctypes, "CDLL", load)
    bidi._library.cache_clear()
    assert [sentence.split(":")[0] for sentence in health.missing_parts()] == ["FriBidi"]
    assert bidi.levels("left to right") == [0] * 13  # which needs no library


def test_the_bundle_stays_under_eight_megabytes() -> None:
    assert sum((fonts.FONTS / name).stat().st_size for name in fonts.bundled()) <= 8 * 1024 * 1024
    assert {path.suffix for path in fonts.FONTS.iterdir()} <= {".ttf", ".otf", ".md", ".txt", ".conf", ""}
    assert "SIL OPEN FONT LICENSE Version 1.1" in (fonts.FONTS / "OFL.txt").read_text(encoding="utf-8")


def test_every_font_has_its_line_in_the_readme() -> None:
    readme = (fonts.FONTS / "README.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in readme for name in fonts.bundled())
