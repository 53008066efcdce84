"""The rows a decision rests on, as its proof shows them: made once for a book and told apart by identity."""

from collections.abc import Iterable

from tax_rules.decision import RowRead
from tax_rules.rulebook import RuleBook
from tax_rules.rulefiles import Row


def row_read(row: Row, book: RuleBook) -> RowRead:
    """A row of the book as the proof of a decision shows it."""
    return book.derive(_all_rows)[id(row)]


def each_once(rows: Iterable[RowRead]) -> tuple[RowRead, ...]:
    """The rows in their first order, each once; they are those of :func:`row_read`, so identity is enough."""
    return tuple({id(row): row for row in rows}.values())


def _all_rows(book: RuleBook) -> dict[int, RowRead]:
    """By the identity of the rows, which the book keeps as long as this lives: hashing a row would cost more."""
    return {id(row): RowRead.of(row) for row in book.rows()}
