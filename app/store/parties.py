"""Clients, sellers and customers: queries in, frozen records out."""

import json
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models.orders import ClientRow, SellerRow
from app.store.database import vault_of
from app.store.sealed import opened_json, sealed_json

# Members of a seller that are sealed at rest.
SEALED_MEMBERS = ("/tax_form/answers/tin/number", "/bank_accounts/*/iban", "/bank_accounts/*/account")
FINGERPRINT = "seller"

# Every calculation asks it: built once, and of the table instead of the class, which asks in half the time.
_SELLERS = SellerRow.__table__.c
_NEWEST_VERSIONS = select(_SELLERS.code, func.max(_SELLERS.version)).group_by(_SELLERS.code).order_by(_SELLERS.code)


def newest_versions(session: Session) -> dict[str, int]:
    """The version in force of every seller entity, by code."""
    return dict([*session.execute(_NEWEST_VERSIONS)])  # type: ignore[arg-type] - rows are pairs


def seller_version(session: Session, code: str, version: int) -> dict[str, Any]:
    """The data of one version of a seller entity, opened. Raises VaultError."""
    row = session.get_one(SellerRow, (code, version))
    return opened_json(session, row, row.data)


def newest_fingerprints(session: Session) -> dict[str, tuple[int, str]]:
    """Version and fingerprint of every seller entity in force, by code."""
    newest = select(SellerRow.code, func.max(SellerRow.version).label("version")).group_by(SellerRow.code).subquery()
    query = select(SellerRow).join(newest, (SellerRow.code == newest.c.code) & (SellerRow.version == newest.c.version))
    return {row.code: (row.version, row.fingerprint) for row in session.scalars(query)}


def keep_seller(session: Session, row: SellerRow, members: dict[str, Any]) -> int:
    """Put a seller's members into its row: sealed where they must be, with the fingerprint of them all.

    Returns how many members were sealed. Even where there are none, the fingerprint has the key.
    """
    row.data, sealed = sealed_json(session, row, members, SEALED_MEMBERS)
    row.fingerprint = vault_of(session).fingerprint(_text(members), FINGERPRINT)
    row.key_id = vault_of(session).newest
    return sealed


def is_same_seller(session: Session, fingerprint: str, members: dict[str, Any]) -> bool:
    """Whether a row's fingerprint is that of these members. Raises UnknownKey."""
    return vault_of(session).matches(fingerprint, _text(members), FINGERPRINT)


def _text(members: dict[str, Any]) -> str:
    return json.dumps(members, sort_keys=True)


def list_clients(session: Session) -> list[str]:
    """The codes of all clients."""
    return list(session.scalars(select(ClientRow.code).order_by(ClientRow.code)))
