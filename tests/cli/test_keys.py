"""``taxdesk keys``: what is said, as sentences and as JSON, with which exit code; and what migrate says of it."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import create_engine, text

from app.cli.main import taxdesk
from app.vault import Vault
from tests.app.test_vault import NEW, OLD
from tests.planted import IBAN, SECRET_FORMS, sellers_file

OLD_ID, NEW_ID = Vault([OLD]).newest, Vault([NEW]).newest


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sqlite_url: str) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TAXDESK_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("TAXDESK_SELLERS", str(sellers_file(tmp_path)))
    monkeypatch.setenv("TAXDESK_FIELD_KEYS", OLD)
    assert run("migrate").exit_code == 0


def run(*arguments: str) -> Result:
    return CliRunner().invoke(taxdesk, list(arguments))


def members(*arguments: str) -> Any:
    return json.loads(run(*arguments, "--json").stdout)


def test_a_new_key_is_listed_takes_over_and_leaves_the_old_one_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAXDESK_FIELD_KEYS", f"{NEW},{OLD}")
    listed = run("keys", "list")
    assert listed.exit_code == 0
    lines = listed.stdout.splitlines()
    assert lines[0].split() == [NEW_ID, "seals", "what", "is", "new", "0", "values"]
    assert lines[1].split() == [OLD_ID, "opens", "only", "4", "values", "(sellers", "4)"]
    rotated = members("keys", "rotate")
    assert rotated == {"key_id": NEW_ID, "rows": {"sellers": 2}, "values": {"sellers": 4}, "faults": []}
    assert members("keys", "list")["keys"] == [
        {"id": NEW_ID, "is_known": True, "is_newest": True, "values": {"sellers": 4}},
        {"id": OLD_ID, "is_known": True, "is_newest": False, "values": {}},
    ]
    monkeypatch.setenv("TAXDESK_FIELD_KEYS", NEW)
    assert run("keys", "list").exit_code == 0
    assert run("migrate").exit_code == 0
    for secret in (OLD, NEW, *SECRET_FORMS):
        assert secret not in listed.output


def test_a_key_that_is_missing_ends_each_command_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAXDESK_FIELD_KEYS", NEW)
    listed = run("keys", "list")
    assert listed.exit_code == 1
    assert listed.stdout.splitlines()[1].split()[:3] == [OLD_ID, "missing", "4"]
    rotated = run("keys", "rotate")
    assert rotated.exit_code == 1
    lines = rotated.stdout.splitlines()
    assert lines[0] == f"0 values sealed with {NEW_ID}"
    assert len(lines) == 3
    assert all(line.startswith("left: sellers [") and OLD_ID in line for line in lines[1:])
    migrated = run("migrate")
    assert (migrated.exit_code, OLD_ID in str(getattr(migrated.exception, "detail", ""))) == (1, True)


def test_migrate_seals_what_was_plain_and_says_so_once(sqlite_url: str) -> None:
    engine = create_engine(sqlite_url)
    with engine.begin() as connection:
        data = connection.scalar(text("SELECT data FROM sellers WHERE code = 'planted'"))
        plain = json.loads(str(data)) | {"bank_accounts": [], "tax_form": None}
        plain["bank_accounts"] = [{"currency": "EUR", "holder": "X", "bank_name": "Y", "iban": IBAN}]
        connection.execute(
            text("UPDATE sellers SET data = :d, sha256 = 'plain', key_id = NULL WHERE code = 'planted'"),
            {"d": json.dumps(plain)},
        )
    first = run("migrate")
    assert "sealed 1 rows that were plain" in first.stdout
    assert members("migrate")["sealed"] == 0
    with engine.connect() as connection:
        stored = " ".join(connection.scalars(text("SELECT data FROM sellers")))
    engine.dispose()
    assert not [form for form in SECRET_FORMS if form in stored]
