"""Values into a compiled blank: one appended update, drawn by us, flat or fillable. Same input, same bytes."""

from collections.abc import Mapping, Sequence

from app.documents.filling.drawing import Drawing, Filled, Placed
from app.documents.filling.marks import Mark
from app.documents.filling.metadata import Info
from app.documents.filling.plan import CompiledBlank
from app.documents.filling.values import resolve

__all__ = ["Filled", "Info", "Placed", "fill"]


def fill(
    blank: CompiledBlank,
    values: Mapping[str, str | bool],
    *,
    info: Info,
    marks: Sequence[Mark] = (),
    labels: Mapping[str, str] | None = None,
    fillable: bool = False,
) -> Filled:
    """Fill a blank.

    Args:
        values: field name to text, or to true or false for a checkbox; a checkbox and a radio field also take the name
            of the state that is to be on. A field that is not named stays as the blank has it; an empty text or false
            leaves it empty.
        labels: field name to the form's own words for its line, for the continuation sheet.
        fillable: keep the fields, with their values; otherwise the values become part of the pages.
    Raises:
        DrawingFailed: ``glyph_missing`` names each character that no bundled font has; ``text_too_long`` for more
            characters than the field takes (a text that only needs more room goes on on a continuation sheet);
            ``unknown_field``; ``not_a_state`` for a value that the box or list does not know, or two of one group.
    """
    entries = resolve(blank, values, fillable=fillable)
    drawing = Drawing(blank, info, labels or {})
    for entry in entries.texts:
        drawing.write(entry)
    for widget in entries.ticks:
        drawing.tick(widget)
    for mark in marks:
        drawing.mark(mark)
    return drawing.fillable() if fillable else drawing.flat()
