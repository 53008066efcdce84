"""The pages on a desk with the example orders, a real register double, and somebody signed in for each role."""

import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.config import Settings
from app.desk import Desk, open_desk
from app.examples.situations import situations
from app.factory import create_app
from app.registers.double import RegisterDouble
from app.schemas.calculation_answers import calculation_answer
from app.services.seed import USERS, seed_orders, seed_people
from app.store.access import find_user
from tests.conftest import make_settings
from tests.working import working

ROLES = {str(role): email for email, role in USERS.items()}
Client = Callable[[str | None], FlaskClient]


class Page:
    """An answer as a reader and a browser take it."""

    def __init__(self, response: TestResponse) -> None:
        self.response = response
        self.status = response.status_code
        self.html = response.get_data(as_text=True)

    @property
    def text(self) -> str:
        """What is read, without marks and with single blanks."""
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", self.html)).split())

    def value(self, field: str) -> str:
        """The value of the first input with this name."""
        found = re.search(rf'<input[^>]*name="{field}"[^>]*value="([^"]*)"', self.html, re.DOTALL)
        assert found, f"no field {field} on the page"
        return unescape(found[1])

    def sends(self, action: str) -> dict[str, str]:
        """What the form with this action sends without being filled in: its hidden inputs."""
        form = self.html.partition(f'action="{action}"')[2].partition("</form>")[0]
        return {name: unescape(v) for name, v in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form)}

    @property
    def goes_to(self) -> str:
        return self.response.headers["Location"]


@pytest.fixture(scope="session")
def double() -> Iterator[RegisterDouble]:
    """The register double, as a server of this test process."""
    with RegisterDouble() as running:
        yield running


@pytest.fixture(scope="session")
def _seeded(tmp_path_factory: pytest.TempPathFactory, _sqlite_template: Path) -> Path:
    """A database with the example people and orders, copied by every test."""
    folder = tmp_path_factory.mktemp("seeded")
    file = folder / "var" / "taxdesk.sqlite3"
    file.parent.mkdir()
    file.write_bytes(_sqlite_template.read_bytes())
    desk = open_desk(make_settings(folder))
    seed_people(desk)
    seed_orders(desk, situations(), lambda calculation: calculation_answer(calculation, desk.book))
    with desk.database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    desk.close()
    return file


@pytest.fixture
def settings(tmp_path: Path, _seeded: Path, double: RegisterDouble) -> Settings:
    """Settings on a fresh copy of the examples."""
    file = tmp_path / "var" / "taxdesk.sqlite3"
    file.parent.mkdir(parents=True)
    file.write_bytes(_seeded.read_bytes())
    double.vies.set_mode("ok")
    return make_settings(tmp_path, vies_url=double.vies_url)


@pytest.fixture
def desk(settings: Settings) -> Iterator[Desk]:
    """The desk of the pages."""
    opened = open_desk(settings)
    yield opened
    opened.close()


@pytest.fixture
def app(settings: Settings, desk: Desk) -> Flask:
    """The real application."""
    return create_app(settings, desk)


@pytest.fixture
def worker(desk: Desk) -> Iterator[None]:
    """Somebody who does the jobs."""
    with working(desk):
        yield


@pytest.fixture
def client(app: Flask, desk: Desk) -> Client:
    """A browser; with a role, somebody of that role is signed in."""

    def make(role: str | None) -> FlaskClient:
        browser = app.test_client()
        if role:
            with desk.database.reading() as reading:
                user = find_user(reading, email=ROLES[role])
            assert user
            with browser.session_transaction() as session:
                session["user_id"] = user.id
        return browser

    return make


def get(browser: FlaskClient, path: str, **kwargs: object) -> Page:
    """Read a page."""
    return Page(browser.get(path, **kwargs))  # type: ignore[arg-type]


def post(browser: FlaskClient, path: str, fields: dict[str, str], *, seen: str) -> Page:
    """Send a form with the token of the page ``seen``, as its reader would."""
    token = get(browser, seen).value("csrf_token")
    return Page(browser.post(path, data={"csrf_token": token} | fields))
