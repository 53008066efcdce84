"""Debian's Chromium on a real server process with the example orders; a worker in the test does the jobs."""

import os
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from app.desk import open_desk
from app.examples.situations import situations
from app.registers.double import RegisterDouble
from app.schemas.calculation_answers import calculation_answer
from app.services.seed import PASSWORD, seed_orders, seed_people
from app.store.schema import upgrade
from tests.conftest import make_settings
from tests.torture.installation import install
from tests.working import working

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS = 30_000  # the machine may be busy with other tests
Open = Callable[..., "Watched"]
_SESSIONS: dict[tuple[str, str], list[Any]] = {}


class Watched:
    """A page and everything in it that should not have happened."""

    def __init__(self, page: Page, site: str) -> None:
        self.page, self.site = page, site
        self.complaints: list[str] = []
        self.strangers: list[str] = []
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda said: said.type in {"error", "warning"} and self.complaints.append(said.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self._look_at(request.url))

    def _look_at(self, url: str) -> None:
        if not url.startswith((self.site, "data:", "chrome-extension://", "chrome://", "about:", "blob:")):
            self.strangers.append(url)

    def go(self, path: str) -> None:
        self.page.goto(self.site + path)

    def has_focus(self, selector: str) -> None:
        """Wait for the browser to give a field the focus; on a busy machine that is after ``load``."""
        self.page.wait_for_function("wanted => document.activeElement?.matches(wanted)", arg=selector)

    def sign_in(self, email: str = "agent@taxdesk.example") -> None:
        """As a person does, by the form; once an account, because the server lets only ten in a minute."""
        context = self.page.context
        if kept := _SESSIONS.get((self.site, email)):
            context.add_cookies(kept)
            self.go("/")
            if self.page.url == self.site + "/":
                return
        self.go("/login")
        self.page.fill("#email", email)
        self.page.fill("#password", PASSWORD)
        self.page.click("main button")
        self.page.wait_for_url(self.site + "/")
        _SESSIONS[self.site, email] = context.cookies()  # type: ignore[assignment]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests of a process."""
    if not CHROMIUM.exists():
        if os.environ.get("CI") == "true":
            pytest.fail("Debian's chromium must be installed here and is not")
        pytest.skip("chromium is not installed")
    playwright: Playwright
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running taxdesk."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with RegisterDouble() as double:
        settings = make_settings(tmp_path_factory.mktemp("site"), port=port, vies_url=double.vies_url)
        desk = open_desk(settings)
        upgrade(desk.database)
        seed_people(desk)
        seed_orders(desk, situations(), lambda calculation: calculation_answer(calculation, desk.book))
        with install(settings) as installation, working(desk):
            installation.start("serve")
            _wait_for(f"{settings.base_url}/livez", installation.log)
            yield settings.base_url
        desk.close()


def _wait_for(url: str, log: Callable[[], str]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - our own server
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"the server does not answer:\n{log()}")


@pytest.fixture
def open_page(chromium: Browser, site: str) -> Iterator[Open]:
    """Open a page of a new, empty browser profile."""
    contexts: list[BrowserContext] = []

    def make(**options: object) -> Watched:
        context = chromium.new_context(**({"viewport": {"width": 1280, "height": 800}} | options))  # type: ignore[arg-type]
        contexts.append(context)
        return Watched(context.new_page(), site)

    yield make
    for context in contexts:
        context.close()
