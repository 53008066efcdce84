"""Whether facts can be drawn, told before a number is taken: every reason at once, and nothing is drawn."""

import unicodedata
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from app.documents import codec, fonts
from app.documents.errors import DrawingFailed, InvalidFacts
from app.documents.extent import (
    MOST_PAGES,
    NARROWEST_DESCRIPTION,
    description_width,
    most_pages,
    rows_beyond_a_page,
)
from app.documents.facts import Facts, RowFacts, load
from app.documents.text import printable
from app.errors import Fault
from app.i18n import UnsupportedLanguage, language

MOST_MARKS = 8  # on one letter: more cannot be told apart on paper, and run out of the column as one long letter


def check(kind: str, facts: Mapping[str, Any]) -> Facts:
    """The facts as they will be printed, or every reason why they cannot be; draws nothing.

    A service calls it before it gives a document its number.

    Raises:
        InvalidFacts, TooManyRows: see there.
        DrawingFailed: ``glyph_missing``, with the characters named by code point.
    """
    given = load(kind, facts)
    try:
        language(given.header.language)
    except UnsupportedLanguage:
        raise InvalidFacts(
            Fault("/header/language", "unsupported_language", "No catalogue is shipped for this language.")
        ) from None
    record = codec.with_texts(given, printable)
    faults, unknown = [], []
    for pointer, text in codec.texts(record):
        if not text:
            faults.append(Fault(pointer, "empty", "Nothing printable is left of this text."))
        elif _marks(text) > MOST_MARKS:
            faults.append(Fault(pointer, "too_many_marks", f"At most {MOST_MARKS} marks may follow one letter."))
        elif letters := fonts.undrawable(text):
            unknown.append(Fault(pointer, "glyph_missing", ", ".join(map(fonts.name_character, letters))))
    if faults:
        raise InvalidFacts(*faults)
    if unknown:
        raise DrawingFailed("glyph_missing", "No bundled font has these characters.", *unknown)
    if too_large := tuple(_extent_faults(record)):
        raise InvalidFacts(*too_large)
    return record


def _marks(text: str) -> int:
    """The most marks, of any script, that stand side by side in a text."""
    if text.isascii():
        return 0
    are_marks = groupby(text, lambda letter: unicodedata.category(letter)[0] == "M")
    return max((len(tuple(letters)) for is_mark, letters in are_marks if is_mark), default=0)


def _extent_faults(record: Facts) -> Iterator[Fault]:
    has_rows = isinstance(record, RowFacts)
    if isinstance(record, RowFacts) and description_width(record) < NARROWEST_DESCRIPTION:
        yield Fault("/lines", "too_wide", "The figures have too many digits: no room is left for the descriptions.")
    elif (pages := most_pages(record)) > MOST_PAGES:
        remedy = "Shorten the descriptions or split the document." if has_rows else "Shorten its texts."
        detail = f"It could take {pages} pages; one document has at most {MOST_PAGES}. {remedy}"
        yield Fault("/lines" if has_rows else "", "too_many_pages", detail)
    elif isinstance(record, RowFacts):
        detail = "Its row could be higher than a page. Shorten it."
        yield from (Fault(f"/lines/{n}/description", "too_high", detail) for n in rows_beyond_a_page(record))
