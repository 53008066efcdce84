"""What the pages show: search, escaping, downloads, the public page, the auditor's room, the reader's choices."""

import hashlib
import io
import json
import zipfile
from base64 import b64decode
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text as sql

from app import clock
from app.actor import SYSTEM
from app.blobs import LocalBlobs
from app.desk import Desk
from app.facts import RefundReason, TaxId, TaxRefundAsked
from app.models.access import SessionRow
from app.services.put_order import put_order
from app.services.read_order import read_order
from app.services.refund_tax import refund_tax
from app.store.documents import StoredDocument
from tests.web.conftest import Client, get, post
from tests.working import work, working

ORDER, GOOD = "FR-LATE-VAT-ID", "FR29999001001"
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{7*7}}{% raw %}${7*7}",
    "</title></style><svg/onload=alert(1)>",
    "javascript:alert(1)",
    "%(amount)s %s %d",
)


def refund(desk: Desk, order: str = ORDER, number: str = GOOD) -> tuple[StoredDocument, ...]:
    """Refund an order's tax by the service, and draw its documents."""
    asked = TaxRefundAsked(reason=RefundReason.VAT_ID_PROVIDED, tax_id=TaxId(number=number))
    with working(desk):
        refund_tax(desk, SYSTEM, order, asked, dry_run=False, idempotency=None)
    work(desk)
    return read_order(desk, SYSTEM, order).documents


def credit_note(desk: Desk) -> StoredDocument:
    return next(d for d in refund(desk) if d.kind == "credit_note")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("FR-LATE-VAT-ID", ORDER),
        ("DE-2026-104233", ORDER),
        ("éditions", ORDER),
        ("compta@pre-vert.example", ORDER),
        ("PO-4711", ORDER),
        ("pré-vert éditions", ORDER),
    ],
)
def test_the_search_finds_an_order_by_what_people_have_at_hand(client: Client, words: str, found: str) -> None:
    browser = client("payments")
    page = get(browser, f"/orders?query={words}")
    assert f'href="/orders/{found}"' in page.html
    assert 'href="/orders/US-STATED-TAX"' not in page.html
    assert page.value("query") == words or words in page.html


@pytest.mark.parametrize("words", ["%", "_", "\\", "' OR 1=1", "no such order", *HOSTILE])
def test_a_search_that_finds_nothing_tells_the_next_step(client: Client, words: str) -> None:
    page = get(client("payments"), "/orders", query_string={"query": words})
    assert page.status == 200
    assert "No order matches." in page.text
    assert "show all orders" in page.text


def test_filters_and_pages_stand_in_the_address(client: Client, desk: Desk) -> None:
    browser = client("payments")
    assert 'href="/orders/NL-PREORDER"' in get(browser, "/orders?status=preauthorized").html
    assert 'href="/orders/NL-PREORDER"' not in get(browser, "/orders?status=paid").html
    assert "No order matches." in get(browser, "/orders?client=nobody").text
    order = read_order(desk, SYSTEM, ORDER).order
    after = get(browser, f"/orders?before={order.id}")
    assert f'href="/orders/{ORDER}"' not in after.html
    assert 'rel="first"' in after.html


def test_hostile_text_from_every_field_of_an_order_is_only_text(client: Client, desk: Desk) -> None:
    plain = _order_facts(desk)
    for n, bad in enumerate(HOSTILE):
        customer = replace(
            plain.customer,
            reference=f"C-{n}",
            name=bad,
            romanised_name=bad,
            email=f"{n}@x.example",
            address=replace(
                plain.customer.address, line1=bad, line2=bad, city=bad, postal_code=bad[:20], state=bad[:20]
            ),
        )
        lines = tuple(replace(line, description=bad) for line in plain.lines)
        order = replace(plain, customer=customer, lines=lines, purchase_order_number=bad)
        put_order(desk, SYSTEM, f"HOSTILE-{n}", order, may_change=lambda _: None, describe=_describe(desk))
    for role in ("admin", "auditor"):
        browser = client(role)
        paths = ["/", "/orders", "/audit" if role == "auditor" else "/tax-ids"]
        paths += [f"/orders/HOSTILE-{n}" for n in range(len(HOSTILE))]
        paths += [f"/orders/HOSTILE-{n}/tax-refund" for n in range(len(HOSTILE)) if role == "admin"]
        for path in paths:
            page = get(browser, path)
            assert page.status == 200, path
            for raw in ("<script>alert", "<img src=x", "<svg/onload", "49{%", 'href="javascript:'):
                assert raw not in page.html, (path, raw)
    shown = get(client("admin"), "/orders/HOSTILE-0")
    assert "<script>alert(1)</script>" in shown.text, "it is shown as what it is"


