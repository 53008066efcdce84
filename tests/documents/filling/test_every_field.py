"""Every field of every blank takes the longest text it can, in many scripts, and three readers find it at its place."""

import random
import re
import subprocess
from collections import Counter
from functools import lru_cache
from pathlib import Path
from xml.etree import ElementTree as ET

import pypdfium2 as pdfium
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from app.documents.filling.compile import compile_blank
from app.documents.filling.expected import squeezed
from app.documents.filling.fill import Filled, fill
from app.documents.filling.full_read_back import full_read_back
from app.documents.filling.plan import CompiledBlank, Rect, Widget
from app.documents.filling.read_back import read_back
from app.documents.filling.typeface import Style, Typeface
from tests.documents.filling.made import INFO
from tests.documents.filling.sheet import needs_poppler

BLANKS = ("fw9.pdf", "fw8ben.pdf", "fw8bene.pdf", "fw8imy.pdf", "fw8eci.pdf", "fw8exp--2017.pdf")
SCALE = 3
WORDS = {
    "latin": "Zürich Łódź Ærø Şişli Čeština Ġorġ naïve Œuvre street 1234 Nguyễn Việt GmbH & Co.",
    "greek": "Ελλάδα Αθήνα Ευαγγελισμός Ώρα 12",
    "cyrillic": "Москва Київ Ђорђе Шчучын ООО Ўзбекистон",
    "japanese": "東京 株式会社 ソフトウェア 大阪府 北区",
    "hebrew": "שלום תל אביב רחוב הרצל 12",
    "arabic": "شركة المثال القاهرة شارع",
    "thai": "บริษัท ตัวอย่าง กรุงเทพ",
    "devanagari": "नमस्ते लिमिटेड दिल्ली",
}
SPELLED = ("latin", "greek", "cyrillic", "japanese")  # one letter after the other, left to right


@lru_cache(maxsize=8)
def compiled(path: Path) -> CompiledBlank:
    return compile_blank(path.read_bytes())


@lru_cache(maxsize=2048)
def longest(text: str, box: tuple[float, float], style: Style, most: int) -> str:
    """As much of a text as the box takes at 6 points, at most so many characters, without a space at its end."""
    low, high = 0, min(most, len(text))
    while low < high:
        middle = (low + high + 1) // 2
        fits = not Typeface().lay(text[:middle].rstrip(), *box, style).remainder
        low, high = (middle, high) if fits else (low, middle - 1)
    return text[:low].rstrip()


