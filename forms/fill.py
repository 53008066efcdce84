"""Checked answers to what stands in which box. It knows the box, not the font: ``app/documents/filling`` draws."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from forms.check import Checked, Fault
from forms.model import Box, Part, Place

BlankKind = Literal["official", "substitute"]


class FormBlocked(Exception):
    """The answers have faults for which the form may not be filled; ``faults`` has those."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__(", ".join(f"{fault.path}: {fault.code}" for fault in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedText:
    """A text where the blank has no field."""

    place: Place
    text: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedLine:
    """A line through wording that is crossed out; points from the bottom left of the page."""

    page: int
    x0: int
    y0: int
    x1: int
    y1: int
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """What to write into a blank.

    ``values`` and ``labels`` are by field of the blank; a label is the line as the form names it. ``crossed_out`` names
    the strikes that hold: a substitute is drawn with that wording struck, an official blank gets ``lines`` over it.
    """

    values: Mapping[str, str | bool]
    labels: Mapping[str, str]
    texts: tuple[PlacedText, ...]
    lines: tuple[PlacedLine, ...]
    crossed_out: tuple[str, ...]


def fill(checked: Checked, *, blank: BlankKind) -> Filling:
    """Say what stands where.

    Args:
        blank: ``official``: the authority's blank, by its field names; ``substitute``: our own page, by box names.
    Raises:
        FormBlocked: the answers have a fault of severity ``block``.
    """
    if checked.is_blocked:
        raise FormBlocked(tuple(fault for fault in checked.faults if fault.severity == "block"))
    values: dict[str, str | bool] = {}
    labels: dict[str, str] = {}
    texts: list[PlacedText] = []
    for box, value in _filled(checked):
        name = box.name if blank == "substitute" else box.field
        if name is not None:
            values[name] = value
            labels[name] = f"{'Line ' if box.line[0].isdigit() else ''}{box.line}: {box.words}"
        elif box.place is not None:
            texts.append(PlacedText(place=box.place, text=str(value), role=box.name))
    strikes = [s for s in checked.definition.strikes if s.when.holds(checked.facts, checked.today)]
    lines = [PlacedLine(page=s.page, x0=a, y0=b, x1=c, y1=d, role=s.name) for s in strikes for a, b, c, d in s.lines]
    return Filling(
        values=values,
        labels=labels,
        texts=tuple(texts),
        lines=tuple(lines) if blank == "official" else (),
        crossed_out=tuple(strike.name for strike in strikes),
    )


def _filled(checked: Checked) -> Iterator[tuple[Box, str | bool]]:
    """Every box that is not empty, with its value, in the order of the form."""
    for box in checked.definition.boxes:
        if not box.when.holds(checked.facts, checked.today):
            continue
        if box.tick is not None:
            if box.tick.holds(checked.facts, checked.today):
                yield box, True
        elif text := _text(checked, box):
            yield box, text


def _text(checked: Checked, box: Box) -> str:
    text = ""
    for part in box.parts:
        if part.when.holds(checked.facts, checked.today) and (piece := _piece(checked, part)):
            text += (part.before if text else "") + piece
    return text


def _piece(checked: Checked, part: Part) -> str:
    if part.path is None:
        return part.words or ""
    value = checked.facts.get(part.path)
    if isinstance(value, date):
        return f"{value:%m-%d-%Y}"
    if not isinstance(value, str):
        return ""
    if part.in_words:
        return checked.definition.words_of(part.path, value)
    return value[part.start : part.end]
