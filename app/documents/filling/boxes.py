"""The widgets of a normalised blank, read: what each is called, where it stands and what it takes."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
    NumberObject,
    StreamObject,
    TextStringObject,
)

from app.documents.filling.appearance import backdrop, default_appearance, tick, turned
from app.documents.filling.extras import Extra
from app.documents.filling.normalise import Normalised, flags, inherited, lineage, look
from app.documents.filling.plan import Kind, Rect, Widget
from app.documents.filling.write import numbers

_READ_ONLY, _REQUIRED, _MULTILINE, _PASSWORD = 1, 1 << 1, 1 << 12, 1 << 13
_RADIO, _EDIT, _FILE, _COMB = 1 << 15, 1 << 18, 1 << 20, 1 << 24
_HIDDEN, _NO_VIEW = 1 << 1, 1 << 5
_KINDS: dict[str, Kind] = {"/Tx": "text", "/Btn": "check", "/Ch": "choice", "/Sig": "signature"}


@dataclass(frozen=True, slots=True)
class Box:
    """A widget in memory: its object, the field that holds its value, and the plan as far as it is known."""

    reference: IndirectObject
    entry: DictionaryObject
    holder: IndirectObject
    widget: Widget


def apply(blank: Normalised, extras: Mapping[str, Extra]) -> None:
    """Write ``extras`` into the blank's fields. Raises ValueError for a field that it does not have."""
    fields = {_field(entry): _holder(reference, entry) for reference, entry in _entries(blank)}
    for name, extra in extras.items():
        if name not in fields:
            raise ValueError(f"the blank has no field {name}")
        _apply(fields[name].get_object(), extra)  # type: ignore[arg-type]


def _apply(field: DictionaryObject, extra: Extra) -> None:
    bits = flags(field)
    if extra.comb is not None:
        bits = bits & ~(_MULTILINE | _PASSWORD | _FILE) | _COMB
        field[NameObject("/MaxLen")] = NumberObject(extra.comb)
    if extra.align is not None:
        field[NameObject("/Q")] = NumberObject(extra.align)
    bits |= _READ_ONLY if extra.read_only else 0
    bits |= _REQUIRED if extra.required else 0
    if bits:
        field[NameObject("/Ff")] = NumberObject(bits)
    if extra.label is not None:
        field[NameObject("/TU")] = TextStringObject(extra.label)


def read(blank: Normalised) -> list[Box]:
    """Every widget in reading order, named; see ``Widget`` for the names."""
    entries = list(_entries(blank))
    fields = Counter(_field(entry) for _, entry in entries)
    taken: Counter[str] = Counter()
    boxes = []
    page_of = {id(entry): number for number, page in enumerate(blank.widgets) for _, entry in page}
    for reference, entry in entries:
        field = _field(entry)
        name = field
        if fields[field] > 1 and inherited(entry, "/FT") == "/Btn":
            name = f"{field}#{_on_state(entry)}"
        taken[name] += 1
        name = name if taken[name] == 1 else f"{name}#{taken[name]}"
        widget = _widget(blank, entry, name=name, field=field, page=page_of[id(entry)], places=fields[field])
        boxes.append(Box(reference, entry, _holder(reference, entry), widget))
    return boxes


def _entries(blank: Normalised) -> Iterator[tuple[IndirectObject, DictionaryObject]]:
    for page in blank.widgets:
        yield from page


def _field(entry: DictionaryObject) -> str:
    names = [str(look(one, "/T")) for one in lineage(entry) if look(one, "/T") is not None]
    return ".".join(reversed(names))


def _holder(reference: IndirectObject, entry: DictionaryObject) -> IndirectObject:
    """The nearest field that has a name: it holds the value. Without any, the widget itself."""
    at = reference
    for one in lineage(entry):
        if "/T" in one:
            return at
        above = one.raw_get("/Parent") if "/Parent" in one else None
        if not isinstance(above, IndirectObject):
            break
        at = above
    return reference


