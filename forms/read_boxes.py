"""Reading where each value stands: boxes, the parts of their text, and lines through wording."""

import yaml

from forms.conditions import ALWAYS
from forms.model import Box, Part, Place, Strike
from forms.reader import Reader

_BOX = ("box", "line", "words", "field", "place", "on", "tick", "text", "when")
_PART = ("answer", "words", "before", "from", "to", "in_words", "when")


def read_box(reader: Reader, node: yaml.Node) -> Box:
    """A box: on the official blank a field or a place; a checkbox by ``tick``, else a ``text``."""
    cells = reader.cells(node, _BOX)
    if ("field" in cells.given) == ("place" in cells.given) or ("tick" in cells.given) == ("text" in cells.given):
        reader.file.fault(node, "a box has either field or place, and either tick or text")
    if ("on" in cells.given) != ("tick" in cells.given):
        reader.file.fault(node, "a checkbox, and nothing else, names its on-state")
    return Box(
        name=cells.matching("box", r"[a-z][a-z0-9_]*"),
        line=cells.text("line"),
        words=cells.text("words"),
        field=cells.text("field") if "field" in cells.given else None,
        place=_place(reader, cells.given["place"]) if "place" in cells.given else None,
        on=cells.text("on") if "on" in cells.given else None,
        tick=cells.condition("tick") if "tick" in cells.given else None,
        parts=_parts(reader, cells.given["text"]) if "text" in cells.given else (),
        when=cells.condition("when") if "when" in cells.given else ALWAYS,
    )


def read_strike(reader: Reader, node: yaml.Node) -> Strike:
    """Wording that is crossed out, line by line."""
    cells = reader.cells(node, ("strike", "line", "when", "page", "lines"))
    lines = []
    for each in cells.nodes("lines"):
        points = [node.value for node in each.value] if isinstance(each, yaml.SequenceNode) else []
        if len(points) == 4 and all(isinstance(point, str) and point.isdecimal() for point in points):
            x0, y0, x1, y1 = map(int, points)
            lines.append((x0, y0, x1, y1))
        else:
            reader.file.fault(each, "a line is [x0, y0, x1, y1] in whole points")
    return Strike(
        name=cells.matching("strike", r"[a-z][a-z0-9_]*"),
        line=cells.text("line"),
        when=cells.condition("when"),
        page=cells.whole("page"),
        lines=tuple(lines),
    )


def _place(reader: Reader, node: yaml.Node) -> Place:
    cells = reader.cells(node, ("page", "x", "baseline", "width", "size"))
    page, x, baseline, width, size = (cells.whole(key) for key in ("page", "x", "baseline", "width", "size"))
    return Place(page=page, x=x, baseline=baseline, width=width, size=size)


def _parts(reader: Reader, node: yaml.Node) -> tuple[Part, ...]:
    """An answer's name alone, or a list of parts."""
    if isinstance(node, yaml.ScalarNode):
        return (Part(path=reader.known_path(node, str(node.value))),)
    nodes = node.value if isinstance(node, yaml.SequenceNode) else []
    if not nodes:
        reader.file.fault(node, "text is an answer or a list of parts")
    return tuple(_part(reader, each) for each in nodes)


def _part(reader: Reader, node: yaml.Node) -> Part:
    cells = reader.cells(node, _PART)
    if ("answer" in cells.given) == ("words" in cells.given):
        reader.file.fault(node, "a part is either an answer or words")
    path = cells.path("answer") if "answer" in cells.given else None
    in_words = "in_words" in cells.given and cells.one_of("in_words", ("true",)) == "true"
    if in_words and path not in reader.list_of:
        reader.file.fault(node, f"{path} has no list of codes")
    return Part(
        path=path,
        words=cells.exact("words") if "words" in cells.given else None,
        before=cells.exact("before") if "before" in cells.given else "",
        start=cells.whole("from") if "from" in cells.given else None,
        end=cells.whole("to") if "to" in cells.given else None,
        in_words=in_words,
        when=cells.condition("when") if "when" in cells.given else ALWAYS,
    )
