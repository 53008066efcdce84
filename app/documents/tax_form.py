"""A tax form of ours as a document: which blank it is filled into, with which answers, drawn in milliseconds.

The facts name the blank by its digest, so the same facts give the same bytes; a blank that is gone is an error of its
own, never another blank.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from app.documents import codec
from app.documents.errors import DrawingFailed, InvalidFacts
from app.documents.facts import Header
from app.documents.filling import fill as engine
from app.documents.filling.blanks import compiled
from app.documents.filling.folder import installed, place
from app.documents.filling.full_read_back import full_read_back
from app.documents.filling.marks import Mark, marks_of
from app.documents.filling.metadata import Info
from app.documents.filling.own_blanks import substitute_blank
from app.documents.filling.plan import CompiledBlank
from app.documents.filling.read_back import read_back
from app.documents.filling.substitute import DOCUMENT_NUMBER, VERIFY_AT
from app.documents.render import Drawn
from app.errors import Fault
from forms.blanks import shipped_blanks
from forms.check import check
from forms.fill import BlankKind, Filling, FormBlocked, fill
from forms.load import find_definition
from forms.model import FormDefinition

SEALED = ("/answers/tin/number",)  # members of the facts that are sealed where they are kept
ONE_IN = 50  # of so many issued forms one is read back by pypdf too


@dataclass(frozen=True, slots=True, kw_only=True)
class FormUsed:
    """The revision that is filled and into what: ``blank`` official or substitute, and the digest of its bytes."""

    code: str
    revision: str
    blank: BlankKind
    blank_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxFormFacts:
    """What a tax form is made from. ``checked_on`` is the civil date on which the answers were checked."""

    header: Header
    form: FormUsed
    author: str
    checked_on: date
    answers: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """As it is kept."""
        return {
            "header": codec.encode(self.header),
            "form": asdict(self.form),
            "author": self.author,
            "checked_on": self.checked_on.isoformat(),
            "answers": dict(self.answers),
        }

    @classmethod
    def from_json(cls, members: Mapping[str, Any]) -> "TaxFormFacts":
        """As it was kept; raises InvalidFacts."""
        if missing := {"header", "form", "author", "checked_on", "answers"} - members.keys():
            raise InvalidFacts(*(Fault(f"/{name}", "missing", "Missing.") for name in sorted(missing)))
        return cls(
            header=codec.decode(Header, members["header"]),
            form=codec.decode(FormUsed, members["form"]),
            author=members["author"],
            checked_on=date.fromisoformat(members["checked_on"]),
            answers=members["answers"],
        )


def form_to_use(kind: str, revision: str, forms_dir: Path) -> FormUsed:
    """The authority's blank where it is installed, our substitute otherwise.

    Raises:
        DrawingFailed: ``form_not_available``: we have no definition of this revision.
    """
    definition = _definition(kind, revision)
    known = shipped_blanks().revision(kind, revision)
    found = installed(forms_dir, known) if known else None
    if found:
        return FormUsed(code=kind, revision=revision, blank="official", blank_sha256=found.copy.sha256)
    blank = substitute_blank(definition, forms_dir)
    return FormUsed(code=kind, revision=revision, blank="substitute", blank_sha256=blank.source_sha256)


def check_form(members: Mapping[str, Any], forms_dir: Path) -> None:
    """Whether the form can be drawn, told before a number is taken; nothing is kept.

    Raises:
        InvalidFacts: the answers have faults, each with its line.
        DrawingFailed: see :func:`app.documents.filling.fill.fill`, and ``blank_missing``.
    """
    _fill(TaxFormFacts.from_json(members), forms_dir)


def draw_form(members: Mapping[str, Any], forms_dir: Path) -> Drawn:
    """Fill the form and read it back.

    Raises:
        InvalidFacts, DrawingFailed: see :func:`check_form`.
        ReadBackFailed: the bytes do not say what they must.
    """
    facts = TaxFormFacts.from_json(members)
    blank, values, marks, filled = _fill(facts, forms_dir)
    info = _info(facts)
    read_back(filled.pdf, blank, values, info=info, marks=marks)
    if int(filled.sha256[:8], 16) % ONE_IN == 0:
        full_read_back(filled.pdf, blank, values, info=info, marks=marks)
    return Drawn(filled.pdf, filled.sha256, filled.pages)


def _fill(
    facts: TaxFormFacts, forms_dir: Path
) -> tuple[CompiledBlank, Mapping[str, str | bool], tuple[Mark, ...], engine.Filled]:
    definition = _definition(facts.form.code, facts.form.revision)
    checked = check(definition, facts.answers, today=facts.checked_on)
    try:
        filling = fill(checked, blank=facts.form.blank)
    except FormBlocked as blocked:
        raise InvalidFacts(
            *(
                Fault(f"/answers/{f.path.replace('.', '/')}", f.code, f"Line {f.line}: {f.words}")
                for f in blocked.faults
            )
        ) from None
    blank = _blank(facts.form, definition, filling, forms_dir)
    values, marks = dict(filling.values), marks_of(filling)
    if facts.form.blank == "substitute":
        values |= {DOCUMENT_NUMBER: facts.header.number, VERIFY_AT: facts.header.verify_url}
    filled = engine.fill(blank, values, info=_info(facts), marks=marks, labels=filling.labels)
    return blank, values, marks, filled


def _blank(used: FormUsed, definition: FormDefinition, filling: Filling, forms_dir: Path) -> CompiledBlank:
    if used.blank == "substitute":
        return substitute_blank(definition, forms_dir, filling.crossed_out)
    known = shipped_blanks().of(used.blank_sha256)
    try:
        if known is None:
            raise FileNotFoundError(used.blank_sha256)
        return compiled(place(forms_dir, *known))
    except OSError:
        raise DrawingFailed(
            "blank_missing", "The blank that the form was issued on is not installed; run taxdesk forms install."
        ) from None


def _info(facts: TaxFormFacts) -> Info:
    definition, header = _definition(facts.form.code, facts.form.revision), facts.header
    title = definition.title if facts.form.blank == "official" else definition.substitute_title
    return Info(
        title=f"{title} ({definition.printed})",
        subject=f"{header.number}, order {header.order_reference}",
        author=facts.author,
        created=datetime.combine(header.issued_on, time(0), UTC),
        document_id=header.document_id,
        number=header.number,
        code=header.code,
    )


def _definition(kind: str, revision: str) -> FormDefinition:
    definition = find_definition(kind, revision)
    if definition is None:
        raise DrawingFailed("form_not_available", f"There is no definition of form {kind}, revision {revision}.")
    return definition
