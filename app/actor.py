"""Who acts: a user at the pages, an API key, or the system itself; and what each may do."""

from dataclasses import dataclass, field
from enum import StrEnum


class Scope(StrEnum):
    """What an API key may touch; a user's role grants the same scopes on the pages."""

    BILLING = "billing"
    PAYMENTS = "payments"
    AUDITOR = "auditor"
    ADMIN = "admin"


class Role(StrEnum):
    """The roles of the people who use the pages."""

    PAYMENTS = "payments"
    APPROVER = "approver"
    AUDITOR = "auditor"
    ADMIN = "admin"


SCOPES_OF_ROLE: dict[Role, frozenset[Scope]] = {
    Role.PAYMENTS: frozenset({Scope.PAYMENTS}),
    Role.APPROVER: frozenset({Scope.PAYMENTS}),
    Role.AUDITOR: frozenset({Scope.AUDITOR}),
    Role.ADMIN: frozenset(Scope),
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who does something.

    Args:
        name: how the audit trail names them: ``user:usr_…``, ``key:key_…`` or ``system``.
        client: the only client whose orders an API key may see, or None for all.
    """

    name: str
    scopes: frozenset[Scope] = field(default_factory=frozenset)
    role: Role | None = None
    client: str | None = None

    def may(self, *scopes: Scope) -> bool:
        """Whether one of ``scopes`` is granted; ``admin`` grants all."""
        return Scope.ADMIN in self.scopes or any(scope in self.scopes for scope in scopes)

    def may_see(self, client_code: str | None) -> bool:
        """Whether the records of this client exist for the actor."""
        return self.client is None or self.client == client_code


SYSTEM = Actor("system", frozenset(Scope))
