"""The one clock. Moments are aware UTC; dates of law are civil dates and never come from here unasked."""

from datetime import UTC, date, datetime


def now() -> datetime:
    """The present moment, aware UTC, whole microseconds."""
    return datetime.now(UTC)


def today() -> date:
    """The present civil date in UTC, for issue dates and series years."""
    return now().date()


def rfc3339(moment: datetime) -> str:
    """A moment as RFC 3339 with ``Z``, microseconds only where there are any."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_rfc3339(text: str) -> datetime:
    """The aware UTC moment that :func:`rfc3339` wrote."""
    return datetime.fromisoformat(text).astimezone(UTC)
