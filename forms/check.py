"""Answers against a form's definition: every fault at once, and the facts that the boxes are filled from.

No fault quotes an answer: they go to logs and pages where a taxpayer's number must not stand.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from forms.conditions import Facts, Value
from forms.model import Choice, Field, FormDefinition, Severity, UsTin
from tax_rules.identifiers import TIN_KINDS, check_us_tin

_LONGEST_NAME = 60
_MOST_LINES = 8
_MOST_CODES_TOLD = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong with the answers.

    ``block``: the form may not be given like this; ``review``: a person decides; ``warn``: the reader should know.
    ``line`` is the form's own line, empty for an answer that the form does not ask; ``path`` the answer's name.
    """

    code: str
    severity: Severity
    line: str
    path: str
    words: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """Answers that were checked: their faults in the order of the form, and the facts, cleaned and with what follows
    from them."""

    definition: FormDefinition
    faults: tuple[Fault, ...]
    facts: Facts
    today: date

    @property
    def is_blocked(self) -> bool:
        """Whether a fault forbids to fill the form."""
        return any(fault.severity == "block" for fault in self.faults)


def check(definition: FormDefinition, answers: Mapping[str, Any], *, today: date) -> Checked:
    """Check the answers to a form.

    Args:
        answers: by name, groups as mappings: texts, true or false, and civil dates as ``YYYY-MM-DD`` or ``date``. None
            and an empty text are no answer.
        today: the civil date of the check; a signature may not be later.
    """
    faults: list[Fault] = []
    facts: dict[str, Value] = {}
    unusable: set[str] = set()
    for path, answer in _flat(definition, answers):
        field = definition.fields.get(path)
        if field is None:
            faults.append(_fault(definition, "unknown_answer", "", path, "The form has no such question."))
            continue
        try:
            facts[path] = _value(definition, field, answer)
        except _Refused as refused:
            unusable.add(path)
            faults.append(_fault(definition, refused.code, field.line, path, refused.words))
    unusable |= _derive(definition, facts, unusable, today)
    faults += _missing(definition, facts, unusable, today)
    faults += [
        Fault(code=c.code, severity=c.severity, line=c.line, path=c.path, words=c.words, source=c.source)
        for c in definition.checks
        if not c.when.paths() & unusable and c.when.holds(facts, today)
    ]
    order = {path: number for number, path in enumerate(definition.fields)}
    faults.sort(key=lambda fault: order.get(fault.path, -1))
    return Checked(definition=definition, faults=tuple(faults), facts=facts, today=today)


class _Refused(Exception):
    def __init__(self, code: str, words: str) -> None:
        super().__init__(code)
        self.code = code
        self.words = words


def _fault(definition: FormDefinition, code: str, line: str, path: str, words: str) -> Fault:
    return Fault(code=code, severity="block", line=line, path=path, words=words, source=definition.source)


def _flat(definition: FormDefinition, answers: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Path and answer, for what was answered. A group that is no mapping comes out under its own name."""
    groups = {path.split(".")[0] for path in definition.fields if "." in path}
    for name, answer in answers.items():
        if name in groups and isinstance(answer, Mapping):
            inner = {f"{name}.{_harmless(key)}": value for key, value in answer.items()}
        else:
            # a dot in a name is not a way into a group
            inner = {_harmless(name).replace(".", "\ufffd"): answer}
        for path, value in inner.items():
            if value is not None and value != "":
                yield path, value


def _harmless(name: object) -> str:
    shown = str(name)[:_LONGEST_NAME]
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in shown)


def _value(definition: FormDefinition, field: Field, answer: Any) -> Value:
    if field.kind == "flag":
        if not isinstance(answer, bool):
            raise _Refused("not_a_flag", "Answer true or false.")
        return answer
    if field.kind == "date":
        return _date(answer)
    if not isinstance(answer, str):
        raise _Refused("not_a_text", "Answer with one text." + _choices(definition, field))
    text = unicodedata.normalize("NFC", answer).strip()
    if field.kind == "lines":
        text = "\n".join(line.strip() for line in text.splitlines())
    if any(unicodedata.category(sign)[0] == "C" for sign in text.replace("\n" if field.kind == "lines" else "", "")):
        raise _Refused("not_printable", "The text has a character that cannot be printed.")
    if field.kind == "lines" and text.count("\n") >= _MOST_LINES:
        raise _Refused("too_long", f"At most {_MOST_LINES} lines.")
    if len(text) > field.max_length:
        raise _Refused("too_long", f"At most {field.max_length} characters.")
    if not text:
        raise _Refused("empty", "The text is blank.")
    if field.list_name:
        _check_code(definition, field, text)
    return text


def _date(answer: Any) -> date:
    try:
        if type(answer) is date:
            return answer
        if isinstance(answer, str) and len(answer) == 10:
            return date.fromisoformat(answer)
    except ValueError:
        pass
    raise _Refused("not_a_date", "Answer with a date such as 2026-01-31.")


def _check_code(definition: FormDefinition, field: Field, code: str) -> None:
    row = definition.lists[field.list_name or ""].rows.get(code)
    if row is None:
        raise _Refused("unknown_code", "That is not one of the codes." + _choices(definition, field))
    if row.refused:
        raise _Refused("code_refused", row.refused)


def _choices(definition: FormDefinition, field: Field) -> str:
    rows = definition.lists[field.list_name].rows.values() if field.list_name else ()
    codes = [row.code for row in rows if not row.refused]
    return f" Answer exactly one of {', '.join(codes)}." if 0 < len(codes) <= _MOST_CODES_TOLD else ""


def _missing(definition: FormDefinition, facts: Facts, unusable: set[str], today: date) -> Iterator[Fault]:
    for field in definition.fields.values():
        if field.path in facts or field.path in unusable or field.required is None:
            continue
        if not field.required.paths() & unusable and field.required.holds(facts, today):
            yield Fault(
                code="missing",
                severity=field.missing,
                line=field.line,
                path=field.path,
                words=f"Nothing is answered to: {field.words}",
                source=definition.source,
            )


def _derive(definition: FormDefinition, facts: dict[str, Value], unusable: set[str], today: date) -> set[str]:
    """Add the facts that follow from others. Returns the names of those that cannot be known for a fault."""
    unknown: set[str] = set()
    for derived in definition.derived:
        if isinstance(derived, UsTin):
            unknown |= _derive_tin(derived, facts, unusable)
            continue
        if _looks_at(derived) & (unusable | unknown):
            unknown.add(derived.name)
            continue
        case = next((case for case in derived.cases if case.when.holds(facts, today)), None)
        if case is not None:
            facts[derived.name] = case.value
        elif derived.otherwise in facts:
            facts[derived.name] = facts[derived.otherwise]
    return unknown


def _looks_at(choice: Choice) -> frozenset[str]:
    own = frozenset({choice.otherwise} if choice.otherwise else ())
    return own.union(*(case.when.paths() for case in choice.cases))


def _derive_tin(derived: UsTin, facts: dict[str, Value], unusable: set[str]) -> set[str]:
    if {derived.kind, derived.number} & unusable:
        return {derived.name, derived.digits}
    kind, number = facts.get(derived.kind), facts.get(derived.number)
    if kind in TIN_KINDS and isinstance(number, str):
        checked = check_us_tin(str(kind), number)
        facts[derived.name] = checked.reason or ("valid" if checked.is_prefix_known else "unknown_prefix")
        if checked.is_valid:
            facts[derived.digits] = checked.number
    return set()
