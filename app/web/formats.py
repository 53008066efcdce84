"""How a page writes what :mod:`app.i18n` does not: padded amounts, times passed, sizes."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_decimal, get_currency_precision

from app import clock
from app.i18n import Language

RECENT = timedelta(hours=24)
NO_BREAK = "\u00a0"
THIN_MINUS = "\u2212"


@dataclass(frozen=True, slots=True)
class Formats:
    """The formats of one language; moments are shown in UTC, and say so."""

    words: Language

    def money(self, value: Decimal | str, currency: str) -> str:
        """The amount with its ISO code: ``EUR 1,234.50``, ``1.234,50 EUR``; at least the currency's decimals."""
        amount = _padded(Decimal(value), get_currency_precision(currency))
        written = self.words.amount(abs(amount), currency)
        return THIN_MINUS + written if amount < 0 else written

    def quantity(self, value: Decimal | str) -> str:
        return self.words.quantity(Decimal(value))

    def percent(self, value: Decimal | str) -> str:
        """A rate given in percent: ``19 %``, ``8.875%``."""
        return self.words.percent(Decimal(value))

    def size(self, octets: int) -> str:
        if octets < 1000:
            return f"{octets}{NO_BREAK}B"
        return format_decimal(Decimal(octets) / 1000, "#,##0.0", self.words.locale) + f"{NO_BREAK}kB"

    def day(self, value: date | str) -> str:
        """A civil date, short enough for a table: ``3 Oct 2026``, ``03.10.2026``."""
        value = date.fromisoformat(value) if isinstance(value, str) else value
        return format_date(value, "medium", self.words.locale)

    def moment(self, value: datetime) -> str:
        """Absolute, with the zone, for the hover text."""
        return self.words.moment(value)

    def near(self, value: datetime) -> str:
        """Within a day as time passed, otherwise as a date with the time."""
        passed = clock.now() - value
        if timedelta(0) <= passed < RECENT:
            return format_timedelta(-passed, add_direction=True, locale=self.words.locale, threshold=1)
        return format_datetime(value.astimezone(UTC), "d MMM y, HH:mm", locale=self.words.locale)

    def age(self, value: datetime) -> str:
        """How long ago, in the largest whole unit."""
        return format_timedelta(clock.now() - value, locale=self.words.locale, threshold=1)

    def country(self, code: str) -> str:
        return self.words.country(code)

    def language_name(self, tag: str) -> str:
        """A language's name in the reader's language."""
        names = self.words.locale.languages
        return names.get(tag.replace("-", "_")) or names.get(tag.split("-")[0].lower(), tag)


def _padded(amount: Decimal, digits: int) -> Decimal:
    """``amount`` with at least ``digits`` decimals; none is ever cut off."""
    return amount + Decimal(0).scaleb(-digits)
