"""Why a PDF is not an acceptable blank, in words that say what to do. An untrusted file is opened in a child only.

A copy is accepted by its digest, never by its looks: the looks only explain why it was refused.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from app.documents import child
from app.documents.errors import BlankRefused
from forms.blanks import MONTHS, Blank, Copy, Registry

MOST_PAGES = 50
_MOST_FIELDS = 20_000
_MOST_TEXT = 40_000  # characters; the first two pages of a form have about 12,000
_MONTH = "|".join(MONTHS)
_FORM = re.compile(r"Form(W-\d[A-Z]*(?:-[A-Z])?|\d{3,4}(?:-[A-Z]{1,4})?)(?=\W|[A-Z][a-z]|$)")
_REVISION = re.compile(rf"\(Rev\.(?:({_MONTH})|(0?[1-9]|1[0-2])-)(\d{{4}})\)")
_DRAFT = re.compile(r"DRAFT|(?i:draftasof|notforfiling|earlyreleasedraft)")
_SHOWN_TEXT = re.compile(rb"(?s)\((?!\s*\)).*?\)\s*T[jJ]|<[0-9A-Fa-f\s]*[1-9A-Fa-f][0-9A-Fa-f\s]*>\s*T[jJ]|\]\s*TJ")


@dataclass(frozen=True, slots=True)
class Looks:
    """What a file looks like from outside: ``fields`` counts the form's fields, ``filled`` those that hold a value.

    ``text`` is that of the first two pages without white space; ``fault`` names what kept us from looking.
    """

    fault: str | None = None
    pages: int = 0
    fields: int = 0
    filled: int = 0
    has_xfa: bool = False
    text: str = ""


def identify_blank(pdf: bytes, registry: Registry, *, form: str | None = None) -> tuple[Blank, Copy]:
    """Which accepted copy of which blank these bytes are.

    Args:
        form: the form it must be, or None for any.

    Raises:
        BlankRefused: ``too_large``, ``not_a_pdf``, ``damaged``, ``encrypted``, ``xfa_only``, ``wrong_form``, ``draft``,
            ``wrong_revision``, ``flattened``, ``fields_missing``, ``values_left_in`` or ``unknown_copy``; the detail
            says what was found and what to do, and quotes nothing that somebody may have typed into the file.
    """
    known = registry.of(hashlib.sha256(pdf).hexdigest())
    if known and form in (None, known[0].form):
        return known
    raise _refusal(pdf, registry, registry.current(form) if form else None)


def _refusal(pdf: bytes, registry: Registry, wanted: Blank | None) -> BlankRefused:
    if len(pdf) > child.MOST_BYTES:
        return _refused("too_large", wanted)
    if b"%PDF-" not in pdf[:1024]:
        return _refused("not_a_pdf", wanted)
    try:
        looks = Looks(**child.ask("app.documents.filling.inspect:look", pdf))
    except child.ChildFailed as failed:
        return _refused("too_large" if failed.is_timeout else "damaged", wanted)
    return judge(looks, registry, wanted)


def judge(looks: Looks, registry: Registry, wanted: Blank | None = None) -> BlankRefused:
    """The first reason, in the order in which a person would repair them, why such a file is refused."""
    if looks.fault:
        return _refused(looks.fault, wanted)
    if looks.has_xfa and not looks.fields:
        return _refused("xfa_only", wanted)
    if not looks.text and not looks.fields:
        return _refused("flattened", wanted)
    named, revision = form_named(looks.text)
    found = next((blank for blank in registry.blanks if blank.name == named and blank.state == "current"), None)
    if found is None or (wanted and found.form != wanted.form):
        return _wrong_form(named, wanted, registry)
    if _DRAFT.search(looks.text):
        return _refused("draft", found)
    if revision and revision != found.revision:
        return _wrong_revision(found, revision)
    if not looks.fields:
        return _refused("flattened", found)
    if found.fields and looks.fields < found.fields:
        return _refused("fields_missing", found, f" It has {looks.fields} of {found.fields}.")
    if looks.filled:
        return _refused("values_left_in", found, f" {looks.filled} of {looks.fields} fields hold something.")
    return _refused("unknown_copy", found)


def form_named(text: str) -> tuple[str | None, str | None]:
    """The form and the revision (``2024-03``) that pages without white space name; None for what they do not."""
    revision = _REVISION.search(text)
    # A page also names the forms to be used instead: its own stands first, or right before its revision.
    name = _FORM.match(text)
    if name is None and revision is not None:
        name = _FORM.search(text, max(0, revision.start() - 20), revision.start())
    if revision is None:
        return (name[1] if name else None), None
    month = MONTHS.index(revision[1]) + 1 if revision[1] else int(revision[2])
    return (name[1] if name else None), f"{revision[3]}-{month:02d}"


_FOUND: Mapping[str, str] = {
    "draft": "It is a draft that the authority published for comment.",
    "flattened": "It has no form fields: it is a print, a scan or a flattened copy.",
    "fields_missing": "Form fields are missing: a viewer such as Preview on macOS saved it anew and lost them.",
    "values_left_in": "Somebody's entries are still in it.",
    "encrypted": "It is encrypted and needs a password to be opened.",
    "xfa_only": "It is an XFA form, which has no form fields that a PDF reader knows.",
    "damaged": "It is damaged or was cut short.",
    "not_a_pdf": "It is not a PDF.",
    "too_large": f"It is larger than a form can be ({child.MOST_BYTES // 1024 // 1024} MiB, {MOST_PAGES} pages).",
    "unknown_copy": "It looks right, but no copy that taxdesk knows has these bytes: somebody saved it anew.",
}


def _refused(code: str, blank: Blank | None, more: str = "") -> BlankRefused:
    return BlankRefused(code, f"{_FOUND[code]}{more} {_what_to_do(blank)}")


def _what_to_do(blank: Blank | None) -> str:
    if blank is None:
        return "Take the file that the authority serves and leave it as it was downloaded."
    return f"Download {blank.title} from {blank.address} and leave the file as it is."


def _wrong_form(named: str | None, wanted: Blank | None, registry: Registry) -> BlankRefused:
    found = f"It is Form {named}" if named else "Its first pages name no form"
    if wanted:
        return BlankRefused("wrong_form", f"{found}; {wanted.name} is wanted. {_what_to_do(wanted)}")
    known = ", ".join(dict.fromkeys(blank.name for blank in registry.blanks))
    return BlankRefused("wrong_form", f"{found}; taxdesk fills {known}. Leave the file out.")


def _wrong_revision(blank: Blank, revision: str) -> BlankRefused:
    year, month = revision.split("-")
    printed = f"Rev. {MONTHS[int(month) - 1]} {year}"
    if revision > blank.revision:
        newest = f"newer than {blank.printed}, the newest that this release of taxdesk knows"
        return BlankRefused("wrong_revision", f"It is {printed}, {newest}. Update taxdesk.")
    return BlankRefused("wrong_revision", f"It is {printed}; in force is {blank.printed}. {_what_to_do(blank)}")


_BY_ACCIDENT = (
    *(ArithmeticError, LookupError, ValueError, TypeError, AttributeError),
    *(RecursionError, NotImplementedError, OSError),
)
"""What pypdf raises, beside its own errors, on a file that is not as it should be."""


def look(pdf: bytes) -> dict[str, Any]:
    """What a file looks like, as the members of :class:`Looks`. Only for the child: the file is not trusted."""
    import pypdf

    limits = {"zlib_maximum_output_length": 20_000_000, "page_tree_maximum_entries": 300}
    try:
        with pypdf.apply_configuration(**limits):
            reader = pypdf.PdfReader(BytesIO(pdf))
            if reader.is_encrypted and not reader.decrypt(""):
                return {"fault": "encrypted"}
            return _seen(reader)
    except (pypdf.errors.LimitReachedError, MemoryError):
        return {"fault": "too_large"}
    except (pypdf.errors.FileNotDecryptedError, pypdf.errors.DependencyError):
        return {"fault": "encrypted"}
    except (pypdf.errors.PyPdfError, *_BY_ACCIDENT):
        return {"fault": "damaged"}


def _seen(reader: Any) -> dict[str, Any]:
    pages = len(reader.pages)
    if not pages:
        return {"fault": "damaged"}
    if pages > MOST_PAGES:
        return {"fault": "too_large"}
    form = _dictionary(_dictionary(reader.trailer["/Root"]).get("/AcroForm"))
    fields = list(_terminal_fields(form))
    words = "".join(_words(page) for page in reader.pages[:2])
    return {
        "pages": pages,
        "fields": len(fields),
        "filled": sum(map(_holds_something, fields)),
        "has_xfa": "/XFA" in form,
        "text": re.sub(r"\s+", "", words)[:_MOST_TEXT],
    }


def _words(page: Any) -> str:
    """A page's text, and that of comments and stamps on it."""
    text: str = page.extract_text()
    for annotation in page.get("/Annots") or ():
        entry = _dictionary(annotation)
        if entry.get("/Subtype") in ("/Stamp", "/FreeText", "/Watermark"):
            text += f" {entry.get('/Contents', '')} {entry.get('/Name', '')}".upper()
    return text


