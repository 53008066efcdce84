"""The README and docs are true: commands exist, code parses, files and settings are there."""

import ast
import json
import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click
import pytest
import yaml
from click.testing import CliRunner

from app.cli.main import taxdesk
from app.config import PREFIX, Settings
from tests.conftest import OURS
from tests.house.repository import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SHELLS = {"sh", "console", "bash"}


class Block(NamedTuple):
    page: Path
    language: str
    text: str


def blocks() -> list[Block]:
    fence = re.compile(r"^```(\w*)\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)
    return [Block(page, match[1], match[2]) for page in PAGES for match in fence.finditer(page.read_text("utf-8"))]


def shell_commands() -> Iterator[list[str]]:
    """The words of every command in a shell block, as the shell would split them; comments and prompts removed."""
    for block in blocks():
        if block.language not in SHELLS:
            continue
        pending = ""
        for line in block.text.splitlines(keepends=True):
            pending += line.removeprefix("$ ") if not pending else line
            if pending.endswith("\\\n"):
                continue
            try:
                words = shlex.split(pending.replace("\\\n", " "), comments=True)
            except ValueError:  # a quotation goes on in the next line
                continue
            pending = ""
            if words:
                yield words
        assert not pending, f"{block.page.name}: a quotation is not closed"


def inline_code() -> Iterator[tuple[Path, str]]:
    for page in PAGES:
        text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
        for match in re.finditer(r"`([^`\n]+)`", text):
            yield page, match[1]


def named_commands(program: str) -> list[list[str]]:
    """The arguments of every use of a program in the docs, in blocks and inline."""
    inline = [code.replace("…", "").split() for _, code in inline_code()]
    used = [words for words in (*shell_commands(), *inline) if words and words[0].split("/")[-1] == program]
    return [words[1:] for words in used if "<" not in "".join(words)]  # a mail address is no command


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text("utf-8"), flags=re.MULTILINE))


def all_commands(group: click.Group, *path: str) -> Iterator[tuple[str, ...]]:
    """Every path of commands below a group."""
    for name in group.list_commands(click.Context(group)):
        yield (*path, name)
        command = group.get_command(click.Context(group), name)
        if isinstance(command, click.Group):
            yield from all_commands(command, *path, name)


def settings_table() -> dict[str, str]:
    rows = re.findall(r"^\| `(TAXDESK_[A-Z0-9_]+)` \|[^|]*\| (.+?) \|$", (ROOT / "README.md").read_text("utf-8"), re.M)
    return dict(rows)


def test_there_are_pages_and_blocks_to_check() -> None:
    assert len(PAGES) > 10
    assert len(list(shell_commands())) >= 10


def test_every_make_verb_in_the_docs_exists() -> None:
    named = {arguments[0] for arguments in named_commands("make") if arguments}
    assert {"run", "demo", "test"} <= named
    assert named <= make_targets()


def test_make_lists_every_verb_and_each_says_what_it_does() -> None:
    listed = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert {line.split()[1] for line in listed.splitlines()} == make_targets()
    contract = {"run", "test", "demo", "env", "check", "lint", "types", "bench", "seed", "golden", "preview", "help"}
    assert contract <= make_targets()


@pytest.mark.parametrize("verb", sorted(make_targets()))
def test_a_verb_can_be_planned(verb: str) -> None:
    planned = subprocess.run(["make", "-n", verb], cwd=ROOT, capture_output=True, text=True, check=False)
    assert planned.returncode == 0, planned.stderr


def test_every_taxdesk_command_in_the_docs_exists_with_its_options() -> None:
    used = named_commands("taxdesk")
    assert len(used) > 10
    for arguments in used:
        words = list(arguments)
        command: click.Command | None = taxdesk
        while isinstance(command, click.Group) and words:
            command = command.get_command(click.Context(command), words.pop(0))
        assert command is not None, arguments
        known = {option for each in command.params for option in each.opts}
        assert {word for word in words if word.startswith("-")} <= known, arguments


