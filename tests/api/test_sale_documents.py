"""Invoices, quotes and statements of an order: composed from what is stored, each only where it may be."""

from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from app.desk import Desk
from app.i18n import SHIPPED
from tests.api.conftest import FRENCH_ORDER, PAYMENT, Caller, changed
from tests.working import work

DOCUMENTS = "/v1/orders/A-1/documents"
UNBILLED = {name: value for name, value in FRENCH_ORDER.items() if name != "invoices"}


def put(call: Caller, order: dict[str, Any]) -> None:
    assert call("PUT", "/v1/orders/A-1", order).status_code == 201


def give(call: Caller, kind: str, language: str | None = None) -> dict[str, Any]:
    answer = call("POST", DOCUMENTS, {"kind": kind} | ({"language": language} if language else {}))
    assert answer.status_code == 202, answer.json
    given: dict[str, Any] = answer.json
    return given


def text_of(call: Caller, document: dict[str, Any]) -> str:
    content = call("GET", f"/v1/documents/{document['id']}/content")
    assert content.status_code == 200
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(content.data)).pages)


@pytest.mark.parametrize("language", SHIPPED)
def test_every_kind_is_drawn_in_every_language(call: Caller, desk: Desk, language: str) -> None:
    put(call, changed(UNBILLED, status="open"))
    given = [give(call, kind, language) for kind in ("pro_forma", "invoice", "tax_statement", "refund_statement")]
    work(desk)
    for document in given:
        record = call("GET", f"/v1/documents/{document['id']}").json
        assert (record["status"], record["language"]) == ("ready", language), record


def test_the_first_invoice_counts_in_the_series_of_invoices_and_every_other_is_a_copy_of_it(
    call: Caller, desk: Desk
) -> None:
    put(call, UNBILLED)
    first, again, german = (give(call, "invoice", language) for language in ("en", "en", "de"))
    work(desk)
    assert first["number"].startswith("DE-IN-")
    assert {again["number"][:6], german["number"][:6]} == {"DE-IC-"}
    assert f"This is a copy of invoice {first['number']}" in text_of(call, again)
    assert f"Dies ist eine Kopie der Rechnung {first['number']}" in text_of(call, german)
    assert call("GET", f"/v1/documents/{first['id']}").json["superseded_by"] is None


def test_an_order_billed_elsewhere_gets_a_copy_that_names_that_invoice(call: Caller, desk: Desk) -> None:
    put(call, FRENCH_ORDER)
    copy = give(call, "invoice", "en")
    work(desk)
    assert f"copy of invoice {FRENCH_ORDER['invoices'][0]['number']}" in text_of(call, copy)


def test_an_invoice_of_ours_is_what_a_refund_corrects(call: Caller, desk: Desk) -> None:
    put(call, UNBILLED)
    invoice = give(call, "invoice", "en")
    give(call, "invoice", "en")
    asked = {"mode": "partial", "percent": "50", "reason": "goodwill"}
    assert call("POST", "/v1/orders/A-1/payments", PAYMENT).status_code == 201
    refund = call("POST", "/v1/orders/A-1/refunds", asked)
    assert refund.status_code == 201, refund.json
    statement = give(call, "refund_statement", "en")
    work(desk)
    (note,) = refund.json["documents"]
    assert invoice["number"] in text_of(call, note)
    text = text_of(call, statement)
    assert "Refunded as a gesture of goodwill." in text
    assert "60.00" in text


def test_a_newer_statement_takes_the_place_of_the_older(call: Caller) -> None:
    put(call, FRENCH_ORDER)
    older, newer = give(call, "tax_statement"), give(call, "tax_statement")
    assert call("GET", f"/v1/documents/{older['id']}").json["superseded_by"] == newer["id"]


@pytest.mark.parametrize(
    ("status", "kind"),
    [("open", "quote"), ("quote", "invoice"), ("cancelled", "pro_forma"), ("preauthorized", "invoice")],
)
def test_a_kind_that_the_status_does_not_allow_is_refused(call: Caller, status: str, kind: str) -> None:
    put(call, changed(UNBILLED, status=status))
    answer = call("POST", DOCUMENTS, {"kind": kind})
    assert answer.status_code == 422
    assert [(fault["pointer"], fault["code"]) for fault in answer.json["errors"]] == [("/kind", "not_by_status")]
    assert call("GET", DOCUMENTS).json["data"] == []


def test_a_quote_says_that_it_bills_nothing(call: Caller, desk: Desk) -> None:
    put(call, changed(UNBILLED, status="quote"))
    quote = give(call, "quote", "it")
    work(desk)
    assert quote["number"].startswith("DE-QU-")
    assert "Questo preventivo non è una fattura." in text_of(call, quote)


def test_the_tax_statement_tells_the_steps_in_german_and_the_rows_they_read(call: Caller, desk: Desk) -> None:
    put(call, FRENCH_ORDER)
    statement = give(call, "tax_statement", "de")
    work(desk)
    text = text_of(call, statement)
    decided = call("GET", "/v1/orders/A-1").json
    assert "Schritt für Schritt" in text
    assert "vat.standard_rate" in text
    assert "auf Englisch" not in text
    assert decided["totals"]["gross"].replace(".", ",") in text


TEXAN = {
    "reference": "C-9",
    "kind": "consumer",
    "name": "Casey Example",
    "email": "casey@example.example",
    "language": "en",
    "address": {"line1": "500 Example Blvd", "postal_code": "78701", "city": "Austin", "state": "TX", "country": "US"},
}
QUEBECER = TEXAN | {
    "address": TEXAN["address"] | {"postal_code": "H2X 1Y4", "city": "Montréal", "state": "QC", "country": "CA"}
}


@pytest.mark.parametrize(
    ("customer", "currency", "shown", "never"),
    [(TEXAN, "USD", ["Sales tax"], ["VAT 8", "VAT rate"]), (QUEBECER, "CAD", ["GST"], ["VAT rate"])],
    ids=["Texas", "Quebec"],
)
def test_american_taxes_are_called_what_they_are(
    call: Caller, desk: Desk, customer: dict[str, Any], currency: str, shown: list[str], never: list[str]
) -> None:
    line = {"reference": "1", "description": "Vault", "product_kind": "software_download", "amount": "100.00"}
    put(call, changed(UNBILLED, seller="us", customer=customer, currency=currency, lines=[line | {"quantity": "1"}]))
    given = [give(call, kind, "en") for kind in ("invoice", "tax_statement")]
    work(desk)
    for document in given:
        text = text_of(call, document)
        assert [word for word in shown if word not in text] == []
        assert [word for word in never if word in text] == []
