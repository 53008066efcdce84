"""The slow read-back finds by pypdf and fontTools what the fast one finds, and a font that lies to both."""

import re
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from app.documents.errors import ReadBackFailed
from app.documents.filling.compile import compile_blank
from app.documents.filling.fill import Filled, fill
from app.documents.filling.full_read_back import full_read_back
from app.documents.filling.plan import CompiledBlank
from tests.documents.filling import test_read_back as fast
from tests.documents.filling.test_read_back import INFO, LONG, MARKS, NAME, PAGE, TICK, VALUES, pattern, redrawn


@pytest.fixture(scope="module")
def w9(irs_blanks: Path) -> CompiledBlank:
    return compile_blank((irs_blanks / "fw9.pdf").read_bytes())


def faults(
    pdf: bytes, blank: CompiledBlank, values: Mapping[str, str | bool] = VALUES, *, is_fillable: bool = False
) -> tuple[str, ...]:
    try:
        full_read_back(pdf, blank, values, info=INFO, marks=MARKS, fillable=is_fillable)
    except ReadBackFailed as failed:
        return failed.missing or ("a failure that names nothing",)
    return ()


@pytest.mark.parametrize("is_fillable", [False, True])
@pytest.mark.parametrize("text", ["Łódź 東京 Ελλάδα", "שלום בע״מ", "नमस्ते लिमिटेड", LONG * 8])
def test_what_says_what_it_should_is_let_through(w9: CompiledBlank, text: str, is_fillable: bool) -> None:
    values = {**VALUES, NAME: text}
    filled = fill(w9, values, info=INFO, marks=MARKS, fillable=is_fillable)
    assert faults(filled.pdf, w9, values, is_fillable=is_fillable) == ()
    assert faults(filled.pdf, w9, {**values, PAGE + "f1_10[0]": "7"}, is_fillable=is_fillable) == (PAGE + "f1_10[0]",)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (pattern(rb"58\.6 659\.967 cm", rb"58.6 643.967 cm"), NAME),
        (pattern(rb"<([0-9A-F]{4})([0-9A-F]{4})", rb"<\1\1"), NAME),
        (pattern(fast.NAME_BLOCK, b""), NAME),
        (pattern(fast.TICK_BLOCK, b""), TICK),
        (fast.move_tick, TICK),
        (pattern(rb"60 280 m 500 276 l S", b""), "another shape, or one less"),
        (lambda content: content + b"\nBT /TdF0 9 Tf 1 0 0 1 50 20 Tm <0044> Tj ET", "page 1: another text"),
    ],
)
def test_a_change_of_what_is_drawn_is_found(w9: CompiledBlank, change: Callable[[bytes], bytes], found: str) -> None:
    filled = fill(w9, VALUES, info=INFO, marks=MARKS)
    told = faults(fast.rewritten(filled, w9, redrawn(change)), w9)
    assert any(found in one for one in told), told


def test_a_form_that_says_something_else_itself_is_found(w9: CompiledBlank) -> None:
    filled = fill(w9, VALUES, info=INFO, marks=MARKS)
    less = fast.rewritten(filled, w9, fast.change_object(rb"/Contents \[(\d+ 0 R) \d+ 0 R ", rb"/Contents [\1 "))
    assert "page 1: what the form itself says" in faults(less, w9)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (fast.change_object(rb"/T \(f1_01\[0\]\)(.*)/V <FEFF0042", rb"/T (f1_01[0])\1/V <FEFF0043"), NAME),
        (fast.change_object(rb"/T \(c1_1\[1\]\)(.*)/AS /2", rb"/T (c1_1[1])\1/AS /Off"), "the form's ticks"),
        (fast.change_object(rb"<[0-9A-F]{4}([0-9A-F]+> Tj)", rb"<0044\1"), NAME),
    ],
)
def test_a_change_of_a_field_that_stays_fillable_is_found(
    w9: CompiledBlank, change: Callable[[dict[int, bytes]], None], found: str
) -> None:
    filled = fill(w9, VALUES, info=INFO, marks=MARKS, fillable=True)
    assert found in faults(fast.rewritten(filled, w9, change), w9, is_fillable=True)


def lie_about_letters(objects: dict[int, bytes]) -> None:
    """The character map says of each glyph that it is the next one's letter."""
    for number, body in objects.items():
        head, _, rest = body.partition(b"stream\n")
        if b"/FlateDecode" not in head or b"/Subtype" in head:
            continue
        cmap = zlib.decompress(rest.removesuffix(b"\nendstream"))
        lines = re.findall(rb"<[0-9A-F]{4}> <[0-9A-F]+>", cmap)
        spoken = [line.split()[1] for line in lines]
        for line, other in zip(lines, [*spoken[1:], spoken[0]], strict=True):
            cmap = cmap.replace(line, line.split()[0] + b" " + other)
        packed = zlib.compress(cmap)
        objects[number] = b"<</Filter/FlateDecode/Length %d>>stream\n%b\nendstream" % (len(packed), packed)
        return
    raise AssertionError("no character map")


def test_a_font_that_lies_about_its_letters_is_found(w9: CompiledBlank) -> None:
    values = {**VALUES, NAME: "東京商事"}
    filled = fill(w9, values, info=INFO, marks=MARKS)
    assert faults(filled.pdf, w9, values) == ()
    told = faults(fast.rewritten(filled, w9, lie_about_letters), w9, values)
    assert "the font TdF1" in told


def test_a_font_that_lies_about_its_widths_is_found(w9: CompiledBlank) -> None:
    values = {**VALUES, NAME: "東京商事"}
    filled = fill(w9, values, info=INFO, marks=MARKS)
    narrow = fast.change_object(rb"\[1000\]", b"[900]")
    assert "the font TdF1" in faults(fast.rewritten(filled, w9, narrow), w9, values)


def test_what_is_no_pdf_is_a_failure(w9: CompiledBlank) -> None:
    assert faults(b"%PDF-1.7\n", w9) == ("the whole file",)


def test_both_readers_agree_on_every_fault_of_a_filled_form(w9: CompiledBlank) -> None:
    filled: Filled = fill(w9, VALUES, info=INFO, marks=MARKS)
    for name in VALUES:
        fewer = {field: value for field, value in VALUES.items() if field != name}
        assert faults(filled.pdf, w9, fewer)
        assert fast.faults(filled.pdf, w9, fewer)
