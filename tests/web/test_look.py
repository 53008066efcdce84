"""The pages' own files: small, ours alone, readable in both themes; every text in every language it is promised in."""

import re
from pathlib import Path

import jinja2.ext
import pytest
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

from app.i18n import SHIPPED, catalogue
from app.web.assets import FOLDER, assets
from app.web.problem_page import FOR_PEOPLE
from app.web.render import TEMPLATES
from app.web.words import DOCUMENT_KINDS
from tests.web.conftest import Client, get

SCREENS = [*sorted((TEMPLATES / "screen").glob("*.html")), *sorted((TEMPLATES / "parts").glob("screen_*.html"))]
WEB = Path(__file__).parents[2] / "app" / "web"
FOR_VISITORS = {"verify.html", "problem.html"}
FOR_THE_TEAM = {"forbidden", "form_expired", "stored_file_damaged"}  # no visitor's page says them
BIG = 100_000
CSS = (FOLDER / "desk.css").read_text("utf-8")


def luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb`` (WCAG 2.2)."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def palette(theme: int) -> dict[str, str]:
    """The colours of a theme: 0 light, 1 dark."""
    pairs = re.findall(r"--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", CSS)
    return {name: colours[theme] for name, *colours in pairs}


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_every_text_stands_out_from_what_it_stands_on(theme: int) -> None:
    colours = palette(theme)
    grounds = ("ground", "sheet", "raised", "plain-tint", "info-tint")
    pairs = [(text, ground) for text in ("text", "muted", "accent") for ground in grounds]
    pairs += [(tone, f"{tone}-tint") for tone in ("good", "warn", "bad", "info")]
    pairs += [("text", f"{tone}-tint") for tone in ("good", "warn", "bad")]
    pairs += [("bad", "sheet"), ("on-accent", "accent")]
    weak = {pair: round(contrast(colours[pair[0]], colours[pair[1]]), 2) for pair in pairs}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_the_edge_of_every_field_can_be_seen(theme: int) -> None:
    colours = palette(theme)
    assert min(contrast(colours["edge"], colours[ground]) for ground in ("sheet", "raised", "ground")) >= 3


def test_the_first_load_is_small(client: Client) -> None:
    own = sum(len(asset.content) for asset in assets().values())
    heaviest = len(get(client("payments"), "/orders/FR-LATE-VAT-ID").html)
    assert len(CSS) < 30_000
    assert own + heaviest < BIG


def test_no_file_and_no_template_names_another_origin() -> None:
    found = []
    for path in (*SCREENS, *FOLDER.iterdir()):
        text = path.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
        found += [f"{path.name}: {url}" for url in re.findall(r"(?:https?:)?//[a-z][\w.-]+\.[a-z]{2,}", text)]
    assert found == []


def test_no_template_carries_style_or_script_of_its_own() -> None:
    forbidden = r"<style|\sstyle=|\son[a-z]+=\"|<script(?! src)|\|\s*safe\b|autoescape"
    found = [f"{path.name}: {bad[0]}" for path in SCREENS for bad in re.finditer(forbidden, path.read_text("utf-8"))]
    assert found == []


def test_only_fixed_texts_are_translated_as_markup() -> None:
    """``_()`` takes its message for safe markup: what comes from code or people goes through ``say()``."""
    found = [
        f"{path.name}: {call[0]}"
        for path in SCREENS
        for call in re.finditer(r"(?<![\w.])(?:_|n?gettext)\((?!['\"])[^)]*\)", path.read_text("utf-8"))
    ]
    assert found == []


def test_a_file_is_kept_for_a_year_under_its_digest_alone(client: Client) -> None:
    browser = client(None)
    html = get(browser, "/login").html
    address = re.search(r'href="(/assets/[^"]+desk\.css)"', html)
    assert address
    answer = browser.get(address[1])
    assert answer.content_type == "text/css; charset=utf-8"
    assert "immutable" in answer.headers["Cache-Control"]
    assert browser.get(address[1], headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert browser.get("/assets/0000000000000000/desk.css").status_code == 404
    assert browser.get(address[1].replace("desk.css", "..%2f..%2fscreen%2flogin.html")).status_code == 404


def messages(path: Path) -> set[tuple[str, ...]]:
    """Every text of a template or module that goes through a catalogue."""
    if path.suffix == ".py":
        rows = [row[1] for row in extract_from_file("python", path, {"N_": None})]
    else:
        with path.open("rb") as source:
            rows = [row[2] for row in jinja2.ext.babel_extract(source, ["_", "ngettext"], [], {"silent": "false"})]
    return {(row,) if isinstance(row, str) else tuple(part for part in row if part) for row in rows}


def translations(language: str) -> dict[str, tuple[str, ...]]:
    with catalogue(language, "screen").open("rb") as source:
        entries = read_po(source, abort_invalid=True)
    found = {}
    for entry in entries:
        singular = entry.id if isinstance(entry.id, str) else entry.id[0]
        found[singular] = (entry.string,) if isinstance(entry.string, str) else tuple(entry.string)
    return found


def test_the_team_reads_every_text_in_german() -> None:
    german = translations("de")
    wanted = set().union(*(messages(path) for path in (*SCREENS, *WEB.glob("*.py"))))
    assert len(wanted) > 300
    assert sorted(text[0] for text in wanted if not all(german.get(text[0], ("",)))) == []


@pytest.mark.parametrize("language", [tag for tag in SHIPPED if tag != "en"])
def test_visitors_read_their_pages_in_their_language(language: str) -> None:
    known = translations(language)
    paths = [*(path for path in SCREENS if path.name in FOR_VISITORS), WEB / "verify.py"]
    wanted = {text[0] for text in set().union(*map(messages, paths))}
    wanted |= {*DOCUMENT_KINDS.values(), "Skip to content"}
    wanted |= {text for code, texts in FOR_PEOPLE.items() if code not in FOR_THE_TEAM for text in texts}
    assert sorted(text for text in wanted if not all(known.get(text, ("",)))) == []


@pytest.mark.parametrize("language", [tag for tag in SHIPPED if tag != "en"])
def test_mails_are_in_the_customers_language(language: str) -> None:
    with catalogue("de", "mails").open("rb") as source:
        wanted = {entry.id for entry in read_po(source) if entry.id}
    with catalogue(language, "mails").open("rb") as source:
        found = {entry.id: str(entry.string) for entry in read_po(source, abort_invalid=True) if entry.id}
    assert set(found) == wanted
    assert [text for text in wanted if set(re.findall(r"{\w+}", text)) != set(re.findall(r"{\w+}", found[text]))] == []


@pytest.mark.parametrize("language", [tag for tag in SHIPPED if tag != "en"])
def test_a_translation_keeps_every_placeholder(language: str) -> None:
    wrong = [
        original
        for original, texts in translations(language).items()
        for text in texts
        if original and set(re.findall(r"%\(\w+\)[sd]", text)) != set(re.findall(r"%\(\w+\)[sd]", original))
    ]
    assert wrong == []
