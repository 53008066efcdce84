"""Reading the data files strictly: every fault is told with its file and line, and all of them at once.

A rule file holds one parameter, either for one jurisdiction (``jurisdiction`` and ``rows``) or for several
(``jurisdictions``: a mapping from code to rows). A row has ``from``, ``value``, ``law``, ``source`` and ``confidence``;
``value: null`` says that the rule ended. Codes and values are quoted, because YAML reads a bare ``NO`` as false and a
bare ``19.0`` as a binary float.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

import yaml

from tax_rules.errors import DataFault
from tax_rules.strict_yaml import DataFile, compose, pairs, scalar

Value = Decimal | str | bool | None

UNITS = ("percent", "amount", "boolean", "code", "text", "days")
CONFIDENCES = ("high", "medium", "low")
FILE_KEYS = ("parameter", "unit", "tax", "jurisdiction", "rows", "jurisdictions")
ROW_KEYS = (
    "from",
    "value",
    "law",
    "source",
    "confidence",
    "note",
    "rate_type",
    "caution",
    "rates",
    "local",
    "arriving_rates",
    "currency",
    "per",
    "percent",
    "scope",
    "above",
    "up_to",
    "threshold",
    "sales",
    "transactions",
    "transactions_over",
    "sales_over",
    "period",
)
TAX_KEYS = ("type", "name")

PARAMETER = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
_JURISDICTION = re.compile(r"[A-Za-z][A-Za-z0-9-]{1,15}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Row:
    """One dated row of law: in force from ``valid_from`` until the next row of the same parameter and jurisdiction.

    ``value`` is a Decimal (percent, amount, days), a bool, a text or code, or None where the rule ended.
    ``attributes`` are the row's further columns, such as ``rate_type`` or ``caution``.
    """

    parameter: str
    jurisdiction: str
    unit: str
    valid_from: date
    value: Value
    law: str
    source: str
    confidence: str
    tax_type: str | None = None
    tax_name: str | None = None
    attributes: tuple[tuple[str, str], ...] = ()

    @property
    def id(self) -> str:
        """The row's name for ever: ``vat.standard_rate/DE/2021-01-01``."""
        return f"{self.parameter}/{self.jurisdiction}/{self.valid_from.isoformat()}"

    def attribute(self, name: str) -> str | None:
        """A further column of the row, or None."""
        return dict(self.attributes).get(name)


def read_rule_file(name: str, content: bytes) -> tuple[list[Row], list[DataFault]]:
    """The rows of one YAML rule file and every fault found in it; rows count only where there is no fault."""
    file = DataFile(name)
    root = compose(file, content)
    rows = list(_rows_of_file(file, root)) if root is not None else []
    return rows, file.faults


def read_csv_table(name: str, content: bytes) -> tuple[tuple[dict[str, str], ...], list[DataFault]]:
    """A flat code list: the header names the columns, the first column is the key and appears once."""
    file = DataFile(name)
    try:
        reader = csv.DictReader(io.StringIO(content.decode("utf-8"), newline=""), strict=True)
        columns = reader.fieldnames or []
        rows, seen = [], set()
        for record in reader:
            if None in record or None in record.values():
                file.fault(reader.line_num, f"the row does not have the {len(columns)} columns of the header")
            elif "key" not in columns and record[columns[0]] in seen:
                file.fault(reader.line_num, f"{columns[0]} {record[columns[0]]!r} appears twice")
            seen.add(record.get(columns[0]))
            rows.append(dict(record))
        if not rows:
            file.fault(1, "the table is empty")
        return tuple(rows), file.faults
    except (UnicodeDecodeError, csv.Error) as error:
        return (), [DataFault(name, 1, f"is not a UTF-8 CSV file: {error}")]


def read_text_file(name: str, content: bytes) -> tuple[dict[str, dict[str, str]], list[DataFault]]:
    """Wording: sections of code -> sentence, all strings, two levels deep."""
    file = DataFile(name)
    root = compose(file, content)
    texts: dict[str, dict[str, str]] = {}
    for section, node in pairs(file, root):
        texts[section] = {code: str(text.value) for code, text in pairs(file, node) if _is_text(file, text)}
    return texts, file.faults


def _is_text(file: DataFile, node: yaml.Node) -> bool:
    if isinstance(node, yaml.ScalarNode) and node.value.strip():
        return True
    file.fault(node, "a sentence is wanted here")
    return False


