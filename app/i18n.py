"""Languages: gettext catalogues under ``templates/locale`` and Babel's formats, one :class:`Language` for both.

Message ids are the English sentences. A catalogue is a ``.po`` file, read once per process as it lies in the
repository: there is no compiled copy that could be stale. Domains (``documents``, ...) are files beside each other.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import Translations

LOCALE = Path(__file__).parents[1] / "templates" / "locale"
SHIPPED = ("en", "de", "fr", "es", "it", "pt-BR", "ja")
# English is written for readers everywhere: the day comes before the month.
_TERRITORIES = {"en": "en_GB"}
_NO_BREAK = str.maketrans({" ": "\u00a0"})


class UnsupportedLanguage(ValueError):
    """No catalogue is shipped for the language."""


@dataclass(frozen=True, slots=True)
class Language:
    """One language of a document, a mail or a page: its catalogue and how it writes amounts, dates and countries."""

    tag: str
    locale: Locale
    translations: Translations

    def gettext(self, message: str) -> str:
        return self.translations.gettext(message)

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        return self.translations.ngettext(singular, plural, n)

    def number(self, value: Decimal) -> str:
        """A number with exactly the decimals it has: ``1.234,50``."""
        places = max(0, -int(value.as_tuple().exponent))
        pattern = "#,##0." + "0" * places if places else "#,##0"
        return _decimal(value, pattern, self.locale)

    def amount(self, value: Decimal, currency: str) -> str:
        """An amount with its ISO 4217 code and exactly the decimals it has: ``1.234,50 EUR``, ``EUR 1,234.50``."""
        number = self.number(value)
        before = self.locale.currency_formats["standard"].pattern.lstrip("\u200e\u200f").startswith("¤")
        return f"{currency}\u00a0{number}" if before else f"{number}\u00a0{currency}"

    def quantity(self, value: Decimal) -> str:
        """A quantity without trailing zeros: ``3``, ``2.5``."""
        return _decimal(value, "#,##0.##########", self.locale)

    def percent(self, value: Decimal) -> str:
        """A rate given in percent: ``19 %``, ``8.875%``."""
        number = _decimal(value, "#,##0.####", self.locale)
        return self.locale.percent_formats[None].pattern.replace("#,##0", number)

    def date(self, value: date) -> str:
        """A civil date with the month in words: ``3 October 2026``."""
        return format_date(value, "long", locale=self.locale).translate(_NO_BREAK)

    def month(self, value: date) -> str:
        """A month with its year: ``March 2024``."""
        return format_skeleton("yMMMM", value, locale=self.locale).translate(_NO_BREAK)

    def moment(self, value: datetime) -> str:
        """A moment in UTC to the second, and that it is UTC."""
        return f"{self.date(value.astimezone(UTC))}, {value.astimezone(UTC):%H:%M:%S}\u00a0UTC"

    def country(self, code: str) -> str:
        """A country's name, or the code where there is none (``XI``, ``EL`` are VAT's own)."""
        vat_codes = {"EL": "GR", "XI": "GB"}
        return self.locale.territories.get(vat_codes.get(code, code), code)


@lru_cache(maxsize=8192)
def _decimal(value: Decimal, pattern: str, locale: Locale) -> str:
    """A number in a pattern; kept, because a table says the same number when it is laid out, drawn and read back."""
    return format_decimal(value, format=pattern, locale=locale)


@cache
def language(tag: str, domain: str = "documents") -> Language:
    """The language of a BCP 47 tag; a region we have no catalogue for falls back to its language.

    Raises:
        UnsupportedLanguage: no catalogue for the language itself.
    """
    known = shipped(tag)
    if known is None:
        raise UnsupportedLanguage(tag)
    return Language(tag=tag, locale=_locale(tag, known), translations=translations(known, domain))


def shipped(tag: str) -> str | None:
    """The language of ours that a reader of this BCP 47 tag is given: by its language alone; None where there is none.

    The region does not count: a reader in Portugal is given our one Portuguese.
    """
    return _BY_LANGUAGE.get(_base(tag))


def _base(tag: str) -> str:
    return tag.replace("_", "-").split("-")[0].lower()


_BY_LANGUAGE = {_base(tag): tag for tag in SHIPPED}


def _locale(tag: str, known: str) -> Locale:
    try:
        return Locale.parse(_TERRITORIES.get(tag, tag).replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        return Locale.parse(_TERRITORIES.get(known, known).replace("-", "_"))


def catalogue(tag: str, domain: str = "documents") -> Path:
    """Where a catalogue lies."""
    return LOCALE / tag.replace("-", "_") / "LC_MESSAGES" / f"{domain}.po"


@cache
def translations(tag: str, domain: str = "documents") -> Translations:
    """The catalogue of a shipped language, ready for gettext."""
    with catalogue(tag, domain).open("rb") as source:
        messages = read_po(source, locale=tag.replace("-", "_"), domain=domain, abort_invalid=True)
    compiled = BytesIO()
    write_mo(compiled, messages)
    compiled.seek(0)
    return Translations(compiled, domain=domain)


def missing_parts() -> list[str]:
    """What readiness must say about languages: a catalogue or Babel's locale data that is not there."""
    found = []
    for tag in SHIPPED:
        checks: tuple[tuple[str, Callable[[], object]], ...] = (
            (f"language {tag}: Babel has no locale data for it", lambda tag=tag: _locale(tag, tag).territories["DE"]),
            (
                f"language {tag}: its catalogue under templates/locale is missing or broken",
                lambda tag=tag: language(tag),
            ),
        )
        for sentence, check in checks:
            try:
                check()
            except Exception:
                found.append(sentence)
    return found
