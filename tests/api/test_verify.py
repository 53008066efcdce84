"""``POST /v1/documents/verify``: any upload gets a verdict or a clear problem; nothing of it is kept."""

import io
from collections.abc import Iterator
from typing import Any

import pypdf
import pytest
from werkzeug.test import TestResponse

from app.limits import MAX_BODY, MAX_FILE, MAX_UPLOAD
from tests.api.conftest import REFUND, SharedApi
from tests.working import work, working


@pytest.fixture
def issued(shared: SharedApi) -> bytes:
    """The credit note of A-1, issued once for the module."""
    if not shared.call("GET", "/v1/orders/A-1/documents").json["data"]:
        with working(shared.desk):
            assert shared.call("POST", "/v1/orders/A-1/tax-refunds", REFUND).status_code == 201
        work(shared.desk)
    documents = shared.call("GET", "/v1/orders/A-1/documents").json["data"]
    note = next(d for d in documents if d["kind"] == "credit_note")
    return shared.call("GET", f"/v1/documents/{note['id']}/content").data


def verify(shared: SharedApi, pdf: bytes | None, name: str = "a.pdf", **texts: str) -> TestResponse:
    """Upload as a browser does; written by hand, because the test client leaves its own temporary files open."""
    parts = [f'name="{field}"\r\n\r\n{value}'.encode() for field, value in texts.items()]
    if pdf is not None:
        head = f'name="file"; filename="{name}"\r\nContent-Type: application/pdf\r\n\r\n'
        parts.append(head.encode() + pdf)
    body = b"".join(b"--edge\r\nContent-Disposition: form-data; " + part + b"\r\n" for part in parts) + b"--edge--\r\n"
    return shared.call("POST", "/v1/documents/verify", body, Content_Type="multipart/form-data; boundary=edge")


@pytest.fixture(autouse=True)
def _nothing_is_kept(shared: SharedApi, issued: bytes) -> Iterator[None]:
    before, files = shared.stored(), sorted(shared.desk.settings.data_dir.rglob("*.pdf"))
    yield
    assert shared.stored() == before
    assert sorted(shared.desk.settings.data_dir.rglob("*.pdf")) == files


def rewritten(pdf: bytes, **options: Any) -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf))
    if "password" in options:
        writer.encrypt(options["password"], owner_password="owner")
    if "note" in options:
        writer.add_metadata({"/Note": "x"})
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_the_issued_bytes_are_genuine(shared: SharedApi, issued: bytes) -> None:
    answer = verify(shared, issued)
    assert (answer.status_code, answer.json["result"]) == (200, "genuine")
    assert answer.json["document"]["number"].startswith("DE-CN-")


ALTERATIONS = {
    "a byte more": lambda pdf: pdf + b" ",
    "written anew": rewritten,
    "a note added": lambda pdf: rewritten(pdf, note=True),
    "an update appended": lambda pdf: pdf + b"\n% another revision\nstartxref\n0\n%%EOF\n",
}


@pytest.mark.parametrize("how", ALTERATIONS)
def test_a_changed_copy_is_altered(shared: SharedApi, issued: bytes, how: str) -> None:
    answer = verify(shared, ALTERATIONS[how](issued))
    assert (answer.status_code, answer.json["result"]) == (200, "altered")
    assert answer.json["document"]["number"].startswith("DE-CN-")


@pytest.mark.parametrize("name", ["../../etc/passwd", "CON", "é.pdf", "x" * 5000, "a.exe"])
def test_the_name_of_the_file_means_nothing(shared: SharedApi, issued: bytes, name: str) -> None:
    assert verify(shared, issued, name).json["result"] == "genuine"


GARBAGE = {
    "text": b"hello",
    "one NUL": b"\x00",
    "only a header": b"%PDF-1.7\n",
    "a header and noise": b"%PDF-1.7\n" + bytes(range(256)) * 400,
    "a ZIP": b"PK\x03\x04" + b"\x00" * 100,
    "a picture": b"\x89PNG\r\n\x1a\n" + b"\x00" * 100,
    "HTML": b"<html><script>alert(1)</script></html>",
    "a broken cross-reference": b"%PDF-1.7\nxref\n0 99999999\nstartxref\n-1\n%%EOF",
    "a page tree in a ring": b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[2 0 R]"
    b"/Count 9>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF",
    "deep arrays": b"%PDF-1.7\n1 0 obj" + b"[" * 50_000 + b"]" * 50_000 + b"endobj\n%%EOF",
    "almost 10 MiB": b"%PDF-1.7\n" + b"0" * (MAX_FILE - 9),
}


@pytest.mark.parametrize("case", GARBAGE)
def test_what_is_no_document_of_ours_is_unknown(shared: SharedApi, case: str) -> None:
    answer = verify(shared, GARBAGE[case])
    assert (answer.status_code, answer.json) == (200, {"result": "unknown", "document": None, "superseded_by": None})


def test_an_encrypted_copy_is_never_genuine(shared: SharedApi, issued: bytes) -> None:
    answer = verify(shared, rewritten(issued, password="secret"))
    assert answer.status_code == 200
    assert answer.json["result"] in {"altered", "unknown"}


def test_an_empty_file_is_a_fault(shared: SharedApi) -> None:
    answer = verify(shared, b"")
    assert (answer.status_code, answer.json["errors"][0]["code"]) == (422, "empty")


@pytest.mark.parametrize("size", [MAX_FILE + 1, MAX_UPLOAD + 1])
def test_more_than_10_mib_is_413(shared: SharedApi, size: int) -> None:
    answer = verify(shared, b"0" * size)
    assert (answer.status_code, answer.json["code"]) == (413, "body_too_large")


def test_a_file_in_a_text_field_is_not_read(shared: SharedApi) -> None:
    answer = verify(shared, None, file="%PDF-1.7", note="x")
    assert answer.status_code == 422
    assert {(e["pointer"], e["code"]) for e in answer.json["errors"]} == {
        ("/file", "missing"),
        ("/note", "unknown_field"),
    }
    assert verify(shared, None, file="x" * (MAX_BODY + 1)).status_code == 413


def test_two_files_are_refused(shared: SharedApi, issued: bytes) -> None:
    answer = shared.client.post(
        "/v1/documents/verify",
        data={"file": [(io.BytesIO(issued), "a.pdf"), (io.BytesIO(issued), "b.pdf")], "x": (io.BytesIO(b"1"), "c")},
        headers={"Authorization": f"Bearer {shared.call.key}"},
    )
    assert answer.status_code == 422
    assert {(e["pointer"], e["code"]) for e in answer.json["errors"]} == {
        ("/file", "duplicate"),
        ("/x", "unknown_field"),
    }


@pytest.mark.parametrize(
    "kind", ["application/pdf", "application/json", "text/plain", "application/x-www-form-urlencoded"]
)
def test_another_content_type_is_415(shared: SharedApi, issued: bytes, kind: str) -> None:
    answer = shared.call("POST", "/v1/documents/verify", issued, Content_Type=kind)
    assert (answer.status_code, answer.json["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    "kind", ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=x"]
)
def test_a_multipart_body_that_is_none_is_refused(shared: SharedApi, kind: str) -> None:
    answer = shared.call("POST", "/v1/documents/verify", b"--y\r\nnothing", Content_Type=kind)
    assert 400 <= answer.status_code < 500
    assert answer.content_type == "application/problem+json"
