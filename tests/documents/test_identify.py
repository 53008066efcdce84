"""A document is recognised in its own bytes, in an altered or re-saved copy, and never by opening an upload here."""

import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject

from app.documents import identify
from app.documents.examples import credit_note
from app.documents.identify import UploadTooLarge, find_document_id
from app.documents.render import draw

FACTS = credit_note("de")


@pytest.fixture(scope="module")
def pdf() -> bytes:
    return draw("credit_note", FACTS.to_json()).pdf


def saved_anew(pdf: bytes, change: Callable[[PdfWriter], object]) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(BytesIO(pdf)))
    change(writer)
    target = BytesIO()
    writer.write(target)
    return target.getvalue()


def change_a_letter(writer: PdfWriter) -> None:
    content: Any = writer.pages[0]["/Contents"].get_object()
    before = content.get_data()
    glyphs = before.split(b"TJ")[0].rsplit(b"<", 1)[1][:8]
    content.set_data(before.replace(b"<" + glyphs, b"<" + glyphs[:4] * 2, 1))
    assert content.get_data() != before


def drop_metadata(writer: PdfWriter) -> None:
    writer.metadata = None
    del writer.root_object[NameObject("/Metadata")]


def drop_information(writer: PdfWriter) -> None:
    writer.metadata = None


@pytest.mark.parametrize("change", [str, change_a_letter, drop_information, drop_metadata])
def test_a_changed_copy_is_another_file_of_the_same_document(pdf: bytes, change: Callable[[PdfWriter], object]) -> None:
    copy = saved_anew(pdf, change)
    assert copy != pdf
    assert find_document_id(copy) == FACTS.header.document_id


def test_a_flipped_byte_in_the_page_leaves_the_id(pdf: bytes) -> None:
    at = pdf.index(b"stream\n") + 40
    flipped = pdf[:at] + bytes([pdf[at] ^ 1]) + pdf[at + 1 :]
    assert find_document_id(flipped) == FACTS.header.document_id


def test_a_file_of_ours_is_recognised_without_a_child(pdf: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identify, "_in_child", lambda _: pytest.fail("a child was started"))
    assert find_document_id(pdf) == FACTS.header.document_id


def blank() -> bytes:
    writer, target = PdfWriter(), BytesIO()
    writer.add_blank_page(100, 100)
    writer.write(target)
    return target.getvalue()


def bomb() -> bytes:
    """A page whose content is 400 MB of spaces."""
    content = zlib.compress(b" " * 400_000_000, 9)
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>endobj\n"
        b"4 0 obj<</Filter/FlateDecode/Length "
        + str(len(content)).encode()
        + b">>stream\n"
        + content
        + b"\nendstream endobj\ntrailer<</Root 1 0 R>>\n"
    )


@pytest.mark.parametrize(
    "upload", [b"", b"no pdf", b"%PDF-1.7\n", b"%PDF-1.7\n" + b"[" * 50_000, blank(), bomb()], ids=range(6)
)
def test_a_file_without_an_id_is_nobodys(upload: bytes) -> None:
    assert find_document_id(upload) is None


def test_more_than_ten_megabytes_are_not_looked_at() -> None:
    with pytest.raises(UploadTooLarge):
        find_document_id(b"%PDF-1.7" + b" " * (10 * 1024 * 1024))
