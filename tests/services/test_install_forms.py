"""Blanks are installed from a site or a directory: known copies only, whole or not at all, each one audited once."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from app.desk import Desk, open_desk
from app.documents.filling import folder
from app.errors import Unavailable
from app.registers.http import NoReply
from app.services.install_forms import (
    Outcome,
    Result,
    install_from_authority,
    install_from_directory,
    list_forms,
)
from app.store.audit import read_events
from forms.blanks import Blank, Copy, Registry
from tests.conftest import make_settings

OLD, W9, W9_ANEW, W8 = (b"%PDF-1.7\n" + text for text in (b"old w-9", b"w-9", b"w-9 without XFA", b"w-8"))


def copy_of(pdf: bytes, quality: str = "as_published") -> Copy:
    sha256 = hashlib.sha256(pdf).hexdigest()
    return Copy(sha256=sha256, size=None, quality=quality, confidence="high", source="the test")  # type: ignore[arg-type]


def blank(form: str, name: str, revision: str, state: str, *copies: Copy) -> Blank:
    return Blank(
        form=form, name=name, authority="The authority", revision=revision, printed=f"Rev. {revision}",
        state=state, address=f"https://authority.example/{form}.pdf", pages=None, fields=None, copies=copies,
    )  # type: ignore[arg-type] # fmt: skip


BOOK = Registry(
    (
        blank("w9", "W-9", "2018-10", "superseded", copy_of(OLD)),
        blank("w9", "W-9", "2024-03", "current", copy_of(W9), copy_of(W9_ANEW, "xfa_dropped")),
        blank("w8ben", "W-8BEN", "2021-10", "current", copy_of(W8)),
    )
)


@pytest.fixture
def desk(sqlite_url: str, tmp_path: Path) -> Iterator[Desk]:
    opened = open_desk(make_settings(tmp_path, database_url=sqlite_url))
    yield opened
    opened.close()


@pytest.fixture
def downloads(tmp_path: Path) -> Path:
    directory = tmp_path / "downloads"
    directory.mkdir()
    return directory


def root(desk: Desk) -> Path:
    assert desk.settings.forms_dir is not None
    return desk.settings.forms_dir


def results(outcomes: list[Outcome]) -> dict[str, tuple[str, str | None]]:
    return {outcome.origin.rsplit("/", 1)[-1]: (str(outcome.result), outcome.code) for outcome in outcomes}


def installs(desk: Desk) -> list[tuple[str, str]]:
    with desk.database.reading() as session:
        events = [event for event in read_events(session) if event.action == "form.installed"]
    return [(event.subject, event.facts["revision"]) for event in events]


def files(desk: Desk) -> set[str]:
    return {path.relative_to(root(desk)).as_posix() for path in root(desk).rglob("*") if path.is_file()}


def test_known_copies_of_a_directory_are_installed_and_the_others_refused(desk: Desk, downloads: Path) -> None:
    (downloads / "form (1).PDF").write_bytes(W9_ANEW)
    (downloads / "old.pdf").write_bytes(OLD)
    (downloads / "page.pdf").write_bytes(b"<html>")
    (downloads / "w-9.txt").write_bytes(W9)
    (downloads / "folder.pdf").mkdir()
    found = results(list(install_from_directory(desk, downloads, BOOK)))
    assert found == {
        "form (1).PDF": ("installed", None),
        "old.pdf": ("installed", None),
        "page.pdf": ("refused", "not_a_pdf"),
    }
    anew = hashlib.sha256(W9_ANEW).hexdigest()
    assert files(desk) == {f"w9/2024-03/{anew}.pdf", f"w9/2018-10/{hashlib.sha256(OLD).hexdigest()}.pdf"}
    assert (root(desk) / "w9" / "2024-03" / f"{anew}.pdf").read_bytes() == W9_ANEW
    assert sorted(installs(desk)) == [("form_w9", "2018-10"), ("form_w9", "2024-03")]


def test_installing_again_changes_nothing(desk: Desk, downloads: Path) -> None:
    (downloads / "w9.pdf").write_bytes(W9)
    list(install_from_directory(desk, downloads, BOOK))
    before = {path: path.stat().st_mtime_ns for path in root(desk).rglob("*.pdf")}
    assert results(list(install_from_directory(desk, downloads, BOOK))) == {"w9.pdf": ("already_installed", None)}
    assert {path: path.stat().st_mtime_ns for path in root(desk).rglob("*.pdf")} == before
    assert len(installs(desk)) == 1


def test_a_damaged_file_does_not_count_and_is_replaced(desk: Desk, downloads: Path) -> None:
    (downloads / "w9.pdf").write_bytes(W9)
    list(install_from_directory(desk, downloads, BOOK))
    current = BOOK.current("w9")
    assert current is not None
    path = folder.place(root(desk), current, current.copies[0])
    path.chmod(0o600)
    path.write_bytes(W9[:-1])
    (listed,) = [one for one in list_forms(root(desk), BOOK) if one.blank is current]
    assert listed.installed is None
    assert listed.missing is not None
    assert "damaged" in listed.missing
    assert results(list(install_from_directory(desk, downloads, BOOK))) == {"w9.pdf": ("installed", None)}
    assert path.read_bytes() == W9


def test_the_authority_s_own_bytes_come_first(desk: Desk, downloads: Path) -> None:
    for number, content in enumerate((W9_ANEW, W9)):
        (downloads / f"{number}.pdf").write_bytes(content)
        list(install_from_directory(desk, downloads, BOOK))
    current = BOOK.current("w9")
    assert current is not None
    found = folder.installed(root(desk), current)
    assert found is not None
    assert (found.copy.quality, found.path.read_bytes()) == ("as_published", W9)


def test_the_list_says_what_is_missing_and_how_to_get_it(desk: Desk, downloads: Path) -> None:
    (downloads / "w8.pdf").write_bytes(W8)
    list(install_from_directory(desk, downloads, BOOK))
    said = {
        (one.blank.form, one.blank.revision): (bool(one.installed), one.missing) for one in list_forms(root(desk), BOOK)
    }
    assert said == {
        ("w9", "2018-10"): (False, None),
        ("w9", "2024-03"): (
            False,
            "Run taxdesk forms install, or put w9.pdf into a directory and add --from.",
        ),
        ("w8ben", "2021-10"): (True, None),
    }


def test_nothing_is_installed_when_the_trail_cannot_be_written(
    desk: Desk, downloads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (downloads / "w9.pdf").write_bytes(W9)

    def fail(*_arguments: object, **_more: object) -> None:
        raise RuntimeError("no trail")

    monkeypatch.setattr("app.store.audit._append", fail)
    with pytest.raises(RuntimeError, match="no trail"):
        list(install_from_directory(desk, downloads, BOOK))
    assert files(desk) == set()


def test_a_folder_that_cannot_be_written_leaves_no_event(desk: Desk, downloads: Path) -> None:
    (downloads / "w9.pdf").write_bytes(W9)
    root(desk).parent.mkdir(parents=True, exist_ok=True)
    root(desk).write_bytes(b"a file where the folder should be")
    with pytest.raises(Unavailable, match="cannot be written"):
        list(install_from_directory(desk, downloads, BOOK))
    assert installs(desk) == []


def test_a_file_too_large_to_be_a_form_is_not_read_whole(desk: Desk, downloads: Path) -> None:
    with (downloads / "huge.pdf").open("wb") as file:
        file.truncate(3 * 1024**3)
    assert results(list(install_from_directory(desk, downloads, BOOK))) == {"huge.pdf": ("refused", "too_large")}


def served(site: HTTPServer) -> Registry:
    """The same list, published by the double of the authority's site."""
    return Registry(tuple(replace(one, address=site.url_for(f"/{one.form}.pdf")) for one in BOOK.blanks))


