"""Exporting a period from the auditor's room: the form, the progress that needs no script, the archive."""

import hashlib
import re
from datetime import timedelta

import pytest
import time_machine

from app import clock
from app.actor import SYSTEM
from app.desk import Desk
from app.services.export_audit import find_exports, purge_exports
from app.store.audit import read_events
from tests.exported import put_documents
from tests.web.conftest import Client, Page, get, post
from tests.working import work


def form(**changes: str) -> dict[str, str]:
    day = clock.today().isoformat()
    return {"first": day, "last": day, "size": "", "seed": "", "token": "frm_1"} | changes


def ask(client: Client, **changes: str) -> Page:
    return post(client("auditor"), "/audit/exports", form(**changes), seen="/audit")


def test_an_auditor_exports_a_period_without_a_script(client: Client, desk: Desk) -> None:
    put_documents(desk, 3)
    browser = client("auditor")
    room = get(browser, "/audit")
    assert "Export a period" in room.text
    last_month = clock.today().replace(day=1) - timedelta(days=1)
    assert (room.value("first"), room.value("last")) == (last_month.replace(day=1).isoformat(), last_month.isoformat())
    asked = post(browser, "/audit/exports", form(), seen="/audit")
    assert asked.status == 303
    waiting = get(browser, asked.goes_to)
    assert "The archive is being made" in waiting.text
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in waiting.html
    assert "Download" not in waiting.text
    assert get(browser, f"{asked.goes_to}/content").status == 409
    work(desk)
    done = get(browser, asked.goes_to)
    assert "http-equiv" not in done.html
    assert "3" in done.text
    export = find_exports(desk, SYSTEM)[0]
    assert export.sha256
    assert export.sha256 in done.html
    assert "auditor@taxdesk.example" in done.text
    link = re.search(r'href="(/audit/exports/[^"]+/content)"', done.html)
    assert link
    archive = browser.get(link[1])
    assert hashlib.sha256(archive.get_data()).hexdigest() == export.sha256
    assert archive.headers["Content-Security-Policy"].startswith("sandbox;")
    assert asked.goes_to in get(browser, "/audit").html


def test_progress_shows_documents(client: Client, desk: Desk) -> None:
    asked = ask(client)
    export = find_exports(desk, SYSTEM)[0]
    with desk.database.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE jobs SET state = 'running', progress_done = 120, progress_total = 400 WHERE idem_key = ?",
            (f"export:{export.id}",),
        )
    page = get(client("auditor"), asked.goes_to)
    assert "120 of 400 documents" in page.text
    assert re.search(r'<progress id="progress" max="400" value="120">', page.html)
    assert "Being made" in page.text


def test_a_double_click_is_one_export(client: Client, desk: Desk) -> None:
    assert ask(client).goes_to == ask(client).goes_to
    assert len(find_exports(desk, SYSTEM)) == 1
    assert ask(client, token="frm_2").goes_to != ask(client).goes_to


def test_a_sample_is_asked_for_and_named(client: Client, desk: Desk) -> None:
    put_documents(desk, 4)
    asked = ask(client, size="2", seed="<b>Q1</b>")
    work(desk)
    page = get(client("auditor"), asked.goes_to)
    assert "sample of 2 documents" in page.text
    assert "&lt;b&gt;Q1" in page.html
    assert find_exports(desk, SYSTEM)[0].done == 2


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"first": ""}, "first", "Give the first day."),
        ({"last": "31.3.2026"}, "last", "such as 2026-03-31"),
        ({"last": "20260331"}, "last", "such as 2026-03-31"),
        ({"last": "2020-01-01"}, "last", "must not be before the first"),
        ({"last": "2099-01-01"}, "last", "366 days"),
        ({"first": "2020-01-01"}, "last", "366 days"),
        ({"size": "0", "seed": "a"}, "size", "1 to 1000"),
        ({"size": "٣", "seed": "a"}, "size", "1 to 1000"),
        ({"size": "3"}, "seed", "needs both"),
        ({"seed": "a"}, "seed", "needs both"),
        ({"size": "1001", "seed": "a"}, "size", "1 to 1000"),
        ({"more": "x"}, "more", "Unknown"),
    ],
)
def test_what_cannot_be_exported_is_said_at_its_field_and_nothing_typed_is_lost(
    client: Client, desk: Desk, changes: dict[str, str], field: str, said: str
) -> None:
    page = ask(client, **changes)
    assert page.status == 422
    assert f'href="#{field}"' in page.html
    assert said in page.text
    for name, typed in changes.items():
        if name != "more":
            assert page.value(name) == typed
    assert find_exports(desk, SYSTEM) == []


def test_who_is_no_auditor_neither_sees_nor_asks(client: Client, desk: Desk) -> None:
    asked = ask(client)
    browser = client("payments")
    for path in (asked.goes_to, f"{asked.goes_to}/content"):
        assert get(browser, path).status == 403
    token = get(browser, "/settings").value("csrf_token")
    assert browser.post("/audit/exports", data=form() | {"csrf_token": token}).status_code == 403
    assert len(find_exports(desk, SYSTEM)) == 1


def test_a_failed_a_cancelled_and_a_purged_export_tell_the_next_step(client: Client, desk: Desk) -> None:
    asked = ask(client)
    export = find_exports(desk, SYSTEM)[0]
    browser = client("auditor")
    for state, said in (("failed", "ask for the same period again"), ("cancelled", "The export was cancelled")):
        with desk.database.engine.begin() as connection:
            values = (state, "time_limit_exceeded", f"export:{export.id}")
            connection.exec_driver_sql("UPDATE jobs SET state = ?, error_code = ? WHERE idem_key = ?", values)
        page = get(browser, asked.goes_to)
        assert said in page.text
        assert "http-equiv" not in page.html
    assert ask(client, token="frm_2").status == 303
    work(desk)
    with time_machine.travel(clock.now() + timedelta(days=31)):
        purge_exports(desk)
    newest = find_exports(desk, SYSTEM)[0]
    gone = get(browser, f"/audit/exports/{newest.id}")
    assert "The archive was deleted after 30 days" in gone.text
    assert "/content" not in gone.html
    assert get(browser, f"/audit/exports/{newest.id}/content").status == 404


def test_a_finding_is_told_in_red(client: Client, desk: Desk) -> None:
    put_documents(desk, 1)
    with desk.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE documents SET sha256 = 'ff'")
    asked = ask(client)
    work(desk)
    page = get(client("auditor"), asked.goes_to)
    assert 'class="notice bad"' in page.html
    assert "1 finding" in page.text


def test_a_head_request_is_no_download(client: Client, desk: Desk) -> None:
    asked = ask(client)
    work(desk)
    browser = client("auditor")
    head = browser.head(f"{asked.goes_to}/content")
    assert int(head.headers["Content-Length"]) == find_exports(desk, SYSTEM)[0].size
    with desk.database.reading() as session:
        assert [e for e in read_events(session) if e.action == "audit_export.downloaded"] == []


def test_the_page_is_german_for_who_reads_german(client: Client, desk: Desk) -> None:
    browser = client("auditor")
    browser.set_cookie("taxdesk_language", "de")
    assert "Zeitraum exportieren" in get(browser, "/audit").text
    asked = post(browser, "/audit/exports", form(), seen="/audit")
    assert "Das Archiv wird erstellt" in get(browser, asked.goes_to).text
