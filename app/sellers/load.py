"""The YAML file of the sellers, read strictly: every fault at once with its line.

The file is the only place where it is said who we are: names, addresses, registrations, banks and signatories.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from marshmallow import ValidationError

from app.errors import Fault
from app.sellers.entity import SellerEntity
from app.sellers.schema import FileSchema, InvalidSellers, faults_of
from forms.check import check
from forms.load import find_definition

EXAMPLE = Path(__file__).parents[1] / "examples" / "sellers.yaml"
FILE_NAME = "the file of the sellers"
_BARE = {"null": None, "~": None, "": None, "true": True, "false": False}
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load_sellers(path: Path | None = None) -> dict[str, SellerEntity]:
    """The seller entities of a YAML file by code, in the file's order; without a path those of the shipped example.

    Raises:
        InvalidSellers: the file is missing, is not YAML, or breaks a rule; with every fault, its pointer and its line.
    """
    try:
        text = (path or EXAMPLE).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidSellers(f"{FILE_NAME.capitalize()} cannot be read: {type(error).__name__}.") from error
    data, lines, faults = _read_yaml(text)
    try:
        sellers: list[SellerEntity] = FileSchema().load(data)["sellers"] if isinstance(data, dict) else []
    except ValidationError as error:
        faults += faults_of(error.normalized_messages(), lines)
        sellers = []
    if not isinstance(data, dict):
        faults.append(Fault("", "invalid", f"{FILE_NAME} must be a mapping with the key sellers"))
    faults += _form_faults(sellers, lines)
    if faults:
        raise InvalidSellers(f"{FILE_NAME.capitalize()} cannot be used.", *faults)
    return {seller.code: seller for seller in sellers}


def _form_faults(sellers: list[SellerEntity], lines: Mapping[str, int]) -> Iterator[Fault]:
    """What is wrong with the answers to the sellers' own tax forms, where we have the form's definition.

    What is only missing stops no order: it is asked when the form is made. So is the day of the signature.
    """
    for n, seller in enumerate(sellers):
        form = seller.tax_form
        definition = find_definition(form.kind, form.revision) if form else None
        if form is None or definition is None:
            continue
        pointer = f"/sellers/{n}/tax_form/answers"
        for fault in check(definition, form.answers, today=date.max).faults:
            if fault.severity == "block" and fault.code != "missing":
                yield from faults_of([fault.words], lines, f"{pointer}/{fault.path.replace('.', '/')}")
        signer = form.answers.get("signature")
        name = signer.get("name") if isinstance(signer, Mapping) else None
        if name and seller.signatories and name not in {signatory.name for signatory in seller.signatories}:
            yield from faults_of(["write the name of one of the signatories"], lines, f"{pointer}/signature/name")


def _read_yaml(text: str) -> tuple[Any, dict[str, int], list[Fault]]:
    """The data, the line of every JSON Pointer, and the keys that stand twice."""
    loader = _LOADER(text)
    try:
        root = loader.get_single_node()
        if root is None:
            return None, {}, []
        lines: dict[str, int] = {}
        faults = list(_walk(root, "", lines))
        return _value(root), lines, faults
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise InvalidSellers(
            f"{FILE_NAME.capitalize()} is not YAML.", Fault("", "not_yaml", f"line {line}: {error.problem}")
        ) from error
    except (yaml.YAMLError, RecursionError) as error:  # an alias may point into itself
        raise InvalidSellers(f"{FILE_NAME.capitalize()} is not YAML: {type(error).__name__}.") from error
    finally:
        loader.dispose()


def _walk(node: yaml.Node, pointer: str, lines: dict[str, int]) -> Iterator[Fault]:
    lines[pointer] = node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        for n, child in enumerate(node.value):
            yield from _walk(child, f"{pointer}/{n}", lines)
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, child in node.value:
            here = f"{pointer}/{key.value}"
            if key.value in seen:
                yield Fault(here, "duplicate_key", f"line {key.start_mark.line + 1}: the key stands twice")
            seen.add(key.value)
            yield from _walk(child, here, lines)


def _value(node: yaml.Node) -> Any:
    """The value of a node. As in YAML 1.2 a bare ``NO`` is a text, and a number keeps the digits that were written."""
    if isinstance(node, yaml.MappingNode):
        return {key.value: _value(child) for key, child in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_value(child) for child in node.value]
    if node.style:  # quoted or a block
        return node.value
    return _BARE.get(node.value, node.value)
