"""Who sees which page: every route with every role, from the URL map; and nothing without a token of ours."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.actor import SYSTEM
from app.auth import guard_of
from app.desk import Desk
from app.facts import TaxIdAsked
from app.services.check_tax_id import check_tax_id
from app.services.read_order import read_order
from app.web import NAMES, NO_CSRF
from tests.web.conftest import Client, get, post

ORDER = "FR-LATE-VAT-ID"
READERS = {"payments", "approver", "auditor", "admin"}
WORKERS = {"payments", "approver", "admin"}
# route -> roles that may; "everybody" needs no sign-in. Every route of the pages stands here, or the test fails.
RIGHTS: dict[str, set[str] | str] = {
    "/": READERS,
    "/orders": READERS,
    "/orders/<reference>": READERS,
    "/orders/<reference>/archive.zip": READERS,
    "/orders/<reference>/documents": WORKERS,
    "/orders/<reference>/adjustments/<adjustment_id>/decision": WORKERS,
    "/orders/<reference>/refund": WORKERS,
    "/orders/<reference>/refund/preview": WORKERS,
    "/orders/<reference>/tax-refund": WORKERS,
    "/orders/<reference>/tax-refund/check": WORKERS,
    "/documents": READERS,
    "/documents/<document_id>": READERS,
    "/documents/<document_id>/content": READERS,
    "/documents/<document_id>/preview": READERS,
    "/tax-ids": READERS,
    "/calculator": READERS,
    "/audit": {"auditor", "admin"},
    "/audit/exports": {"auditor", "admin"},
    "/audit/exports/<export_id>": {"auditor", "admin"},
    "/audit/exports/<export_id>/content": {"auditor", "admin"},
    "/settings": READERS,
    "/help": READERS,
    "/login": "everybody",
    "/logout": "everybody",
    "/verify/<code>": "everybody",
    "/assets/<digest>/<name>": "everybody",
}
POSTS_NEED = {"/tax-ids": WORKERS}


def routes(app: Flask) -> list[tuple[str, str, str]]:
    """Rule, method and endpoint of every page."""
    return [
        (rule.rule, method, rule.endpoint)
        for rule in app.url_map.iter_rules()
        if rule.endpoint.partition(".")[0] in NAMES
        for method in sorted((rule.methods or set()) & {"GET", "POST"})
    ]


def filled(rule: str) -> str:
    """A path of the rule; documents and codes do not exist, which comes after the right to ask."""
    return (
        rule.replace("<reference>", ORDER)
        .replace("<document_id>", "doc_none")
        .replace("<export_id>", "axp_none")
        .replace("<code>", "none")
        .replace("<digest>/<name>", "0/desk.css")
    )


def test_every_page_has_a_guard_and_a_line_in_this_table(app: Flask) -> None:
    assert {rule for rule, _, _ in routes(app)} == set(RIGHTS)
    assert [endpoint for _, _, endpoint in routes(app) if guard_of(app, endpoint) is None] == []


@pytest.mark.parametrize("role", [None, "payments", "approver", "auditor", "admin"])
def test_a_role_reaches_what_it_may_and_nothing_else(app: Flask, client: Client, role: str | None) -> None:
    browser = client(role)
    token = get(browser, "/settings" if role else "/login").value("csrf_token")
    wrong = []
    for rule, method, endpoint in routes(app):
        if endpoint == "login.leave":
            continue
        may = POSTS_NEED.get(rule, RIGHTS[rule]) if method == "POST" else RIGHTS[rule]
        sent = {"csrf_token": token} if method == "POST" else None
        status = browser.open(filled(rule), method=method, data=sent).status_code
        if may == "everybody":
            expected = status not in {302, 401, 403}
        elif role is None:
            expected = status == 302
        else:
            expected = (status == 403) != (role in may)
        if not expected:
            wrong.append((method, rule, status))
    assert wrong == []


def test_an_auditor_sees_no_button_that_changes_anything(client: Client) -> None:
    browser = client("auditor")
    for path in ("/", "/orders", f"/orders/{ORDER}", "/documents", "/tax-ids", "/audit"):
        page = get(browser, path)
        assert page.status == 200
        forms = [line for line in page.html.splitlines() if 'method="post"' in line]
        assert all("/settings" in line or "/logout" in line or "/audit/exports" in line for line in forms), path
        assert "tax-refund" not in page.html, path


def test_a_post_without_our_token_is_refused_and_changes_nothing(app: Flask, client: Client, desk: Desk) -> None:
    browser = client("admin")
    for rule, method, endpoint in routes(app):
        if method != "POST" or endpoint in NO_CSRF:
            continue
        for token in ({}, {"csrf_token": ""}, {"csrf_token": "made-up"}):
            answer = browser.post(filled(rule), data={"number": "FR29999001001"} | token)
            assert answer.status_code == 400, (rule, token)
    assert read_order(desk, SYSTEM, ORDER).checks == ()
    assert get(browser, "/orders").status == 200, "and nobody was signed out"


def test_the_token_of_another_session_is_worthless(client: Client) -> None:
    stolen = get(client("payments"), "/settings").value("csrf_token")
    assert client("admin").post("/settings", data={"csrf_token": stolen, "theme": "dark"}).status_code == 400


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_form_from_another_site_is_refused_even_with_a_token(client: Client, site: str) -> None:
    browser = client("payments")
    token = get(browser, "/settings").value("csrf_token")
    answer = browser.post("/settings", data={"csrf_token": token, "theme": "dark"}, headers={"Sec-Fetch-Site": site})
    assert answer.status_code == 403


def test_nothing_is_changed_by_reading(app: Flask, client: Client, desk: Desk) -> None:
    """Links are opened by mail scanners and prefetched by browsers."""
    browser = client("admin")
    before = len(read_order(desk, SYSTEM, ORDER).timeline)
    for rule, method, _ in routes(app):
        if method == "GET" and not rule.endswith("archive.zip"):
            browser.get(filled(rule))
            browser.head(filled(rule))
    assert len(read_order(desk, SYSTEM, ORDER).timeline) == before


def test_the_check_of_another_order_opens_no_refund(client: Client, desk: Desk) -> None:
    asked = TaxIdAsked(country="FR", number="FR29999001001", order_reference="FR-REGISTER-DOWN")
    other = check_tax_id(desk, SYSTEM, asked, wait_seconds=0)
    browser = client("payments")
    assert get(browser, f"/orders/{ORDER}/tax-refund?check={other.id}").status == 404
    page = post(
        browser,
        f"/orders/{ORDER}/tax-refund",
        {"check": other.id, "token": "frm_1"},
        seen=f"/orders/{ORDER}/tax-refund",
    )
    assert page.status == 404


@pytest.mark.parametrize(
    "path",
    ["/orders/%00", "/orders/a%0Ab", "/documents/%00", "/verify/%00", "/orders/NO-SUCH", "/nowhere", "/orders/..%2f"],
)
def test_what_does_not_exist_is_a_page_that_says_so(client: Client, path: str) -> None:
    page = get(client("payments"), path)
    assert page.status == 404
    assert "There is nothing here" in page.text
    assert page.response.headers["X-Request-Id"] in page.text


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE"])
def test_another_verb_is_refused_with_what_is_allowed(client: Client, method: str) -> None:
    answer = client("payments").open("/orders", method=method)
    assert answer.status_code == 405
    assert {"GET", "HEAD", "OPTIONS"} == set(answer.headers["Allow"].split(", "))


def test_head_and_options_tell_the_truth(client: Client) -> None:
    browser = client("payments")
    full, head = browser.get("/orders"), browser.head("/orders")
    assert (head.status_code, head.get_data()) == (200, b"")
    assert head.content_type == full.content_type
    assert set(browser.options("/orders").headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


def test_a_forged_host_reaches_no_link(client: Client) -> None:
    answer = client(None).get("/orders", headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
    assert answer.status_code in {302, 400}
    assert "evil.example" not in answer.headers.get("Location", "")
    page = client(None).get("/login", headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
    assert "evil.example" not in page.get_data(as_text=True)


@pytest.mark.parametrize("query", ["status=paid&status=open", "evil=1", "query=a&query=b"])
def test_a_polluted_query_is_refused(client: Client, query: str) -> None:
    assert get(client("payments"), f"/orders?{query}").status == 400


def test_a_polluted_form_is_refused(client: Client) -> None:
    browser: FlaskClient = client("payments")
    token = get(browser, "/settings").value("csrf_token")
    answer = browser.post("/settings", data=f"csrf_token={token}&theme=dark&theme=light",
                          content_type="application/x-www-form-urlencoded")  # fmt: skip
    assert answer.status_code == 422


def test_every_answer_bears_the_security_headers(app: Flask, client: Client) -> None:
    browser = client("admin")
    for rule, method, _ in routes(app):
        answer = browser.open(filled(rule), method=method)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy, rule
        assert "unsafe" not in policy or rule.endswith("/preview"), rule
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store" or rule.startswith("/assets/"), rule
