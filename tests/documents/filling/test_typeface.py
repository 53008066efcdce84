"""Text in many scripts, drawn: poppler and PDFium must show it inside its box, and give it back as it was."""

import hashlib
import os
import re
import subprocess
import sys
import timeit
import unicodedata
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.documents.errors import DrawingFailed
from app.documents.filling.typeface import BASE, Style, Typeface
from tests.documents.filling.sheet import (
    NINE,
    Box,
    draw,
    ink_by_pdfium,
    ink_by_poppler,
    needs_poppler,
    read_by_pdfium,
    read_by_poppler,
)

READ = {  # text that both readers give back letter for letter
    "polish": "Łódź Kraków",
    "german": "Zürich Straße",
    "greek": "Ελλάδα",
    "cyrillic": "Москва Київ",
    "vietnamese": "Nguyễn Việt",
    "composed on the way": "A\u030a\u0301 cafe\u0301",
    "marks without a letter of their own": "x\u0328\u0301 q\u0307",
    "phonetic, polytonic": "ʃ ἀγορά",
    "japanese": "東京都港区",
    "korean": "서울 한국어",
    "thai": "ไทย กรุงเทพ น้ำ",
    "devanagari": "हिन्दी श्री क्षेत्र",
    "bengali": "ঢাকা বাংলা",
    "tamil": "தமிழ் சென்னை",
    "gurmukhi, gujarati": "ਪੰਜਾਬੀ ગુજરાતી",
    "kannada, telugu, malayalam": "ಕನ್ನಡ తెలుగు മലയാളം",
    "georgian, armenian": "ქართული Հայերեն",
    "arabic": "العربية محمد بن سلمان",
    "arabic ligatures": "علاء صلاح الآن لأ",
    "hebrew": "עברית שלום בע״מ",
    "several": "Acme 東京 हिन्दी GmbH",
}
READER = {"poppler": read_by_poppler, "pdfium": read_by_pdfium}
INK = {"poppler": ink_by_poppler, "pdfium": ink_by_pdfium}


def plain(text: str) -> str:
    """What a reader gave back, without the marks of direction that it adds and the ends of page and line."""
    return re.sub("[\u202a-\u202e]", "", text).strip("\r\n\f\0")


@pytest.mark.parametrize("reader", READER)
@pytest.mark.parametrize("text", READ.values(), ids=READ)
def test_the_text_is_read_back_as_it_was(text, reader, tmp_path):
    sheet = draw(Box(text, Style(size=12.0), height=20.0))
    assert plain(READER[reader](sheet.pdf, tmp_path)) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize("reader", READER)
@pytest.mark.parametrize("text", ["العربية 123 (ABC) محمد", "מספר 45 (ישראל)", "Acme (تجربة) GmbH"])
def test_of_mixed_directions_every_word_is_read_back(text, reader, tmp_path):
    read = plain(READER[reader](draw(Box(text)).pdf, tmp_path))
    letters = [Counter("".join(re.findall(r"\w", each))) for each in (read, text)]
    assert letters[0] == letters[1]
    assert all(word in read for word in re.findall(r"\w+", text))


@pytest.mark.parametrize("reader", READER)
@pytest.mark.parametrize("text", ["مُحَمَّد", "שָׁלוֹם"])
def test_of_pointed_text_every_letter_is_read_back_and_their_order_is_said(text, reader, tmp_path):
    # neither reader keeps the order of right-to-left letters with marks; /ActualText says it to those that do
    sheet = draw(Box(text))
    composed = unicodedata.normalize("NFC", text)
    assert Counter(plain(READER[reader](sheet.pdf, tmp_path))) == Counter(composed)
    assert composed.encode("utf-16-be").hex().upper().encode() in sheet.laid[0].content


@pytest.mark.parametrize("engine", INK)
@pytest.mark.parametrize("text", READ.values(), ids=READ)
def test_every_letter_leaves_ink_and_none_outside_its_box(text, engine, tmp_path):
    box = Box(text, Style(size=12.0), width=220.0, height=18.0)
    again = Box(text, Style(size=12.0), width=220.0, height=18.0, y=600.0)
    sheet = draw(box, again)
    ink = INK[engine](sheet.pdf, tmp_path)
    first, second = ink(box, margin=1), ink(again, margin=1)  # a smoothed edge may reach into the next pixel
    assert first == second > 0  # both boxes show the same
    assert ink(None) == first + second  # and the rest of the page is white
    letters = [c for c in unicodedata.normalize("NFC", text) if unicodedata.category(c)[0] in "L"]
    assert first > 20 * len(letters)  # pixels at 3 to the point; a blank glyph would be missed