def _order_facts(desk: Desk):
    from app.examples.situations import situations

    return next(s.order for s in situations() if s.reference == ORDER)


def _describe(desk: Desk):
    from app.schemas.calculation_answers import calculation_answer

    return lambda calculation: calculation_answer(calculation, desk.book)


def test_hostile_typing_comes_back_as_text(client: Client) -> None:
    browser = client("admin")
    for bad in HOSTILE:
        page = post(browser, "/tax-ids", {"number": bad, "country": "FR", "token": ""}, seen="/tax-ids")
        assert "<script>alert" not in page.html
        assert "<img src=x" not in page.html
        unknown = post(browser, "/tax-ids", {"number": GOOD, bad: bad}, seen="/tax-ids")
        assert unknown.status == 422
        assert "<script>alert" not in unknown.html


def test_a_line_says_why_it_bears_its_tax(client: Client) -> None:
    page = get(client("payments"), f"/orders/{ORDER}")
    for said in (
        "Why?",
        "A consumer in the EU is taxed where the consumer is",
        "Art. 58",
        "vat.standard_rate/FR",
        "CGI",
    ):
        assert said in page.text
    german = client("payments")
    german.set_cookie("taxdesk_language", "de")
    assert "Warum?" in get(german, f"/orders/{ORDER}").text


def test_the_order_page_shows_money_with_its_currency_everywhere(client: Client) -> None:
    page = get(client("payments"), "/orders/JP-CONSUMER-YEN")
    assert "JPY\u00a07,800" in page.html
    assert "JPY\u00a07,800." not in page.html, "the yen has no decimals"
    assert "EUR\u00a07.15" in get(client("payments"), f"/orders/{ORDER}").html, "the payment's cost"


def test_the_timeline_names_people_and_links_documents(client: Client, desk: Desk) -> None:
    document = credit_note(desk)
    browser = client("payments")
    browser.get(f"/documents/{document.id}/content")
    page = get(browser, f"/orders/{ORDER}")
    assert "Document downloaded" in page.text
    assert "agent@taxdesk.example" in page.text
    assert f'href="/documents/{document.id}"' in page.html
    assert document.sha256
    assert document.sha256[:16] in page.html


def test_a_download_is_the_stored_pdf_with_its_digest_in_a_sandbox(client: Client, desk: Desk) -> None:
    document = credit_note(desk)
    answer = client("auditor").get(f"/documents/{document.id}/content")
    pdf = answer.get_data()
    assert hashlib.sha256(pdf).hexdigest() == document.sha256
    assert answer.content_type == "application/pdf"
    assert answer.headers["Content-Disposition"] == f"attachment; filename={document.number}.pdf"
    digest = answer.headers["Repr-Digest"].removeprefix("sha-256=:").removesuffix(":")
    assert b64decode(digest).hex() == document.sha256
    assert answer.headers["Content-Security-Policy"].startswith("sandbox;")


def test_a_head_request_tells_the_same_and_is_no_download(client: Client, desk: Desk) -> None:
    document = credit_note(desk)
    browser = client("auditor")
    before = len(read_order(desk, SYSTEM, ORDER).timeline)
    head = browser.head(f"/documents/{document.id}/content")
    assert int(head.headers["Content-Length"]) == document.size
    assert len(read_order(desk, SYSTEM, ORDER).timeline) == before
    full = browser.get(f"/documents/{document.id}/content")
    assert head.headers["Repr-Digest"] == full.headers["Repr-Digest"]


def test_the_preview_may_be_framed_by_us_alone(client: Client, desk: Desk) -> None:
    document = credit_note(desk)
    answer = client("payments").get(f"/documents/{document.id}/preview")
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
    assert "script-src" not in answer.headers["Content-Security-Policy"]


def test_a_document_that_is_not_drawn_says_so_everywhere(client: Client, desk: Desk) -> None:
    asked = TaxRefundAsked(reason=RefundReason.VAT_ID_PROVIDED, tax_id=TaxId(number="DE999001001"))
    from app.services.jobs import HANDLERS

    work(desk)
    drawing = HANDLERS.pop("draw_document")
    try:
        refunded = _refund_without_drawing(desk, asked)
    finally:
        HANDLERS["draw_document"] = drawing
    browser = client("payments")
    page = get(browser, f"/documents/{refunded}")
    assert "data-look-again" in page.html or "could not be drawn" in page.text
    for part in ("content", "preview"):
        for method in ("GET", "HEAD"):
            assert browser.open(f"/documents/{refunded}/{part}", method=method).status_code == 409


