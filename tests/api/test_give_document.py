"""Documents of ours given for an order: asked once, issued once, drawn, and the newest stands for the older ones."""

import json
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from app.actor import Scope
from app.desk import Desk
from app.models.documents import DocumentRow
from app.models.jobs import Job
from app.services.read_sellers import seller_in_force
from app.store.sealed import opened_json
from tests.api.conftest import FRENCH_ORDER, Caller, changed
from tests.working import work

FACT_SHEET = {"kind": "vendor_fact_sheet"}
W9 = {"kind": "w9"}
DOCUMENTS = "/v1/orders/A-1/documents"


@pytest.fixture
def order(call: Caller) -> None:
    assert call("PUT", "/v1/orders/A-1", FRENCH_ORDER).status_code == 201


def read(call: Caller, document_id: str) -> dict[str, Any]:
    answer: dict[str, Any] = call("GET", f"/v1/documents/{document_id}").json
    return answer


@pytest.mark.usefixtures("order")
def test_a_fact_sheet_is_issued_in_the_customers_language_and_drawn_by_a_job(call: Caller, desk: Desk) -> None:
    answer = call("POST", DOCUMENTS, FACT_SHEET)
    assert (answer.status_code, answer.json["status"], answer.json["language"]) == (202, "queued", "fr")
    assert answer.headers["Location"].endswith(f"/v1/documents/{answer.json['id']}")
    work(desk)
    assert read(call, answer.json["id"])["status"] == "ready"
    assert call("GET", f"/v1/documents/{answer.json['id']}/content").data.startswith(b"%PDF-")


@pytest.mark.usefixtures("order")
def test_the_same_key_gives_the_same_document(call: Caller) -> None:
    first, second = (call("POST", DOCUMENTS, FACT_SHEET, Idempotency_Key="one") for _ in range(2))
    assert second.headers["Idempotent-Replayed"] == "true"
    assert first.json["id"] == second.json["id"]
    assert len(call("GET", DOCUMENTS).json["data"]) == 1


@pytest.mark.usefixtures("order")
def test_the_newest_of_a_language_stands_for_the_older_ones(call: Caller) -> None:
    french, german, newer = (
        call("POST", DOCUMENTS, FACT_SHEET | language).json["id"]
        for language in ({}, {"language": "de"}, {"language": "fr"})
    )
    assert read(call, french)["superseded_by"] == newer
    assert read(call, german)["superseded_by"] is None


@pytest.mark.usefixtures("order")
def test_the_order_shows_that_it_changed(call: Caller) -> None:
    before = call("GET", "/v1/orders/A-1").headers["ETag"]
    call("POST", DOCUMENTS, FACT_SHEET)
    after = call("GET", "/v1/orders/A-1")
    assert after.headers["ETag"] != before
    assert [document["kind"] for document in after.json["documents"]] == ["vendor_fact_sheet"]


@pytest.mark.usefixtures("order")
@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/kind"),
        ({"kind": "novel"}, "/kind"),
        (FACT_SHEET | {"language": "klingon"}, "/language"),
        (FACT_SHEET | {"options": {"colour": "red"}}, "/options/colour"),
        (FACT_SHEET | {"copies": 2}, "/copies"),
    ],
)
def test_what_cannot_be_given_is_refused_with_its_pointer(call: Caller, body: dict[str, Any], pointer: str) -> None:
    answer = call("POST", DOCUMENTS, body)
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json["errors"]] == [pointer]
    assert call("GET", DOCUMENTS).json["data"] == []


def test_the_order_of_another_client_is_not_found(call: Caller, call_as: Any) -> None:
    call("PUT", "/v1/orders/A-1", changed(FRENCH_ORDER, client="theirs"))
    bound = call_as(Scope.PAYMENTS, client_code="ours")
    assert bound("POST", DOCUMENTS, FACT_SHEET).status_code == 404
    assert call("GET", DOCUMENTS).json["data"] == []


@pytest.fixture
def sold_by_us(call: Caller) -> None:
    order = changed(FRENCH_ORDER, seller="us", lines__0__tax__rate_percent="0", lines__0__tax__amount="0.00")
    assert call("PUT", "/v1/orders/A-1", order).status_code == 201


@pytest.mark.usefixtures("sold_by_us")
def test_a_w9_is_there_when_it_is_answered(call: Caller, desk: Desk) -> None:
    answer = call("POST", DOCUMENTS, W9)
    document = answer.json
    assert (answer.status_code, document["status"], document["language"]) == (202, "ready", "en")
    assert document["form"]["code"] == "w9"
    assert document["form"]["revision"] == "2024-03"
    assert document["form"]["blank"] == "substitute"
    pdf = call("GET", f"/v1/documents/{document['id']}/content").data
    text = " ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)
    assert "Substitute Form W-9" in text
    assert FRENCH_ORDER["customer"]["name"] in text
    assert document["number"] in text
    with desk.database.reading() as session:
        drawing = select(Job.state).where(Job.kind == "draw_document")
        assert session.scalars(drawing).all() == ["done"]


@pytest.mark.usefixtures("sold_by_us")
def test_a_w9_is_recognised_and_an_altered_one_too(call: Caller) -> None:
    document = call("POST", DOCUMENTS, W9).json
    pdf = call("GET", f"/v1/documents/{document['id']}/content").data
    altered = pdf.replace(b"/taxdeskcode", b"/taxdeskcodf")
    for file, result in ((pdf, "genuine"), (altered, "altered")):
        answer = call.client.post(
            "/v1/documents/verify",
            data={"file": (BytesIO(file), "w9.pdf")},
            headers={"Authorization": f"Bearer {call.key}"},
        )
        assert answer.json["result"] == result
        assert answer.json["document"]["id"] == document["id"]


@pytest.mark.usefixtures("sold_by_us")
def test_the_taxpayers_number_is_sealed_and_shown_nowhere_else(call: Caller, desk: Desk) -> None:
    document = call("POST", DOCUMENTS, W9).json
    number = seller_in_force_number(desk)
    with desk.database.reading() as session:
        row = session.get_one(DocumentRow, document["id"])
        assert number not in json.dumps(row.facts)
        assert opened_json(session, row, row.facts)["answers"]["tin"]["number"] == number
    assert number not in call("GET", "/v1/orders/A-1").text
    assert number not in call("GET", "/v1/audit-events").text


@pytest.mark.usefixtures("order")
def test_a_seller_that_gives_another_form_is_told_apart(call: Caller) -> None:
    answer = call("POST", DOCUMENTS, W9)
    assert answer.status_code == 422
    assert [(fault["pointer"], fault["code"]) for fault in answer.json["errors"]] == [("/kind", "not_the_sellers_form")]
    assert call("GET", DOCUMENTS).json["data"] == []


@pytest.mark.usefixtures("sold_by_us")
def test_a_request_that_dies_before_drawing_is_finished_by_a_worker(
    call: Caller, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.give_document.run_job", lambda *_: None)
    document = call("POST", DOCUMENTS, W9).json
    assert document["status"] == "queued"
    work(desk)
    assert read(call, document["id"])["status"] == "ready"


def seller_in_force_number(desk: Desk) -> str:
    with desk.database.reading() as session:
        form = seller_in_force(session, "us").tax_form
    assert form is not None
    number: str = form.answers["tin"]["number"]
    return number
