"""What must be there before a document can be drawn, in words for the readiness page."""

from app import i18n
from app.documents import fonts
from app.documents.errors import DrawingFailed
from app.documents.filling import bidi


def missing_parts() -> list[str]:
    """One sentence for every part that is missing or not as it should be; empty when documents can be drawn."""
    return [*_renderer_faults(), *_filler_faults(), *fonts.faults(), *i18n.missing_parts()]


def _filler_faults() -> list[str]:
    try:
        bidi.levels("א")
    except DrawingFailed:
        return ["FriBidi: not found, right-to-left text could not go into forms (Debian: libfribidi0)"]
    return []


def _renderer_faults() -> list[str]:
    try:
        fonts.prepare()
        from weasyprint.text.ffi import harfbuzz_subset
    except (ImportError, OSError):
        return ["Pango: WeasyPrint cannot load its libraries (Debian: libpango-1.0-0 libpangoft2-1.0-0)"]
    if not harfbuzz_subset:
        return ["HarfBuzz subset library: not found, drawing would be six times slower (Debian: libharfbuzz-subset0)"]
    return []