def long_text(script: str, seed: int, widget: Widget) -> str:
    chance = random.Random(seed)  # noqa: S311 - no secret
    if widget.cells or (widget.max_length or 99) < 12:
        letters = [letter for letter in WORDS[script] if letter.isalnum()] if script in SPELLED else list("0123456789")
        return "".join(chance.choice(letters) for _ in range(widget.cells or widget.max_length or 1))
    words = WORDS[script].split()
    width, height = widget.box
    letters = int(width / 1.5) * (int(height / 6) if widget.multiline else 1)  # more than can fit at 6 points
    text = " ".join(chance.choice(words) for _ in range(letters // 4 + 2))[:letters]
    style = Style(size=widget.size, colour=widget.colour, align=widget.align, multiline=widget.multiline)
    return longest(text, widget.box, style, widget.max_length or len(text))


def values_for(blank: CompiledBlank, script: str, seed: int) -> dict[str, str | bool]:
    values: dict[str, str | bool] = {}
    for widget in blank.widgets.values():
        if widget.hidden or widget.kind not in ("text", "check"):
            continue
        text = long_text(script, seed, widget) if widget.kind == "text" else True
        if text:
            values[widget.name] = text
    return values


def poppler_words(pdf: bytes, folder: Path) -> list[list[tuple[Rect, str]]]:
    """Each page's words with their rectangles, from the bottom left, as poppler finds them."""
    needs_poppler()
    (folder / "form.pdf").write_bytes(pdf)
    done = subprocess.run(
        ["pdftotext", "-bbox", str(folder / "form.pdf"), "-"], capture_output=True, check=True, text=True
    )
    assert done.stderr == ""
    plain = re.sub(r'<!DOCTYPE[^>]*>|xmlns="[^"]*"', "", done.stdout)
    found = []
    for page in ET.fromstring(plain).iter("page"):  # noqa: S314 - poppler's own output
        high = float(page.attrib["height"])
        words = []
        for word in page.iter("word"):
            left, top, right, bottom = (float(word.attrib[key]) for key in ("xMin", "yMin", "xMax", "yMax"))
            words.append(((left, high - bottom, right, high - top), word.text or ""))
        found.append(words)
    return found


def inside(words: list[tuple[Rect, str]], rect: Rect, *, cells: bool = False) -> str:
    """The words whose middle lies inside a rectangle; those of cells from left to right."""
    found = [
        (place, text)
        for place, text in words
        if rect[0] <= (place[0] + place[2]) / 2 <= rect[2] and rect[1] <= (place[1] + place[3]) / 2 <= rect[3]
    ]
    return " ".join(text for _, text in (sorted(found) if cells else found))


def agree(script: str, found: str, own: str, text: str) -> bool:
    """The same text; where a script is drawn in another order or in joined shapes, the same letters.

    ``own`` are words of the form itself that reach into the box.
    """
    seen, wanted = squeezed(found).replace(squeezed(own), "", 1), squeezed(text)
    if seen == wanted:
        return True
    missing = Counter(wanted) - Counter(seen)
    return script not in SPELLED and missing.total() <= len(wanted) // 4


@pytest.mark.parametrize("file", BLANKS)
@settings(
    max_examples=4,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(script=st.sampled_from(sorted(WORDS)), seed=st.integers(0, 2**32))
def test_every_value_stands_whole_at_its_place(
    irs_blanks: Path, tmp_path: Path, file: str, script: str, seed: int
) -> None:
    blank = compiled(irs_blanks / file)
    values = values_for(blank, script, seed)
    filled = fill(blank, values, info=INFO)
    assert filled.continued == ()
    read_back(filled.pdf, blank, values, info=INFO)
    full_read_back(filled.pdf, blank, values, info=INFO)
    empty = fill(blank, {}, info=INFO).pdf
    words, own_words = poppler_words(filled.pdf, tmp_path), poppler_words(empty, tmp_path)
    pages, own_pages = ([page.get_textpage() for page in pdfium.PdfDocument(pdf)] for pdf in (filled.pdf, empty))
    for name, value in values.items():
        widget = blank.widgets[name]
        if isinstance(value, str):
            left, low, right, high = widget.rect
            crop, n = blank.pages[widget.page].crop_box, widget.page
            moved = (left - crop[0], low - crop[1], right - crop[0], high - crop[1])
            seen, own = (inside(page[n], moved, cells=bool(widget.cells)) for page in (words, own_words))
            assert agree(script, seen, own, value), (name, "poppler")
            bounded, own = (page[n].get_text_bounded(left, low, right, high) for page in (pages, own_pages))
            assert agree(script, bounded, own, value), (name, "PDFium")


def pictures(pdf: bytes) -> list[Image.Image]:
    return [page.render(scale=SCALE, grayscale=True).to_pil() for page in pdfium.PdfDocument(pdf)]


@pytest.mark.parametrize("file", BLANKS)
@pytest.mark.parametrize("script", ["latin", "devanagari"])
def test_ink_stands_in_the_boxes_and_nowhere_else(irs_blanks: Path, file: str, script: str) -> None:
    blank = compiled(irs_blanks / file)
    values = values_for(blank, script, 7)
    filled: Filled = fill(blank, values, info=INFO)
    before = pictures(fill(blank, {}, info=INFO).pdf)
    for number, (old, new) in enumerate(zip(before, pictures(filled.pdf), strict=True)):
        difference = ImageChops.difference(old, new).point(lambda level: 255 if level > 24 else 0)
        for name in values:
            widget = blank.widgets[name]
            if widget.page != number:
                continue
            left, low, right, high = (value * SCALE for value in widget.rect)
            box = (int(left), int(new.height - high), int(right) + 1, int(new.height - low) + 1)
            assert difference.crop(box).getbbox() is not None, name
            # a pixel more at each side for the edge of what is drawn
            difference.paste(0, (box[0] - 1, box[1] - 1, box[2] + 1, box[3] + 1))
        assert difference.getbbox() is None, f"ink outside of every box on page {number + 1}"
