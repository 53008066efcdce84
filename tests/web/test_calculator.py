"""The calculator: what was typed is answered with its reasons, what is wrong is said at its field, nothing is kept."""

import pytest
from sqlalchemy import func, select

from app.desk import Desk
from app.models.decisions import DecisionRow
from tests.web.conftest import Client, get, post

HERE = "/calculator"
FORM = {
    "seller": "de", "customer_kind": "consumer", "country": "FR", "state": "", "city": "", "postal_code": "",
    "line1": "", "tax_id": "", "ship_from_country": "", "tax_date": "2026-10-05", "currency": "EUR",
    "tax_behavior": "exclusive", "shipping": "", "shown_lines": "1", "kind_0": "saas",
    "amount_0": "100.00", "discount_0": "",
}  # fmt: skip


def test_a_sale_is_answered_with_its_tax_and_its_reasons(client: Client) -> None:
    page = post(client("payments"), HERE, FORM, seen=HERE)
    assert page.status == 200
    for said in (
        "EUR\xa020.00",
        "EUR\xa0120.00",
        "Tax is charged",
        "France",
        "Why?",
        "Art. 58",
        "vat.standard_rate/FR",
    ):
        assert said in page.html.replace("&#39;", "'"), said
    assert page.value("amount_0") == "100.00", "nothing typed is lost"


def test_an_auditor_may_calculate_too_and_reads_german(client: Client) -> None:
    browser = client("auditor")
    browser.set_cookie("taxdesk_language", "de")
    page = post(browser, HERE, FORM | {"amount_0": "100,00"}, seen=HERE)
    for said in ("Steuer wird berechnet", "Frankreich", "Warum?", "120,00", "Bemessungsgrundlage"):
        assert said in page.text, said


def test_several_lines_and_several_taxes_are_shown_one_by_one(client: Client) -> None:
    quebec = {"country": "CA", "state": "QC", "postal_code": "H2Y 1C6", "currency": "CAD"}
    lines = {"shown_lines": "2", "kind_1": "ebook", "amount_1": "50", "discount_1": "10"}
    page = post(client("payments"), HERE, FORM | quebec | lines, seen=HERE)
    assert page.status == 200
    for said in ("GST", "QST", "CAD\xa05.00", "CAD\xa09.98", "CAD\xa040.00"):
        assert said in page.html, said


def test_one_line_more_keeps_what_was_typed(client: Client) -> None:
    page = post(client("payments"), HERE, FORM | {"action": "more"}, seen=HERE)
    assert (page.status, page.value("amount_0"), page.value("amount_1")) == (200, "100.00", "")
    assert page.value("shown_lines") == "2"


def test_a_line_left_empty_in_between_is_passed_over(client: Client) -> None:
    lines = {"shown_lines": "3", "amount_1": "", "kind_1": "saas", "kind_2": "ebook", "amount_2": "10.00x"}
    page = post(client("payments"), HERE, FORM | lines, seen=HERE)
    assert page.status == 422
    assert 'href="#amount_2"' in page.html


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"amount_0": ""}, "amount_0"),
        ({"amount_0": "1.234,50"}, "amount_0"),
        ({"amount_0": "10.005"}, "amount_0"),
        ({"discount_0": "100.01"}, "discount_0"),
        ({"country": ""}, "country"),
        ({"country": "ZZ"}, "country"),
        ({"tax_date": "05.10.2026"}, "tax_date"),
        ({"tax_date": ""}, "tax_date"),
        ({"currency": "DEM"}, "currency"),
        ({"customer_kind": "reseller"}, "customer_kind"),
        ({"seller": "nobody"}, "seller"),
        ({"kind_0": "novel"}, "kind_0"),
        ({"shipping": "free"}, "shipping"),
        ({"ship_from_country": "ZZ"}, "ship_from_country"),
        ({"city": "x" * 101}, "city"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(client: Client, changed: dict[str, str], field: str) -> None:
    page = post(client("payments"), HERE, FORM | changed, seen=HERE)
    assert page.status == 422
    assert f'href="#{field}"' in page.html
    assert f'id="{field}-fault"' in page.html


def test_what_is_not_known_is_said_and_is_no_zero(client: Client) -> None:
    page = post(client("payments"), HERE, FORM | {"country": "CA", "state": "Atlantis", "currency": "CAD"}, seen=HERE)
    assert page.status == 200
    assert "Not determined" in page.text
    assert "CAD\xa00.00" not in page.html


def test_nothing_is_kept(client: Client, desk: Desk) -> None:
    def kept() -> int | None:
        with desk.database.reading() as session:
            return session.scalar(select(func.count()).select_from(DecisionRow))

    before = kept()
    post(client("payments"), HERE, FORM, seen=HERE)
    assert kept() == before


def test_it_is_reached_from_every_page(client: Client) -> None:
    assert 'href="/calculator"' in get(client("payments"), "/").html
