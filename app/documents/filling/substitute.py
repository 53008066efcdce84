"""Our own blank where the authority's is not installed: a page of inputs, drawn from a template.

It has the official line numbers in the official order, the certification word for word, and says that it is a
substitute. Its inputs have the names of the definition's boxes. ``own_blanks`` keeps what is drawn here.
"""

from functools import cache
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from app.documents import fonts
from app.documents.errors import DrawingFailed
from app.documents.page import TEMPLATES
from app.documents.render import DRAWING, NominalFonts, fetcher
from forms.model import FormDefinition

VARIANT = "pdf/a-3b"  # values are added to a page that is drawn already, so nobody could tag them
DOCUMENT_NUMBER = "document_number"
VERIFY_AT = "verify_at"
HOUSE_BOXES = frozenset({DOCUMENT_NUMBER, VERIFY_AT})  # in the footer; not of the form, and read-only


def compose(definition: FormDefinition, *, crossed_out: tuple[str, ...] = ()) -> str:
    """The substitute as HTML.

    Args:
        crossed_out: the strikes whose wording is drawn struck, as ``Filling.crossed_out`` names them.
    """
    template = _environment().get_template(_template(definition))
    return template.render(form=definition, quoted=definition.quotations, crossed_out=frozenset(crossed_out))


def draw(html: str) -> bytes:
    """A page of inputs as a PDF form. The same page gives the same bytes. Raises DrawingFailed."""
    fonts.prepare()
    from weasyprint import HTML
    from weasyprint.urls import FatalURLFetchingError

    with DRAWING:
        try:
            source = HTML(string=html, url_fetcher=fetcher(), base_url="asset:")
            document = source.render(
                font_config=fonts.configuration(), stylesheets=[_stylesheet()], pdf_variant=VARIANT, pdf_forms=True
            )
            if len(document.pages) != 1:
                raise DrawingFailed("render_failed", f"The substitute form has {len(document.pages)} pages.")
            document.fonts = NominalFonts()
            pdf: bytes = document.write_pdf(pdf_variant=VARIANT, pdf_forms=True)
        except FatalURLFetchingError:
            raise DrawingFailed("resource_refused", "The page asks for something outside the bundle.") from None
    return pdf


def _template(definition: FormDefinition) -> str:
    return f"forms/{definition.name.lower().replace('-', '_')}/{definition.revision}.html"


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


@cache
def _stylesheet() -> Any:
    from weasyprint import CSS

    path = TEMPLATES / "forms" / "substitute.css"
    return CSS(filename=path, url_fetcher=fetcher(), font_config=fonts.configuration())
