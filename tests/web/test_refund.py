"""The refund of a price over HTTP: say what goes back, look, confirm; and everything that can go wrong on the way."""

import re
from decimal import Decimal

import pytest
from flask.testing import FlaskClient

from app.actor import SYSTEM
from app.desk import Desk
from app.services.read_order import OrderView, read_order
from tests.web.conftest import Client, Page, get, post

ORDER = "FR-LATE-VAT-ID"
PATH = f"/orders/{ORDER}/refund"


def choose(browser: FlaskClient, **wish: str) -> Page:
    """Step 1: what goes back."""
    usual = {"tax": "included", "reason": "goodwill"}
    return post(browser, f"{PATH}/preview", usual | wish, seen=PATH)


def preview(browser: FlaskClient, **wish: str) -> Page:
    """Steps 1 and 2."""
    chosen = choose(browser, **wish)
    assert chosen.status == 303, chosen.text
    return get(browser, chosen.goes_to)


def confirm(browser: FlaskClient, page: Page, **changed: str) -> Page:
    """Step 3: the preview's own form."""
    return Page(browser.post(PATH, data=page.sends(PATH) | {"note": ""} | changed))


def state(desk: Desk) -> OrderView:
    return read_order(desk, SYSTEM, ORDER)


def refusal(browser: FlaskClient, **wish: str) -> Page:
    """Step 1 with something wrong: the form again, with what was typed."""
    page = choose(browser, **wish)
    assert page.status == 422
    return page


@pytest.mark.usefixtures("worker")
def test_three_clicks_refund_a_part_and_issue_the_credit_note(client: Client, desk: Desk) -> None:
    browser = client("payments")
    page = preview(browser, share="amount", amount="50,00")
    for shown in ("DE-2026-104233", "Credit note", "Goodwill", "Visa", "Art. 90(1)", "net EUR 41.67, tax EUR 8.33"):
        assert shown in page.text
    assert "Refund EUR 50.00 and send credit note" in page.text
    assert state(desk).adjustments == (), "a preview changes nothing"
    done = confirm(browser, page, note="Was late")
    assert done.status == 303
    view = state(desk)
    (adjustment,) = view.adjustments
    assert (adjustment.kind, adjustment.status, adjustment.gross_refund, adjustment.note) == (
        "refund",
        "issued",
        Decimal("50.00"),
        "Was late",
    )
    assert [document.kind for document in view.documents] == ["credit_note"]
    told = get(browser, done.goes_to).text
    assert "EUR 50.00 refunded" in told
    assert "Refund the order" in told, "more is left, so it is offered again"
    assert "Still refundable EUR 486.40" in get(browser, PATH).text


@pytest.mark.usefixtures("worker")
def test_everything_goes_back_once(client: Client, desk: Desk) -> None:
    browser = client("payments")
    page = preview(browser, share="full", reason="customer_request")
    assert "Refund EUR 536.40 and send credit note" in page.text
    first, second = confirm(browser, page), confirm(browser, page)
    assert first.goes_to == second.goes_to, "a double click leads to the same refund"
    assert len(state(desk).adjustments) == 1
    assert "Refund the order" not in get(browser, f"/orders/{ORDER}").text, "nothing is left, so it is not offered"
    again = get(browser, f"{PATH}?share=full&tax=included&reason=goodwill")
    assert "Nothing is left to refund" in again.text
    assert "send credit note" not in again.text


@pytest.mark.parametrize(
    ("wish", "button", "lines"),
    [
        ({"share": "percent", "percent": "10"}, "EUR 53.64", {"1": "47.76", "2": "5.88"}),
        ({"share": "lines", "take_2": "on"}, "EUR 58.80", {"2": "58.80"}),
        ({"share": "lines", "part_1": "10", "tax": "excluded"}, "EUR 12.00", {"1": "12.00"}),
        ({"share": "lines", "take_1": "on", "part_2": "5.88"}, "EUR 483.48", {"1": "477.60", "2": "5.88"}),
        ({"share": "amount", "amount": "100", "tax": "excluded"}, "EUR 120.00", {"1": "106.85", "2": "13.15"}),
    ],
    ids=lambda part: " ".join(part) if isinstance(part, dict) else str(part),
)
@pytest.mark.usefixtures("worker")
def test_a_share_by_percent_line_or_net_amount(
    client: Client, desk: Desk, wish: dict[str, str], button: str, lines: dict[str, str]
) -> None:
    browser = client("payments")
    page = preview(browser, **wish)
    assert f"Refund {button} and send credit note" in page.text
    assert confirm(browser, page).status == 303
    (adjustment,) = state(desk).adjustments
    assert {line["reference"]: line["gross_refund"] for line in adjustment.lines} == lines