def test_current_forms_are_downloaded_once(desk: Desk, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/w9.pdf", headers={"Accept": "application/pdf"}).respond_with_data(W9)
    httpserver.expect_request("/w8ben.pdf").respond_with_data(W8)
    book = served(httpserver)
    assert results(install_from_authority(desk, book)) == {
        "w9.pdf": ("installed", None),
        "w8ben.pdf": ("installed", None),
    }
    asked = len(httpserver.log)
    again = install_from_authority(desk, book)
    assert {outcome.result for outcome in again} == {Result.ALREADY_INSTALLED}
    assert [outcome.blank and outcome.blank.form for outcome in again] == ["w9", "w8ben"]
    assert (asked, len(httpserver.log), len(installs(desk))) == (2, 2, 2)


def test_each_form_gets_its_own_answer(desk: Desk, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/w9.pdf").respond_with_data("moved", status=302, headers={"Location": "/w8ben.pdf"})
    httpserver.expect_request("/w8ben.pdf").respond_with_data(b"<html>Maintenance</html>")
    outcomes = install_from_authority(desk, served(httpserver))
    assert results(outcomes) == {"w9.pdf": ("unreachable", "status_302"), "w8ben.pdf": ("refused", "not_a_pdf")}
    assert "localhost answers with status 302" in outcomes[0].detail
    assert "no known copy of W-8BEN" in outcomes[1].detail
    assert files(desk) == set()


def test_another_form_than_the_address_says_is_refused(desk: Desk, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/w9.pdf").respond_with_data(W8)
    httpserver.expect_request("/w8ben.pdf").respond_with_data(W8)
    found = results(install_from_authority(desk, served(httpserver)))
    assert found["w8ben.pdf"] == ("installed", None)
    assert found["w9.pdf"][0] == "refused"


def test_a_site_that_sends_without_end_is_cut_off(desk: Desk, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/w9.pdf").respond_with_data(b"%PDF-1.7\n" + b" " * (11 * 1024 * 1024))
    httpserver.expect_request("/w8ben.pdf").respond_with_data(W8)
    assert results(install_from_authority(desk, served(httpserver)))["w9.pdf"] == ("unreachable", "too_large")


def test_a_site_that_does_not_answer_is_told_for_each_form(desk: Desk) -> None:
    outcomes = install_from_authority(desk, BOOK, fetch=lambda _: NoReply("connect_timeout"))
    assert results(outcomes) == dict.fromkeys(("w9.pdf", "w8ben.pdf"), ("unreachable", "connect_timeout"))
    assert all("authority.example does not answer; download https://" in outcome.detail for outcome in outcomes)
