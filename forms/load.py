"""YAML to form definitions, strictly: every fault of a file with its line, all at once.

``definitions/<country>/<form>/<revision>.yaml``; a file is read once per process.
"""

import hashlib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import cast, get_args

import yaml

from forms.conditions import ALWAYS
from forms.model import (
    Case,
    Certification,
    Check,
    Choice,
    CodeList,
    Derived,
    Field,
    FieldKind,
    FormDefinition,
    Item,
    Quotation,
    Row,
    Section,
    Severity,
    UsTin,
)
from forms.read_boxes import read_box, read_strike
from forms.reader import Cells, Reader
from tax_rules.errors import DataFault, TaxRuleError
from tax_rules.rulefiles import read_csv_table
from tax_rules.strict_yaml import DataFile, compose

DEFINITIONS = Path(__file__).parent / "definitions"
# Lists that many forms share: here, or among the code lists of the rules.
TABLES = (Path(__file__).parent / "data", Path(__file__).parents[1] / "tax_rules" / "data" / "codes")

_HEAD = (
    "kind", "name", "revision", "printed", "title", "source", "substitute_title", "lists", "sections", "derived",
    "checks", "certification", "quotations", "boxes", "strikes", "empty",
)  # fmt: skip
_FIELD = ("answer", "line", "kind", "list", "words", "max_length", "required", "missing")
_CHECK = ("code", "severity", "line", "answer", "when", "words", "source")
_LONGEST = {"text": 150, "lines": 400, "code": 40, "flag": 5, "date": 10}


