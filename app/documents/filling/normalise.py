"""A blank read with pypdf and cleared of all that would hide, contradict or act on what is filled in.

Gone are XFA, usage rights, scripts and other actions, embedded files and media, push buttons, values left in fields
and the wish that the reader make appearances of its own. Fields and pages stay as they are.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import pypdf
from pypdf.errors import PyPdfError
from pypdf.generic import (
    ArrayObject,
    BooleanObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
    NullObject,
    NumberObject,
    StreamObject,
)

from app.documents.errors import BlankRefused
from app.documents.filling.graph import Graph, Key, dictionaries, key

MOST_BYTES = 10 * 1024 * 1024
MOST_PAGES = 50
MOST_WIDGETS = 5000
_DYNAMIC = "The form is dynamic XFA: without Adobe's software it has no pages to fill."
_LIMITS: dict[str, Any] = {"zlib_maximum_output_length": 20_000_000, "page_tree_maximum_entries": 300}
_DAMAGE = (PyPdfError, ArithmeticError, LookupError, ValueError, TypeError, AttributeError, RecursionError, MemoryError)

_OF_CATALOGUE = (
    *("/OpenAction", "/AA", "/URI", "/Collection", "/Perms", "/Extensions", "/NeedsRendering", "/Requirements"),
    *("/Legal", "/AF", "/PieceInfo", "/Metadata", "/SpiderInfo", "/Threads"),
)
_OF_NAMES = ("/JavaScript", "/EmbeddedFiles", "/Renditions", "/AlternatePresentations", "/URLS", "/Pages", "/Templates")
_OF_FORM = ("/XFA", "/SigFlags", "/NeedAppearances", "/CO")
_OF_FIELD = ("/DV", "/RV", "/DS")
_MEDIA = ("/FileAttachment", "/RichMedia", "/Screen", "/Movie", "/Sound", "/3D")
_INHERITED = ("/Resources", "/MediaBox", "/CropBox", "/Rotate")
_PDFA = re.compile(rb"pdfaid:part(?:\s*=\s*[\"']|>)\s*([1-4])")
_KINDS = ("/Tx", "/Btn", "/Ch", "/Sig")
_PUSH_BUTTON = 1 << 16
_RICH_TEXT = 1 << 25
_DEPTH = 32  # of the field tree


@dataclass(frozen=True, slots=True)
class Normalised:
    """A cleared blank in memory: its graph, its form, its pages and the widgets on each, in the order of the page."""

    graph: Graph
    form: DictionaryObject
    pages: list[tuple[IndirectObject, DictionaryObject]]
    pdfa: int | None  # part of PDF/A which the blank claimed
    id: bytes  # first half of its /ID; empty where it had none
    widgets: list[list[tuple[IndirectObject, DictionaryObject]]] = field(default_factory=list)


@contextmanager
def limited() -> Iterator[None]:
    """Read with pypdf under limits; what it cannot read is a damaged blank. Raises BlankRefused."""
    try:
        with pypdf.apply_configuration(**_LIMITS):
            yield
    except BlankRefused:
        raise
    except _DAMAGE as error:
        raise BlankRefused("damaged", f"The file is not a PDF that can be read ({type(error).__name__}).") from None


def normalise(pdf: bytes) -> Normalised:
    """Read a blank and clear it; to be called within ``limited``.

    Raises:
        BlankRefused: ``encrypted``, ``xfa_only``, ``no_fields``, ``too_large``, ``damaged``.
    """
    if len(pdf) > MOST_BYTES:
        raise BlankRefused("too_large", f"The file is larger than {MOST_BYTES // 1024 // 1024} MiB.")
    reader = _opened(pdf)
    root = reader.trailer["/Root"]
    if not isinstance(root, DictionaryObject):
        raise BlankRefused("damaged", "The file is not a PDF that can be read: it has no catalogue.")
    form = look(root, "/AcroForm")
    if not isinstance(form, DictionaryObject):
        raise BlankRefused("no_fields", "The PDF has no form fields; it is flat, or was printed to PDF.")
    if len(reader.pages) > MOST_PAGES:
        raise BlankRefused("too_large", f"The PDF has more than {MOST_PAGES} pages.")
    has_xfa = "/XFA" in form
    if has_xfa and look(root, "/NeedsRendering") == BooleanObject(True):
        raise BlankRefused("xfa_only", _DYNAMIC)
    blank = Normalised(Graph(reader), form, [_page(page) for page in reader.pages], _claimed(root), _identifier(reader))
    _clear_catalogue(root, form)
    for _, page in blank.pages:
        blank.widgets.append(_clear_annotations(blank.graph, page))
    if not any(blank.widgets):
        if has_xfa:
            raise BlankRefused("xfa_only", _DYNAMIC)
        raise BlankRefused("no_fields", "The PDF has no form fields; it is flat, or was printed to PDF.")
    if sum(map(len, blank.widgets)) > MOST_WIDGETS:
        raise BlankRefused("too_large", f"The form has more than {MOST_WIDGETS} fields.")
    _rebuild_fields(blank)
    for thing in blank.graph.reached().values():
        for part in dictionaries(thing):
            _disarm(part)
    return blank


def _opened(pdf: bytes) -> pypdf.PdfReader:
    try:
        reader = pypdf.PdfReader(BytesIO(pdf), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise BlankRefused("encrypted", "The file is encrypted and needs a password to be read.")
    except pypdf.errors.DependencyError:
        raise BlankRefused("encrypted", "The file is encrypted in a way that cannot be read here.") from None
    except pypdf.errors.FileNotDecryptedError:
        raise BlankRefused("encrypted", "The file is encrypted and needs a password to be read.") from None
    return reader


def _page(page: pypdf.PageObject) -> tuple[IndirectObject, DictionaryObject]:
    """The page as the file has it, with what it inherits written into it."""
    reference = page.indirect_reference
    own = reference.get_object() if reference is not None else None
    if reference is None or not isinstance(own, DictionaryObject):
        raise ValueError("a page is not an object of its own")
    for name in _INHERITED:
        if name not in own and name in page:
            own[NameObject(name)] = page.raw_get(name)
    return reference, own


def _claimed(root: DictionaryObject) -> int | None:
    metadata = look(root, "/Metadata")
    found = _PDFA.search(metadata.get_data()) if isinstance(metadata, StreamObject) else None
    return int(found.group(1)) if found else None


def _identifier(reader: pypdf.PdfReader) -> bytes:
    both = look(reader.trailer, "/ID")
    return bytes(both[0].original_bytes) if isinstance(both, ArrayObject) and both else b""


def _clear_catalogue(root: DictionaryObject, form: DictionaryObject) -> None:
    _drop(root, _OF_CATALOGUE)
    _drop(form, _OF_FORM)
    names = look(root, "/Names")
    if isinstance(names, DictionaryObject):
        _drop(names, _OF_NAMES)
        if not names:
            del root["/Names"]


def _clear_annotations(graph: Graph, page: DictionaryObject) -> list[tuple[IndirectObject, DictionaryObject]]:
    """Take media and push buttons from the page, and every value from its fields. Returns the widgets that stay."""
    kept: list[Any] = []
    widgets: list[tuple[IndirectObject, DictionaryObject]] = []
    seen: set[Key] = set()
    listed = look(page, "/Annots")
    for entry in list.__iter__(listed) if isinstance(listed, ArrayObject) else ():
        annotation = entry.get_object()
        if not isinstance(annotation, DictionaryObject) or look(annotation, "/Subtype") in _MEDIA:
            continue
        if look(annotation, "/Subtype") != "/Widget":
            kept.append(entry)
            continue
        kind = inherited(annotation, "/FT")
        if kind not in _KINDS or (kind == "/Btn" and flags(annotation) & _PUSH_BUTTON):
            continue
        reference = entry if isinstance(entry, IndirectObject) else graph.add(annotation)
        if key(reference) not in seen:
            seen.add(key(reference))
            kept.append(reference)
            widgets.append((reference, annotation))
    if kept:
        page[NameObject("/Annots")] = ArrayObject(kept)
    elif "/Annots" in page:
        del page["/Annots"]
    _drop(page, ("/AA", "/PieceInfo"))
    return widgets


def _rebuild_fields(blank: Normalised) -> None:
    """List in /Fields the topmost field of every widget, once, and in /Kids only what leads to a widget.

    WeasyPrint lists the buttons of a radio group beside their group and repeats its name in each.
    """
    tops: dict[Key, IndirectObject] = {}
    kids: dict[Key, dict[Key, IndirectObject]] = {}
    parents: dict[Key, DictionaryObject] = {}
    for page in blank.widgets:
        for reference, widget in page:
            below = reference
            for one in lineage(widget):
                parent = one.raw_get("/Parent") if "/Parent" in one else None
                if not isinstance(parent, IndirectObject):
                    tops.setdefault(key(below), below)
                    break
                kids.setdefault(key(parent), {})[key(below)] = below
                parents[key(parent)] = parent.get_object()  # type: ignore[assignment]
                below = parent
            _drop_repeated_name(widget)
    for place, parent in parents.items():
        parent[NameObject("/Kids")] = ArrayObject(kids[place].values())
    blank.form[NameObject("/Fields")] = ArrayObject(tops.values())


def _drop_repeated_name(widget: DictionaryObject) -> None:
    parent = look(widget, "/Parent")
    if isinstance(parent, DictionaryObject) and "/FT" in parent and "/T" in widget and widget["/T"] == parent.get("/T"):
        del widget["/T"]


def look(thing: DictionaryObject, name: str) -> Any:
    """An entry with its reference followed; None where there is none, or it leads nowhere."""
    value = thing[name] if name in thing else None  # noqa: SIM401 - get() does not follow references
    return None if isinstance(value, NullObject) else value


def lineage(one: DictionaryObject) -> Iterator[DictionaryObject]:
    """A field, its parent and so on to the top. Raises ValueError where that never ends."""
    for _ in range(_DEPTH):
        yield one
        parent = look(one, "/Parent")
        if not isinstance(parent, DictionaryObject):
            return
        one = parent
    raise ValueError("the field tree is too deep")


def inherited(one: DictionaryObject, name: str) -> Any:
    """An entry of the field or of the nearest field above it that has one; None where there is none."""
    return next((value for above in lineage(one) if (value := look(above, name)) is not None), None)


def flags(one: DictionaryObject) -> int:
    """/Ff as a number."""
    value = inherited(one, "/Ff")
    return int(value) if isinstance(value, NumberObject) else 0


def _disarm(thing: DictionaryObject) -> None:
    """Take actions other than a jump within the document, and what a field holds besides its value."""
    _drop(thing, ("/AA", "/PA"))
    action = look(thing, "/A")
    # In a structure element /A are attributes, which have an owner.
    if isinstance(action, DictionaryObject) and "/S" in action and "/O" not in action:
        if look(action, "/S") != "/GoTo":
            del thing["/A"]
        else:
            _drop(action, ("/Next",))
    if "/FT" in thing or look(thing, "/Subtype") == "/Widget":
        _drop(thing, _OF_FIELD)
        if "/Ff" in thing and look(thing, "/FT") == "/Tx":
            thing[NameObject("/Ff")] = NumberObject(flags(thing) & ~_RICH_TEXT)


def _drop(thing: DictionaryObject, names: tuple[str, ...]) -> None:
    for name in names:
        if name in thing:
            del thing[name]
