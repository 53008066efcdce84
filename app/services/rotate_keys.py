"""The field keys: which seals how much, sealing anew what an older one sealed, and sealing what is still plain.

Each batch is a transaction of its own and is found by what it still has to do, so whatever stops the work, running it
again does the rest. Rows can be read and written meanwhile.
"""

import base64
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.actor import Actor
from app.desk import Desk
from app.models.access import IdempotencyRow
from app.models.base import SealedValues
from app.models.orders import SellerRow
from app.models.webhooks import WebhookEndpoint
from app.store import audit
from app.store.database import vault_of
from app.store.parties import keep_seller
from app.store.sealed import (
    COLUMNS,
    count_sealed,
    key_ids_in_use,
    opened_json,
    primary_key,
    reseal,
    rows_sealed_with,
    seal_text,
)
from app.vault import VaultError

BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyUse:
    """A field key: whether we have it, whether it seals what is new, and how many values it seals by table."""

    id: str
    is_known: bool
    is_newest: bool
    values: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """What was sealed anew, by table, and every row that could not be opened and why; such a row is left as it is."""

    key_id: str
    rows: dict[str, int]
    values: dict[str, int]
    faults: tuple[str, ...]


def list_keys(desk: Desk) -> list[KeyUse]:
    """Every key that we have, newest first, then those that are missing and still seal something."""
    with desk.database.reading() as session:
        vault, used = vault_of(session), _counts(session)
        missing = sorted(used.keys() - set(vault.key_ids))
        return [
            KeyUse(
                id=key_id, is_known=key_id not in missing, is_newest=key_id == vault.newest, values=used.get(key_id, {})
            )
            for key_id in (*vault.key_ids, *missing)
        ]


def missing_keys(session: Session) -> list[str]:
    """The ids of keys that seal something and that we do not have; one look into an index a key and table."""
    used = {key_id for table in COLUMNS for key_id in key_ids_in_use(session, table)}
    return sorted(used - set(vault_of(session).key_ids))


def rotate_keys(desk: Desk, actor: Actor, *, batch: int = BATCH) -> Rotation:
    """Seal with the newest key whatever an older one seals. Safe to repeat and to interrupt."""
    rows, values, faults = Counter[str](), Counter[str](), []
    with desk.database.reading() as session:
        newest = vault_of(session).newest
        older = [(table, key_id) for table in COLUMNS for key_id in key_ids_in_use(session, table) if key_id != newest]
    for table, key_id in older:
        for done, count, refused in _batches(desk, actor, table, key_id, _seal_anew, batch):
            rows[_name(table)] += done
            values[_name(table)] += count
            faults += refused
    return Rotation(key_id=newest, rows=dict(+rows), values=dict(+values), faults=tuple(faults))


def seal_plain_rows(desk: Desk, actor: Actor, *, batch: int = BATCH) -> int:
    """Seal what was written before there were field keys; how many rows that were. Safe to repeat."""
    sealed = 0
    for table, seal in _PLAIN.items():
        sealed += sum(done for done, _, _ in _batches(desk, actor, table, None, seal, batch))
    return sealed


def _batches(
    desk: Desk,
    actor: Actor,
    table: type[SealedValues],
    key_id: str | None,
    change: Callable[[Session, Any], int],
    batch: int,
) -> Iterator[tuple[int, int, list[str]]]:
    """Change the rows that a key seals, a batch a transaction: rows and values changed, and what was refused."""
    after: tuple[Any, ...] | None = None
    while True:
        values, refused = 0, []
        with desk.database.writing() as session:
            rows = rows_sealed_with(session, table, key_id, after=after, limit=batch)
            if not rows:
                return
            after = primary_key(rows[-1])
            for row in rows:
                try:
                    values += change(session, row)
                except VaultError as error:
                    refused.append(str(error))
            done = len(rows) - len(refused)
            if done:
                audit.record(
                    session,
                    actor=actor.name,
                    action="field_key.rotated" if key_id else "field_key.sealed_plain",
                    subject=_name(table),
                    from_key=key_id,
                    to_key=vault_of(session).newest,
                    rows=done,
                    values=values,
                )
        yield done, values, refused


def _seal_anew(session: Session, row: Any) -> int:
    if not isinstance(row, SellerRow):
        return reseal(session, row)
    members = opened_json(session, row, row.data)
    return keep_seller(session, row, members)


def _seal_endpoint(session: Session, row: WebhookEndpoint) -> int:
    row.secret = seal_text(session, row, row.secret)
    return 1


def _seal_answer(session: Session, row: IdempotencyRow) -> int:
    if row.body is None:
        return 0
    row.body = seal_text(session, row, base64.b64encode(row.body).decode()).encode()
    return 1


# Tables that had plain values before there were field keys, and what seals a row of each. An answer without a body has
# nothing to seal and stays without a key.
_PLAIN: dict[type[SealedValues], Callable[[Session, Any], int]] = {
    SellerRow: lambda session, row: keep_seller(session, row, row.data),
    WebhookEndpoint: _seal_endpoint,
    IdempotencyRow: _seal_answer,
}


def _counts(session: Session) -> dict[str, dict[str, int]]:
    used: dict[str, dict[str, int]] = {}
    for table in COLUMNS:
        for key_id in key_ids_in_use(session, table):
            used.setdefault(key_id, {})[_name(table)] = count_sealed(session, table, key_id)
    return used


def _name(table: type[SealedValues]) -> str:
    return str(table.__tablename__)  # type: ignore[attr-defined] - every table has one
