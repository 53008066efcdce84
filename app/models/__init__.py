"""Tables, one file per aggregate; no queries, no rules. Importing this package knows them all."""

from app.models import (
    access,
    audit,
    bulk,
    certificates,
    decisions,
    documents,
    exports,
    jobs,
    local_rates,
    mails,
    orders,
    webhooks,
)
from app.models.base import Base

__all__ = [
    "Base",
    "access",
    "audit",
    "bulk",
    "certificates",
    "decisions",
    "documents",
    "exports",
    "jobs",
    "local_rates",
    "mails",
    "orders",
    "webhooks",
]
