"""Domain errors: plain exceptions with data. Only ``app/problems.py`` knows their HTTP status."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with the input: where (JSON Pointer), which kind, and what would be right."""

    pointer: str
    code: str
    detail: str


class DomainError(Exception):
    """Something the caller can understand and act on.

    Args:
        detail: one sentence for the reader: what was found and what to do. No personal data.
        faults: every fault of the input at once.
        extra: further members of the problem document, JSON-able.
    """

    def __init__(self, detail: str, *faults: Fault, **extra: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.faults = faults
        self.extra = extra


class InvalidInput(DomainError):
    """The input breaks the schema or a rule between its fields."""


class NotFound(DomainError):
    """No such thing, or none that the caller may know of."""


class Forbidden(DomainError):
    """The caller is known but may not do this."""


class Conflict(DomainError):
    """The state of the thing does not allow this now."""


class Unauthenticated(DomainError):
    """Nobody, or a key or session that is unknown, revoked or expired."""


class MalformedBody(DomainError):
    """The body is not one readable JSON value."""


class UnknownParameter(DomainError):
    """A query parameter that the resource does not know, or one given twice."""


class IdempotencyKeyMissing(DomainError):
    """A POST that must happen once came without its key."""


class IdempotencyKeyReused(DomainError):
    """The key came before with another request."""


class RequestInFlight(DomainError):
    """The same request is being worked on now."""

    retry_after = 1


class PreconditionRequired(DomainError):
    """Changing an existing resource needs If-Match."""


class PreconditionFailed(DomainError):
    """The resource is not in the state that If-Match names."""


class TaxIdMalformed(DomainError):
    """The offline check says that the number cannot exist."""


class TaxIdNotVerified(DomainError):
    """The register says that it does not know the number."""


class OriginalInvoiceMissing(DomainError):
    """A credit note must name the invoice it corrects, and the order names none."""


class NothingToRefund(DomainError):
    """All tax of the order was refunded before, or none was charged."""


class ExceedsRefundable(DomainError):
    """More was asked back than was charged less what was refunded."""


class OutsideRefundWindow(DomainError):
    """The time in which the house refunds for this reason is over."""


class NotRefundable(DomainError):
    """The law gives no refund for this change."""


class TaxUndetermined(DomainError):
    """No rule gives the tax of a line, and none was stated."""


class NotReady(DomainError):
    """The document is issued but not drawn yet, or the export asked for but not made."""


class TooManyRequests(DomainError):
    """The caller is over a limit."""

    retry_after = 60


class Unavailable(DomainError):
    """A part we need is down; nothing was changed."""

    retry_after = 5