@pytest.mark.parametrize("engine", INK)
def test_what_is_wider_than_its_box_is_cut_at_the_box(engine, tmp_path):
    box = Box("東" * 30, NINE, width=40.0)
    sheet = draw(box)
    ink = INK[engine](sheet.pdf, tmp_path)
    assert ink(None) == ink(box, margin=1) > 0
    assert sheet.laid[0].remainder != ""


@pytest.mark.parametrize("engine", INK)
def test_colours_are_drawn_in_the_components_given(engine, tmp_path):
    styles = [Style(size=12.0, colour=c) for c in ((0.5,), (0.0, 0.0, 1.0), (0.0, 1.0, 1.0, 0.0), ())]
    boxes = [Box("MMMM", style, y=700.0 - 40 * n) for n, style in enumerate(styles)]
    picture = INK[engine](draw(*boxes).pdf, tmp_path)
    grey, blue, red, black = (picture.darkest(box) for box in boxes)
    assert max(grey) - min(grey) < 4
    assert 110 < grey[0] < 145
    assert blue[2] > 200 > 60 > blue[0]
    assert red[0] > 180 > 90 > red[2]
    assert max(black) < 10


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Party 🎉", "U+1F389 PARTY POPPER"),
        ("\ue000", "U+E000 (no name)"),
        ("ᚠ and ሀ", "U+1200 ETHIOPIC SYLLABLE HA, U+16A0 RUNIC LETTER FEHU FEOH FE F"),
        ("a\x07b", "U+0007 (no name)"),
        ("abc\u202ecba", "U+202E RIGHT-TO-LEFT OVERRIDE"),
        ("\ud800", "U+D800 (no name)"),
    ],
)
@pytest.mark.parametrize("style", [NINE, Style(multiline=True), Style(cells=20)], ids=["line", "lines", "comb"])
def test_what_cannot_be_drawn_is_named_by_code_point(text, named, style):
    with pytest.raises(DrawingFailed, match=re.escape(named)) as failure:
        Typeface().lay(text, 200.0, 40.0, style)
    assert failure.value.code == "glyph_missing"
    assert "Party" not in str(failure.value)


def test_a_comb_takes_no_more_characters_than_it_has_cells():
    with pytest.raises(DrawingFailed) as failure:
        Typeface().lay("1234567890", 90.0, 20.0, Style(size=9.0, cells=9))
    assert failure.value.code == "text_too_long"


@pytest.mark.parametrize("text", ["123456789", "Łódź", "東京हि1"])
def test_each_character_of_a_comb_stands_in_its_own_cell(text, tmp_path):
    box = Box(text, Style(size=9.0, cells=9), width=135.0, height=18.0)
    ink = ink_by_pdfium(draw(box).pdf, tmp_path)
    count = 4 if "東" in text else len(text)
    cells = [ink(Box("", NINE, 15.0, 18.0, x=box.x + 15.0 * n)) for n in range(9)]
    assert all(cells[:count])
    assert not any(cells[count:])
    edges = [ink(Box("", NINE, 2.0, 18.0, x=box.x + 15.0 * n - 1)) for n in range(10)]
    assert not any(edges)


def test_right_to_left_text_fills_a_comb_from_its_left_end_in_reading_order_from_the_right(tmp_path):
    sheet = draw(Box("אב", Style(size=9.0, cells=9), width=135.0, height=18.0))
    assert plain(read_by_pdfium(sheet.pdf, tmp_path)).replace(" ", "") == "אב"


def test_a_line_break_is_a_space_in_a_single_line_and_breaks_a_multi_line():
    one = Typeface().lay("12 Main St\r\nApt 4", 200.0, 14.0, NINE)
    two = Typeface().lay("12 Main St\r\nApt 4", 200.0, 30.0, Style(size=9.0, multiline=True))
    assert one.fitted == "12 Main St Apt 4"
    assert two.fitted == "12 Main St\nApt 4"
    assert two.content.count(b"BT") == 2


