"""The fields of all schemas: strict about what arrives, the same word for the same thing everywhere.

Money and rates arrive as JSON strings, never as numbers; texts are refused when they hold characters that no document
could print or that would deceive its reader; every refusal says what would be right.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields

from app.errors import Fault
from app.reference.load import reference
from app.schemas.strict_json import InexactNumber
from tax_rules.errors import UnknownCode
from tax_rules.money import Currency
from tax_rules.rulebook import shipped_rulebook

MAX_INTEGER_DIGITS = 15
EARLIEST, LATEST = date(1990, 1, 1), date(2100, 12, 31)
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:\-]*", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?", re.ASCII)
_DECEIVING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u2060\ufeff\u2028\u2029")
MAX_COMBINING = 4  # marks on one letter; more is a flood


class StrictSchema(Schema):
    """A schema that refuses what it does not know."""

    class Meta:
        """marshmallow's options."""

        unknown = RAISE

    error_messages = {"unknown": "The resource does not know this field.", "type": "Send a JSON object."}  # noqa: RUF012


class _Exact(fields.Field[Decimal]):
    """A decimal that must arrive as a JSON string."""

    example = "100.00"
    most_decimals = 4

    def __init__(self, **kwargs: Any) -> None:
        written = rf"^-?(?:0|[1-9][0-9]{{0,{MAX_INTEGER_DIGITS - 1}}})(?:\.[0-9]{{1,{self.most_decimals}}})?$"
        metadata = {"type": "string", "pattern": written, "example": self.example} | kwargs.pop("metadata", {})
        super().__init__(metadata=metadata, **kwargs)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:  # noqa: ARG002
        return None if value is None else format(value, "f")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal:  # noqa: ARG002
        if isinstance(value, InexactNumber) or not isinstance(value, str):
            raise ValidationError(f'Send a string, such as "{self.example}".')
        if not _DECIMAL.fullmatch(value):
            raise ValidationError(f'Use digits and one dot, such as "{self.example}"; no blanks, commas or exponents.')
        if len(value.lstrip("-").split(".")[0]) > MAX_INTEGER_DIGITS:
            raise ValidationError(f"At most {MAX_INTEGER_DIGITS} digits before the dot.")
        if len(value.partition(".")[2]) > self.most_decimals:
            raise ValidationError(f"At most {self.most_decimals} digits after the dot.")
        return Decimal(value) + 0  # no negative zero


class Amount(_Exact):
    """An amount of money; that it fits its currency is checked by :func:`amounts_fit`, where both are known."""


class Percent(_Exact):
    """A rate in percent: ``"19"`` is 19 %; 0 to 100."""

    example = "19"
    most_decimals = 6

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal:
        rate = super()._deserialize(value, attr, data, **kwargs)
        if not 0 <= rate <= 100:
            raise ValidationError('Send a rate in percent, 0 to 100, such as "19".')
        return rate


class Quantity(_Exact):
    """A number of pieces, above zero."""

    example = "1"
    most_decimals = 6

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal:
        quantity = super()._deserialize(value, attr, data, **kwargs)
        if quantity <= 0:
            raise ValidationError("A quantity is above zero.")
        return quantity


class CivilDate(fields.Field[date]):
    """A civil date ``YYYY-MM-DD`` from 1990 to 2100."""

    def __init__(self, **kwargs: Any) -> None:
        metadata = {"type": "string", "format": "date", "example": "2026-11-22"} | kwargs.pop("metadata", {})
        super().__init__(metadata=metadata, **kwargs)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:  # noqa: ARG002
        return None if value is None else value.isoformat()

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:  # noqa: ARG002
        if not isinstance(value, str) or not _DATE.fullmatch(value):
            raise ValidationError('Send a date as "YYYY-MM-DD".')
        try:
            day = date.fromisoformat(value)
        except ValueError:
            raise ValidationError("There is no such day.") from None
        if not EARLIEST <= day <= LATEST:
            raise ValidationError(f"Send a date from {EARLIEST} to {LATEST}.")
        return day


class UtcMoment(fields.Field[datetime]):
    """A moment in RFC 3339 with its offset; kept in UTC."""

    def __init__(self, **kwargs: Any) -> None:
        metadata = {"type": "string", "format": "date-time", "example": "2026-11-22T10:00:00Z"}
        super().__init__(metadata=metadata | kwargs.pop("metadata", {}), **kwargs)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:  # noqa: ARG002
        return None if value is None else value.astimezone(UTC).isoformat().replace("+00:00", "Z")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:  # noqa: ARG002
        if not isinstance(value, str) or not _MOMENT.fullmatch(value):
            raise ValidationError('Send a moment with its offset, such as "2026-11-22T10:00:00Z".')
        try:
            moment = datetime.fromisoformat(value).astimezone(UTC)
        except (ValueError, OverflowError):
            raise ValidationError("There is no such moment.") from None
        if not EARLIEST <= moment.date() <= LATEST:
            raise ValidationError(f"Send a moment from {EARLIEST} to {LATEST}.")
        return moment


class Text(fields.String):
    """Text for people: NFC, without characters that cannot be printed or that turn or hide what is read."""

    def __init__(self, *, max_length: int, min_length: int = 1, **kwargs: Any) -> None:
        metadata = {"minLength": min_length, "maxLength": max_length} | kwargs.pop("metadata", {})
        super().__init__(metadata=metadata, **kwargs)
        self.min_length, self.max_length = min_length, max_length

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if isinstance(value, InexactNumber) or not isinstance(value, str):
            raise ValidationError("Send a string.")
        if len(value) > self.max_length:
            raise ValidationError(f"At most {self.max_length} characters.")
        text = unicodedata.normalize("NFC", super()._deserialize(value, attr, data, **kwargs))
        if len(text.strip()) < self.min_length:
            raise ValidationError("This must not be blank.")
        if fault := unprintable(text):
            raise ValidationError(fault)
        return text


