"""What every register is asked and answers. "Nobody said" is an outcome of its own, never "invalid"."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Protocol

from app.clock import rfc3339

LARGEST_EVIDENCE = 64 * 1024  # characters of the answer that are kept as proof
RETRY_MINUTES = (5, 10, 20, 40, 60)  # after the first, second … failed attempt; the last one from then on


class Outcome(StrEnum):
    """What came of asking a register."""

    VALID = "valid"  # the register knows the number
    INVALID = "invalid"  # the register answered and does not know it
    UNAVAILABLE = "unavailable"  # nobody said; ask again later
    REFUSED = "refused"  # the register does not serve us as we ask; somebody of ours must act, asking again is no use


class ErrorClass(StrEnum):
    """What an error code asks of us."""

    FINAL = "final"  # about the number: asking again changes nothing
    CALLER = "caller"  # about us: alert, do not retry
    TRANSIENT = "transient"  # about the register: ask again later


class Match(StrEnum):
    """Whether a fact that we sent agrees with the register's."""

    MATCH = "match"
    MISMATCH = "mismatch"
    NOT_COMPARED = "not_compared"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterQuery:
    """One number to ask for: without prefix (``IdentifierCheck.register_number``), the country as VAT uses it.

    The requester is our own number; without it no consultation number is given. The trader's data are compared
    by registers that do so.
    """

    country: str
    number: str
    requester_country: str | None = None
    requester_number: str | None = None
    trader_name: str | None = None
    trader_street: str | None = None
    trader_postal_code: str | None = None
    trader_city: str | None = None
    trader_company_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterAnswer:
    """What the register said, or why nobody did.

    ``error_code`` is the register's own word (``MS_UNAVAILABLE``) or ours in lower case (``read_timeout``).
    ``evidence`` is the answer as it came, at most 64 KiB; it holds personal data and never goes to a log.
    """

    register: str
    outcome: Outcome
    asked_at: datetime
    answered_at: datetime
    error_code: str | None = None
    error_class: ErrorClass | None = None
    consultation_number: str | None = None
    trader_name: str | None = field(default=None, repr=False)
    trader_address: str | None = field(default=None, repr=False)
    name_match: Match = Match.NOT_COMPARED
    address_match: Match = Match.NOT_COMPARED
    valid_from: date | None = None
    evidence: str = field(default="", repr=False)

    @property
    def status(self) -> str:
        """What the answer makes of a tax ID check: verified, unverified, or unavailable when nobody said."""
        return _STATUSES.get(self.outcome, "unavailable")

    def members(self) -> dict[str, Any]:
        """The ``register`` member of a tax ID check; ``answered_at`` is None while nobody said anything."""
        return {
            "name": self.register,
            "asked_at": rfc3339(self.asked_at),
            "answered_at": rfc3339(self.answered_at) if self.outcome in _STATUSES else None,
            "consultation_number": self.consultation_number,
            "trader_name": self.trader_name,
            "trader_address": self.trader_address,
            "match": {"name": str(self.name_match), "address": str(self.address_match)},
            "error_code": self.error_code,
        }


_STATUSES = {Outcome.VALID: "verified", Outcome.INVALID: "unverified"}


class Availability(StrEnum):
    """Whether a register, or one member state behind it, answers at present."""

    AVAILABLE = "available"
    UNAVAILABLE = "unavailable"
    UNKNOWN = "unknown"  # not monitored, or the register did not say


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterStatus:
    """The health of one register as it says itself."""

    register: str
    availability: Availability
    asked_at: datetime
    countries: Mapping[str, Availability] = field(default_factory=lambda: MappingProxyType({}))
    error_code: str | None = None


def split_address(text: str | None) -> dict[str, str]:
    """An address in one text as the trader members of a query: street, and postal code and city of the last part.

    Lines or commas part it. What has no such form is the street, and nothing is guessed for the rest.
    """
    parts = [part.strip() for part in re.split("[\\n,]", text or "") if part.strip()]
    if not parts:
        return {}
    place = _PLACE.fullmatch(parts[-1]) if len(parts) > 1 else None
    if not place:
        return {"trader_street": ", ".join(parts)}
    return {"trader_street": ", ".join(parts[:-1]), "trader_postal_code": place[1], "trader_city": place[2]}


_PLACE = re.compile("([A-Z]{0,3}-?[0-9][0-9A-Z -]*[0-9A-Z]) +([^0-9]+)")


class Register(Protocol):
    """A register of tax IDs. No method raises for what the other side does."""

    @property
    def name(self) -> str:
        """How the register is called in records and answers."""
        ...

    def ask(self, query: RegisterQuery) -> RegisterAnswer:
        """Ask for one number; takes at most the client's total time."""
        ...

    def status(self) -> RegisterStatus:
        """Ask the register how it feels; takes at most the client's total time."""
        ...


def next_attempt_after(attempts: int) -> int:
    """Seconds to wait after ``attempts`` failed attempts: 5, 10, 20, 40 minutes, then hourly."""
    return 60 * RETRY_MINUTES[min(max(attempts, 1), len(RETRY_MINUTES)) - 1]
