"""Settings: safe defaults in development; production names everything that forbids a start."""

from pathlib import Path

import pytest

from app.config import DEVELOPMENT_FIELD_KEY, DEVELOPMENT_SECRET, Environment, RegisterMode, Settings, SettingsError

SELLERS = Path(__file__).parents[1] / "app/examples/sellers.yaml"
GOOD = {
    "TAXDESK_ENV": "production",
    "TAXDESK_SECRET_KEYS": "kX2vT9qLr8WmZp4Yc7Nd1Gh6Bs3Fj5Ea0UoQiXw",
    "TAXDESK_FIELD_KEYS": "Yt4nBq8sKd2wHx6mRf0pLz3vCj7gAe1uNiOo5T9I",
    "TAXDESK_BASE_URL": "https://desk.example",
    "TAXDESK_REGISTERS": "off",
    "TAXDESK_SELLERS": str(SELLERS),
}


def read(monkeypatch: pytest.MonkeyPatch, **given: str) -> Settings:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return Settings.from_environment(dotenv=None)


def refused(monkeypatch: pytest.MonkeyPatch, **given: str) -> list[str]:
    with pytest.raises(SettingsError) as error:
        read(monkeypatch, **given)
    return [fault.split(":")[0] for fault in error.value.faults]


def test_development_needs_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = read(monkeypatch, TAXDESK_DATA_DIR=str(tmp_path))
    assert settings.database_url == f"sqlite:///{tmp_path}/taxdesk.sqlite3"
    assert settings.base_url == "http://127.0.0.1:8000"
    assert settings.registers is RegisterMode.DOUBLE
    assert settings.log_format == "console"


def test_production_starts_on_complete_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch, **GOOD)
    assert settings.env is Environment.PRODUCTION
    assert settings.log_format == "json"


def test_production_names_every_fault_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    bad = {
        "TAXDESK_ENV": "production",
        "TAXDESK_REGISTERS": "double",
        "TAXDESK_PORT": "99999",
        "TAXDESK_LEASE_SECONDS": "0",
    }
    assert set(refused(monkeypatch, **bad)) == {
        "TAXDESK_SECRET_KEYS", "TAXDESK_FIELD_KEYS", "TAXDESK_BASE_URL", "TAXDESK_REGISTERS", "TAXDESK_SELLERS",
        "TAXDESK_PORT", "TAXDESK_LEASE_SECONDS",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("setting", "development"),
    [("TAXDESK_SECRET_KEYS", DEVELOPMENT_SECRET), ("TAXDESK_FIELD_KEYS", DEVELOPMENT_FIELD_KEY)],
)
@pytest.mark.parametrize(
    "pattern",
    ["", "{development}", "short", "a" * 200, "ab" * 30, "12345678901234567890", "x" * 31 + "y",
     "pL5sW8nEr1DkVz9Hq4Ju7Ty2Gf6Mb3Xc0AaOiRe,{development}", "pL5sW8nEr1DkVz9Hq4Ju7Ty2Gf6Mb3Xc0AaOiRe,weak"],
)  # fmt: skip
def test_production_refuses_a_missing_or_weak_secret_without_repeating_it(
    monkeypatch: pytest.MonkeyPatch, setting: str, development: str, pattern: str
) -> None:
    secret = pattern.format(development=development)
    with pytest.raises(SettingsError) as error:
        read(monkeypatch, **GOOD | {setting: secret})
    assert [fault.split(":")[0] for fault in error.value.faults] == [setting]
    assert len(secret) < 6 or secret not in str(error.value)


def test_a_key_of_the_sessions_does_not_encrypt_too(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refused(monkeypatch, **GOOD | {"TAXDESK_FIELD_KEYS": GOOD["TAXDESK_SECRET_KEYS"]}) == ["TAXDESK_FIELD_KEYS"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("BASE_URL", "http://desk.example"), ("BASE_URL", "desk.example"), ("REGISTERS", "double"), ("SELLERS", ""),
     ("REGISTERS", "maybe"), ("ENV", "prod"), ("PORT", "eighty"), ("PORT", "0"), ("STORAGE_URL", "ftp://x"),
     ("BROKER_URL", "kafka://x"),
     ("MAIL_URL", "http://x"), ("TRUSTED_PROXIES", "one"), ("POLL_SECONDS", "soon")],
)  # fmt: skip
def test_a_setting_that_cannot_be_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    assert f"TAXDESK_{name}" in refused(monkeypatch, **GOOD | {f"TAXDESK_{name}": value})


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TAXDESK_PORT", "9000")
    monkeypatch.delenv("TAXDESK_HOST", raising=False)
    dotenv = tmp_path / ".env"
    dotenv.write_text("TAXDESK_PORT=9100\nTAXDESK_HOST=127.0.0.2\n")
    settings = Settings.from_environment(dotenv)
    monkeypatch.delenv("TAXDESK_HOST", raising=False)  # environs puts it into the environment
    assert (settings.port, settings.host) == (9000, "127.0.0.2")


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch, **GOOD)
    assert GOOD["TAXDESK_SECRET_KEYS"] not in repr(settings)
    assert GOOD["TAXDESK_FIELD_KEYS"] not in repr(settings)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_is_reached_by_the_driver_we_ship(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    settings = read(monkeypatch, TAXDESK_DATABASE_URL=f"{scheme}://db.example/desk")
    assert settings.database_url == "postgresql+psycopg://db.example/desk"
