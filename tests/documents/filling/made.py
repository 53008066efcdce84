"""Small blanks made at test time, of plain objects or by WeasyPrint, and what a filled form says when read."""

from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pypdfium2 as pdfium
from PIL import Image
from pypdf import PdfReader
from weasyprint import HTML

from app.documents import fonts
from app.documents.filling.fill import Info
from app.documents.filling.graph import Graph
from app.documents.filling.write import stream, whole
from app.documents.render import fetcher

FIRST_WIDGET = 6
SCALE = 4
INFO = Info(
    title="Form X (Rev. March 2026)",
    subject="A form of these tests",
    author="Harbour Software GmbH",
    created=datetime(2026, 4, 1, 12, tzinfo=UTC),
    document_id="doc_01hzzzzzzzzzzzzzzzzzzzzzzz",
    number="X-2026-000001",
    code="ABCD-EFGH",
)


def text(name: str, *rect: float, more: str = "") -> str:
    """A text field of its own, Helvetica 10 in blue."""
    box = " ".join(map(str, rect or (50, 700, 250, 716)))
    return f"<</Type/Annot/Subtype/Widget/FT/Tx/T({name})/F 4/P 3 0 R/Rect[{box}]/DA(/Helv 10 Tf 0 0 1 rg) {more}>>"


def check(name: str, *rect: float, state: str = "On", more: str = "") -> str:
    """A checkbox whose on state is ``state`` and which has no off appearance, as the IRS makes them."""
    box = " ".join(map(str, rect or (50, 600, 60, 610)))
    return (
        f"<</Type/Annot/Subtype/Widget/FT/Btn/T({name})/F 4/P 3 0 R/Rect[{box}]/AS/Off/V/Off"
        f"/AP<</N<</{state} 4 0 R>>>>/MK<</CA(4)>>{more}>>"
    )


def blank(
    *widgets: str,
    page: str = "",
    content: bytes = b"0 G 40 40 100 100 re S",
    form: str = "",
    catalogue: str = "",
    others: tuple[str, ...] = (),
    fields: tuple[int, ...] | None = None,
) -> bytes:
    """One letter page whose widgets are the objects 6, 7 ...; ``others`` follow them."""
    numbers = range(FIRST_WIDGET, FIRST_WIDGET + len(widgets))
    listed = " ".join(f"{number} 0 R" for number in (numbers if fields is None else fields))
    shown = " ".join(f"{number} 0 R" for number in numbers)
    objects = [
        f"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[{listed}]/DR<</Font<</Helv 5 0 R>>>>{form}>>{catalogue}>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 612 792]>>",
        f"<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<<>>/Annots[{shown}]{page}>>",
        stream(b"<<", content).decode("latin-1"),
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
        *widgets,
        *others,
    ]
    return whole([one.encode("latin-1") for one in objects], b"/Root 1 0 R")[0]


def drawn(html: str, variant: str | None = None) -> bytes:
    """A form that WeasyPrint draws from HTML with our fonts."""
    page = HTML(string=html, url_fetcher=fetcher(), base_url="asset:").render(font_config=fonts.configuration())
    pdf: bytes = page.write_pdf(pdf_forms=True, **({"pdf_variant": variant} if variant else {}))
    return pdf


def read(pdf: bytes) -> PdfReader:
    return PdfReader(BytesIO(pdf), strict=True)


def objects(pdf: bytes) -> Iterator[Any]:
    """Every object that the catalogue reaches, decoded: object streams hide nothing here."""
    yield from Graph(read(pdf)).reached().values()


def words_in(pdf: bytes, page: int, rect: tuple[float, float, float, float]) -> str:
    """What PDFium reads inside a rectangle of a page, line ends as spaces."""
    document = pdfium.PdfDocument(pdf)
    left, bottom, right, top = rect
    found: str = document[page].get_textpage().get_text_bounded(left, bottom, right, top)
    return " ".join(found.split())


def picture(pdf: bytes, page: int, *, fields: bool = True) -> Image.Image:
    """A page in grey, drawn by PDFium, ``SCALE`` pixels to the point."""
    document = pdfium.PdfDocument(pdf)
    if fields:
        document.init_forms()
    bitmap = document[page].render(scale=SCALE, may_draw_forms=fields, draw_annots=fields, grayscale=True)
    made: Image.Image = bitmap.to_pil()
    return made


def darkness(pdf: bytes, page: int, rect: tuple[float, float, float, float]) -> float:
    """The share of dark pixels inside a rectangle of a page."""
    image = picture(pdf, page)
    left, bottom, right, top = (round(value * SCALE) for value in rect)
    histogram = image.crop((left, image.height - top, right, image.height - bottom)).histogram()
    return sum(histogram[:128]) / sum(histogram)
