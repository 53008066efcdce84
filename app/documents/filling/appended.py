"""The two parts of a filled form, as their bytes say them: the compiled blank, and what was appended to it."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.documents.filling.letters import read_font
from app.documents.filling.plan import CompiledBlank, Widget
from app.documents.filling.syntax import Ref, SyntaxFault, indirect, last_table, table

_MOST_KEPT = 32
_bases: dict[str, "Base"] = {}


class Base:
    """The compiled blank as its bytes say it, read once."""

    def __init__(self, blank: CompiledBlank) -> None:
        self.pdf = blank.pdf
        self.places, self.trailer, _ = table(blank.pdf, last_table(blank.pdf))
        self.loaded: dict[int, Any] = {}
        self.root = self.load(self.trailer["Root"])
        self.tree = self.load(self.root["Pages"])
        self.pages = [reference.number for reference in self._kids(self.tree)]
        self.letters = read_font(self.load(Ref(blank.base_font)), self.load)
        self.owners: dict[int, list[Widget]] = {}
        for widget in blank.widgets.values():
            self.owners.setdefault(widget.object, []).append(widget)

    def load(self, thing: Any) -> Any:
        """A value, or what a reference stands for."""
        if not isinstance(thing, Ref):
            return thing
        if thing.number not in self.loaded:
            self.loaded[thing.number], _ = indirect(self.pdf, self.places[thing.number], thing.number)
        return self.loaded[thing.number]

    def _kids(self, tree: Mapping[str, Any]) -> Iterator[Ref]:
        for kid in self.load(tree["Kids"]):
            node = self.load(kid)
            if node["Type"] == "Pages":
                yield from self._kids(node)
            else:
                yield kid


def base_of(blank: CompiledBlank) -> Base:
    """The blank's bytes, read once a process."""
    base = _bases.get(blank.sha256)
    if base is None:
        if len(_bases) >= _MOST_KEPT:
            _bases.clear()
        base = _bases[blank.sha256] = Base(blank)
    return base


class Update:
    """The objects that stand after the blank's bytes, all of them and nothing else, and their trailer."""

    def __init__(self, pdf: bytes, blank: CompiledBlank) -> None:
        """Raises SyntaxFault where anything stands there that is not an object, the table or the trailer."""
        start = last_table(pdf)
        places, self.trailer, end = table(pdf, start)
        if pdf[end:] != b"\nstartxref\n%d\n%%%%EOF\n" % start:
            raise SyntaxFault("something stands after the trailer")
        self.objects: dict[int, Any] = {}
        self.base, self.first_new = base_of(blank), blank.size
        at = len(blank.pdf)
        for number, place in sorted(places.items(), key=lambda entry: entry[1]):
            if place != at:
                raise SyntaxFault("something stands between the objects")
            self.objects[number], at = indirect(pdf, place, number)
        if at != start:
            raise SyntaxFault("something stands before the table")

    def load(self, thing: Any) -> Any:
        """A value, or what a reference stands for: the appended object before the blank's."""
        if isinstance(thing, Ref) and thing.number in self.objects:
            return self.objects[thing.number]
        return self.base.load(thing)

    def is_new(self, thing: Any) -> bool:
        """Whether this refers to an appended object that the blank does not have."""
        return isinstance(thing, Ref) and thing.number >= self.first_new and thing.number in self.objects
