"""PDF syntax as bytes: what is written is read back by pypdf, offsets and strings included."""

from io import BytesIO

import pytest
from pypdf import PdfReader

from app.documents.filling import write


@pytest.mark.parametrize(
    ("value", "written"),
    [(1, b"1"), (0.5, b"0.5"), (-0.00001, b"0"), (1e-7, b"0"), (1234567.00001, b"1234567"), (-0.25, b"-0.25")],
)
def test_a_number_has_no_exponent_and_no_negative_zero(value: float, written: bytes) -> None:
    assert write.number(value) == written


@pytest.mark.parametrize(
    "text", ["Acme (UK) \\ Ltd)", "Łódź", "東京", "\U0001f600", "line\nline", "", "\x7f", "Grüße"], ids=ascii
)
def test_a_text_string_is_read_back_as_it_was(text: str) -> None:
    pdf, _ = write.whole([b"<< /Type /Catalog /Words %b >>" % write.text_string(text)], b"/Root 1 0 R")
    assert PdfReader(BytesIO(pdf)).trailer["/Root"]["/Words"] == text  # type: ignore[index]


def test_a_name_keeps_spaces_hashes_and_letters_beyond_ascii() -> None:
    assert write.name("Yes") == b"/Yes"
    pdf, _ = write.whole([b"<< /Type /Catalog /State %b >>" % write.name("Ja (nö)#1")], b"/Root 1 0 R")
    assert PdfReader(BytesIO(pdf)).trailer["/Root"]["/State"] == "/Ja (nö)#1"  # type: ignore[index]


def test_an_update_replaces_and_adds_objects_and_leaves_the_file_as_it_was() -> None:
    bodies = [b"<< /Type /Catalog /A 2 0 R /B 3 0 R >>", b"(old)", b"(kept)"]
    pdf, startxref = write.whole(bodies, b"/Root 1 0 R")
    changed = {2: b"(new)", 9: b"(added)", 1: b"<< /Type /Catalog /A 2 0 R /B 3 0 R /C 9 0 R >>"}
    appended = write.update(
        changed, at=len(pdf), size=4, previous=startxref, trailer=b"/Root 1 0 R", first_id=b"0123456789abcdef"
    )
    reader = PdfReader(BytesIO(pdf + appended), strict=True)
    root = reader.trailer["/Root"]
    assert [root[name] for name in ("/A", "/B", "/C")] == ["new", "kept", "added"]  # type: ignore[index]
    assert reader.trailer["/Size"] == 10
    assert reader.xref_index == 0


def test_the_second_half_of_the_id_follows_the_content() -> None:
    def appended(body: bytes) -> bytes:
        return write.update({1: body}, at=0, size=2, previous=0, trailer=b"/Root 1 0 R", first_id=b"0123456789abcdef")

    assert appended(b"(a)") == appended(b"(a)")
    ids = {appended(body).split(b"/ID [")[1].split(b"]")[0] for body in (b"(a)", b"(b)")}
    assert len(ids) == 2
    assert {one.split()[0] for one in ids} == {b"<" + b"0123456789abcdef".hex().encode() + b">"}
