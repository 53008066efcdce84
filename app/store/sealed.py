"""Sealed values in rows: single columns, members of JSON columns, and which key seals how many of them.

A sealed member of a JSON column stands there as ``{"sealed": "v1.…"}``, so that a reader sees what is sealed without
being told. All values of a row are sealed with the key that its ``key_id`` names.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import JSON, Text, cast, func, inspect, select, tuple_
from sqlalchemy.orm import Session

from app.models.access import IdempotencyRow
from app.models.base import SealedValues
from app.models.certificates import ExemptionCertificateRow
from app.models.documents import DocumentRow
from app.models.orders import SellerRow
from app.models.webhooks import WebhookEndpoint
from app.store.database import vault_of
from app.vault import VERSION, Place, last_four

MARK = "sealed"
# Every table with sealed values and the column that holds them.
COLUMNS: dict[type[SealedValues], str] = {
    DocumentRow: "facts",
    ExemptionCertificateRow: "numbers",
    IdempotencyRow: "body",
    SellerRow: "data",
    WebhookEndpoint: "secret",
}


def seal_text(session: Session, row: Any, text: str) -> str:
    """The text sealed for its column of this row, whose primary key is set; notes the key on the row."""
    row.key_id = vault_of(session).newest
    return vault_of(session).seal(text, place_of(row))


def open_text(session: Session, row: Any, sealed: str) -> str:
    """The text that :func:`seal_text` sealed for this row. Raises VaultError."""
    return vault_of(session).open(sealed, place_of(row))


def sealed_json(
    session: Session, row: Any, members: dict[str, Any], pointers: Iterable[str]
) -> tuple[dict[str, Any], int]:
    """Members with those at ``pointers`` sealed for this row, and how many were; notes the key on the row.

    Args:
        row: of one of ``COLUMNS``, its primary key set.
        members: JSON-able, as they are to be opened again.
        pointers: JSON Pointers; ``*`` stands for every item of a list. What is absent or null stays so.
    """
    vault, place, count = vault_of(session), place_of(row), 0

    def seal(pointer: str, value: Any) -> Any:
        nonlocal count
        count += 1
        row.key_id = vault.newest
        return {MARK: vault.seal(json.dumps(value, ensure_ascii=False), _inside(place, pointer))}

    sealed: dict[str, Any] = _replaced(members, pointers, seal)
    return sealed, count


def opened_json(session: Session, row: Any, members: dict[str, Any]) -> dict[str, Any]:
    """The members that :func:`sealed_json` was given. Raises VaultError."""
    vault, place = vault_of(session), place_of(row)
    opened: dict[str, Any] = _mapped(
        members, "", lambda pointer, sealed: json.loads(vault.open(sealed, _inside(place, pointer)))
    )
    return opened


def masked_json(members: dict[str, Any], pointers: Iterable[str]) -> dict[str, Any]:
    """Members with those at ``pointers`` as ``{kind, last4}``: for answers and pages. ``kind`` is the member's name."""

    def mask(pointer: str, value: Any) -> Any:
        return {"kind": pointer.rpartition("/")[2], "last4": last_four(str(value))}

    masked: dict[str, Any] = _replaced(members, pointers, mask)
    return masked


def reseal(session: Session, row: Any) -> int:
    """Seal every value of a row anew with the newest key; how many.

    Raises VaultError and then leaves the row as it is.
    """
    vault, place, column = vault_of(session), place_of(row), COLUMNS[type(row)]
    stored, count = getattr(row, column), 0

    def anew(pointer: str, sealed: str) -> Any:
        nonlocal count
        count += 1
        return {MARK: vault.reseal(sealed, _inside(place, pointer))}

    if isinstance(stored, dict):
        stored = _mapped(stored, "", anew)
    elif stored is not None:
        count = 1
        text = vault.reseal(stored.decode() if isinstance(stored, bytes) else stored, place)
        stored = text.encode() if isinstance(stored, bytes) else text
    setattr(row, column, stored)
    row.key_id = vault.newest
    return count


def rows_sealed_with(
    session: Session, table: type[SealedValues], key_id: str | None, *, after: Sequence[Any] | None, limit: int
) -> list[Any]:
    """Rows of a table whose values one key seals, by primary key, locked; None: rows in which nothing is sealed yet."""
    keys = inspect(table).primary_key
    query = select(table).where(table.key_id == key_id).order_by(*keys).limit(limit).with_for_update()
    if key_id is None:
        query = query.where(getattr(table, COLUMNS[table]).is_not(None))
    if after is not None:
        query = query.where(tuple_(*keys) > tuple_(*after))
    return list(session.scalars(query))


def key_ids_in_use(session: Session, table: type[SealedValues]) -> Iterator[str]:
    """The keys that seal anything in a table; each costs one look into the index, however many rows there are."""
    found: str | None = ""
    while (found := session.scalar(select(func.min(table.key_id)).where(table.key_id > found))) is not None:
        yield found


def count_sealed(session: Session, table: type[SealedValues], key_id: str) -> int:
    """How many values of a table one key seals; reads every row that it has sealed."""
    column = getattr(table, COLUMNS[table])
    if not isinstance(column.type, JSON):
        values = func.count(column)
    else:
        text, mark = cast(column, Text), f"{VERSION}.{key_id}."
        values = func.coalesce(func.sum(func.length(text) - func.length(func.replace(text, mark, ""))) / len(mark), 0)
    return int(session.scalar(select(values).where(table.key_id == key_id)) or 0)


def primary_key(row: Any) -> tuple[Any, ...]:
    """The primary key of a row, in the order of its columns."""
    return tuple(getattr(row, column.key) for column in inspect(type(row)).primary_key)


def place_of(row: Any) -> Place:
    """Where the sealed values of a row live."""
    name = json.dumps(primary_key(row)) if len(primary_key(row)) > 1 else str(primary_key(row)[0])
    return Place(row.__tablename__, name, COLUMNS[type(row)])


def _inside(place: Place, pointer: str) -> Place:
    return Place(place.table, place.row, place.field + pointer)


def _mapped(value: Any, pointer: str, change: Callable[[str, str], Any]) -> Any:
    """JSON with every sealed member replaced by what ``change`` makes of its pointer and sealed value."""
    if isinstance(value, dict):
        if value.keys() == {MARK}:
            return change(pointer, value[MARK])
        return {name: _mapped(member, f"{pointer}/{name}", change) for name, member in value.items()}
    if isinstance(value, list):
        return [_mapped(item, f"{pointer}/{n}", change) for n, item in enumerate(value)]
    return value


def _replaced(members: Any, pointers: Iterable[str], change: Callable[[str, Any], Any]) -> Any:
    for pointer in pointers:
        members = _at(members, pointer.split("/")[1:], "", change)
    return members


def _at(value: Any, parts: Sequence[str], pointer: str, change: Callable[[str, Any], Any]) -> Any:
    if not parts:
        return None if value is None else change(pointer, value)
    part, rest = parts[0], parts[1:]
    if part == "*" and isinstance(value, list | tuple):
        return [_at(item, rest, f"{pointer}/{n}", change) for n, item in enumerate(value)]
    if isinstance(value, dict) and part in value:
        return value | {part: _at(value[part], rest, f"{pointer}/{part}", change)}
    return value
