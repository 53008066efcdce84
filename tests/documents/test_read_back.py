"""Reading back fails closed: whatever differs from the facts is named by its field, and never by its value."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject, TextStringObject

from app.documents.errors import ReadBackFailed
from app.documents.examples import corrected_invoice, credit_note, tax_id_evidence
from app.documents.facts import Facts, Notice
from app.documents.read_back import read_back
from app.documents.render import draw


@pytest.fixture(scope="module")
def pdf() -> bytes:
    return draw("credit_note", credit_note("de").to_json()).pdf


def missing(pdf: bytes, facts: Facts) -> tuple[str, ...]:
    with pytest.raises(ReadBackFailed) as raised:
        read_back(pdf, facts)
    return raised.value.missing


def test_the_drawn_document_is_complete(pdf: bytes) -> None:
    assert read_back(pdf, credit_note("de")) == 1


def swapped(facts: Any) -> Any:
    return replace(facts, lines=facts.lines[::-1])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda f: replace(f, customer=replace(f.customer, name="Somebody Else")), "customer"),
        (lambda f: replace(f, customer=replace(f.customer, address=f.customer.address[::-1])), "customer"),
        (lambda f: replace(f, header=replace(f.header, number="DE-CN-2026-000418")), "header/number"),
        (lambda f: replace(f, header=replace(f.header, issued_on=date(2026, 11, 21))), "header/issued_on"),
        (lambda f: replace(f, header=replace(f.header, code="z" * 20)), "header/code"),
        (lambda f: replace(f, header=replace(f.header, document_id="doc_" + "9" * 26)), "file: metadata document"),
        (lambda f: replace(f, supply_date=date(2026, 10, 4)), "supply_date"),
        (lambda f: replace(f, original_invoice=replace(f.original_invoice, number="R-1")), "original_invoice/number"),
        (lambda f: replace(f, totals=replace(f.totals, gross=Decimal("37.60"))), "totals/gross"),
        (lambda f: replace(f, totals=replace(f.totals, gross=Decimal("1237.60"))), "totals/gross"),
        (lambda f: replace(f, refund=replace(f.refund, amount=Decimal("9.60"))), "refund/amount"),
        (lambda f: replace(f, refund=replace(f.refund, arrives_days_to=6)), "refund/arrives"),
        (lambda f: replace(f, tax_totals=(replace(f.tax_totals[0], rate_percent=Decimal(19)),)), "tax_totals/0"),
        (lambda f: replace(f, lines=(replace(f.lines[0], tax=Decimal("9.81")), f.lines[1])), "lines/0"),
        (lambda f: replace(f, lines=(replace(f.lines[0], rate_percent=Decimal(2)), f.lines[1])), "lines/0"),
        (lambda f: replace(f, lines=(*f.lines, f.lines[1])), "lines/2"),
        (swapped, "lines/0"),
        (lambda f: replace(f, notices=(Notice(code="x", text="Reverse charge"),)), "notices/0/text"),
        (lambda f: replace(f, reason="other"), "reason"),
        (lambda f: replace(f, law=("UStG § 99",)), "law/0"),
        (lambda f: replace(f, currency="USD"), "totals/gross"),
    ],
)
def test_a_fact_that_is_not_on_the_page_is_named(pdf: bytes, change: Callable[[Any], Any], field: str) -> None:
    assert field in missing(pdf, change(credit_note("de")))


def test_the_error_names_no_value(pdf: bytes) -> None:
    facts = replace(credit_note("de"), customer=replace(credit_note().customer, name="Somebody Else"))
    with pytest.raises(ReadBackFailed) as raised:
        read_back(pdf, facts)
    assert "Somebody" not in str(raised.value)
    assert "Vert" not in str(raised.value)


@pytest.mark.parametrize("facts", [corrected_invoice(), tax_id_evidence()])
def test_the_wrong_document_is_not_taken_for_the_right_one(pdf: bytes, facts: Facts) -> None:
    assert "header/number" in missing(pdf, facts)


def rewritten(pdf: bytes, change: Callable[[PdfWriter], object]) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(BytesIO(pdf)))
    change(writer)
    target = BytesIO()
    writer.write(target)
    return target.getvalue()


def set_language(writer: PdfWriter) -> None:
    writer.root_object[NameObject("/Lang")] = TextStringObject("en")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda w: w.add_attachment("a.txt", b"x"), "file: /EmbeddedFiles must not be there"),
        (set_language, "header/language"),
        (lambda w: w.add_blank_page(), "page 2: header/number"),
        (lambda w: w.encrypt("", "owner"), "file: encrypted"),
        (lambda w: w.root_object.pop(NameObject("/StructTreeRoot")), "file: tags"),
    ],
)
def test_a_file_that_holds_more_or_less_than_pages_is_refused(
    pdf: bytes, change: Callable[[PdfWriter], object], fault: str
) -> None:
    assert fault in missing(rewritten(pdf, change), credit_note("de"))


def with_content(pdf: bytes, old: bytes, new: bytes) -> bytes:
    def change(writer: PdfWriter) -> None:
        content: Any = writer.pages[0]["/Contents"].get_object()
        assert old in content.get_data()
        content.set_data(content.get_data().replace(old, new))

    return rewritten(pdf, change)


def test_text_beyond_the_edge_is_refused(pdf: bytes) -> None:
    moved = with_content(pdf, b"0.75 0 0 0.75 0 0 cm", b"0.75 0 0 0.75 300 0 cm")
    assert "page 1: text beyond the edge" in missing(moved, credit_note("de"))


def test_a_missing_glyph_is_refused(pdf: bytes) -> None:
    content: Any = PdfReader(BytesIO(pdf)).pages[0].get_contents()
    array = content.get_data().split(b"TJ")[0].rsplit(b"<", 1)[1][:4]
    assert missing(with_content(pdf, b"<" + array, b"<ffff"), credit_note("de")) == (
        "page (a glyph is missing from its font)",
    )


def test_bytes_that_are_no_pdf_are_refused() -> None:
    assert missing(b"%PDF-1.7\nnothing", credit_note())[0].startswith("file (")