class Reference(fields.String):
    """A reference of the caller's: 1 to 64 letters, digits, dots, colons, hyphens and underscores; safe in a URL."""

    def __init__(self, **kwargs: Any) -> None:
        metadata = {"pattern": f"^{_REFERENCE.pattern}$", "maxLength": 64} | kwargs.pop("metadata", {})
        super().__init__(metadata=metadata, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:  # noqa: ARG002
        if isinstance(value, InexactNumber) or not isinstance(value, str) or not is_reference(value):
            raise ValidationError("Use 1 to 64 of A-Z a-z 0-9 . _ : - and begin with a letter or digit.")
        return value


class CountryCode(fields.String):
    """ISO 3166-1 alpha-2 in capitals; ``XI``, ``XK`` and ``EL`` where VAT uses them."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(metadata={"pattern": "^[A-Z]{2}$", "example": "FR"} | kwargs.pop("metadata", {}), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:  # noqa: ARG002
        if not isinstance(value, str) or value not in reference().countries:
            raise ValidationError(f"Send a country of ISO 3166-1 in two capitals.{_country_hint(value)}")
        return value


def _country_hint(typed: object) -> str:
    """What was probably meant, or what became of a code that is no longer one."""
    wish = typed.strip().upper() if isinstance(typed, str) and len(typed) < 20 else ""
    if wish in reference().countries:
        return f" Did you mean {wish}?"
    former = next((row for row in shipped_rulebook().table("codes.former_countries") if row["code"] == wish), None)
    return f" {wish} ({former['name']}) is none; use {former['use_instead'] or 'a state of it'}." if former else ""


class CurrencyCode(fields.String):
    """An ISO 4217 currency that is legal tender today; with ``former``, also one that ended: check it by a date."""

    def __init__(self, *, former: bool = False, **kwargs: Any) -> None:
        super().__init__(metadata={"pattern": "^[A-Z]{3}$", "example": "EUR"} | kwargs.pop("metadata", {}), **kwargs)
        self.former = former

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:  # noqa: ARG002
        known = shipped_rulebook().currencies.get(value) if isinstance(value, str) else None
        if known is None:
            raise ValidationError(
                "Send a currency of ISO 4217 in three capitals; GET /v1/reference/currencies lists them."
            )
        if known.valid_until is not None and not self.former:
            raise ValidationError(currency_ended(known))
        return known.code


class LanguageTag(fields.String):
    """A BCP 47 tag such as ``fr`` or ``pt-BR``; documents fall back to English where we have no catalogue."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            metadata={"pattern": f"^{_LANGUAGE.pattern}$", "example": "fr"} | kwargs.pop("metadata", {}), **kwargs
        )

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:  # noqa: ARG002
        if not isinstance(value, str) or not _LANGUAGE.fullmatch(value):
            raise ValidationError('Send a language tag such as "fr" or "pt-BR".')
        return value


def is_reference(text: str) -> bool:
    """Whether a text may be a reference."""
    return len(text) <= 64 and _REFERENCE.fullmatch(text) is not None


def unprintable(text: str) -> str | None:
    """Why a text cannot stand on a document, or None."""
    marks = 0
    for letter in text:
        category = unicodedata.category(letter)
        if category in {"Cc", "Cs", "Co", "Cn"} and letter != "\n":
            return f"U+{ord(letter):04X} cannot be printed; remove it."
        if letter == "\n":
            return "One line only."
        if letter in _DECEIVING:
            return f"U+{ord(letter):04X} hides or turns what is read; remove it."
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if marks > MAX_COMBINING:
            return "Too many accents on one letter."
    return None


def find_currency(code: str, on: date | None = None) -> Currency | None:
    """The currency, if it is legal tender on the date (without one: not ended)."""
    try:
        currency = shipped_rulebook().currency(code)
    except UnknownCode:
        return None
    ended = currency.valid_until is not None if on is None else not currency.is_current(on)
    return None if ended else currency


def currency_ended(currency: Currency) -> str:
    """What to say of a currency that is no longer legal tender."""
    instead = f"; use {currency.successor}" if currency.successor else ""
    return f"{currency.code} ended on {currency.valid_until}{instead}."


def amounts_fit(currency: str, faults: dict[str, Any], amounts: Mapping[str, Decimal | None]) -> None:
    """Add a fault for each amount that was written with more decimals than the currency has; fewer are padded."""
    known = shipped_rulebook().currency(currency)
    for name, amount in amounts.items():
        if amount is not None and -int(amount.as_tuple().exponent) > known.digits:
            faults[name] = [f"{currency} has {known.digits} decimals."]


def faults_of(messages: Any, pointer: str = "") -> list[Fault]:
    """marshmallow's messages as faults with JSON Pointers, all of them, in the order of the input."""
    if isinstance(messages, Mapping):
        found = []
        for name, inner in messages.items():
            here = pointer if name == "_schema" else f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}"
            found += faults_of(inner, here)
        return found
    if isinstance(messages, list):
        return [fault for message in messages for fault in faults_of(message, pointer)]
    return [Fault(pointer, _code_of(str(messages)), str(messages))]


def _code_of(message: str) -> str:
    if message == "Missing data for required field.":
        return "missing"
    if message == StrictSchema.error_messages["unknown"]:
        return "unknown_field"
    return "invalid"
