"""Facts to an issued PDF: composed, drawn by WeasyPrint without a network, read back. Same facts, same bytes.

PDF/A-3a: tagged, fonts embedded, colours defined, language set, readable in thirty years. Its metadata carry the
document's id, number and code, so that a copy, altered or saved anew, still says which document it was.
"""

import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

import pydyf

from app.documents import fonts
from app.documents.check import check
from app.documents.errors import DrawingFailed
from app.documents.extent import MOST_PAGES
from app.documents.facts import Facts
from app.documents.page import TEMPLATES, compose
from app.documents.read_back import read_back

VARIANT = "pdf/a-3a"
TOO_LARGE = "The document needs more memory than one job may have."
_SUFFIXES = {".css": "text/css", ".svg": "image/svg+xml", ".jpg": "image/jpeg"}
DRAWING = threading.Lock()  # Pango's font map is not made for two threads


@dataclass(frozen=True, slots=True)
class Drawn:
    """A drawn document: its bytes, their SHA-256 in hexadecimal, and how many pages it has."""

    pdf: bytes
    sha256: str
    pages: int


def draw(kind: str, facts: Mapping[str, Any]) -> Drawn:
    """Draw a document and read it back, in this process; a worker draws apart (``app/documents/apart.py``).

    Args:
        kind: one of ``facts.KINDS``.
        facts: the JSON of the facts, as ``to_json`` gave it.
    Raises:
        InvalidFacts, TooManyRows: the facts are refused before anything is drawn.
        DrawingFailed: see its codes.
        ReadBackFailed: the bytes do not say what they must.
    """
    record = check(kind, facts)
    try:
        pdf = render(compose(record), identity(record))
        pages = read_back(pdf, record)
    except MemoryError:
        raise DrawingFailed("document_too_large", TOO_LARGE) from None
    return Drawn(pdf, hashlib.sha256(pdf).hexdigest(), pages)


@dataclass(frozen=True, slots=True)
class Identity:
    """What the file's metadata say about the document."""

    document_id: str
    number: str
    code: str


def identity(facts: Facts) -> Identity:
    return Identity(facts.header.document_id, facts.header.number, facts.header.code)


def render(html: str, named: Identity) -> bytes:
    """HTML to PDF/A-3a with nothing but the bundle. Raises DrawingFailed."""
    fonts.prepare()
    from weasyprint.urls import FatalURLFetchingError

    with DRAWING:
        try:
            return _written(html, named)
        except FatalURLFetchingError:
            raise DrawingFailed("resource_refused", "The page asks for something outside the bundle.") from None
        except (MemoryError, SystemError):  # libraries in C report an exhausted memory as either
            raise DrawingFailed("document_too_large", TOO_LARGE) from None
        except DrawingFailed:
            raise
        except Exception as error:
            raise DrawingFailed("render_failed", f"The renderer refused the page ({type(error).__name__}).") from error


def _written(html: str, named: Identity) -> bytes:
    document = _page_of(html)
    if len(document.pages) > MOST_PAGES:
        raise DrawingFailed("document_too_large", f"The document has more than {MOST_PAGES} pages.")
    document.fonts = NominalFonts()
    _name(document.metadata, named)
    pdf: bytes = document.write_pdf(finisher=_lay_open, pdf_variant=VARIANT, custom_metadata=True)
    return pdf


def _page_of(html: str) -> Any:
    from weasyprint import HTML

    configuration = fonts.configuration()
    source = HTML(string=html, url_fetcher=fetcher(), base_url="asset:")
    return source.render(font_config=configuration, stylesheets=[stylesheet()], pdf_variant=VARIANT)


@cache
def stylesheet() -> Any:
    """The print style sheet, parsed once per process."""
    fonts.configuration()
    from weasyprint import CSS

    return CSS(filename=TEMPLATES / "print" / "print.css", url_fetcher=fetcher(), font_config=fonts.configuration())


@cache
def fetcher() -> Any:
    """Serves ``asset:NAME`` from ``templates/print`` and stops the drawing for any other address."""
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    class BundleFetcher(URLFetcher):
        def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:  # noqa: ARG002 - WeasyPrint's signature
            scheme, _, name = url.partition(":")
            path = TEMPLATES / "print" / name
            if scheme != "asset" or "/" in name or path.suffix not in _SUFFIXES or not path.is_file():
                raise FatalURLFetchingError("outside the bundle")
            return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": _SUFFIXES[path.suffix]})

    return BundleFetcher()


class NominalFonts(dict[Any, Any]):
    """WeasyPrint's fonts of one document, with an exact way back from glyphs to characters.

    WeasyPrint notes the text of a glyph's first cluster. A letter that stands first under a combining accent would then
    read as nothing, everywhere. A glyph that the font assigns to one character reads as that character instead.
    """

    def __setitem__(self, key: Any, font: Any) -> None:
        font.to_unicode = _NominalText(_characters(font))
        super().__setitem__(key, font)


class _NominalText(dict[int, str]):
    def __init__(self, characters: Mapping[int, str]) -> None:
        super().__init__()
        self._characters = characters

    def __setitem__(self, glyph: int, text: str) -> None:
        super().__setitem__(glyph, self._characters.get(glyph, text))


_glyphs: dict[bytes, dict[int, str]] = {}


def _characters(font: Any) -> Mapping[int, str]:
    """Glyph to character, for glyphs that stand for exactly one character; kept per font file."""
    directory = font.file_content[:1024]  # begins with the checksum of every table
    if directory not in _glyphs:
        _glyphs[directory] = fonts.nominal(font.file_content, font.index)
    return _glyphs[directory]


class _Open(pydyf.Dictionary):
    """A dictionary that stands in the file as it is, not inside a compressed object stream."""

    compressible = False


def _lay_open(_document: Any, pdf: Any) -> None:
    """Keep only the structure tree compressed.

    A reader then finds pages, fonts and the document's identity without unpacking a thousand tags: reading back takes a
    third of the time, and the identity can be found in a damaged copy.
    """
    tree = {"/StructElem", "/StructTreeRoot"}
    for thing in (*pdf.objects, pdf.info):
        if type(thing) is pydyf.Dictionary and thing.get("Type") not in tree and "Nums" not in thing:
            thing.__class__ = _Open


def _name(metadata: Any, named: Identity) -> None:
    """Put the identity into the one RDF description that PDF/A readers look at (Dublin Core identifier)."""
    generate = metadata.generate_rdf_metadata
    fragment = (
        '<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" rdf:about="">'
        f"<dc:identifier>{escape(named.document_id)}</dc:identifier></rdf:Description></rdf:RDF>"
    )
    metadata.generate_rdf_metadata = lambda *arguments: generate(*arguments).replace(
        b"</rdf:RDF>", fragment.encode("utf-8")
    )
