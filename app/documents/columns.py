"""How wide the columns of a table of amounts are: by their longest entry, the description takes what is left."""

from dataclasses import dataclass

from app.documents import labels
from app.documents.facts import CorrectedInvoice, CreditNote
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


def columns_of(facts: CreditNote | CorrectedInvoice, words: Language) -> Columns:
    """The columns of a document's rows and of its sums."""
    taxed_alone = isinstance(facts, CreditNote) and facts.credits == "tax"
    headings = ("Quantity", "Taxable amount", "VAT rate", "VAT credited") if taxed_alone else _HEADINGS
    cells = [_cells(facts, words, column) for column in range(len(headings))]
    widths = [
        max(max(map(len, column)) * DIGIT, max(map(len, words.gettext(heading).split())) * HEADING + WIDE) + GUTTER
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


_HEADINGS = ("Quantity", "Net", "VAT rate", "VAT", "Gross")


def _cells(facts: CreditNote | CorrectedInvoice, words: Language, column: int) -> list[str]:
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
