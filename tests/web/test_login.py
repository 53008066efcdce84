"""Signing in and out."""

import time

import pytest
from flask import Flask

from app.desk import Desk
from app.errors import Unauthenticated
from app.models.access import SessionRow
from app.services.seed import PASSWORD
from app.web.safe_next import safe_next
from tests.web.conftest import ROLES, Client, get, post

WRONG = "not the password of anybody"


def sign_in(browser, email: str, password: str, onward: str = "/"):
    return post(browser, "/login", {"email": email, "password": password, "next": onward}, seen="/login")


def test_the_right_pair_leads_on_to_the_page_that_was_wanted(client: Client) -> None:
    browser = client(None)
    asked = get(browser, "/orders?status=paid")
    assert asked.status == 302
    assert asked.goes_to == "/login?next=/orders?status%3Dpaid"
    onward = get(browser, asked.goes_to).value("next")
    entered = sign_in(browser, ROLES["payments"], PASSWORD, onward)
    assert (entered.status, entered.goes_to) == (303, "/orders?status=paid")
    assert get(browser, entered.goes_to).status == 200


@pytest.mark.parametrize("email", [ROLES["payments"], "nobody@taxdesk.example"])
def test_a_wrong_pair_is_told_in_the_same_words_and_keeps_the_email(client: Client, email: str) -> None:
    page = sign_in(client(None), email, WRONG)
    assert page.status == 422
    assert "The e-mail or the password is not right" in page.text
    assert page.value("email") == email
    assert WRONG not in page.html


def test_an_unknown_email_takes_as_long_as_a_wrong_password(client: Client) -> None:
    browser = client(None)
    sign_in(browser, "first@taxdesk.example", WRONG)  # makes the hash that stands in for nobody's
    times = []
    for email in (ROLES["payments"], "nobody@taxdesk.example"):
        began = time.perf_counter()
        sign_in(browser, email, WRONG)
        times.append(time.perf_counter() - began)
    assert 0.25 < times[0] / times[1] < 4


def test_the_session_takes_a_new_id_and_a_new_csrf_token_at_sign_in(client: Client) -> None:
    browser = client(None)
    before = get(browser, "/login")
    old_cookie, old_token = browser.get_cookie("taxdesk"), before.value("csrf_token")
    sign_in(browser, ROLES["payments"], PASSWORD)
    assert old_cookie
    assert browser.get_cookie("taxdesk").value != old_cookie.value  # type: ignore[union-attr]
    browser.set_cookie("taxdesk", old_cookie.value)
    assert get(browser, "/orders").status == 302, "the id known before the sign-in is worthless after it"
    assert old_token


def test_signing_out_ends_the_session_on_the_server(client: Client, desk: Desk) -> None:
    browser = client("payments")
    kept = browser.get_cookie("taxdesk")
    left = post(browser, "/logout", {}, seen="/settings")
    assert (left.status, left.goes_to) == (303, "/login")
    assert kept
    browser.set_cookie("taxdesk", kept.value)
    assert get(browser, "/orders").status == 302
    with desk.database.reading() as session:
        assert session.query(SessionRow).filter(SessionRow.user_id.is_not(None)).count() == 0


def test_a_flood_is_stopped_before_a_password_is_hashed(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def refuse(_desk: Desk, *, email: str, password: str) -> None:
        asked.append(email)
        raise Unauthenticated("The e-mail or the password is not right.")

    monkeypatch.setattr("app.web.login.sign_in", refuse)
    browser = client(None)
    answers = [sign_in(browser, f"n{n}@taxdesk.example", WRONG).status for n in range(24)]
    assert answers[:20] == [422] * 20
    assert answers[20:] == [429] * 4
    assert len(asked) == 20


def test_one_account_is_limited_over_all_addresses(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_desk: Desk, *, email: str, password: str) -> None:
        raise Unauthenticated("The e-mail or the password is not right.")

    monkeypatch.setattr("app.web.login.sign_in", refuse)
    answers = []
    for n in range(12):
        browser = app.test_client()
        browser.environ_base["REMOTE_ADDR"] = f"192.0.2.{n}"
        answers.append(sign_in(browser, "Agent@taxdesk.example" if n % 2 else "agent@taxdesk.example", WRONG).status)
    assert answers == [422] * 10 + [429] * 2


@pytest.mark.parametrize("password", ["", "x" * 1025], ids=["empty", "longer than a password"])
def test_a_password_that_cannot_be_one_is_not_hashed(
    client: Client, monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    monkeypatch.setattr("app.web.login.sign_in", lambda *_a, **_k: pytest.fail("was hashed"))
    assert sign_in(client(None), ROLES["payments"], password).status == 422


@pytest.mark.parametrize(
    "email", ["a\x00b@taxdesk.example", "a\r\nBcc: x@taxdesk.example", "\ud800", "\u202eevil@taxdesk.example"]
)
def test_an_email_with_control_characters_is_refused_not_asked_for(client: Client, email: str) -> None:
    page = sign_in(client(None), email.encode("utf-8", "replace").decode(), PASSWORD)
    assert page.status == 422


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "///evil.example",
        "https://evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "javascript:alert(1)",
        "orders",
        " /orders",
        "",
    ],
)
def test_nobody_is_sent_to_another_site(target: str) -> None:
    assert safe_next(target) == "/"


@pytest.mark.parametrize("target", ["//evil.example", "/\t/evil.example"])
def test_signing_in_leads_to_no_other_site(client: Client, target: str) -> None:
    assert sign_in(client(None), ROLES["payments"], PASSWORD, target).goes_to == "/"
    browser = client("payments")
    assert get(browser, "/login?next=https://evil.example").goes_to == "/", "also for who is signed in"


@pytest.mark.parametrize("target", ["/", "/orders", "/orders?query=a+b&status=paid", "/documents/doc_1"])
def test_a_page_of_ours_is_kept(target: str) -> None:
    assert safe_next(target) == target


def test_the_form_suits_password_managers(client: Client) -> None:
    html = get(client(None), "/login").html
    assert 'type="email"' in html
    assert 'autocomplete="username"' in html
    assert 'autocomplete="current-password"' in html
    assert "onpaste" not in html
