"""A form as data: what is asked, what makes an answer wrong, and where each value stands on paper."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from forms.conditions import ALWAYS, Condition

FieldKind = Literal["text", "lines", "code", "flag", "date"]
Severity = Literal["block", "review", "warn"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One question. ``path`` is the answer's name, with a dot within a group: ``address.city``.

    ``line`` is the form's own line, ``words`` what it asks there. ``max_length`` counts characters.
    """

    path: str
    line: str
    words: str
    kind: FieldKind
    list_name: str | None = None  # kind code: the list of what may be answered
    max_length: int
    required: Condition | None = None  # None: optional; otherwise it must be answered where this holds
    missing: Severity = "block"  # what it means when it must be answered and is not


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Questions that belong together, in the order of the form."""

    name: str
    title: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One code of a list. ``refused`` says why a code that people do write is not one; ``open_to`` who may use it."""

    code: str
    words: str
    refused: str | None = None
    open_to: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeList:
    """The codes that may be answered, and where they are from."""

    name: str
    source: str
    rows: Mapping[str, Row]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One way to a derived fact."""

    when: Condition
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A fact that follows from others: the first case that holds, else the answer at ``otherwise``."""

    name: str
    cases: tuple[Case, ...]
    otherwise: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UsTin:
    """What the offline check says of a US number: ``valid``, ``unknown_prefix``, or why it cannot be one.

    ``digits`` names the fact that gets the nine digits of a valid number.
    """

    name: str
    kind: str
    number: str
    digits: str


Derived = Choice | UsTin


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Answers for which ``when`` holds have this fault."""

    code: str
    severity: Severity
    line: str
    path: str
    when: Condition
    words: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A piece of a box's text: an answer, or fixed words. ``before`` stands between it and what precedes it.

    ``start`` and ``end`` cut characters out of the answer; ``in_words`` prints the words of a code instead of the code.
    A date is printed MM-DD-YYYY.
    """

    path: str | None = None
    words: str | None = None
    before: str = ""
    start: int | None = None
    end: int | None = None
    in_words: bool = False
    when: Condition = ALWAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the official blank has no field: whole points from the bottom left of the page, which counts from 0."""

    page: int
    x: int
    baseline: int
    width: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A place for one value. On a substitute the input has the box's ``name``; on the official blank it is a field or,
    where there is none, a place on the page.

    ``tick`` makes it a checkbox, ``parts`` a text. ``on`` is the name of the official checkbox's on-state.
    """

    name: str
    line: str
    words: str
    field: str | None = None
    place: Place | None = None
    on: str | None = None
    tick: Condition | None = None
    parts: tuple[Part, ...] = ()
    when: Condition = ALWAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    """Wording that is crossed out where ``when`` holds. ``lines`` are (x0, y0, x1, y1) on the official blank."""

    name: str
    line: str
    when: Condition
    page: int
    lines: tuple[tuple[int, int, int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One numbered statement that is certified; ``strike`` names what may cross it out."""

    number: str
    words: str
    strike: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotation:
    """Wording that must stay as the authority wrote it, and where it was read."""

    name: str
    words: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Certification:
    """What is signed, word for word, with its source."""

    opening: str
    items: tuple[Item, ...]
    source: str


@dataclass(frozen=True, kw_only=True)  # no slots: cached properties need a place
class FormDefinition:
    """One revision of a form. ``sha256`` is the digest of the file it was read from."""

    kind: str  # w9: the kind of document, and the form's code in the registry of blanks
    name: str  # W-9
    revision: str  # 2024-03
    printed: str  # Rev. March 2024
    title: str
    source: str
    substitute_title: str
    sections: tuple[Section, ...]
    lists: Mapping[str, CodeList]
    derived: tuple[Derived, ...]
    checks: tuple[Check, ...]
    certification: Certification
    quotations: Mapping[str, Quotation]
    boxes: tuple[Box, ...]
    strikes: tuple[Strike, ...]
    empty: Mapping[str, str]  # fields of the official blank that are never filled -> why
    sha256: str

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        """Every question by its path."""
        return {field.path: field for section in self.sections for field in section.fields}

    @cached_property
    def box(self) -> Mapping[str, Box]:
        """Every box by its name."""
        return {box.name: box for box in self.boxes}

    def words_of(self, path: str, code: str) -> str:
        """The words of a code that was answered at ``path``."""
        name = self.fields[path].list_name
        return self.lists[name].rows[code].words if name else code