@pytest.mark.parametrize("name", taxdesk.list_commands(click.Context(taxdesk)))
def test_help_of_every_command_ends_well_and_says_something(name: str) -> None:
    command = taxdesk.get_command(click.Context(taxdesk), name)
    inner = list(all_commands(command, name)) if isinstance(command, click.Group) else []
    for path in [(name,), *inner]:
        shown = CliRunner().invoke(taxdesk, [*path, "--help"])
        assert shown.exit_code == 0, shown.output
        assert len(shown.output.splitlines()) > 2, path


def test_the_settings_table_of_the_readme_is_the_settings_class() -> None:
    declared = {PREFIX + name.upper(): each.metadata["meaning"] for name, each in Settings.__dataclass_fields__.items()}
    assert settings_table() == declared


def variables_of_tests() -> set[str]:
    """What the suite reads from the environment."""
    read = re.compile(r"os\.environ(?:\.get\(|\[)\"(TAXDESK_[A-Z_]+)\"")
    return {name for path in (ROOT / "tests").rglob("*.py") for name in read.findall(path.read_text("utf-8"))}


def test_the_page_about_testing_names_every_variable_of_the_suite_and_the_suite_keeps_it() -> None:
    rows = re.findall(r"^\| (`TAXDESK_.+?`) \|", (ROOT / "docs" / "testing.md").read_text("utf-8"), re.M)
    assert {name for row in rows for name in re.findall(r"\w+", row)} == variables_of_tests()
    assert all(name.startswith(OURS) for name in variables_of_tests())


def test_the_example_of_the_fault_proxy_runs() -> None:
    (example,) = (block.text for block in blocks() if block.page.name == "testing.md" and block.language == "python")
    exec(compile(example, "testing.md", "exec"), {})  # noqa: S102 - our own page


def test_every_setting_in_the_docs_exists() -> None:
    known = {PREFIX + name.upper() for name in Settings.__dataclass_fields__}
    others = {"TAXDESK_PYTHON", "TAXDESK_FAILPOINT", "TAXDESK_VERSION"} | variables_of_tests()
    named = {name for page in PAGES for name in re.findall(r"\bTAXDESK_[A-Z0-9_]+\b", page.read_text("utf-8"))}
    assert named - others <= known


@pytest.mark.parametrize("language", ["json", "python", "yaml"])
def test_snippets_parse(language: str) -> None:
    parse: Any = {"json": json.loads, "python": ast.parse, "yaml": yaml.safe_load}[language]
    for block in blocks():
        if block.language == language:
            parse(block.text)


def test_bodies_sent_by_curl_are_json() -> None:
    bodies = [words[words.index("-d") + 1] for words in shell_commands() if words[0] == "curl" and "-d" in words]
    assert len(bodies) >= 3
    for body in bodies:
        json.loads(body)


def test_files_and_folders_that_the_docs_name_exist() -> None:
    tops = {path.name for path in ROOT.iterdir()} - {"var"}
    missing = set()
    for page, code in inline_code():
        name = code.split(":")[0]
        if re.fullmatch(r"[\w.-]+(/[\w.-]+)*/?", name) and name.split("/")[0] in tops and not (ROOT / name).exists():
            missing.add(f"{page.relative_to(ROOT)}: {code}")
    assert missing == set()


def test_links_between_pages_lead_somewhere() -> None:
    dead = []
    for page in PAGES:
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
            if target.startswith(("http://", "https://", "mailto:")):
                continue
            name, _, anchor = target.partition("#")
            place = Path(os.path.normpath(page.parent / name)) if name else page
            if not place.exists() or (anchor and anchor not in anchors(place)):
                dead.append(f"{page.relative_to(ROOT)}: {target}")
    assert dead == []


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_decision_is_listed_and_says_what_else_was_weighed() -> None:
    folder = ROOT / "docs" / "adr"
    pages = sorted(path for path in folder.glob("0*.md"))
    index = (folder / "README.md").read_text("utf-8")
    assert [path.name[:4] for path in pages] == [f"{n:04d}" for n in range(1, len(pages) + 1)]
    for page in pages:
        text = page.read_text("utf-8")
        assert f"({page.name})" in index
        assert all(part in text for part in ("**Decided.**", "**Why.**", "**Weighed.**", "**Costs.**")), page.name
