"""One page with boxes of text, written as plain objects: what these tests look at, without a blank and a filler."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from PIL import Image

from app.documents.filling.typeface import BASE, EmbeddedFont, Laid, Style, Typeface

PAGE = (612, 792)  # points, US Letter


NINE = Style(size=9.0)


@dataclass(frozen=True)
class Box:
    text: str
    style: Style = NINE
    width: float = 300.0
    height: float = 14.0
    x: float = 36.0
    y: float = 700.0


@dataclass(frozen=True)
class Sheet:
    pdf: bytes
    laid: tuple[Laid, ...]
    fonts: tuple[EmbeddedFont, ...]


def draw(*boxes: Box, outlines: bool = False) -> Sheet:
    """A page with every box drawn as a form draws it: each its own appearance, fonts shared."""
    typeface = Typeface()
    laid = tuple(typeface.lay(box.text, box.width, box.height, box.style) for box in boxes)
    fonts = typeface.fallback_fonts()
    bodies: list[bytes] = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>", b"", b""]
    numbers: dict[str, int] = {}
    for resource, font in [(BASE.resource, BASE), *((font.resource, font) for font in fonts)]:
        numbers[resource] = len(bodies) + 1
        bodies.extend(font.objects(len(bodies) + 1))
    content, names = b"", b""
    for n, (box, text) in enumerate(zip(boxes, laid, strict=True)):
        named = b"".join(b"/%b %d 0 R" % (name.encode(), numbers[name]) for name in text.resources)
        bodies.append(
            b"<</Type/XObject/Subtype/Form/BBox[0 0 %g %g]/Resources<</Font<<%b>>>>/Length %d>>stream\n%b\nendstream"
            % (box.width, box.height, named, len(text.content), text.content)
        )
        names += b"/X%d %d 0 R" % (n, len(bodies))
        outline = b"0.8 G 0.3 w 0 0 %g %g re S " % (box.width, box.height) if outlines else b""
        content += b"q 1 0 0 1 %g %g cm %b/X%d Do Q\n" % (box.x, box.y, outline, n)
    bodies[2] = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 %d %d]/Resources<</XObject<<%b>>>>/Contents 4 0 R>>" % (
        *PAGE,
        names,
    )
    bodies[3] = b"<</Length %d>>stream\n%b\nendstream" % (len(content), content)
    return Sheet(_file(bodies), laid, fonts)


def _file(bodies: Sequence[bytes]) -> bytes:
    pdf, offsets = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", []
    for number, body in enumerate(bodies, 1):
        offsets.append(len(pdf))
        pdf += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(bodies) + 1
    return pdf + b"xref\n0 %d\n0000000000 65535 f \n%btrailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        size,
        table,
        size,
        len(pdf),
    )


def needs_poppler() -> None:
    """Skip without poppler, but fail where CI says that nothing is left out."""
    if shutil.which("pdftotext") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("poppler's pdftotext must be installed here and is not")
        pytest.skip("no poppler (pdftotext)")


def read_by_poppler(pdf: bytes, folder: Path) -> str:
    needs_poppler()
    path = folder / "sheet.pdf"
    path.write_bytes(pdf)
    run = subprocess.run(["pdftotext", "-enc", "UTF-8", path, "-"], capture_output=True, check=True)
    assert run.stderr == b""
    return run.stdout.decode()


def read_by_pdfium(pdf: bytes, _folder: Path) -> str:
    return str(pdfium.PdfDocument(pdf)[0].get_textpage().get_text_range())


@dataclass(frozen=True)
class Picture:
    """A drawn page at three pixels to the point."""

    image: Image.Image

    def __call__(self, box: Box | None, margin: int = 0) -> int:
        """How many pixels of a box with so many pixels around it, or of the whole page, are not white."""
        return sum(self._cut(box, margin).convert("L").histogram()[:250])

    def darkest(self, box: Box) -> tuple[int, int, int]:
        """The colour where a stroke covers a pixel wholly."""
        colours = self._cut(box).getcolors(1 << 20) or []
        return min((colour for _, colour in colours), key=sum)  # type: ignore[arg-type, return-value]

    def _cut(self, box: Box | None, margin: int = 0) -> Image.Image:
        if box is None:
            return self.image
        left, right, top, bottom = box.x, box.x + box.width, PAGE[1] - box.y - box.height, PAGE[1] - box.y
        return self.image.crop(
            (
                round(3 * left) - margin,
                round(3 * top) - margin,
                round(3 * right) + margin,
                round(3 * bottom) + margin,
            )
        )


def ink_by_poppler(pdf: bytes, folder: Path) -> Picture:
    needs_poppler()
    path = folder / "sheet.pdf"
    path.write_bytes(pdf)
    run = subprocess.run(["pdftoppm", "-r", "216", "-png", "-singlefile", path, folder / "sheet"], capture_output=True)
    assert (run.returncode, run.stderr) == (0, b"")
    return Picture(Image.open(folder / "sheet.png").convert("RGB"))


def ink_by_pdfium(pdf: bytes, _folder: Path) -> Picture:
    return Picture(pdfium.PdfDocument(pdf)[0].render(scale=3).to_pil().convert("RGB"))
