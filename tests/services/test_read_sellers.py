"""Each process keeps the versions of sellers that it read, and yet no calculation works with one that was replaced."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.config import Settings
from app.desk import Desk, open_desk
from app.sellers import EXAMPLE
from app.services.load_sellers import store_sellers
from app.services.read_sellers import sellers_in_force

CHANGE = """
import sys
from pathlib import Path
from app.config import Settings
from app.desk import open_desk
from app.services.load_sellers import store_sellers

data_dir, url, sellers = sys.argv[1:]
store_sellers(open_desk(Settings(data_dir=Path(data_dir), database_url=url, sellers=Path(sellers)).completed()))
"""


@pytest.fixture
def desk(settings: Settings) -> Iterator[Desk]:
    """A desk with the example sellers."""
    opened = open_desk(settings)
    store_sellers(opened)
    yield opened
    opened.close()


def test_a_seller_that_another_process_changed_is_the_new_one_at_the_next_reading(desk: Desk, tmp_path: Path) -> None:
    before = sellers_in_force(desk)
    assert sellers_in_force(desk)["de"] is before["de"]
    text = EXAMPLE.read_text("utf-8")
    changed = tmp_path / "sellers.yaml"
    changed.write_text(text.replace(before["de"].legal_name, "Nachfolgerin GmbH"), "utf-8")
    arguments = [str(desk.settings.data_dir), desk.settings.database_url, str(changed)]
    subprocess.run([sys.executable, "-c", CHANGE, *arguments], check=True)
    after = sellers_in_force(desk)
    assert after["de"].legal_name == "Nachfolgerin GmbH" != before["de"].legal_name
    assert after["us"] is before["us"]


def test_two_databases_do_not_share_their_sellers(desk: Desk, tmp_path: Path, sqlite_url: str) -> None:
    other_sellers = tmp_path / "sellers.yaml"
    name = sellers_in_force(desk)["de"].legal_name
    other_sellers.write_text(EXAMPLE.read_text("utf-8").replace(name, "Eine andere GmbH"), "utf-8")
    url = sqlite_url.replace("taxdesk.sqlite3", "other.sqlite3")
    Path(url.removeprefix("sqlite:///")).write_bytes(Path(sqlite_url.removeprefix("sqlite:///")).read_bytes())
    other = open_desk(replace(desk.settings, database_url=url, sellers=other_sellers))
    store_sellers(other)
    assert sellers_in_force(other)["de"].legal_name == "Eine andere GmbH"
    assert sellers_in_force(desk)["de"].legal_name == name
    other.close()
