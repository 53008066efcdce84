"""Find which document a PDF is, or was before somebody changed it. Uploads are parsed in a child process only."""

import re
from collections.abc import Iterator
from io import BytesIO

from app.documents import child
from app.errors import DomainError

DOCUMENT_ID = re.compile(rb"doc_[0-9a-hjkmnp-tv-z]{26}(?![0-9A-Za-z_])")
_METADATA = re.compile(rb"/taxdeskdocument\s*\(\s*(doc_[0-9a-hjkmnp-tv-z]{26})\s*\)")
MOST_BYTES = child.MOST_BYTES
MOST_PAGES = 50


class UploadTooLarge(DomainError):
    """The upload has more bytes than a PDF to be verified may have."""

    def __init__(self) -> None:
        super().__init__(f"The file is larger than {MOST_BYTES // 1024 // 1024} MiB.", code="upload_too_large")


def find_document_id(pdf: bytes) -> str | None:
    """The id of the document that this file is, or was made from; None where it bears none.

    The file's own metadata are looked at as raw bytes first; then a child process, limited in memory and time, parses
    it (metadata, XMP, then text). A child that dies of a hostile file means None: nothing could be found.

    Raises:
        UploadTooLarge: more than 10 MiB.
    """
    if len(pdf) > MOST_BYTES:
        raise UploadTooLarge
    # The last one counts: an incremental save appends.
    if found := _METADATA.findall(pdf):
        return str(found[-1].decode("ascii"))
    return _in_child(pdf) if b"%PDF-" in pdf[:1024] else None


def _in_child(pdf: bytes) -> str | None:
    try:
        found = child.ask("app.documents.identify:parse", pdf)
    except child.ChildFailed:
        return None
    return found if isinstance(found, str) and DOCUMENT_ID.fullmatch(found.encode()) else None


def parse(pdf: bytes) -> str | None:
    """Look for the id in metadata and text with pypdf. Only for the child: the file is not trusted."""
    import pypdf

    limits = {"zlib_maximum_output_length": 20_000_000, "page_tree_maximum_entries": 300}
    try:
        with pypdf.apply_configuration(**limits):
            reader = pypdf.PdfReader(BytesIO(pdf))
            if reader.is_encrypted and not reader.decrypt(""):
                return None
            for place in _places(reader):
                if found := DOCUMENT_ID.search(place):
                    return found.group().decode("ascii")
    except (pypdf.errors.PyPdfError, ArithmeticError, LookupError, ValueError, TypeError, AttributeError):
        return None
    except (RecursionError, MemoryError):
        return None
    return None


def _places(reader: "pypdf.PdfReader") -> Iterator[bytes]:  # type: ignore[name-defined] # noqa: F821 - imported above
    information = reader.metadata or {}
    yield str(information.get("/taxdeskdocument", "")).encode("utf-8", "replace")
    metadata = reader.trailer["/Root"].get("/Metadata")  # type: ignore[union-attr, index]
    if metadata is not None:
        yield metadata.get_object().get_data()
    for page in reader.pages[:MOST_PAGES]:
        yield re.sub(r"\s+", " ", page.extract_text()).encode("utf-8", "replace")
