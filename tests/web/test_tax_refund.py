"""The refund in three clicks, over HTTP: check, preview, confirm; and everything that can go wrong on the way."""

import threading
from decimal import Decimal

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.actor import SYSTEM
from app.desk import Desk
from app.errors import Unavailable
from app.registers.double import RegisterDouble
from app.services.read_order import OrderView, read_order
from tests.web.conftest import Client, Page, get, post
from tests.working import work

ORDER, GOOD = "FR-LATE-VAT-ID", "FR29999001001"
DOWN, SILENT = "FR-REGISTER-DOWN", "FR57999003015"
UNKNOWN = "FR46999002009"
DOMESTIC, GERMAN = "DE-BUYER-DETAILS", "DE999001001"


def paste(browser: FlaskClient, order: str, number: str) -> Page:
    """Step 1: the number as somebody pastes it."""
    path = f"/orders/{order}/tax-refund"
    return post(browser, f"{path}/check", {"number": number, "token": "frm_" + number}, seen=path)


def preview(browser: FlaskClient, order: str, number: str) -> Page:
    """Steps 1 and 2."""
    checked = paste(browser, order, number)
    assert checked.status == 303, checked.text
    return get(browser, checked.goes_to)


def confirm(browser: FlaskClient, order: str, page: Page, **changed: str) -> Page:
    """Step 3: the preview's own form."""
    fields = {name: page.value(name) for name in ("csrf_token", "token", "check", "shown")} | {"note": ""}
    return Page(browser.post(f"/orders/{order}/tax-refund", data=fields | changed))


def state(desk: Desk, order: str) -> OrderView:
    return read_order(desk, SYSTEM, order)


@pytest.mark.usefixtures("worker")
def test_three_clicks_refund_the_tax_and_issue_both_documents(client: Client, desk: Desk) -> None:
    browser = client("payments")
    page = preview(browser, ORDER, " fr 29 999 001 001 ")
    for shown in ("Confirmed by the register", "DE-2026-104233", "Credit note", "EUR 89.40", "Visa", "Autoliquidation"):
        assert shown in page.text
    assert "Refund EUR 89.40 VAT and send credit note" in page.text
    assert state(desk, ORDER).adjustments == (), "a preview changes nothing"
    done = confirm(browser, ORDER, page, note="Wrote on Monday")
    assert done.status == 303
    view = state(desk, ORDER)
    (adjustment,) = view.adjustments
    assert (adjustment.status, adjustment.tax_refund, adjustment.note) == (
        "issued",
        Decimal("89.40"),
        "Wrote on Monday",
    )
    assert {d.kind for d in view.documents} == {"tax_id_evidence", "credit_note", "invoice"}
    told = get(browser, done.goes_to)
    assert "EUR 89.40 refunded" in told.text
    assert "Refund tax" not in told.text, "nothing is left to refund, so it is not offered"


@pytest.mark.usefixtures("worker")
def test_a_double_click_and_the_back_button_issue_once(app: Flask, client: Client, desk: Desk) -> None:
    browser = client("payments")
    page = preview(browser, ORDER, GOOD)
    answers: list[str] = []

    def click() -> None:
        other = app.test_client()
        other.set_cookie("taxdesk", browser.get_cookie("taxdesk").value)  # type: ignore[union-attr]
        answers.append(confirm(other, ORDER, page).goes_to)

    clicks = [threading.Thread(target=click) for _ in range(4)]
    for thread in clicks:
        thread.start()
    for thread in clicks:
        thread.join()
    assert len(answers) == 4
    assert len(set(answers)) == 1, "every click leads to the same refund"
    assert confirm(browser, ORDER, page).goes_to == answers[0], "and so does going back and confirming again"
    assert len(state(desk, ORDER).adjustments) == 1


@pytest.mark.usefixtures("worker")
def test_the_same_token_from_another_order_is_another_form(client: Client, desk: Desk) -> None:
    browser = client("payments")
    confirm(browser, ORDER, preview(browser, ORDER, GOOD), token="frm_same")
    second = confirm(browser, DOMESTIC, preview(browser, DOMESTIC, GERMAN), token="frm_same")
    assert second.goes_to.startswith(f"/orders/{DOMESTIC}?done=")
    assert len(state(desk, DOMESTIC).adjustments) == 1


@pytest.mark.usefixtures("worker")
def test_a_domestic_buyer_gets_a_corrected_invoice_and_no_money(client: Client, desk: Desk) -> None:
    browser = client("payments")
    page = preview(browser, DOMESTIC, GERMAN)
    assert "Issue the corrected invoice and send it" in page.text
    assert confirm(browser, DOMESTIC, page).status == 303
    (adjustment,) = state(desk, DOMESTIC).adjustments
    assert (adjustment.kind, adjustment.tax_refund) == ("buyer_details", Decimal("0.00"))


@pytest.mark.parametrize(
    ("number", "told"),
    [
        ("FR29999001002", "The check digits do not fit"),
        ("FR2999900100", "Expected:"),
        ("", "Paste the VAT ID that the customer sent."),
        ("F" * 65, "This is too long."),
        ("FR29\x00999001001", "characters that cannot be stored"),
        ("\u202eFR29999001001", "characters that cannot be stored"),
        ("٢٩٩٩٩٠٠١٠٠١", "This cannot be a valid number."),
        ("' OR 1=1 --", "This cannot be a valid number."),
    ],
)
def test_a_number_that_cannot_be_right_redraws_the_form_with_it(client: Client, number: str, told: str) -> None:
    page = paste(client("payments"), ORDER, number)
    assert page.status == 422
    assert told in page.text
    assert 'href="#number"' in page.html, "the summary leads to the field"
    assert 'aria-invalid="true"' in page.html
    assert page.value("number") == number.strip()