class InvalidDefinition(TaxRuleError):
    """A definition breaks the loader's rules; ``faults`` has all of them with file and line."""

    def __init__(self, faults: tuple[DataFault, ...]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


@cache
def definitions() -> Mapping[tuple[str, str], FormDefinition]:
    """Every definition that ships with the code, by kind and revision: ``("w9", "2024-03")``."""
    found = {}
    for path in sorted(DEFINITIONS.rglob("*.yaml")):
        definition = load_definition(path.relative_to(DEFINITIONS).as_posix(), path.read_bytes())
        found[definition.kind, definition.revision] = definition
    return MappingProxyType(found)


def find_definition(kind: str, revision: str) -> FormDefinition | None:
    """The definition of one revision of a form, or None where there is none yet."""
    return definitions().get((kind, revision))


def load_definition(name: str, content: bytes) -> FormDefinition:
    """Read a definition.

    Args:
        name: what faults call the file; its last part must be the revision.
    Raises:
        InvalidDefinition: with every fault, each with file and line.
    """
    file = DataFile(name)
    root = compose(file, content)
    definition = _definition(file, root, content) if root is not None else None
    if file.faults or definition is None:
        raise InvalidDefinition(tuple(file.faults))
    return definition


def _definition(file: DataFile, root: yaml.Node, content: bytes) -> FormDefinition:
    reader = Reader(file)
    cells = reader.cells(root, _HEAD)
    lists = _lists(reader, cells)
    reader.lists = lists
    sections = tuple(_section(reader, node) for node in cells.nodes("sections"))
    derived = tuple(_derived(reader, cells))
    # what is required may depend on any answer, so it is read when all of them are known
    sections = tuple(_with_requirements(reader, sections, cells))
    strikes = tuple(read_strike(reader, node) for node in cells.nodes("strikes", may_be_absent=True))
    definition = FormDefinition(
        kind=cells.matching("kind", r"[a-z0-9]{2,12}"),
        name=cells.text("name"),
        revision=cells.matching("revision", r"\d{4}-(0[1-9]|1[0-2])"),
        printed=cells.text("printed"),
        title=cells.text("title"),
        source=cells.text("source"),
        substitute_title=cells.text("substitute_title"),
        sections=sections,
        lists=lists,
        derived=derived,
        checks=tuple(_check(reader, node) for node in cells.nodes("checks")),
        certification=_certification(reader, cells),
        quotations=MappingProxyType({q.name: q for q in _quotations(reader, cells)}),
        boxes=tuple(read_box(reader, node) for node in cells.nodes("boxes")),
        strikes=strikes,
        empty=MappingProxyType(dict(_empty(reader, cells))),
        sha256=hashlib.sha256(content).hexdigest(),
    )
    _check_the_whole(file, definition)
    return definition


def _lists(reader: Reader, cells: Cells) -> Mapping[str, CodeList]:
    found = {}
    for name, node in cells.mapping("lists"):
        row = reader.cells(node, ("source", "rows", "table"))
        if "table" in row.given:
            rows = tuple(_table(reader, row))
        else:
            rows = tuple(_row(reader, each) for each in row.nodes("rows"))
        codes = [each.code for each in rows]
        for twice in sorted({code for code in codes if codes.count(code) > 1}):
            reader.file.fault(node, f"code {twice!r} appears twice in {name}")
        found[name] = CodeList(
            name=name, source=row.text("source"), rows=MappingProxyType({each.code: each for each in rows})
        )
    return MappingProxyType(found)


def _row(reader: Reader, node: yaml.Node) -> Row:
    cells = reader.cells(node, ("code", "words", "refused", "open_to"))
    return Row(
        code=cells.text("code"),
        words=cells.text("words"),
        refused=cells.text("refused") if "refused" in cells.given else None,
        open_to=frozenset(cells.texts("open_to")) if "open_to" in cells.given else None,
    )


def _table(reader: Reader, cells: Cells) -> Iterator[Row]:
    name = cells.matching("table", r"[a-z_]+")
    path = next((folder / f"{name}.csv" for folder in TABLES if (folder / f"{name}.csv").is_file()), None)
    if path is None:
        reader.file.fault(cells.given["table"], f"there is no table {name!r}")
        return
    rows, faults = read_csv_table(path.name, path.read_bytes())
    reader.file.faults += faults
    for row in rows:
        yield Row(code=row["code"], words=row["name"])


def _section(reader: Reader, node: yaml.Node) -> Section:
    cells = reader.cells(node, ("name", "title", "fields"))
    return Section(
        name=cells.text("name"),
        title=cells.text("title"),
        fields=tuple(_field(reader, each) for each in cells.nodes("fields")),
    )


def _field(reader: Reader, node: yaml.Node) -> Field:
    cells = reader.cells(node, _FIELD)
    path = cells.matching("answer", r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?")
    reader.add(node, path)
    kind = cast("FieldKind", cells.one_of("kind", get_args(FieldKind)))
    list_name = cells.text("list") if "list" in cells.given else None
    if (kind == "code") != (list_name is not None) or (list_name and list_name not in reader.lists):
        reader.file.fault(node, f"{path}: a code names its list, and nothing else does")
    elif list_name:
        reader.list_of[path] = list_name
    return Field(
        path=path,
        line=cells.text("line"),
        words=cells.text("words"),
        kind=kind,
        list_name=list_name,
        max_length=cells.whole("max_length") if "max_length" in cells.given else _LONGEST.get(kind, 0),
        missing=cast("Severity", cells.one_of("missing", get_args(Severity))) if "missing" in cells.given else "block",
    )


def _with_requirements(reader: Reader, sections: tuple[Section, ...], cells: Cells) -> Iterator[Section]:
    for section, node in zip(sections, cells.nodes("sections"), strict=True):
        fields = []
        for field, field_node in zip(section.fields, reader.cells(node).nodes("fields"), strict=True):
            given = reader.cells(field_node).given
            if (required := given.get("required")) is None:
                fields.append(field)
                continue
            always = isinstance(required, yaml.ScalarNode) and required.value == "true"
            when = ALWAYS if always else reader.condition(required)
            fields.append(Field(**{n: getattr(field, n) for n in field.__slots__} | {"required": when}))
        yield Section(name=section.name, title=section.title, fields=tuple(fields))


def _derived(reader: Reader, cells: Cells) -> Iterator[Derived]:
    """Each may look at the answers and at what was derived before it."""
    for node in cells.nodes("derived", may_be_absent=True):
        row = reader.cells(node, ("name", "cases", "otherwise", "us_tin"))
        name = row.text("name")
        if "us_tin" in row.given:
            tin = reader.cells(row.given["us_tin"], ("kind", "number", "digits"))
            yield UsTin(name=name, kind=tin.path("kind"), number=tin.path("number"), digits=tin.text("digits"))
            reader.add(node, tin.text("digits"))
        else:
            cases = [reader.cells(each, ("when", "value")) for each in row.nodes("cases")]
            yield Choice(
                name=name,
                cases=tuple(Case(when=each.condition("when"), value=each.text("value")) for each in cases),
                otherwise=row.path("otherwise") if "otherwise" in row.given else None,
            )
        reader.add(node, name)


def _check(reader: Reader, node: yaml.Node) -> Check:
    cells = reader.cells(node, _CHECK)
    return Check(
        code=cells.matching("code", r"[a-z][a-z0-9_]*"),
        severity=cast("Severity", cells.one_of("severity", get_args(Severity))),
        line=cells.text("line"),
        path=cells.path("answer"),
        when=cells.condition("when"),
        words=cells.text("words"),
        source=cells.text("source"),
    )


def _certification(reader: Reader, cells: Cells) -> Certification:
    row = reader.cells(cells.given.get("certification"), ("opening", "items", "source"))
    items = [reader.cells(node, ("number", "words", "strike")) for node in row.nodes("items")]
    return Certification(
        opening=row.text("opening"),
        items=tuple(
            Item(
                number=item.text("number"),
                words=item.text("words"),
                strike=item.text("strike") if "strike" in item.given else None,
            )
            for item in items
        ),
        source=row.text("source"),
    )


def _quotations(reader: Reader, cells: Cells) -> Iterator[Quotation]:
    for name, node in cells.mapping("quotations"):
        row = reader.cells(node, ("words", "source"))
        yield Quotation(name=name, words=tuple(row.texts("words")), source=row.text("source"))


def _empty(reader: Reader, cells: Cells) -> Iterator[tuple[str, str]]:
    for node in cells.nodes("empty", may_be_absent=True):
        row = reader.cells(node, ("field", "why"))
        yield row.text("field"), row.text("why")


def _check_the_whole(file: DataFile, definition: FormDefinition) -> None:
    """What only shows over all rows: names stand once, and what is named exists."""
    if Path(file.name).stem != definition.revision:
        file.fault(1, f"the file is not named after revision {definition.revision!r}")
    names = [box.name for box in definition.boxes]
    fields = [box.field for box in definition.boxes if box.field] + list(definition.empty)
    strikes = [strike.name for strike in definition.strikes]
    for what in (names, fields, strikes):
        for twice in dict.fromkeys(name for name in what if what.count(name) > 1):
            file.fault(1, f"{twice} appears twice")
    for item in definition.certification.items:
        if item.strike is not None and item.strike not in strikes:
            file.fault(1, f"item {item.number} is crossed out by {item.strike!r}, which is no strike")
