"""How many pages a document takes at most, told from its facts alone: a number is taken only for what can be drawn.

A bound, not an estimate: nothing that passes may turn out longer, while something that would have fitted may be
refused. It holds whatever words a text is made of: of two lines that follow each other, the words together are wider
than the column, or the second would have begun on the first. So a text that is w wide has at most 1 + 2 w / column
lines. Measures are those of ``templates/print/print.css``, in millimetres.
"""

from collections.abc import Callable, Iterable, Iterator
from math import ceil

from app.documents import codec, fonts
from app.documents.columns import columns_of
from app.documents.facts import Facts, Line, RowFacts, TaxStatement
from app.i18n import language

MOST_PAGES = 100
POINT = 25.4 / 72
TEXT_WIDTH = 170.0  # between the margins
ROW_NUMBER = 8.0  # the first column
PADDING = 4.0  # left of every column after the description
PAGE = 297.0 - 27.0 - 37.0
FULL = 0.97  # of a page: borders and rounding take the rest
HEADINGS = 17.0  # headings of the columns, four lines of them, again on every page
ROOM = PAGE * FULL - HEADINGS  # for rows
NARROWEST_DESCRIPTION = 20.0
# Everything around the rows: the narrowest place where its texts stand, the largest type, and the highest line.
AROUND_WIDTH, AROUND_TYPE, AROUND_LINE = 40.0, 14 * POINT, 7.0
AROUND_SETTING = 160.0  # letterhead, window, title, sums and boxes without any text
AROUND_BREAKS = 3  # pages that end early because sums, notices or law stay together

# The reasons of a tax statement: their narrowest column, their type, the highest line, and what they take without text.
REASONS_WIDTH, REASONS_TYPE, REASONS_LINE = 100.0, 9 * POINT, 6.5
REASONS_SETTING = 100.0


def most_pages(facts: Facts) -> int:
    """No drawing of these facts has more pages. They are taken as printed: composed, in a language that is shipped."""
    if isinstance(facts, RowFacts):
        texts = [text for pointer, text in codec.texts(facts) if not pointer.startswith(("/lines/", "/reasonings/"))]
        reasons = _pages_of_reasons(facts) if isinstance(facts, TaxStatement) else 0
        return _pages_of_rows(facts) + reasons + _pages_around(texts)
    return _pages_around([text for _, text in codec.texts(facts)])


def description_width(facts: RowFacts) -> float:
    """What the columns of figures leave to the descriptions, in millimetres; may be negative."""
    columns = columns_of(facts, language(facts.header.language))
    return TEXT_WIDTH - ROW_NUMBER - sum(map(float, columns.widths)) - float(columns.item or 0)


def rows_beyond_a_page(facts: RowFacts) -> Iterator[int]:
    """The rows, from 0, that may be higher than a page: they would be split, and other texts stand in between."""
    width, item = description_width(facts), _item_width(facts)
    yield from (n for n, line in enumerate(facts.lines) if _row(line, width, item, _lines_of_words) > ROOM)


def _item_width(facts: RowFacts) -> float | None:
    item = columns_of(facts, language(facts.header.language)).item
    return None if item is None else float(item) - PADDING


def _pages_of_rows(facts: RowFacts) -> int:
    width, item, room = description_width(facts), _item_width(facts), ROOM
    pages, left = 1, 0.0  # nothing is said of how full the page is where the table begins
    for line in facts.lines:
        height = _row(line, width, item, _lines)
        if height > left:  # rows are not split, unless one is longer than a page
            pages += ceil(height / room)
            left = room if height <= room else 0.0
        left -= min(height, left)
    return pages


def _row(line: Line, width: float, item: float | None, lines_of: Callable[[str, float, float], int]) -> float:
    if item is None:
        size, leading, padding = 9 * POINT, 1.45, 4.0
        lines = lines_of(line.description, size, width) + lines_of(line.reference, size, width)
        return lines * size * leading + padding
    description = lines_of(line.description, 8.25 * POINT, width) * 8.25 * POINT * 1.35
    reference = lines_of(line.reference, 7 * POINT, item) * 7 * POINT * 1.6
    return max(description, reference) + 1.1


def _lines(text: str, size: float, width: float) -> int:
    return 1 + int(2 * fonts.widest(text) * size / width)


def _lines_of_words(text: str, size: float, width: float) -> int:
    """At most as many as ``_lines`` says, and mostly fewer: the words are set one after the other."""
    lines, left, space = 1, width, fonts.widest(" ") * size
    for word in text.split(" "):
        needed = fonts.widest(word) * size
        if needed > width:  # it begins a line of its own; a line in it ends where the next few letters find no room
            short = min(4 * max(fonts.widest(letter) for letter in word) * size, width / 2)
            lines, left = lines + ceil(needed / (width - short)), 0.0
        elif needed > left:
            lines, left = lines + 1, width - needed
        else:
            left -= needed
        left -= space
    return min(lines, _lines(text, size, width))


def _pages_of_reasons(facts: TaxStatement) -> int:
    texts = [text for pointer, text in codec.texts(facts) if pointer.startswith("/reasonings/")]
    lines = sum(_lines(text, REASONS_TYPE, REASONS_WIDTH) for text in texts)
    return 1 + ceil((len(facts.reasonings) * REASONS_SETTING + lines * REASONS_LINE) / (PAGE * FULL))


def _pages_around(texts: Iterable[str]) -> int:
    lines = sum(_lines(text, AROUND_TYPE, AROUND_WIDTH) for text in texts)
    return AROUND_BREAKS + ceil((AROUND_SETTING + lines * AROUND_LINE) / (PAGE * FULL))
