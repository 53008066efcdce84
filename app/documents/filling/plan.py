"""What is known of a blank once it is compiled: its normalised bytes and, for each widget, how to fill it.

A plan is made by ``compile`` and read by ``fill`` and ``read_back``. Coordinates are points from the bottom left of the
page, as the PDF has them, before the page's own rotation. Everything that filling appends to the file is prepared here
as bytes: a filler only joins.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Literal

from app.documents.errors import BlankRefused
from app.documents.filling.layout import Style

# Counts up whenever the compiler makes something else of the same blank; older caches are then not read.
COMPILER = 1

Rect = tuple[float, float, float, float]  # points, sorted, from the bottom left of the page
Kind = Literal["text", "check", "choice", "signature"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Widget:
    """One box of the blank.

    ``name`` is the full AcroForm name and is unique within the blank. Where one field stands at several places the
    widgets are named ``field``, ``field#2``, ``field#3`` (filled together, by the field's name); the buttons of a radio
    field are named ``field#state``.
    """

    name: str
    field: str  # the AcroForm field it belongs to; the radio buttons of a group share it
    kind: Kind
    page: int  # from 0
    rect: Rect
    rotation: int  # /MK /R, degrees, 0, 90, 180 or 270
    size: float  # points of /DA; 0 = automatic
    colour: tuple[float, ...]  # 1, 3 or 4 components of /DA
    align: int  # /Q: 0 left, 1 centre, 2 right
    multiline: bool
    cells: int | None  # comb: number of cells
    max_length: int | None
    read_only: bool
    required: bool
    hidden: bool  # not to be seen on paper: it can take a value in a fillable form, and is never drawn
    radio: bool  # a button of which at most one of its field may be on
    on_state: str | None  # checkbox and radio: the name of its on appearance, without slash
    options: tuple[tuple[str, str], ...]  # choice: (export value, words shown)
    editable: bool  # choice: takes other text than its options
    label: str | None  # /TU
    preset: str  # the text, or the state, that the blank itself puts here; a value given takes its place
    object: int  # object number of the widget
    head: bytes  # its dictionary without /V, without /AP (text) or /AS (checkbox), and without the closing brackets
    parent: int | None  # object number of the field that holds /V, where that is not the widget itself
    backdrop: bytes  # fill and border of /MK, in box coordinates; drawn under the value
    tick: bytes  # checkbox and radio: the drawn mark, in box coordinates
    flat_head: bytes  # from page coordinates to those of the box, opened with q
    form_head: bytes  # an appearance's dictionary up to its resources

    @property
    def box(self) -> tuple[float, float]:
        """Width and height in points, as the text runs: swapped where the widget is turned by a quarter."""
        width, height = self.rect[2] - self.rect[0], self.rect[3] - self.rect[1]
        return (height, width) if self.rotation in (90, 270) else (width, height)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page: its boxes and its dictionary, cut where a filler inserts."""

    object: int
    media_box: Rect
    crop_box: Rect
    rotation: int  # /Rotate, degrees
    backdrop: bytes  # fills and borders of its widgets, in page coordinates, for a flat document
    # Before further fonts, before further content streams, and the rest, for a flat and for a fillable document.
    flat: tuple[bytes, bytes, bytes]
    fillable: tuple[bytes, bytes, bytes]


