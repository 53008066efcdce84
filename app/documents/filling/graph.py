"""The objects which a PDF's catalogue reaches, read with pypdf, and the same objects as bytes, numbered anew."""

import zlib
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any

from pypdf import PdfReader
from pypdf.generic import (
    ArrayObject,
    ByteStringObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
    NullObject,
    PdfObject,
    StreamObject,
    TextStringObject,
)

from app.documents.filling.write import byte_string, stream, text_string

_OURS = 100_000_000  # numbers of the objects that we add while the graph is in memory; no file has so many
_WORTH_DEFLATING = 256  # bytes

Key = tuple[int, int]  # object number and generation, as the file has them


class Graph:
    """A PDF in memory: its objects may be changed in place, and objects may be added."""

    def __init__(self, reader: PdfReader) -> None:
        self._reader = reader
        self._added = 0
        root = reader.trailer["/Root"]
        if not isinstance(root, DictionaryObject):
            raise TypeError("the catalogue is not a dictionary")
        self.root: DictionaryObject = root
        # A catalogue that stands in the trailer itself has no number; it gets one of ours.
        raw = reader.trailer.raw_get("/Root")
        self.root_reference = raw if isinstance(raw, IndirectObject) else self.add(root)

    def add(self, thing: PdfObject) -> IndirectObject:
        """Make an object indirect."""
        self._added += 1
        self._reader.cache_indirect_object(0, _OURS + self._added, thing)
        return IndirectObject(_OURS + self._added, 0, self._reader)

    def reached(self) -> dict[Key, PdfObject]:
        """Every object that the catalogue reaches, itself first, in an order that depends on the file alone."""
        found: dict[Key, PdfObject] = {}
        waiting = [self.root_reference]
        while waiting:
            reference = waiting.pop()
            if key(reference) in found:
                continue
            thing = reference.get_object()
            found[key(reference)] = NullObject() if thing is None else thing
            waiting += reversed(list(_references(thing)))
        return found


def key(reference: IndirectObject) -> Key:
    return reference.idnum, reference.generation


def dictionaries(thing: Any) -> Iterator[DictionaryObject]:
    """An object's dictionaries: itself and those that stand directly inside it."""
    waiting = [thing]
    while waiting:
        one = waiting.pop()
        if isinstance(one, DictionaryObject):
            yield one
            waiting += [one.raw_get(name) for name in one]
        elif isinstance(one, ArrayObject):
            waiting += list.__iter__(one)


def _references(thing: Any) -> Iterator[IndirectObject]:
    waiting = [thing]
    while waiting:
        one = waiting.pop()
        if isinstance(one, IndirectObject):
            yield one
        elif isinstance(one, DictionaryObject):
            waiting += [one.raw_get(name) for name in reversed(list(one))]
        elif isinstance(one, ArrayObject):
            waiting += reversed(list(list.__iter__(one)))


def serialise(thing: Any, numbered: Mapping[Key, int]) -> bytes:
    """A pypdf object as PDF syntax; references get their numbers from ``numbered``, unknown ones become null."""
    if isinstance(thing, IndirectObject):
        number = numbered.get(key(thing))
        return b"null" if number is None else b"%d 0 R" % number
    if isinstance(thing, StreamObject):
        return _stream(thing, numbered)
    if isinstance(thing, DictionaryObject):
        return entries(thing, numbered) + b" >>"
    if isinstance(thing, ArrayObject):
        return b"[" + b" ".join(serialise(part, numbered) for part in list.__iter__(thing)) + b"]"
    if isinstance(thing, TextStringObject):
        return text_string(thing) if thing.autodetect_utf16 else byte_string(thing.original_bytes)
    if isinstance(thing, ByteStringObject):
        return byte_string(thing)
    written = BytesIO()
    thing.write_to_stream(written)
    return written.getvalue()


def entries(thing: DictionaryObject, numbered: Mapping[Key, int], *, without: frozenset[str] = frozenset()) -> bytes:
    """A dictionary without the closing brackets and without some of its entries."""
    parts = [b"<<"]
    for name in thing:
        if name not in without:
            parts += [serialise(NameObject(name), numbered), serialise(thing.raw_get(name), numbered)]
    return b" ".join(parts)


def _stream(thing: StreamObject, numbered: Mapping[Key, int]) -> bytes:
    data = thing._data
    content = data if isinstance(data, bytes) else bytes(data)
    head = entries(thing, numbered, without=frozenset({"/Length"}))
    if "/Filter" not in thing and len(content) >= _WORTH_DEFLATING:
        head += b" /Filter /FlateDecode"
        content = zlib.compress(content, 9)
    return stream(head, content)