def _rows_of_file(file: DataFile, root: yaml.Node) -> Iterator[Row]:
    head = dict(pairs(file, root, FILE_KEYS))
    parameter = scalar(file, root, head, "parameter")
    unit = scalar(file, root, head, "unit")
    if parameter and not PARAMETER.fullmatch(parameter):
        file.fault(head["parameter"], f"{parameter!r} is not a parameter name such as vat.standard_rate")
    if unit and unit not in UNITS:
        file.fault(head["unit"], f"unknown unit {unit!r}; known are {', '.join(UNITS)}")
        return
    tax = {key: str(node.value) for key, node in pairs(file, head.get("tax"), TAX_KEYS)}
    if not parameter or not unit:
        return
    for code_node, rows_node in _jurisdictions(file, root, head):
        yield from _rows(file, parameter, unit, tax, str(code_node.value), rows_node)


def _jurisdictions(
    file: DataFile, root: yaml.Node, head: dict[str, yaml.Node]
) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    if ("jurisdictions" in head) == ("jurisdiction" in head and "rows" in head):
        file.fault(root, "give either jurisdiction and rows, or jurisdictions")
        return
    if "jurisdiction" in head:
        found = [(head["jurisdiction"], head["rows"])]
    elif isinstance(node := head["jurisdictions"], yaml.MappingNode):
        list(pairs(file, node))  # tells keys that appear twice
        found = node.value
    else:
        file.fault(node, "jurisdictions must map codes to rows")
        return
    for code, rows in found:
        if not isinstance(code, yaml.ScalarNode) or code.style not in ("'", '"'):
            file.fault(code, "a jurisdiction must be quoted: YAML reads a bare NO as false")
        elif not _JURISDICTION.fullmatch(code.value):
            file.fault(code, f"{code.value!r} is not a jurisdiction code")
        else:
            yield code, rows


def _rows(
    file: DataFile, parameter: str, unit: str, tax: dict[str, str], jurisdiction: str, node: yaml.Node
) -> Iterator[Row]:
    if not isinstance(node, yaml.SequenceNode) or not node.value:
        file.fault(node, f"{jurisdiction} needs at least one row")
        return
    before: date | None = None
    for row_node in node.value:
        cells = dict(pairs(file, row_node, ROW_KEYS))
        valid_from = _civil_date(file, row_node, cells)
        law, source = (scalar(file, row_node, cells, key) for key in ("law", "source"))
        confidence = scalar(file, row_node, cells, "confidence")
        if confidence and confidence not in CONFIDENCES:
            file.fault(cells["confidence"], f"confidence is {', '.join(CONFIDENCES)}, not {confidence!r}")
        value = _value(file, row_node, cells, unit)
        if valid_from is None or not (law and source and confidence):
            continue
        if before is not None and valid_from <= before:
            file.fault(row_node, f"rows are sorted by date: {valid_from} does not come after {before}")
        before = valid_from
        extra = tuple((key, str(cells[key].value)) for key in ROW_KEYS[5:] if key in cells)
        yield Row(
            parameter, jurisdiction, unit, valid_from, value, law, source, confidence,
            tax.get("type"), tax.get("name"), extra,
        )  # fmt: skip


def _civil_date(file: DataFile, parent: yaml.Node, cells: dict[str, yaml.Node]) -> date | None:
    text = scalar(file, parent, cells, "from")
    if text is None:
        return None
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    file.fault(cells["from"], f"{text!r} is not a date such as 2021-07-01")
    return None


def _value(file: DataFile, parent: yaml.Node, cells: dict[str, yaml.Node], unit: str) -> Value:
    node = cells.get("value")
    if node is None:
        file.fault(parent, "value is missing; write null where the rule ended")
        return None
    if not isinstance(node, yaml.ScalarNode):
        file.fault(node, "value must be one quoted text")
        return None
    if node.style not in ("'", '"'):
        if node.value != "null":
            file.fault(node, f"value {node.value} must be quoted")
        return None
    if unit in ("text", "code"):
        return str(node.value)
    if unit == "boolean":
        if node.value not in ("true", "false"):
            file.fault(node, f'a boolean is "true" or "false", not {node.value!r}')
        return bool(node.value == "true")
    return _decimal(file, node)


def _decimal(file: DataFile, node: yaml.ScalarNode) -> Decimal | None:
    try:
        if re.fullmatch(r"-?\d+(\.\d+)?", node.value, re.ASCII):
            return Decimal(node.value)
    except InvalidOperation:
        pass
    file.fault(node, f"{node.value!r} is not a plain decimal number")
    return None