@pytest.mark.parametrize(
    ("wish", "field", "told"),
    [
        ({}, "share", "Choose what goes back."),
        ({"share": "full", "reason": ""}, "reason", "Choose the reason."),
        ({"share": "full", "reason": "whim"}, "reason", "Choose one of the list."),
        ({"share": "amount"}, "amount", "Say how much."),
        ({"share": "amount", "amount": "1.000,50"}, "amount", "Type digits only"),
        ({"share": "amount", "amount": "-5"}, "amount", "Type digits only"),
        ({"share": "amount", "amount": "٥"}, "amount", "Type digits only"),
        ({"share": "amount", "amount": "0,00"}, "amount", "This must be above zero."),
        ({"share": "amount", "amount": "1.005"}, "amount", "EUR has 2 decimals."),
        ({"share": "amount", "amount": "536.41"}, "amount", "536.40 EUR is left to refund"),
        ({"share": "percent", "percent": "101"}, "percent", "More than 100 % cannot go back."),
        ({"share": "lines"}, "share", "Choose at least one line."),
        ({"share": "lines", "part_2": "58.81"}, "part_2", "58.80 EUR is left to refund on line 2."),
        ({"share": "full", "amount": "5"}, "share", "You filled in another way than you chose."),
        ({"share": "amount", "amount": "5", "take_1": "on"}, "share", "You filled in another way than you chose."),
    ],
    ids=str,
)
def test_a_wish_that_cannot_be_redraws_the_form_with_it(
    client: Client, desk: Desk, wish: dict[str, str], field: str, told: str
) -> None:
    page = refusal(client("payments"), **wish)
    assert told in page.text
    assert f'href="#{field}"' in page.html, "the summary leads to the field"
    assert f'id="{field}-fault"' in page.html
    assert 'aria-invalid="true"' in page.html
    if amount := wish.get("amount"):
        assert page.value("amount") == amount
    assert state(desk).adjustments == ()


def test_all_faults_are_told_at_once(client: Client) -> None:
    page = refusal(client("payments"), share="amount", amount="x", percent="y", reason="whim")
    assert all(f'href="#{name}"' in page.html for name in ("amount", "percent", "reason"))


def test_above_the_limit_the_page_says_that_another_person_decides(client: Client, desk: Desk) -> None:
    browser = client("payments")
    path = f"/orders/{BIG}/refund"
    wish = {"share": "full", "tax": "included", "reason": "duplicate"}
    page = get(browser, post(browser, f"{path}/preview", wish, seen=path).goes_to)
    assert "Another person must approve" in page.text
    assert "above the limit of EUR 1,000.00" in page.text
    assert "Ask for approval of this refund" in page.text
    assert "Waits for approval" in ask_for_approval(browser).text
    (adjustment,) = read_order(desk, SYSTEM, BIG).adjustments
    assert (adjustment.status, adjustment.gross_refund) == ("needs_approval", Decimal(0))
    assert "waits for approval already" in get(browser, path).text


def test_an_amount_that_changed_since_the_preview_is_shown_again(client: Client, desk: Desk) -> None:
    browser = client("payments")
    page = preview(browser, share="full")
    confirm(browser, preview(browser, share="lines", take_2="on"))
    late = confirm(browser, page)
    assert late.status == 422
    assert "The amount changed since the preview" in late.text
    assert "Refund EUR 477.60 and send credit note" in late.text
    assert len(state(desk).adjustments) == 1


def test_a_line_that_is_refunded_cannot_be_chosen_again(client: Client) -> None:
    browser = client("payments")
    confirm(browser, preview(browser, share="lines", take_2="on"))
    page = get(browser, PATH)
    assert "nothing is left" in page.text
    assert 'id="take_2"' in page.html
    assert 'id="part_2"' not in page.html


def test_an_address_that_names_no_wish_or_a_wrong_one_is_refused(client: Client) -> None:
    browser = client("payments")
    assert get(browser, f"{PATH}?share=amount&tax=included&reason=goodwill").status == 422
    assert get(browser, f"{PATH}?share=everything").status == 400
    assert get(browser, f"{PATH}?colour=red").status == 400


