"""What each box of a form must show, worked out from the values alone, and whether drawn text says it."""

import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.documents.filling import placing
from app.documents.filling.drawn import Block, Said
from app.documents.filling.plan import CompiledBlank, Widget
from app.documents.filling.syntax import Name

_ELLIPSIS = "…"
_REFERENCES = ("", "(seesheet)", "(seecontinuationsheet)")  # without white space, as all that is compared
_OPENING = str.maketrans(")]}>»›≥", "([{<«‹≤")
_RIGHT_TO_LEFT = frozenset(("R", "AL", "AN"))


@dataclass(slots=True)
class Expected:
    """One box: the text it shows, or None for a tick, and the field's value; ``is_continued`` once that was seen."""

    widget: Widget
    text: str | None
    value: str
    is_continued: bool = False

    def is_met_by(self, block: Block) -> bool:
        """Whether a block shows this in its box; remembers whether it refers to a continuation sheet."""
        if self.text is None:
            return placing.is_tick(block, self.widget)
        if not placing.is_text(block, self.widget):
            return False
        if says(block.said, self.text):
            return True
        self.is_continued = begins(block.said, self.text)
        return self.is_continued

    def is_value(self, given: Any) -> bool:
        """Whether a field's /V is this value."""
        if self.text is None:
            return bool(type(given) is Name and given == self.value)
        return given == b"\xfe\xff" + self.value.encode("utf-16-be")


def expected(blank: CompiledBlank, values: Mapping[str, str | bool], *, fillable: bool) -> dict[str, Expected]:
    """What must be drawn, by the widget's name: what the blank presets, with the values in its place."""
    given: dict[str, str | bool] = {widget.name: widget.preset for widget in blank.widgets.values() if widget.preset}
    named = {name for value in values for name in _named(blank, value)}
    kept = {name: preset for name, preset in given.items() if blank.widgets[name].field not in named}
    found: dict[str, Expected] = {}
    for name, value in (*kept.items(), *values.items()):
        for widget in _places(blank, name):
            if widget.kind == "check":
                one = _tick(widget, value)
            else:
                one = Expected(widget, _words(widget, str(value)), str(value)) if value else None
            if one is not None and not (widget.hidden and not fillable):
                found[widget.name] = one
    return found


def _named(blank: CompiledBlank, name: str) -> Iterator[str]:
    yield from (widget.field for widget in _places(blank, name))


def _places(blank: CompiledBlank, name: str) -> Sequence[Widget]:
    """The widgets that a name means: one by its own, or all of a field."""
    return blank.by_field.get(name) or (blank.widgets[name],)


def _tick(widget: Widget, value: str | bool) -> Expected | None:
    state = widget.on_state or ""
    is_on = value is True or (isinstance(value, str) and value in (state, *(words for _, words in widget.options)))
    return Expected(widget, None, state) if is_on else None


def _words(widget: Widget, value: str) -> str:
    return next((words for export, words in widget.options if value in (export, words)), value)


def says(said: Sequence[Said], text: str) -> bool:
    """Whether stretches of text say exactly ``text``, white space aside.

    Right-to-left letters are drawn in the order they are seen: there each letter must stand as often as it should.
    """
    wanted = squeezed(text)
    found = squeezed("".join([one.text for one in said]))
    if not all(one.text == one.spelled or _resemble(one) for one in said):
        return False
    return found == wanted or (_turns(wanted) and _letters(found) == _letters(wanted))


def begins(said: Sequence[Said], text: str) -> bool:
    """Whether they say the beginning of ``text``, three dots, and that the rest is on a sheet."""
    wanted = squeezed(text)
    found = squeezed("".join(one.text for one in said))
    if not all(one.text == one.spelled or _resemble(one) for one in said):
        return False
    if _turns(wanted):
        extra = _letters(found) - _letters(wanted)
        return any(extra <= Counter(_ELLIPSIS + words) for words in _REFERENCES) and _ELLIPSIS in found
    start, dots, after = found.rpartition(_ELLIPSIS)
    return bool(dots) and after in _REFERENCES and wanted.startswith(start) and len(start) < len(wanted)


def stands_whole(text: str, blocks: Sequence[Sequence[Said]]) -> bool:
    """Whether a text stands in these blocks, block after block; headings of further sheets may stand between."""
    wanted = squeezed(text)
    parts = [squeezed("".join(one.text for one in said)) for said in blocks]
    if _turns(wanted):
        return not _letters(wanted) - _letters("".join(parts))
    return any(_follows(wanted, parts[start:]) for start in range(len(parts)))


def _letters(text: str) -> Counter[str]:
    """How often each letter stands in right-to-left text, where a bracket is drawn as the one that mirrors it."""
    return Counter(text.translate(_OPENING))


def _follows(wanted: str, parts: Sequence[str]) -> bool:
    if not parts or not parts[0] or not wanted.startswith(parts[0]):
        return False
    rest = wanted
    for part in parts:
        rest = rest[len(part) :] if rest.startswith(part) else rest
    return not rest


def squeezed(text: str) -> str:
    """Without white space and what is never drawn, composed."""
    if text.isascii():
        return "".join(text.split())
    composed = unicodedata.normalize("NFC", text)
    return "".join([c for c in composed if not c.isspace() and unicodedata.category(c) != "Cf" and not _varies(c)])


def _varies(letter: str) -> bool:
    """A variation selector, which chooses a shape and is not seen."""
    return "\ufe00" <= letter <= "\ufe0f" or "\U000e0100" <= letter <= "\U000e01ef"


def _turns(text: str) -> bool:
    return not text.isascii() and any(unicodedata.bidirectional(letter) in _RIGHT_TO_LEFT for letter in text)


def _resemble(one: Said) -> bool:
    """Where glyphs cannot spell their text one by one (Indic syllables, ligatures), half of its letters are found."""
    letters = set(squeezed(one.text))
    return 2 * len(letters & set(squeezed(one.spelled))) >= len(letters) and bool(one.shown)