@pytest.mark.parametrize("text", ["word " * 60, "東京都" * 60, "كلمة " * 60, "कखग " * 60])
@pytest.mark.parametrize("multiline", [False, True])
def test_what_fitted_and_what_did_not_are_the_whole_text(text, multiline):
    text = text.strip()
    laid = Typeface().lay(text, 100.0, 30.0, Style(size=9.0, multiline=multiline))
    assert laid.size == 6.0
    assert laid.fitted
    assert laid.remainder
    assert (laid.fitted + laid.remainder).replace(" ", "") == text.replace(" ", "")


def test_invisible_characters_are_kept_in_the_text_and_not_drawn(tmp_path):
    sheet = draw(Box("soft\u00adhyphen \u200bzero\ufeff"))
    assert sheet.laid[0].fitted == "soft\u00adhyphen \u200bzero\ufeff"
    assert plain(read_by_pdfium(sheet.pdf, tmp_path)) == "softhyphen zero"


def test_an_empty_text_draws_nothing(tmp_path):
    for style in (NINE, Style(multiline=True), Style(cells=9)):
        laid = Typeface().lay("", 100.0, 14.0, style)
        assert (laid.fitted, laid.remainder) == ("", "")
        assert b"<0" not in laid.content


def test_a_joiner_between_letters_of_two_scripts_joins_nothing(tmp_path):
    assert plain(read_by_pdfium(draw(Box("a\u200d東")).pdf, tmp_path)).replace("\u200d", "") == "a東"


@settings(max_examples=150)
@given(
    st.text(alphabet="aZ ŁéйΩ東한สकाعלا\u0301\u064e\u05b8()12-\n\u200d", max_size=40),
    st.sampled_from([NINE, Style(), Style(size=9.0, multiline=True), Style(size=9.0, align=2)]),
)
def test_any_mixture_is_laid_and_nothing_of_it_is_lost(text, style):
    typeface = Typeface()
    try:
        laid = typeface.lay(text, 120.0, 24.0, style)
    except DrawingFailed:
        assert set(text) & set("\u0301\u064e\u05b8ा")  # a mark on a letter of another script
        return
    wanted = unicodedata.normalize("NFC", text if style.multiline else text.replace("\n", " "))
    kept = laid.fitted + laid.remainder
    assert re.sub(r"\s", "", kept) == re.sub(r"\s", "", wanted)
    assert {font.resource for font in typeface.fallback_fonts()} >= set(laid.resources) - {BASE.resource}


DIGEST = """
import hashlib
from app.documents.filling.typeface import BASE
from tests.documents.filling.sheet import Box, draw
from tests.documents.filling.test_typeface import READ
print(hashlib.sha256(draw(*(Box(text) for text in READ.values())).pdf).hexdigest())
"""


def test_the_same_texts_give_the_same_bytes_in_any_process():
    here = hashlib.sha256(draw(*(Box(text) for text in READ.values())).pdf).hexdigest()
    for seed in ("0", "4711"):
        run = subprocess.run(
            [sys.executable, "-c", DIGEST],
            env={**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": "C"},
            cwd=Path(__file__).parents[3],
            capture_output=True,
            check=True,
            text=True,
        )
        assert run.stdout.strip() == here


def test_a_document_embeds_only_the_glyphs_it_needs():
    sheet = draw(Box("東京"), Box("العربية"), Box("Łódź"))
    assert [font.resource for font in sheet.fonts] == ["TdF1", "TdF2"]
    assert sum(len(font.program) for font in sheet.fonts) < 20_000
    assert len(b"".join(BASE.objects(1))) < 64_000


def test_a_name_is_laid_out_in_microseconds():
    typeface, name = Typeface(), "Muster & Söhne Handels GmbH 12"
    typeface.lay(name, 517.4, 14.0, NINE)
    once = min(timeit.repeat(lambda: typeface.lay(name, 517.4, 14.0, NINE), number=2000, repeat=5)) / 2000
    # about ten times the look-ups themselves; shaping would be several hundred times
    codes = BASE.codes
    look_up = min(timeit.repeat(lambda: "".join(map(codes.__getitem__, name)), number=2000, repeat=5)) / 2000
    assert once < 30 * look_up


def test_every_font_is_embedded_cut_and_says_its_text(tmp_path):
    needs_poppler()
    path = tmp_path / "fonts.pdf"
    path.write_bytes(draw(Box("東 ع Ł")).pdf)
    names = subprocess.run(["pdffonts", path], capture_output=True, text=True, check=True)
    assert names.stderr == ""
    rows = names.stdout.splitlines()[2:]
    assert len(rows) == 3
    assert all(re.search(r"Identity-H\s+yes\s+yes\s+yes", row) for row in rows)
