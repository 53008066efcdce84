"""Sealed values in rows: at rest nothing is readable, in the right row everything comes back."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import text, update
from sqlalchemy.orm import Session

from app.models.orders import SellerRow
from app.store.database import Database, vault_of
from app.store.sealed import (
    count_sealed,
    key_ids_in_use,
    masked_json,
    opened_json,
    reseal,
    rows_sealed_with,
    sealed_json,
)
from app.vault import SealBroken, Vault
from tests.app.test_vault import NEW, OLD

IBAN, TIN = "GB52EXMP12345612345678", "12-3456789"
POINTERS = ("/tin/number", "/accounts/*/iban", "/whole", "/absent/member")
MEMBERS = {
    "name": "Łódź & 東京",
    "tin": {"kind": "ein", "number": TIN},
    "accounts": [{"iban": IBAN, "bic": "X"}, {"iban": None}, {"iban": "DE02"}],
    "whole": {"a": [1, None, "ü"]},
}


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url, vault=Vault([OLD]))
    yield opened
    opened.close()


def make_row(session: Session, code: str = "xx", version: int = 1) -> SellerRow:
    row = SellerRow(code=code, version=version, fingerprint="", loaded_at=datetime(2026, 1, 1, tzinfo=UTC))
    row.data, _ = sealed_json(session, row, MEMBERS, POINTERS)
    session.add(row)
    return row


def test_members_come_back_and_the_table_shows_none_of_them(database: Database) -> None:
    with database.writing() as session:
        make_row(session)
    with database.reading() as session:
        row = session.get_one(SellerRow, ("xx", 1))
        assert opened_json(session, row, row.data) == MEMBERS
        stored = str(session.scalar(text("SELECT data FROM sellers")))
        assert row.data["accounts"][0].keys() == {"iban", "bic"}
        assert row.data["accounts"][1] == {"iban": None}
        assert row.key_id == vault_of(session).newest
    assert not any(secret in stored for secret in (IBAN, TIN, "DE02"))
    assert MEMBERS["tin"] == {"kind": "ein", "number": TIN}, "what was given is left as it was"


def test_a_member_that_was_copied_to_another_row_or_member_does_not_open(database: Database) -> None:
    with database.writing() as session:
        first, second = make_row(session), make_row(session, "yy")
        second.data = {**second.data, "tin": first.data["tin"]}
        with pytest.raises(SealBroken, match=r"sellers \[\"yy\", 1\] data/tin/number"):
            opened_json(session, second, second.data)
        accounts = first.data["accounts"]
        swapped = {**first.data, "accounts": [accounts[2], accounts[1], accounts[0]]}
        with pytest.raises(SealBroken):
            opened_json(session, first, swapped)


def test_a_masked_member_shows_its_kind_and_last_four() -> None:
    masked = masked_json(MEMBERS, POINTERS[:2])
    assert masked["tin"]["number"] == {"kind": "number", "last4": "6789"}
    assert [account["iban"] for account in masked["accounts"]] == [
        {"kind": "iban", "last4": "5678"}, None, {"kind": "iban", "last4": "02"},
    ]  # fmt: skip
    assert TIN not in json.dumps(masked)
    assert IBAN not in json.dumps(masked)


def test_rows_are_counted_and_sealed_anew_by_key(database: Database, database_url: str) -> None:
    with database.writing() as session:
        for code in ("aa", "bb", "cc"):
            make_row(session, code)
    both = Database(database_url, vault=Vault([NEW, OLD]))
    old, new = Vault([OLD]).newest, Vault([NEW]).newest
    with both.writing() as session:
        assert list(key_ids_in_use(session, SellerRow)) == [old]
        assert count_sealed(session, SellerRow, old) == 12
        rows = rows_sealed_with(session, SellerRow, old, after=None, limit=2)
        assert [row.code for row in rows] == ["aa", "bb"]
        assert [row.code for row in rows_sealed_with(session, SellerRow, old, after=("bb", 1), limit=2)] == ["cc"]
        assert [reseal(session, row) for row in rows] == [4, 4]
    with both.reading() as session:
        assert sorted(key_ids_in_use(session, SellerRow)) == sorted([old, new])
        assert (count_sealed(session, SellerRow, old), count_sealed(session, SellerRow, new)) == (4, 8)
        for code in ("aa", "bb", "cc"):
            row = session.get_one(SellerRow, (code, 1))
            assert opened_json(session, row, row.data) == MEMBERS
    both.close()


def test_a_row_that_cannot_be_opened_is_left_as_it_is(database: Database) -> None:
    with database.writing() as session:
        row = make_row(session)
        session.flush()
        broken = {**row.data, "tin": {"number": {"sealed": "v1.aaaaaaaa.AAAA.AAAA"}}}
        session.execute(update(SellerRow).values(data=broken))
    with database.writing() as session:
        row = session.get_one(SellerRow, ("xx", 1))
        with pytest.raises(Exception, match="aaaaaaaa"):
            reseal(session, row)
        assert row.data == broken


def test_a_database_without_keys_has_no_business_with_sealed_values(database_url: str) -> None:
    keyless = Database(database_url)
    with keyless.reading() as session, pytest.raises(LookupError):
        vault_of(session)
    keyless.close()