def _terminal_fields(form: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The fields that take a value: those without kids of their own name."""
    waiting, seen = list(form.get("/Fields") or ()), 0
    while waiting:
        field = _dictionary(waiting.pop())
        seen += 1
        if seen > _MOST_FIELDS:
            raise MemoryError
        kids = [kid for kid in field.get("/Kids") or () if "/T" in _dictionary(kid)]
        if kids:
            waiting += kids
        elif field:
            yield field


def _holds_something(field: Mapping[str, Any]) -> bool:
    """Whether a field has a value or a tick, or shows a text although it says that it has none."""
    if str(_resolved(field.get("/V")) or "").strip() not in ("", "/Off"):
        return True
    for each in (field, *(field.get("/Kids") or ())):
        widget = _dictionary(each)
        if widget.get("/AS") not in (None, "/Off"):
            return True
        if (widget.get("/FT") or field.get("/FT")) == "/Tx" and _shows_text(widget):
            return True
    return False


def _shows_text(widget: Mapping[str, Any]) -> bool:
    drawn = _resolved(_dictionary(widget.get("/AP")).get("/N"))
    return hasattr(drawn, "get_data") and bool(_SHOWN_TEXT.search(drawn.get_data()))


def _resolved(thing: Any) -> Any:
    return thing.get_object() if hasattr(thing, "get_object") else thing


def _dictionary(thing: Any) -> Mapping[str, Any]:
    found = _resolved(thing)
    return found if isinstance(found, dict) else {}