def test_a_slip_is_offered_as_it_was_probably_meant(client: Client) -> None:
    page = paste(client("payments"), ORDER, "FR2999900l001")  # a small L for a one
    assert page.status == 422
    assert "Did the customer mean" in page.text
    assert GOOD in page.html


@pytest.mark.usefixtures("worker")
def test_a_number_the_register_does_not_know_offers_no_button(client: Client, desk: Desk) -> None:
    page = preview(client("payments"), ORDER, UNKNOWN)
    assert "Nothing can be refunded on this number" in page.text
    assert "VAT and send credit note" not in page.text
    assert state(desk, ORDER).adjustments == ()


@pytest.mark.usefixtures("worker")
def test_a_silent_register_says_nothing_and_the_refund_finishes_by_itself(
    client: Client, desk: Desk, double: RegisterDouble
) -> None:
    double.vies.set_mode("MS_UNAVAILABLE", country="FR")
    browser = client("payments")
    page = preview(browser, ORDER, GOOD)
    assert "The register has not answered" in page.text
    assert "cannot be" not in page.text.lower()
    kept = get(browser, confirm(browser, ORDER, page).goes_to)
    assert "The request is kept" in kept.text
    (adjustment,) = state(desk, ORDER).adjustments
    assert (adjustment.status, adjustment.tax_refund) == ("pending_check", Decimal(0))
    assert ORDER in get(browser, "/").text, "it stands in the work queue"
    again = get(browser, f"/orders/{ORDER}/tax-refund")
    assert "waits for the register already" in again.text


@pytest.mark.usefixtures("worker")
def test_what_was_refunded_is_not_refunded_again(client: Client, desk: Desk) -> None:
    browser = client("payments")
    confirm(browser, ORDER, preview(browser, ORDER, GOOD))
    page = preview(browser, ORDER, GOOD)
    assert "No tax is left to refund" in page.text
    stale = {"check": page.response.request.args["check"], "token": "frm_other", "note": "typed"}
    refused = post(browser, f"/orders/{ORDER}/tax-refund", stale, seen="/settings")
    assert refused.status == 422
    assert len(state(desk, ORDER).adjustments) == 1


@pytest.mark.usefixtures("worker")
def test_another_amount_than_the_button_named_is_asked_again(client: Client, desk: Desk) -> None:
    browser = client("payments")
    page = preview(browser, ORDER, GOOD)
    changed = confirm(browser, ORDER, page, shown="12.00", note="typed with care")
    assert changed.status == 422
    assert "The amount changed since the preview" in changed.text
    assert "typed with care" in changed.html
    assert state(desk, ORDER).adjustments == ()


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("note", ["n" * 1001, "a\x00b"], ids=["too long", "unprintable"])
def test_a_note_that_cannot_be_kept_is_given_back(client: Client, desk: Desk, note: str) -> None:
    browser = client("payments")
    refused = confirm(browser, ORDER, preview(browser, ORDER, GOOD), note=note)
    assert refused.status == 422
    assert 'href="#note"' in refused.html
    assert state(desk, ORDER).adjustments == ()


@pytest.mark.usefixtures("worker")
def test_an_outage_keeps_what_was_typed_and_the_token(
    client: Client, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = client("payments")
    page = preview(browser, ORDER, GOOD)
    from app.web import tax_refund

    real = tax_refund.refund_tax

    def down(*args: object, dry_run: bool, **kwargs: object) -> object:
        if dry_run:
            return real(*args, dry_run=True, **kwargs)  # type: ignore[arg-type]
        raise Unavailable("The database does not answer.")

    monkeypatch.setattr(tax_refund, "refund_tax", down)
    refused = confirm(browser, ORDER, page, note="typed with care")
    assert refused.status == 503
    assert "typed with care" in refused.html
    assert refused.value("token") == page.value("token")
    monkeypatch.setattr(tax_refund, "refund_tax", real)
    assert confirm(browser, ORDER, refused).status == 303


def test_an_order_without_invoice_says_what_is_missing(client: Client, desk: Desk) -> None:
    from sqlalchemy import select

    from app.models.orders import OrderRow

    with desk.database.writing() as session:
        row = session.scalars(select(OrderRow).where(OrderRow.reference == ORDER)).one()
        row.body = row.body | {"invoices": []}
    checked = paste(client("payments"), ORDER, GOOD)
    work(desk)
    page = get(client("payments"), checked.goes_to)
    assert "The order names no invoice to correct" in page.text


@pytest.mark.parametrize("missing", ["token", "check"])
@pytest.mark.usefixtures("worker")
def test_a_form_with_a_part_missing_issues_nothing(client: Client, desk: Desk, missing: str) -> None:
    browser = client("payments")
    refused = confirm(browser, ORDER, preview(browser, ORDER, GOOD), **{missing: ""})
    assert refused.status in {404, 422}
    assert state(desk, ORDER).adjustments == ()