def _widget(blank: Normalised, entry: DictionaryObject, *, name: str, field: str, page: int, places: int) -> Widget:
    kind = _KINDS[inherited(entry, "/FT")]
    bits = flags(entry)
    rect = _rect(entry)
    rotation = _rotation(entry)
    width, height = rect[2] - rect[0], rect[3] - rect[1]
    if rotation in (90, 270):
        width, height = height, width
    is_multiline = kind == "text" and bool(bits & _MULTILINE)
    max_length = _whole(inherited(entry, "/MaxLen")) if kind == "text" else None
    is_comb = bits & _COMB and not bits & (_MULTILINE | _PASSWORD | _FILE)
    cells = max_length if is_comb and max_length else None
    style = default_appearance(str(inherited(entry, "/DA") or look(blank.form, "/DA") or ""))
    on_state = _on_state(entry) if kind == "check" else None
    under = backdrop(entry, width, height, cells)
    matrix = turned(rect, rotation)
    return Widget(
        name=name,
        field=field,
        kind=kind,
        page=page,
        rect=rect,
        rotation=rotation,
        size=style.size,
        colour=style.colour,
        align=_alignment(blank, entry),
        multiline=is_multiline,
        cells=cells,
        max_length=max_length,
        read_only=bool(bits & _READ_ONLY),
        required=bool(bits & _REQUIRED),
        hidden=bool((_whole(look(entry, "/F")) or 0) & (_HIDDEN | _NO_VIEW)) or not (width and height),
        radio=kind == "check" and (bool(bits & _RADIO) or places > 1),
        on_state=on_state,
        options=_options(entry, on_state),
        editable=kind == "choice" and bool(bits & _EDIT),
        label=_words(inherited(entry, "/TU")) or None,
        preset=_preset(entry, kind, on_state),
        object=0,
        head=b"",
        parent=None,
        backdrop=under,
        tick=tick(entry, width, height, style.colour) if kind == "check" else b"",
        flat_head=b"q %b cm\n" % numbers(*matrix[:4], matrix[4] + rect[0], matrix[5] + rect[1]),
        form_head=b"<< /Type /XObject /Subtype /Form /BBox [%b] /Matrix [%b]"
        % (numbers(0, 0, width, height), numbers(*matrix)),
    )


def _rect(entry: DictionaryObject) -> Rect:
    """Sorted: WeasyPrint writes the upper corner first."""
    found = look(entry, "/Rect")
    if not isinstance(found, ArrayObject) or len(found) != 4:
        raise ValueError("a widget has no rectangle")
    x0, y0, x1, y1 = (float(value) for value in found)
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def _rotation(entry: DictionaryObject) -> int:
    frame = look(entry, "/MK")
    turn = _whole(look(frame, "/R")) if isinstance(frame, DictionaryObject) else None
    return (turn or 0) % 360 if (turn or 0) % 90 == 0 else 0


def _alignment(blank: Normalised, entry: DictionaryObject) -> int:
    found = _whole(inherited(entry, "/Q"))
    found = _whole(look(blank.form, "/Q")) if found is None else found
    return found if found in (1, 2) else 0


def _on_state(entry: DictionaryObject) -> str:
    """The name of the on appearance; never assumed where the blank has one."""
    appearance = look(entry, "/AP")
    normal = look(appearance, "/N") if isinstance(appearance, DictionaryObject) else None
    if isinstance(normal, DictionaryObject) and not isinstance(normal, StreamObject):
        for state in normal:
            if state != "/Off":
                return str(state).removeprefix("/")
    return "Yes"


def _options(entry: DictionaryObject, on_state: str | None) -> tuple[tuple[str, str], ...]:
    """A list's options; for a radio button whose states only count, the export value of its own state."""
    listed = inherited(entry, "/Opt")
    if not isinstance(listed, ArrayObject):
        return ()
    if on_state is not None:
        is_index = on_state.isascii() and on_state.isdigit() and int(on_state) < len(listed)
        return ((on_state, _words(listed[int(on_state)])),) if is_index else ()
    pairs = []
    for option in listed:
        both = option if isinstance(option, ArrayObject) and len(option) == 2 else (option, option)
        pairs.append((_words(both[0]), _words(both[1])))
    return tuple(pairs)


def _preset(entry: DictionaryObject, kind: Kind, on_state: str | None) -> str:
    value = inherited(entry, "/V")
    if kind == "check":
        state = look(entry, "/AS")
        state = value if state is None else state
        return on_state or "" if state == f"/{on_state}" else ""
    if isinstance(value, ArrayObject):
        value = value[0] if value else ""
    return _words(value) if kind in ("text", "choice") else ""


def _words(value: Any) -> str:
    """A text string, a text stream or a name as text."""
    if isinstance(value, StreamObject):
        return value.get_data().decode("latin-1")
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return str(value) if isinstance(value, str) else ""


def _whole(value: Any) -> int | None:
    return int(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
