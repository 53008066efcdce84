"""Which widget shows what: the caller's values, checked against the blank, all faults at once."""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from app.documents.errors import DrawingFailed
from app.documents.filling.plan import CompiledBlank, Widget
from app.errors import Fault


@dataclass(frozen=True, slots=True)
class Entry:
    """What one widget shows, and the field's value behind it: for a list the option's export value."""

    widget: Widget
    text: str
    value: str


@dataclass(frozen=True, slots=True)
class Entries:
    """Texts and list choices, and the checkboxes and radio buttons that are on."""

    texts: list[Entry] = field(default_factory=list)
    ticks: list[Widget] = field(default_factory=list)


class Refusal(Exception):
    """One value that the blank does not take. The detail never quotes it."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def pointer(name: str) -> str:
    """The JSON Pointer of a field among the values."""
    return "/" + name.replace("~", "~0").replace("/", "~1")


def refused(faults: list[Fault]) -> DrawingFailed:
    """All faults as one error; its code is that of the first."""
    one = "1 value does" if len(faults) == 1 else f"{len(faults)} values do"
    return DrawingFailed(faults[0].code, f"{one} not fit the form: {faults[0].detail}", *faults)


def resolve(blank: CompiledBlank, values: Mapping[str, str | bool], *, fillable: bool) -> Entries:
    """What every widget shows, in the order of ``values``; what the blank presets comes first.

    Raises:
        DrawingFailed: ``unknown_field``, ``not_a_state``, ``text_too_long``.
    """
    entries = Entries()
    states: dict[str, str] = {}
    faults: list[Fault] = []
    for name, value in (*_presets(blank, values), *values.items()):
        try:
            _place(entries, states, value, _places(blank, name), fillable=fillable)
        except Refusal as refusal:
            faults.append(Fault(pointer(name), refusal.code, refusal.detail))
    if faults:
        raise refused(faults)
    return entries


def _presets(blank: CompiledBlank, values: Mapping[str, str | bool]) -> Iterator[tuple[str, str]]:
    for name, preset in blank.presets.items():
        if not any(place.name in values for place in blank.by_field[name]):
            yield name, preset


def _places(blank: CompiledBlank, name: str) -> tuple[Widget, ...]:
    """All places of a field, or one radio button by its own name."""
    if places := blank.by_field.get(name):
        return places
    widget = blank.widgets.get(name)
    if widget is None or not widget.radio:
        raise Refusal("unknown_field", "The form has no such field.")
    return (widget,)


def _place(
    entries: Entries,
    states: dict[str, str],
    value: str | bool,
    places: tuple[Widget, ...],
    *,
    fillable: bool,
) -> None:
    first = places[0]
    if first.kind == "signature":
        raise Refusal("unknown_field", "A signature field takes no value; draw a mark in its place.")
    is_check = first.kind == "check"
    if not is_check and not isinstance(value, str):
        raise Refusal("not_a_state", "The field takes a text.")
    if value == "" or (is_check and value in (False, "Off")):
        return
    if first.hidden and not fillable:
        raise Refusal("unknown_field", "The field is hidden, so that a flat document would not show its value.")
    if is_check:
        on = [place for place in places if value is True or _is_state(place, str(value))]
        if not on or (value is True and len({place.on_state for place in places}) > 1):
            raise Refusal("not_a_state", "The value is not a state of this box; true, or a state's name, would be.")
        if states.setdefault(first.field, on[0].on_state or "") != on[0].on_state:
            raise Refusal("not_a_state", "Another button of the same group is on already.")
        entries.ticks.extend(place for place in on if place not in entries.ticks)
        return
    value = str(value)
    shown = value if first.kind == "text" else _shown(first, value)
    _check_length(first, value)
    entries.texts.extend(Entry(place, shown, value) for place in places)


def _is_state(widget: Widget, value: str) -> bool:
    return value == widget.on_state or value in dict(widget.options).values()


def _shown(widget: Widget, value: str) -> str:
    """The words of a list's option, named by them or by its export value."""
    for export, words in widget.options:
        if value in (export, words):
            return words
    if widget.editable:
        return value
    raise Refusal("not_a_state", "The value is not an option of this list.")


def _check_length(widget: Widget, text: str) -> None:
    if widget.max_length is None or len(text) <= widget.max_length:
        return
    length = len(unicodedata.normalize("NFC", text))
    if length > widget.max_length:
        raise Refusal("text_too_long", f"The text has {length} characters; the field takes {widget.max_length}.")
