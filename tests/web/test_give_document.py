"""Issuing a document of ours from the order page, without JavaScript: pick, press, it stands there, once."""

import pytest
from flask.testing import FlaskClient

from tests.web.conftest import Client, get, post

ORDER = "/orders/US-STATED-TAX"
DOCUMENTS = f"{ORDER}/documents"


@pytest.fixture
def agent(client: Client) -> FlaskClient:
    return client("payments")


def form_of(agent: FlaskClient, **typed: str) -> dict[str, str]:
    """What the page's form sends."""
    return {"token": get(agent, ORDER).value("token"), "kind": "w9", "language": ""} | typed


def test_a_w9_is_issued_and_shown(agent: FlaskClient) -> None:
    sent = post(agent, DOCUMENTS, form_of(agent), seen=ORDER)
    assert sent.status == 303
    page = get(agent, sent.goes_to)
    assert "Form W-9" in page.text
    assert "our substitute form" in page.text
    assert "Ready" in page.text
    assert "US-W9-" in get(agent, ORDER).text


def test_a_double_click_issues_once(agent: FlaskClient) -> None:
    form = form_of(agent)
    first, second = (post(agent, DOCUMENTS, form, seen=ORDER) for _ in range(2))
    assert first.goes_to == second.goes_to


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"kind": ""}, "Choose a document."),
        ({"kind": "novel"}, "Choose a document."),
        ({"language": "xx"}, "Choose a language of the list."),
        ({"token": ""}, "The form was not complete"),
    ],
)
def test_a_wrong_choice_is_told_on_the_page_and_issues_nothing(
    agent: FlaskClient, typed: dict[str, str], said: str
) -> None:
    sent = post(agent, DOCUMENTS, form_of(agent, **typed), seen=ORDER)
    assert sent.status == 422
    assert said in sent.text
    assert "No document is issued yet." in get(agent, ORDER).text


def test_the_form_of_another_seller_is_not_offered_and_refused(agent: FlaskClient) -> None:
    order = "/orders/CH-CHARGED"
    page = get(agent, order)
    assert 'value="w9"' not in page.html
    form = {"token": page.value("token"), "kind": "w9", "language": ""}
    sent = post(agent, f"{order}/documents", form, seen=order)
    assert sent.status == 422
    assert "No document is issued yet." in get(agent, order).text
