"""The authority's blanks that we know: form, revision, where it is published, and the digests that are accepted.

The list is data (``data/blanks.yaml``). A copy is known by its SHA-256 alone; pages, fields and printed words only help
to say what is wrong with one that is not.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, cast, get_args

import yaml

from tax_rules.errors import DataFault, TaxRuleError
from tax_rules.strict_yaml import DataFile, compose, pairs, scalar

State = Literal["current", "superseded"]
Quality = Literal["as_published", "xfa_dropped"]
Confidence = Literal["high", "medium", "low"]

DATA = Path(__file__).parent / "data" / "blanks.yaml"
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

_FORM_KEYS = ("form", "name", "authority", "revisions")
_REVISION_KEYS = ("revision", "printed", "state", "address", "pages", "fields", "copies")
_COPY_KEYS = ("sha256", "bytes", "quality", "confidence", "source")


class InvalidBlanks(TaxRuleError):
    """The list of blanks breaks the loader's rules; ``faults`` has all of them with their lines."""

    def __init__(self, faults: tuple[DataFault, ...]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One accepted file of a blank. ``size`` in bytes, None where nobody told; ``source`` says who vouches for it."""

    sha256: str
    size: int | None
    quality: Quality
    confidence: Confidence
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Blank:
    """One revision of a form. ``printed`` is how page 1 names it; ``pages`` and ``fields`` are None when not known."""

    form: str
    name: str
    authority: str
    revision: str
    printed: str
    state: State
    address: str
    pages: int | None
    fields: int | None
    copies: tuple[Copy, ...]

    @property
    def title(self) -> str:
        """How people call it: ``W-9 (Rev. March 2024)``."""
        return f"{self.name} ({self.printed})"

    @property
    def file_name(self) -> str:
        """The name the authority publishes it under: ``fw9.pdf``."""
        return self.address.rsplit("/", 1)[1]

    def accepts(self, sha256: str) -> Copy | None:
        """The accepted copy with that digest."""
        return next((copy for copy in self.copies if copy.sha256 == sha256), None)


class Registry:
    """All known blanks, by form in the order of the file, each form's oldest revision first."""

    def __init__(self, blanks: tuple[Blank, ...]) -> None:
        self.blanks = blanks
        self._by_digest = {copy.sha256: (blank, copy) for blank in blanks for copy in blank.copies}

    @property
    def forms(self) -> tuple[str, ...]:
        """The codes of all forms: ``w9``, ``w8ben`` …"""
        return tuple(dict.fromkeys(blank.form for blank in self.blanks))

    def of(self, sha256: str) -> tuple[Blank, Copy] | None:
        """What a file with that digest is; None for a copy that is not accepted."""
        return self._by_digest.get(sha256)

    def revision(self, form: str, revision: str) -> Blank | None:
        """One revision of a form, or None when it is not listed."""
        return next((b for b in self.blanks if (b.form, b.revision) == (form, revision)), None)

    def current(self, form: str) -> Blank | None:
        """The revision in force, or None for a form that is not listed."""
        return next((b for b in self.blanks if b.form == form and b.state == "current"), None)


@cache
def shipped_blanks() -> Registry:
    """The list that ships with the code, read once a process."""
    return load_blanks(DATA.name, DATA.read_bytes())


def load_blanks(name: str, content: bytes) -> Registry:
    """Read a list of blanks strictly.

    Raises:
        InvalidBlanks: with every fault, each with file and line.
    """
    file = DataFile(name)
    root = compose(file, content)
    head = dict(pairs(file, root, ("forms",)))
    blanks = tuple(blank for node in _items(file, root, head, "forms") for blank in _form(file, node))
    if not file.faults:
        _check_the_whole(file, blanks)
    if file.faults:
        raise InvalidBlanks(tuple(file.faults))
    return Registry(blanks)


def _form(file: DataFile, node: yaml.Node) -> Iterator[Blank]:
    cells = dict(pairs(file, node, _FORM_KEYS))
    form = _matching(file, node, cells, "form", r"[a-z0-9]{2,12}")
    name, authority = (scalar(file, node, cells, key) for key in ("name", "authority"))
    before = ""
    for revision_node in _items(file, node, cells, "revisions"):
        blank = _revision(file, revision_node, form or "", name or "", authority or "")
        if blank.revision and blank.revision <= before:
            file.fault(revision_node, f"revisions are sorted by date: {blank.revision} does not come after {before}")
        before = blank.revision
        yield blank


def _revision(file: DataFile, node: yaml.Node, form: str, name: str, authority: str) -> Blank:
    cells = dict(pairs(file, node, _REVISION_KEYS))
    revision = _matching(file, node, cells, "revision", r"\d{4}-(0[1-9]|1[0-2])")
    printed = scalar(file, node, cells, "printed")
    if revision and printed and revision_of(printed) != revision:
        file.fault(cells["printed"], f"{printed!r} is not how {revision} is printed")
    return Blank(
        form=form,
        name=name,
        authority=authority,
        revision=revision or "",
        printed=printed or "",
        state=cast("State", _one_of(file, node, cells, "state", get_args(State))),
        address=_matching(file, node, cells, "address", r"https://[a-z0-9.-]+(/[\w.-]+)+\.pdf") or "",
        pages=_count(file, cells, "pages"),
        fields=_count(file, cells, "fields"),
        copies=tuple(_copy(file, copy) for copy in _items(file, node, cells, "copies", may_be_empty=True)),
    )


def _copy(file: DataFile, node: yaml.Node) -> Copy:
    cells = dict(pairs(file, node, _COPY_KEYS))
    return Copy(
        sha256=_matching(file, node, cells, "sha256", r"[0-9a-f]{64}") or "",
        size=_count(file, cells, "bytes"),
        quality=cast("Quality", _one_of(file, node, cells, "quality", get_args(Quality))),
        confidence=cast("Confidence", _one_of(file, node, cells, "confidence", get_args(Confidence))),
        source=scalar(file, node, cells, "source") or "",
    )


def revision_of(printed: str) -> str | None:
    """``Rev. March 2024`` as ``2024-03``; None where the words name no month and year."""
    match = re.fullmatch(rf"Rev\. ({'|'.join(MONTHS)}) (\d{{4}})", printed)
    return f"{match[2]}-{MONTHS.index(match[1]) + 1:02d}" if match else None


def _check_the_whole(file: DataFile, blanks: tuple[Blank, ...]) -> None:
    """What only shows over all rows: one current revision a form, and nothing twice."""
    revisions = [f"{blank.form} {blank.revision}" for blank in blanks]
    digests = [copy.sha256 for blank in blanks for copy in blank.copies]
    for what in (revisions, digests):
        for one in dict.fromkeys(name for name in what if what.count(name) > 1):
            file.fault(1, f"{one} appears twice")
    for form in dict.fromkeys(blank.form for blank in blanks):
        current = sum(blank.form == form and blank.state == "current" for blank in blanks)
        if current != 1:
            file.fault(1, f"{form} has {current} current revisions instead of one")
        newest = max((blank for blank in blanks if blank.form == form), key=lambda blank: blank.revision)
        if current == 1 and newest.state != "current":
            file.fault(1, f"{newest.form} {newest.revision} is the newest revision and not current")
    file.faults += [
        DataFault(file.name, 1, f"{blank.form} {blank.revision} is current and has no accepted copy")
        for blank in blanks
        if blank.state == "current" and not blank.copies
    ]


def _items(
    file: DataFile, parent: yaml.Node | None, cells: dict[str, yaml.Node], key: str, *, may_be_empty: bool = False
) -> list[yaml.Node]:
    node = cells.get(key)
    if isinstance(node, yaml.SequenceNode) and (node.value or may_be_empty):
        return list(node.value)
    file.fault(node or parent or 1, f"{key} must be a list" + ("" if may_be_empty else " that is not empty"))
    return []


def _matching(file: DataFile, parent: yaml.Node, cells: dict[str, yaml.Node], key: str, pattern: str) -> str | None:
    text = scalar(file, parent, cells, key)
    if text is not None and not re.fullmatch(pattern, text, re.ASCII):
        file.fault(cells[key], f"{key} {text!r} does not look like one")
        return None
    return text


def _one_of(file: DataFile, parent: yaml.Node, cells: dict[str, yaml.Node], key: str, known: tuple[str, ...]) -> str:
    text = scalar(file, parent, cells, key)
    if text is not None and text not in known:
        file.fault(cells[key], f"{key} is {', '.join(known)}, not {text!r}")
    return text or ""


def _count(file: DataFile, cells: dict[str, yaml.Node], key: str) -> int | None:
    """A whole number above zero, or None where the key is left out."""
    if key not in cells:
        return None
    text = scalar(file, cells[key], cells, key)
    if text is not None and re.fullmatch(r"[1-9]\d{0,8}", text, re.ASCII):
        return int(text)
    if text is not None:
        file.fault(cells[key], f"{key} is a whole number above zero, not {text!r}")
    return None
