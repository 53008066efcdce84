"""How wide the columns of a table of amounts are: by their longest entry, the description takes what is left."""

import unicodedata
from dataclasses import dataclass

from app.documents import labels
from app.documents.facts import RefundStatement, RowFacts
from app.i18n import Language

DIGIT = 1.82  # mm, a figure of Noto Sans at 9 pt (572/1000 em), rounded up
HEADING = 1.35  # mm, an average letter of a heading at 7.5 pt
WIDE = 1.2  # mm, what a short heading of wide letters takes more
GUTTER = 4.2  # mm between two columns
EDGE = 3.0  # mm right of the last column
REFERENCE = 1.6  # mm, an average letter of an item's reference at 7 pt
WIDEST_ITEM = 30.0  # mm, longer references wrap
AIRY_ROWS = 8
SUM_DIGIT = 2.4  # mm, a bold figure or capital at 11 pt
TEXT = 170.0  # mm, the width between the margins
NARROWEST = 45.0  # mm for the descriptions; below, the figures shrink
SHRUNK = 6.5 / 9
TAXES_HEADING = 22.0  # mm, the widest word that heads a table of taxes


@dataclass(frozen=True, slots=True)
class Columns:
    """Widths in millimetres, from the quantity to the right; ``tight``: the figures are set in 6.5 pt.

    ``item``: long tables are set closely and have a column for the item's reference; in short ones it is None, and the
    reference stands below the description.
    """

    item: str | None
    widths: tuple[str, ...]
    sum: str
    tight: bool


def columns_of(facts: RowFacts, words: Language) -> Columns:
    """The columns of a document's rows and of its sums."""
    headings = labels.headings(words, facts)
    cells = [_cells(facts, words, column) for column in range(len(headings))]
    widths = [
        max(max(map(len, column)) * DIGIT, max(map(_letters, heading.split())) * HEADING + WIDE) + GUTTER
        for heading, column in zip(headings, cells, strict=True)
    ]
    item = None
    if len(facts.lines) > AIRY_ROWS:
        item = min(max(len(line.reference) for line in facts.lines) * REFERENCE + GUTTER, WIDEST_ITEM)
    tight = TEXT - 8 - EDGE - (item or 0) - sum(widths) < NARROWEST
    if tight:
        widths = [(width - GUTTER) * SHRUNK + GUTTER for width in widths]
    widths[-1] += EDGE
    longest = len(words.amount(facts.totals.gross, facts.currency))
    return Columns(
        item and f"{item:.1f}", tuple(f"{width:.1f}" for width in widths), f"{longest * SUM_DIGIT + 3:.1f}", tight
    )


def ledger_of(facts: RefundStatement, words: Language) -> str:
    """The width in millimetres of a column of amounts that has room for every amount of a statement."""
    sums = (facts.charged, facts.credited, facts.remaining, *(a.credited for a in facts.adjustments))
    amounts = [amount for total in sums for amount in (total.net, total.tax, total.gross)]
    amounts += [facts.paid, facts.refunded, facts.outstanding, *(m.amount for m in facts.movements)]
    headings = ("Net", "Tax amount", "Gross", "Amount")
    heading = max(_letters(word) for name in headings for word in words.gettext(name).split()) * HEADING + WIDE
    return f"{max(max(len(words.number(a)) for a in amounts) * DIGIT, heading) + GUTTER:.1f}"


def taxes_of(facts: RowFacts, words: Language) -> str:
    """The width in millimetres of a column of amounts in a table of taxes by jurisdiction."""
    return f"{max(len(words.number(facts.totals.gross)) * DIGIT, TAXES_HEADING) + GUTTER:.1f}"


def _letters(text: str) -> float:
    """How many average letters wide a heading is; an ideograph takes two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _cells(facts: RowFacts, words: Language, column: int) -> list[str]:
    return [
        (
            words.quantity(line.quantity),
            words.number(line.net),
            labels.rate(words, line.rate_percent),
            words.number(line.tax),
            words.number(line.gross),
        )[column]
        for line in facts.lines
    ]