def test_an_order_without_an_invoice_says_so(client: Client) -> None:
    browser = client("payments")
    path = "/orders/NL-PREORDER/refund"
    wish = {"share": "full", "tax": "included", "reason": "goodwill"}
    page = get(browser, post(browser, f"{path}/preview", wish, seen=path).goes_to)
    assert "The refund was refused" in page.text
    assert "send credit note" not in page.text


def test_the_page_is_in_german_too(client: Client) -> None:
    browser = client("payments")
    browser.set_cookie("taxdesk_language", "de")
    page = get(browser, PATH)
    assert "Was geht zurück?" in page.text
    assert "Kulanz" in page.text


BIG = "DE-BUYER-DETAILS"


def ask_for_approval(browser: FlaskClient) -> Page:
    """Somebody asks for a refund above the limit."""
    path = f"/orders/{BIG}/refund"
    wish = {"share": "full", "tax": "included", "reason": "duplicate"}
    page = get(browser, post(browser, f"{path}/preview", wish, seen=path).goes_to)
    return get(browser, Page(browser.post(path, data=page.sends(path) | {"note": ""})).goes_to)


def decide(browser: FlaskClient, decision: str, **more: str) -> Page:
    """The button of the second person on the order page."""
    (adjustment,) = re.findall(r'action="(/orders/[^"]+/decision)"', get(browser, f"/orders/{BIG}").html)
    return post(browser, adjustment, {"decision": decision, "note": ""} | more, seen=f"/orders/{BIG}")


@pytest.mark.usefixtures("worker")
def test_another_person_approves_and_the_refund_is_issued(client: Client, desk: Desk) -> None:
    asker, approver = client("payments"), client("approver")
    asked = ask_for_approval(asker)
    assert "EUR 3,534.30 is asked for; the limit is EUR 1,000.00." in asked.text
    assert "Another person with the role approver decides." in asked.text
    assert "Approve and refund" not in asked.text, "who asked does not decide"
    assert "Approve and refund EUR 3,534.30" in get(approver, f"/orders/{BIG}").text
    done = decide(approver, "approve")
    assert done.status == 303
    told = get(approver, done.goes_to).text
    assert "EUR 3,534.30 refunded" in told
    assert "approved by" in told
    (adjustment,) = read_order(desk, SYSTEM, BIG).adjustments
    assert (adjustment.status, adjustment.gross_refund) == ("issued", Decimal("3534.30"))
    assert adjustment.approved_by not in (None, adjustment.asked_by)


@pytest.mark.usefixtures("worker")
def test_pressed_twice_the_second_shows_what_the_first_did(client: Client, desk: Desk) -> None:
    ask_for_approval(client("payments"))
    approver = client("approver")
    page = get(approver, f"/orders/{BIG}")
    (path,) = re.findall(r'action="(/orders/[^"]+/decision)"', page.html)
    for decision in ("approve", "reject"):
        form = page.sends(path) | {"decision": decision, "note": ""}
        assert Page(approver.post(path, data=form)).status == 303
    (adjustment,) = read_order(desk, SYSTEM, BIG).adjustments
    assert adjustment.status == "issued"


def test_a_rejected_refund_gives_nothing_back(client: Client, desk: Desk) -> None:
    ask_for_approval(client("payments"))
    approver = client("approver")
    told = get(approver, decide(approver, "reject", note="Ask the client first").goes_to).text
    assert "An approver rejected it. Nothing was refunded." in told
    view = read_order(desk, SYSTEM, BIG)
    assert [(each.status, each.gross_refund) for each in view.adjustments] == [("refused", Decimal(0))]
    assert view.documents == ()


def test_who_asked_cannot_decide_and_another_order_has_no_such_refund(client: Client, desk: Desk) -> None:
    asker = client("payments")
    ask_for_approval(asker)
    (adjustment,) = read_order(desk, SYSTEM, BIG).adjustments
    form = {"decision": "approve", "note": ""}
    seen = f"/orders/{BIG}"
    assert post(asker, f"/orders/{BIG}/adjustments/{adjustment.id}/decision", form, seen=seen).status == 403
    assert post(asker, f"/orders/{ORDER}/adjustments/{adjustment.id}/decision", form, seen=seen).status == 404
    odd = post(client("approver"), f"/orders/{BIG}/adjustments/{adjustment.id}/decision", {"decision": "x"}, seen=seen)
    assert odd.status == 409
    assert [each.status for each in read_order(desk, SYSTEM, BIG).adjustments] == ["needs_approval"]