def _refund_without_drawing(desk: Desk, asked: TaxRefundAsked) -> str:
    from app.facts import TaxIdAsked
    from app.services.check_tax_id import check_tax_id
    from app.services.jobs import run_job
    from app.store.jobs import due_jobs

    assert asked.tax_id
    check = check_tax_id(
        desk,
        SYSTEM,
        TaxIdAsked(country="DE", number=asked.tax_id.number, order_reference="DE-BUYER-DETAILS"),
        wait_seconds=0,
    )
    with desk.database.reading() as session:
        due = due_jobs(session, now=clock.now())
    for job_id in due:
        run_job(desk, job_id, "test")
    named = replace(asked, tax_id=replace(asked.tax_id, check_id=check.id))
    done = refund_tax(desk, SYSTEM, "DE-BUYER-DETAILS", named, dry_run=False, idempotency=None)
    assert done.documents[0].id
    return done.documents[0].id


def test_a_damaged_file_is_not_given_out(client: Client, desk: Desk) -> None:
    document = credit_note(desk)
    assert isinstance(desk.blobs, LocalBlobs)
    assert document.sha256
    path = desk.blobs._path(document.sha256)
    path.chmod(0o640)
    path.write_bytes(path.read_bytes().replace(b"%PDF-", b"%PDG-", 1))
    page = get(client("payments"), f"/documents/{document.id}/content")
    assert page.status == 500
    assert "The stored file is damaged" in page.text


def test_the_archive_of_an_order_proves_itself(client: Client, desk: Desk) -> None:
    document = credit_note(desk)
    answer = client("auditor").get(f"/orders/{ORDER}/archive.zip")
    assert answer.content_type == "application/zip"
    assert answer.headers["Content-Disposition"] == f"attachment; filename={ORDER}.zip"
    with zipfile.ZipFile(io.BytesIO(answer.get_data())) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        for entry in manifest["files"]:
            assert hashlib.sha256(archive.read(entry["name"])).hexdigest() == entry["sha256"]
        assert f"documents/{document.number}.pdf" in archive.namelist()


def test_the_public_page_tells_the_number_and_nothing_personal(client: Client, desk: Desk) -> None:
    document = credit_note(desk)
    browser = client(None)
    page = get(browser, f"/verify/{document.code.upper()}?utm_source=mail")
    assert page.status == 200
    assert document.number in page.text
    assert document.sha256
    assert document.sha256 in page.text
    customer = read_order(desk, SYSTEM, ORDER).order.customer
    for personal in (customer.name, customer.email, customer.address.city, GOOD, ORDER):
        assert str(personal) not in page.html
    assert browser.get_cookie("taxdesk") is None
    with desk.database.reading() as session:
        assert session.query(SessionRow).count() == 0, "a visitor makes no session"


def upload(browser: FlaskClient, code: str, content: bytes, name: str = "a.pdf") -> str:
    sent = browser.post(
        f"/verify/{code}", data={"file": (io.BytesIO(content), name)}, content_type="multipart/form-data"
    )
    return " ".join(sent.get_data(as_text=True).split())


def test_a_file_is_compared_and_forgotten(client: Client, desk: Desk) -> None:
    note = credit_note(desk)
    assert note.sha256
    pdf = desk.blobs.get(note.sha256)
    browser = client(None)
    assert "Genuine</h2>" in upload(browser, note.code, pdf)
    assert "Altered</h2>" in upload(browser, note.code, pdf + b"\n% changed")
    assert "Unknown</h2>" in upload(browser, note.code, b"%PDF-1.7\nnothing of ours\n%%EOF")
    other = next(d for d in read_order(desk, SYSTEM, ORDER).documents if d.id != note.id and d.sha256)
    assert other.sha256
    answer = upload(browser, note.code, desk.blobs.get(other.sha256))
    assert "Genuine, but another document" in answer
    assert other.number in answer


