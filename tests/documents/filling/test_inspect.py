"""Every bad copy of a blank is refused with its own reason, in words that say what to do, whatever is in the file."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from pypdf import PdfWriter

from app.documents import child
from app.documents.errors import BlankRefused
from app.documents.filling.inspect import Looks, form_named, identify_blank, judge
from forms.blanks import shipped_blanks
from tests.documents.filling import bad_copies as bad

BOOK = shipped_blanks()
W9 = BOOK.current("w9")
HTML = b"<!DOCTYPE html><html><title>Access denied</title></html>"


def reason(pdf: bytes, form: str | None = None) -> tuple[str, str]:
    with pytest.raises(BlankRefused) as raised:
        identify_blank(pdf, BOOK, form=form)
    return raised.value.code, raised.value.detail


@pytest.fixture(scope="module")
def w9(irs_blanks: Path) -> bytes:
    return (irs_blanks / "fw9.pdf").read_bytes()


@pytest.mark.parametrize(
    ("file", "form", "quality"),
    [
        ("fw9.pdf", "w9", "xfa_dropped"),
        ("fw8ben.pdf", "w8ben", "xfa_dropped"),
        ("fw8bene.pdf", "w8bene", "as_published"),
        ("fw8imy.pdf", "w8imy", "as_published"),
    ],
)
def test_a_known_copy_is_taken(irs_blanks: Path, file: str, form: str, quality: str) -> None:
    pdf = (irs_blanks / file).read_bytes()
    blank, copy = identify_blank(pdf, BOOK)
    assert (blank.form, copy.quality, copy.size) == (form, quality, len(pdf))


def test_a_known_copy_of_another_form_than_the_wanted_one_is_not(irs_blanks: Path) -> None:
    code, detail = reason((irs_blanks / "fw8ben.pdf").read_bytes(), "w9")
    assert code == "wrong_form"
    assert "It is Form W-8BEN; W-9 is wanted." in detail


@pytest.mark.parametrize(
    ("file", "code", "said"),
    [
        ("fw8eci.pdf", "unknown_copy", "saved it anew"),
        ("fw8exp--2017.pdf", "wrong_revision", "It is Rev. July 2017; in force is Rev. October 2023."),
        ("f1042s--2022.pdf", "wrong_form", "It is Form 1042-S; taxdesk fills W-9, W-8BEN,"),
    ],
)
def test_files_beside_the_blanks_are_not_taken_for_them(irs_blanks: Path, file: str, code: str, said: str) -> None:
    found, detail = reason((irs_blanks / file).read_bytes())
    assert found == code
    assert said in detail


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        (bad.stamp_draft, "draft", "published for comment"),
        (bad.comment_draft, "draft", "published for comment"),
        (bad.flatten, "flattened", "no form fields"),
        (bad.lose_fields, "fields_missing", "It has 5 of 23."),
        (bad.fill_a_name, "values_left_in", "1 of 23 fields"),
        (bad.show_a_name, "values_left_in", "1 of 23 fields"),
        (bad.leave_a_tick, "values_left_in", "1 of 23 fields"),
        (bad.encrypt_for_users, "encrypted", "password"),
        (bad.encrypt_for_owners, "unknown_copy", "saved it anew"),
        (bad.many_pages, "too_large", "50 pages"),
        (lambda _: None, "unknown_copy", "saved it anew"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_changed_copy_is_refused_with_its_reason(
    w9: bytes, change: Callable[[PdfWriter], object], code: str, said: str
) -> None:
    found, detail = reason(bad.saved_anew(w9, change))
    assert found == code
    assert said in detail
    assert "Mustermann" not in detail
    assert "Take the file" in detail or "Download W-9 (Rev. March 2024) from https://www.irs.gov/" in detail


@pytest.mark.parametrize("length", [20, 5_000, 93_059, 186_000])
def test_a_file_that_was_cut_short_is_damaged(w9: bytes, length: int) -> None:
    assert reason(w9[:length])[0] == "damaged"


@pytest.mark.parametrize(
    ("pdf", "code"),
    [
        (b"", "not_a_pdf"),
        (HTML, "not_a_pdf"),
        (b"%PDF-1.7\n" + b" " * child.MOST_BYTES, "too_large"),
        (b"%PDF-1.7\n", "damaged"),
        (b"%PDF-1.7\n" + b"[" * 50_000, "damaged"),
        (bad.xfa_only(), "xfa_only"),
        (bad.bomb(), "too_large"),
        (bad.endless_fields(), "too_large"),
        (bad.endless_pages(), "damaged"),
    ],
    ids=["empty", "html", "large", "header", "brackets", "xfa", "bomb", "fields", "pages"],
)
def test_a_hostile_file_is_refused_and_hurts_nobody(pdf: bytes, code: str) -> None:
    found, detail = reason(pdf)
    assert found == code
    assert "authority serves" in detail
    assert reason(pdf, "w9")[1].endswith("from https://www.irs.gov/pub/irs-pdf/fw9.pdf and leave the file as it is.")


def test_a_child_that_dies_is_a_damaged_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def die(_function: str, _content: bytes) -> None:
        raise child.ChildFailed(is_timeout=False)

    monkeypatch.setattr(child, "ask", die)
    assert reason(b"%PDF-1.7")[0] == "damaged"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("FormW-9(Rev.March2024)RequestforTaxpayer", ("W-9", "2024-03")),
        ("FormW-8BEN-E(Rev.October2021)Department", ("W-8BEN-E", "2021-10")),
        ("FormW-8BENCertificate(Rev.10-2021)", ("W-8BEN", "2021-10")),
        ("Caution:DRAFT—NOTFORFILING.FormW-9(Rev.January2026)", ("W-9", "2026-01")),
        ("Form1042-SDepartmentoftheTreasury", ("1042-S", None)),
        ("PAYEEDATARECORDsendForm1099", (None, None)),
        ("SUPPLIERFORM(Rev.13-2021)", (None, None)),
        ("", (None, None)),
    ],
)
def test_pages_name_their_form_and_revision(text: str, named: tuple[str | None, str | None]) -> None:
    assert form_named(text) == named


@pytest.mark.parametrize(
    ("looks", "code", "said"),
    [
        (Looks(pages=7, fields=27, text="Caution:DRAFTFormW-9(Rev.January2026)"), "draft", "Download W-9"),
        (Looks(pages=6, fields=27, text="FormW-9(Rev.January2026)"), "wrong_revision", "Update taxdesk."),
        (Looks(pages=6, fields=23, text="FormW-9(Rev.October2018)"), "wrong_revision", "in force is Rev. March 2024"),
        (Looks(pages=6, fields=0, text=""), "flattened", "scan"),
        (Looks(pages=6, fields=22, filled=1, text="FormW-9(Rev.March2024)"), "fields_missing", "22 of 23"),
        (Looks(pages=6, fields=24, text="FormW-9(Rev.March2024)"), "unknown_copy", "bytes"),
        (Looks(pages=3, fields=70, text="FormW-8EXP(Rev.October2023)"), "unknown_copy", "W-8EXP"),
    ],
)
def test_looks_are_judged_in_the_order_of_repair(looks: Looks, code: str, said: str) -> None:
    refusal = judge(looks, BOOK)
    assert refusal.code == code
    assert said in refusal.detail


def test_every_listed_digest_is_taken_without_a_look(monkeypatch: pytest.MonkeyPatch) -> None:
    assert W9 is not None
    monkeypatch.setattr(child, "ask", lambda *_: pytest.fail("a child was started"))
    monkeypatch.setattr(hashlib, "sha256", lambda _: type("Known", (), {"hexdigest": lambda _: W9.copies[0].sha256})())
    assert identify_blank(b"whatever", BOOK, form="w9") == (W9, W9.copies[0])
