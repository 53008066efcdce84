"""What is drawn where a form has no field: a signature's text, a date, "Applied For", a line through an item."""

from dataclasses import asdict, dataclass

from forms.fill import Filling


@dataclass(frozen=True, slots=True, kw_only=True)
class TextMark:
    """One line of text on the page; it starts at ``x`` on ``baseline``.

    Points from the bottom left of the page as the PDF has it. Text wider than ``width`` is made smaller, to 6 pt; what
    is wider still is refused. ``role`` says what it is (``signature``, ``date``, ``applied_for``) and names it in
    errors and in the read-back.
    """

    page: int
    x: float
    baseline: float
    width: float
    text: str
    role: str
    size: float = 9.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StrikeMark:
    """A black line from one point of the page to another: an item crossed out."""

    page: int
    x0: float
    y0: float
    x1: float
    y1: float
    role: str


Mark = TextMark | StrikeMark


def marks_of(filling: Filling) -> tuple[Mark, ...]:
    """The marks that a form's answers want: texts where the blank has no field, and lines through wording."""
    texts = [TextMark(text=each.text, role=each.role, **asdict(each.place)) for each in filling.texts]
    return (*texts, *(StrikeMark(**asdict(each)) for each in filling.lines))