@dataclass(frozen=True, kw_only=True)  # no slots: cached properties need a place
class CompiledBlank:
    """A normalised blank and its plan. ``widgets`` are in reading order: by page, then as the blank lists them."""

    source_sha256: str  # of the blank as it came
    sha256: str  # of ``pdf``
    pdf: bytes  # classic cross-reference table, no object streams, no XFA, scripts, actions or usage rights
    pages: tuple[Page, ...]
    widgets: Mapping[str, Widget]
    fields: Mapping[int, bytes]  # object number of a field apart from its widgets -> its dictionary's head without /V
    size: int  # the trailer's /Size
    startxref: int
    root: int  # object number of the catalogue
    catalogue_flat: bytes  # without /AcroForm, /Metadata and the closing brackets
    catalogue_fillable: bytes  # the same with /AcroForm
    tree: int  # object number of the page tree's root
    tree_head: bytes  # without /Kids, /Count and the closing brackets
    tree_kids: bytes  # the references that stand in /Kids
    base_font: int  # object number of the base font, resource TdF0
    pdfa: int | None  # part of PDF/A which the blank claims
    id: bytes  # first half of /ID

    @cached_property
    def by_field(self) -> Mapping[str, tuple[Widget, ...]]:
        """The widgets of each field, in reading order."""
        found: dict[str, list[Widget]] = {}
        for widget in self.widgets.values():
            found.setdefault(widget.field, []).append(widget)
        return {name: tuple(widgets) for name, widgets in found.items()}

    @cached_property
    def presets(self) -> Mapping[str, str]:
        """Field to the text or state that the blank itself puts there."""
        return {widget.field: widget.preset for widget in self.widgets.values() if widget.preset}

    @cached_property
    def styles(self) -> Mapping[str, tuple[float, float, Style]]:
        """Widget to the width and height of its box and how it wants its text."""
        return {
            name: (
                *widget.box,
                Style(
                    size=widget.size,
                    colour=widget.colour,
                    align=widget.align,
                    multiline=widget.multiline,
                    cells=widget.cells,
                ),
            )
            for name, widget in self.widgets.items()
        }

    @cached_property
    def hashed(self) -> Any:
        """SHA-256 having eaten ``pdf``: copied for each document, which then only hashes what it appends."""
        return hashlib.sha256(self.pdf)

    def to_json(self) -> str:
        """Everything as JSON, the same bytes for the same blank."""
        record = {name: getattr(self, name) for name in _names(CompiledBlank)}
        record["pdf"] = base64.b64encode(self.pdf).decode("ascii")
        record["pages"] = [_record(page) for page in self.pages]
        record["widgets"] = [_record(widget) for widget in self.widgets.values()]
        record["fields"] = {str(number): _text(head) for number, head in self.fields.items()}
        return json.dumps({"compiler": COMPILER} | {name: _text(value) for name, value in record.items()})

    @classmethod
    def from_json(cls, text: str) -> "CompiledBlank":
        """Read ``to_json`` back.

        Raises:
            ValueError: not such a text, of another compiler, or its PDF is not the one that was compiled.
        """
        record = json.loads(text)
        if not isinstance(record, dict) or record.pop("compiler", None) != COMPILER:
            raise ValueError("not a plan of this compiler")
        try:
            record["pdf"] = base64.b64decode(record["pdf"], validate=True)
            record["pages"] = tuple(_page(page) for page in record["pages"])
            record["widgets"] = {widget["name"]: _widget(widget) for widget in record["widgets"]}
            record["fields"] = {int(number): _bytes(head) for number, head in record["fields"].items()}
            for name in ("catalogue_flat", "catalogue_fillable", "tree_head", "tree_kids", "id"):
                record[name] = _bytes(record[name])
            blank = cls(**record)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("not a plan") from error
        if blank.hashed.hexdigest() != blank.sha256:
            raise ValueError("the compiled PDF has changed")
        return blank


def _names(record: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(record))


def _record(thing: Any) -> dict[str, Any]:
    return {name: _text(getattr(thing, name)) for name in _names(type(thing))}


def _text(value: Any) -> Any:
    """Bytes as text of the same code points, within tuples too: JSON knows no bytes."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return [_text(part) for part in value] if isinstance(value, tuple) else value


def _bytes(text: str) -> bytes:
    return text.encode("latin-1")


def _three(texts: list[str]) -> tuple[bytes, bytes, bytes]:
    first, second, third = map(_bytes, texts)
    return first, second, third


def _page(record: dict[str, Any]) -> Page:
    boxes = {name: tuple(record[name]) for name in ("media_box", "crop_box")}
    cut = {name: _three(record[name]) for name in ("flat", "fillable")}
    return Page(**record | boxes | cut | {"backdrop": _bytes(record["backdrop"])})


def _widget(record: dict[str, Any]) -> Widget:
    changed: dict[str, Any] = {name: tuple(record[name]) for name in ("rect", "colour")}
    changed["options"] = tuple((export, shown) for export, shown in record["options"])
    changed |= {name: _bytes(record[name]) for name in ("head", "backdrop", "tick", "flat_head", "form_head")}
    return Widget(**record | changed)


__all__ = ["COMPILER", "BlankRefused", "CompiledBlank", "Kind", "Page", "Rect", "Widget"]
