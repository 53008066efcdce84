"""``taxdesk forms``: what is said, as sentences and as JSON, and with which exit code."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from pytest_httpserver import HTTPServer

from app.cli import forms as command
from tests.services.test_install_forms import BOOK, W8, W9, served

SENTENCE = "Run taxdesk forms install, or put fw8eci.pdf into a directory and add --from."


@pytest.fixture(autouse=True)
def _data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TAXDESK_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command.forms, list(arguments))


def members(result: Result) -> Any:
    return json.loads(result.stdout)


def test_the_list_names_every_form_and_what_is_missing(tmp_path: Path) -> None:
    result = run("list", "--json")
    said = members(result)
    assert (result.exit_code, said["directory"]) == (0, str(tmp_path / "var" / "forms"))
    rows = {(row["form"], row["revision"]): row for row in said["data"]}
    assert len(rows) == 7
    assert rows["w8eci", "2021-10"]["missing"] == SENTENCE
    assert rows["w8exp", "2017-07"]["state"] == "superseded"
    assert not any(row["installed"] for row in rows.values())
    sentences = run("list").stdout.splitlines()
    assert len(sentences) == 8
    assert sentences[4].endswith(f"current     not installed. {SENTENCE}")
    assert not (tmp_path / "var").exists()


def test_the_folder_may_be_somewhere_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TAXDESK_FORMS_DIR", str(tmp_path / "blanks"))
    assert members(run("list", "--json"))["directory"] == str(tmp_path / "blanks")


def test_real_blanks_are_installed_from_their_folder(irs_blanks: Path) -> None:
    result = run("install", "--from", str(irs_blanks), "--json")
    said = members(result)
    assert result.exit_code == 1  # three files beside the blanks are refused
    assert (said["installed"], said["refused"], said["already_installed"], said["unreachable"]) == (4, 3, 0, 0)
    refused = {row["origin"]: row["code"] for row in said["data"] if row["result"] == "refused"}
    assert refused == {
        "f1042s--2022.pdf": "wrong_form",
        "fw8eci.pdf": "unknown_copy",
        "fw8exp--2017.pdf": "wrong_revision",
    }
    rows = [row for row in members(run("list", "--json"))["data"] if row["installed"]]
    assert {row["form"]: row["quality"] for row in rows} == {
        "w9": "xfa_dropped", "w8ben": "xfa_dropped", "w8bene": "as_published", "w8imy": "as_published",
    }  # fmt: skip


def test_an_install_of_known_copies_alone_ends_well_and_may_be_repeated(irs_blanks: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    shutil.copy(irs_blanks / "fw9.pdf", tmp_path / "mine" / "anything.pdf")
    first, second = (run("install", "--from", str(tmp_path / "mine")) for _ in range(2))
    assert (first.exit_code, first.stdout) == (0, "anything.pdf, W-9 (Rev. March 2024): installed\n")
    assert (second.exit_code, second.stdout) == (0, "anything.pdf, W-9 (Rev. March 2024): already installed\n")


def test_a_directory_without_a_pdf_is_a_no_and_one_that_is_not_there_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = run("install", "--from", str(tmp_path / "empty"))
    assert (result.exit_code, result.stdout) == (1, "There is no PDF in the directory.\n")
    assert run("install", "--from", str(tmp_path / "nowhere")).exit_code == 2


def test_forms_come_from_the_authority_s_site(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    httpserver.expect_request("/w9.pdf").respond_with_data(W9)
    httpserver.expect_request("/w8ben.pdf").respond_with_data(W8)
    monkeypatch.setattr(command, "shipped_blanks", lambda: served(httpserver))
    result = run("install")
    assert result.exit_code == 0
    assert [line.split(", ")[1] for line in result.stdout.splitlines()] == [
        "W-9 (Rev. 2024-03): installed",
        "W-8BEN (Rev. 2021-10): installed",
    ]


def test_a_site_that_is_down_ends_with_five_and_a_sentence_for_each_form(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = served(httpserver)
    httpserver.stop()  # nothing listens there any more
    monkeypatch.setattr(command, "shipped_blanks", lambda: book)
    result = run("install")
    lines = result.stdout.splitlines()
    assert (result.exit_code, len(lines)) == (5, sum(blank.state == "current" for blank in BOOK.blanks))
    assert all("localhost does not answer; download http://localhost" in line for line in lines)
    assert members(run("install", "--json"))["unreachable"] == len(lines)
    httpserver.start()


def test_production_leaves_its_tables_to_migrate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.config import Settings
    from app.desk import open_desk
    from app.store.schema import current_revision

    desk = open_desk(Settings.from_environment())
    monkeypatch.setattr(Settings, "is_production", True)
    command._create_tables(desk)
    assert current_revision(desk.database) is None
    monkeypatch.setattr(Settings, "is_production", False)
    command._create_tables(desk)
    assert current_revision(desk.database) is not None
    desk.close()
