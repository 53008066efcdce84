"""Reading what a page was sent: a form or a query, by marshmallow, every fault at once, nothing typed ever lost."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flask import g, request
from marshmallow import RAISE, Schema, ValidationError, fields
from werkzeug.datastructures import MultiDict

from app.errors import Fault, UnknownParameter

View = TypeVar("View", bound=Callable[..., Any])
QUERY = "taxdesk_declares_query"  # tells the door that the view reads the query itself
CSRF_FIELD = "csrf_token"
N_ = str  # marks a text for the catalogue; it is translated where it is drawn


class PageSchema(Schema):
    """A form's or query's fields; what is not declared is refused."""

    class Meta:
        unknown = RAISE


class Text(fields.String):
    """One line as typed, without blanks around it; control characters are refused, not stored."""

    def __init__(self, *, most: int, needed: str = "", lines: bool = False, **kwargs: Any) -> None:
        super().__init__(load_default="", **kwargs)
        self.most, self.needed, self.lines = most, needed, lines

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs).strip()
        if self.lines:
            text = text.replace("\r\n", "\n")
        if len(text) > self.most:
            raise ValidationError(N_("This is too long."))
        if any(not sign.isprintable() and not (self.lines and sign in "\n\t") for sign in text):
            raise ValidationError(N_("This holds characters that cannot be stored; type it again."))
        if self.needed and not text:
            raise ValidationError(self.needed)
        return text


class Secret(fields.String):
    """A password: exactly as typed or pasted."""

    def __init__(self, *, most: int, needed: str) -> None:
        super().__init__(load_default="")
        self.most, self.needed = most, needed

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not text or len(text) > self.most:
            raise ValidationError(self.needed if not text else N_("This is too long."))
        return text


@dataclass(frozen=True, slots=True)
class Form:
    """A form as it is drawn: what was typed, and what is wrong with it, by field."""

    typed: dict[str, str] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)

    def value(self, name: str, default: str = "") -> str:
        return self.typed.get(name, default)

    def with_faults(self, faults: dict[str, str]) -> "Form":
        return Form(self.typed, self.faults | faults)


def declares_query(view: View) -> View:
    """Mark a view that reads the query by :func:`read_query`."""
    setattr(view, QUERY, True)
    return view


def read_form(schema: type[PageSchema]) -> tuple[Form, dict[str, Any]]:
    """The sent form with its faults, and the facts it holds (empty when there are faults)."""
    sent, doubled = _flat(request.form)
    sent.pop(CSRF_FIELD, None)
    faults, facts = dict.fromkeys(doubled, N_("This was sent twice.")), {}
    try:
        facts = schema().load(sent)
    except ValidationError as error:
        faults |= _messages(error)
    typed = {name: value for name, value in sent.items() if not isinstance(schema().fields.get(name), Secret)}
    return Form(typed, faults), {} if faults else facts


def read_query(schema: type[PageSchema]) -> dict[str, Any]:
    """The query's facts.

    Raises:
        UnknownParameter: one that the page does not know, or that was given twice, or that cannot be read.
    """
    sent, doubled = _flat(request.args)
    faults = dict.fromkeys(doubled, "Send it once.")
    try:
        facts = schema().load(sent)
    except ValidationError as error:
        faults |= _messages(error)
    if faults:
        raise UnknownParameter(
            "The address of this page was refused.", *(Fault(f"?{n}", "invalid", m) for n, m in faults.items())
        )
    return facts


def form_key(purpose: str, token: str) -> str | None:
    """What makes a form one request: its token, bound to the person and the purpose so that no other form hits it."""
    if not token:
        return None
    return hashlib.sha256(f"{g.actor.name}\n{purpose}\n{token}".encode()).hexdigest()


def _flat(sent: MultiDict[str, str]) -> tuple[dict[str, str], list[str]]:
    return sent.to_dict(), [name for name, values in sent.lists() if len(values) > 1]


def _messages(error: ValidationError) -> dict[str, str]:
    messages = error.normalized_messages()
    return {str(name): " ".join(_leaves(what)) for name, what in messages.items()}


def _leaves(what: Any) -> list[str]:
    if isinstance(what, dict):
        return [leaf for inner in what.values() for leaf in _leaves(inner)]
    return [str(leaf) for leaf in what]
