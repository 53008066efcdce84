"""Telling whether a PDF is one of ours, unchanged."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from app.desk import Desk
from app.documents.identify import find_document_id
from app.store.documents import StoredDocument, find_document, find_document_by_digest


class Result(StrEnum):
    """What is known of a file."""

    GENUINE = "genuine"
    ALTERED = "altered"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Verification:
    """The verdict; ``document`` is the one that the file is, or was before it was altered."""

    result: Result
    document: StoredDocument | None = None

    @property
    def superseded_by(self) -> str | None:
        return self.document.superseded_by if self.document else None


def verify_document(desk: Desk, pdf: bytes) -> Verification:
    """Compare a file with what was issued.

    The document's id stands in the file: with our digest it is genuine, with another altered; without an id of ours it
    is unknown.
    """
    with desk.database.reading() as session:
        document = find_document_by_digest(session, hashlib.sha256(pdf).hexdigest())
        if document:
            return Verification(Result.GENUINE, document)
        document_id = find_document_id(pdf)
        document = find_document(session, document_id) if document_id else None
    return Verification(Result.ALTERED, document) if document else Verification(Result.UNKNOWN)