@pytest.mark.parametrize("content", [b"", b"MZ\x90 a program", b"<html>%PDF"[:6]], ids=["empty", "no PDF", "cut"])
def test_what_is_no_pdf_is_told_so(client: Client, desk: Desk, content: bytes) -> None:
    answer = client(None).post(
        f"/verify/{credit_note(desk).code}",
        data={"file": (io.BytesIO(content), "x.pdf")},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 422


def test_a_file_over_the_limit_is_refused_as_a_page(client: Client, desk: Desk) -> None:
    code = credit_note(desk).code
    big = b"%PDF-" + b"x" * (10 * 1024 * 1024 + 70_000)
    answer = client(None).post(
        f"/verify/{code}", data={"file": (io.BytesIO(big), "x.pdf")}, content_type="multipart/form-data"
    )
    answer.request.environ["wsgi.input"].close()  # the test client's own temporary file
    assert answer.status_code == 413
    assert "The file is too large" in answer.get_data(as_text=True)


def test_the_public_page_speaks_french_to_a_french_browser(client: Client, desk: Desk) -> None:
    page = get(client(None), f"/verify/{credit_note(desk).code}", headers={"Accept-Language": "fr-FR,fr;q=0.9"})
    assert "Vérifier un document" in page.html
    assert page.response.headers["Content-Language"] == "fr"


def test_guessing_codes_is_limited(client: Client) -> None:
    browser = client(None)
    statuses = [browser.get(f"/verify/code{n}").status_code for n in range(62)]
    assert set(statuses[:60]) == {404}
    assert statuses[60:] == [429, 429]


def test_the_auditor_sees_whether_the_trail_holds(client: Client, desk: Desk) -> None:
    refund(desk)
    browser = client("auditor")
    page = get(browser, "/audit")
    assert "The trail holds" in page.text
    assert f'href="/orders/{ORDER}/archive.zip"' in page.html
    with desk.database.engine.begin() as connection:
        for (name,) in connection.execute(sql("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            connection.execute(sql(f'DROP TRIGGER "{name}"'))
        connection.execute(sql("UPDATE audit_events SET actor = 'key:someone' WHERE position = 3"))
    broken = get(browser, "/audit")
    assert "The trail does not hold" in broken.text
    assert "event 3" in broken.text
    assert "The trail holds" not in broken.text


def test_a_long_trail_is_recomputed_only_when_asked(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.web.audit.AT_ONCE", 1)
    browser = client("auditor")
    assert "Recompute every hash now" in get(browser, "/audit").text
    assert "The trail holds" in get(browser, "/audit?recompute=yes").text


def test_a_tax_id_is_checked_outside_of_any_order(client: Client, desk: Desk) -> None:
    browser = client("payments")
    with working(desk):
        asked = post(
            browser, "/tax-ids", {"number": "ATU 66059506", "country": "", "name": "", "token": "t"}, seen="/tax-ids"
        )
    assert asked.status == 303
    assert "Confirmed by the register" in get(browser, asked.goes_to).text


def test_a_number_without_a_country_asks_for_it(client: Client) -> None:
    page = post(
        client("payments"), "/tax-ids", {"number": "66059506", "country": "", "name": "", "token": "t"}, seen="/tax-ids"
    )
    assert page.status == 422
    assert 'href="#country"' in page.html


@pytest.mark.parametrize(("name", "value", "sign"), [
    ("theme", "dark", 'data-theme="dark"'),
    ("language", "de", '<html lang="de"'),
    ("keys", "off", 'data-keys="off"'),
])  # fmt: skip
def test_a_choice_is_kept_in_the_browser(client: Client, name: str, value: str, sign: str) -> None:
    browser = client("payments")
    kept = post(browser, "/settings", {name: value, "onward": "/orders?status=paid"}, seen="/settings")
    assert (kept.status, kept.goes_to) == (303, "/orders?status=paid")
    assert sign in get(browser, "/").html


@pytest.mark.parametrize("sent", [{"theme": "pink"}, {"language": "xx"}, {"role": "admin"}])
def test_a_choice_that_does_not_exist_changes_nothing(client: Client, sent: dict[str, str]) -> None:
    browser = client("payments")
    assert post(browser, "/settings", sent, seen="/settings").status == 422
    assert browser.get_cookie("taxdesk_theme") is None


def test_a_forged_choice_in_a_cookie_is_ignored(client: Client) -> None:
    browser = client("payments")
    browser.set_cookie("taxdesk_theme", '"><script>')
    browser.set_cookie("taxdesk_language", "../../etc")
    page = get(browser, "/")
    assert 'data-theme="auto"' in page.html
    assert '<html lang="en"' in page.html


def test_the_page_says_that_a_double_answers(client: Client) -> None:
    assert "answered by a double of ours" in get(client("payments"), "/").text
    assert "double" not in get(client(None), "/login").text


def test_an_empty_desk_tells_the_next_step(client: Client, desk: Desk) -> None:
    browser = client("auditor")
    assert "No document is issued yet." in get(browser, "/documents").text
    assert "No number was checked yet." in get(browser, "/tax-ids").text
    assert "Nothing waits for you." in get(browser, "/").text
