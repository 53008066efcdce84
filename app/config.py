# ruff: noqa: RUF009 - the settings are declared through one function that freezes its arguments
"""Settings: frozen, read once from the environment or a ``.env``, with safe local defaults.

Every setting is declared once, in :class:`Settings`, with its meaning; the table in the README is checked against it.
Production refuses to start on a missing or weak secret and says which.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from math import log2
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from environs import Env

PREFIX = "TAXDESK_"
MIN_SECRET_BITS = 128
DEVELOPMENT_SECRET = "development-only-secret-not-for-production"  # noqa: S105 - production refuses it by name
DEVELOPMENT_FIELD_KEY = "development-only-field-key-not-for-production"


# 1,000.00 EUR, and amounts below or near its worth in other currencies: what is uncertain is looked at by two people.
DEFAULT_LIMITS = tuple(
    (currency, Decimal(amount))
    for currency, amount in (
        ("EUR", "1000.00"), ("USD", "1000.00"), ("GBP", "800.00"), ("CHF", "900.00"), ("CAD", "1400.00"),
        ("AUD", "1500.00"), ("NZD", "1600.00"), ("SGD", "1300.00"), ("JPY", "150000"), ("NOK", "11000.00"),
        ("SEK", "11000.00"), ("DKK", "7000.00"), ("PLN", "4000.00"), ("CZK", "24000.00"), ("HUF", "350000.00"),
        ("RON", "4800.00"), ("INR", "80000.00"), ("BRL", "5000.00"), ("MXN", "18000.00"), ("ZAR", "17000.00"),
    )
)  # fmt: skip


class Environment(StrEnum):
    DEVELOPMENT = "development"
    PRODUCTION = "production"


class RegisterMode(StrEnum):
    """Which tax registers are asked: the live ones, our double, or none."""

    LIVE = "live"
    DOUBLE = "double"
    OFF = "off"


class SettingsError(Exception):
    """The settings do not allow a start; ``faults`` names each setting and what is wrong with it."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = tuple(faults)


def _setting(default: Any, meaning: str, *, secret: bool = False) -> Any:
    return field(default=default, repr=not secret, metadata={"meaning": meaning, "secret": secret})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings. The environment variable of ``data_dir`` is ``TAXDESK_DATA_DIR``, and so on."""

    env: Environment = _setting(Environment.DEVELOPMENT, "development or production")
    data_dir: Path = _setting(Path("var"), "database, files, mails and queue of the embedded mode")
    host: str = _setting("127.0.0.1", "address the web server listens on")
    port: int = _setting(8000, "port the web server listens on")
    base_url: str = _setting("", "public address of the pages; default http://HOST:PORT")
    database_url: str = _setting("", "SQLAlchemy URL; default SQLite under the data directory")
    broker_url: str = _setting("", "redis://, amqp:// or filesystem://; default filesystem under the data directory")
    storage_url: str = _setting("", "file:///… or s3://bucket/prefix; default files under the data directory")
    forms_dir: Path | None = _setting(None, "installed blanks of tax forms; default DATA_DIR/forms")
    s3_endpoint: str = _setting("", "address of an S3-compatible store other than AWS")
    secret_keys: tuple[str, ...] = _setting(
        (DEVELOPMENT_SECRET,), "sign cursors and sessions; newest first", secret=True
    )
    field_keys: tuple[str, ...] = _setting(
        (DEVELOPMENT_FIELD_KEY,), "encrypt personal data in the database; newest first", secret=True
    )
    vies_url: str = _setting("", "VIES REST base; default the Commission's, or the double")
    registers: RegisterMode | None = _setting(
        None, "live, double or off; default double in development, live in production"
    )
    mail_url: str = _setting("", "smtp://… or smtps://…; default: mails are files under DATA_DIR/mail")
    mail_from: str = _setting("taxdesk <no-reply@taxdesk.example>", "sender of our mails")
    sellers: Path | None = _setting(None, "YAML of the seller entities; default the shipped example")
    trusted_proxies: int = _setting(0, "how many proxies in front of us set X-Forwarded-* headers")
    lease_seconds: int = _setting(60, "how long a worker owns a job before another may take it")
    poll_seconds: float = _setting(0.05, "how often the embedded queue is looked at")
    approval_limits: tuple[tuple[str, Decimal], ...] = _setting(
        DEFAULT_LIMITS,
        "refunds above need another person: `EUR:1000.00,USD:…`; a currency that is not named always does",
    )
    refund_windows: tuple[tuple[str, int], ...] = _setting(
        (), "days after the order in which a reason is refunded: `goodwill:30,…`; a reason that is not named: no limit"
    )
    log_format: str = _setting("", "json or console; default json in production, console in development")

    @property
    def is_production(self) -> bool:
        return self.env is Environment.PRODUCTION

    @classmethod
    def from_environment(cls, dotenv: Path | None = Path(".env")) -> "Settings":
        """Read the settings; raise :class:`SettingsError` with every fault at once."""
        env = Env()
        if dotenv is not None and dotenv.is_file():
            env.read_env(dotenv, recurse=False)
        faults: list[str] = []
        given: dict[str, Any] = {}
        readers = {
            "env": lambda name: env.enum(name, enum=Environment, by_value=True),
            "registers": lambda name: env.enum(name, enum=RegisterMode, by_value=True),
            "secret_keys": lambda name: tuple(env.list(name)),
            "field_keys": lambda name: tuple(env.list(name)),
            "port": env.int,
            "trusted_proxies": env.int,
            "lease_seconds": env.int,
            "poll_seconds": env.float,
            "approval_limits": lambda name: _pairs(env.list(name), _limit),
            "refund_windows": lambda name: _pairs(env.list(name), _days),
        } | dict.fromkeys(("data_dir", "forms_dir", "sellers"), env.path)
        for setting in fields(cls):
            name = PREFIX + setting.name.upper()
            if not env.str(name, ""):
                continue  # absent or empty: the default
            try:
                given[setting.name] = readers.get(setting.name, env.str)(name)
            except Exception as error:
                faults.append(f"{name}: {error}")
        if faults:
            raise SettingsError(faults)
        return cls(**given).completed()

    def completed(self) -> "Settings":
        """The same settings with every derived default filled in, checked."""
        data = self.data_dir.absolute()
        derived = {
            "data_dir": data,
            "forms_dir": (self.forms_dir or data / "forms").absolute(),
            "base_url": (self.base_url or f"http://{self.host}:{self.port}").rstrip("/"),
            "database_url": _psycopg(self.database_url) or f"sqlite:///{data / 'taxdesk.sqlite3'}",
            "broker_url": self.broker_url or "filesystem://",
            "storage_url": self.storage_url or f"file://{data / 'blobs'}",
            "registers": self.registers or (RegisterMode.LIVE if self.is_production else RegisterMode.DOUBLE),
            "log_format": self.log_format or ("json" if self.is_production else "console"),
        }
        complete = Settings(**{f.name: derived.get(f.name, getattr(self, f.name)) for f in fields(self)})
        if faults := complete.faults():
            raise SettingsError(faults)
        return complete

    def faults(self) -> list[str]:
        """What forbids a start, one sentence a setting; empty when nothing does."""
        found = []
        if not 0 < self.port < 65536:
            found.append(f"{PREFIX}PORT: {self.port} is not a port (1 to 65535)")
        if self.lease_seconds < 1:
            found.append(f"{PREFIX}LEASE_SECONDS: must be at least 1")
        for name, schemes in _SCHEMES.items():
            value = getattr(self, name)
            if value and urlsplit(value).scheme not in schemes:
                found.append(f"{PREFIX}{name.upper()}: must begin with {' or '.join(s + '://' for s in schemes)}")
        if self.is_production:
            found += self._production_faults()
        return found

    def _production_faults(self) -> list[str]:
        found = [
            *_secret_faults("SECRET_KEYS", self.secret_keys, DEVELOPMENT_SECRET),
            *_secret_faults("FIELD_KEYS", self.field_keys, DEVELOPMENT_FIELD_KEY),
        ]
        if set(self.secret_keys) & set(self.field_keys):
            found.append(f"{PREFIX}FIELD_KEYS: use other keys than those of {PREFIX}SECRET_KEYS")
        if urlsplit(self.base_url).scheme != "https":
            found.append(f"{PREFIX}BASE_URL: must be the public https:// address in production")
        if self.registers is RegisterMode.DOUBLE:
            found.append(f"{PREFIX}REGISTERS: the double answers for tests only, use live or off in production")
        if self.sellers is None:
            found.append(f"{PREFIX}SELLERS: name the YAML of your seller entities; the shipped example is fictitious")
        return found


_SCHEMES = {
    "base_url": ("http", "https"),
    "broker_url": ("filesystem", "redis", "rediss", "amqp", "amqps", "memory"),
    "storage_url": ("file", "s3"),
    "mail_url": ("smtp", "smtps"),
}


def _secret_faults(name: str, given: tuple[str, ...], development: str) -> list[str]:
    if not given or development in given:
        return [f"{PREFIX}{name}: required in production (openssl rand -base64 32)"]
    weak = [n for n, key in enumerate(given, 1) if entropy_bits(key) < MIN_SECRET_BITS]
    return [f"{PREFIX}{name}: key {weak[0]} is too weak, give at least 32 random characters"] if weak else []


def entropy_bits(secret: str) -> float:
    """A lower estimate of a secret's bits: Shannon entropy of its letters times its length."""
    counts = Counter(secret)
    return -sum(n * log2(n / len(secret)) for n in counts.values())


def _pairs(given: list[str], read: Callable[[str], Any]) -> tuple[tuple[str, Any], ...]:
    """``NAME:VALUE`` pairs; no name twice."""
    pairs = [(name.strip(), read(value.strip())) for name, _, value in (item.partition(":") for item in given)]
    if len({name for name, _ in pairs}) != len(pairs) or not all(name for name, _ in pairs):
        raise ValueError("give NAME:VALUE, separated by commas, no name twice")
    return tuple(pairs)


def _limit(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or amount < 0:
        raise ValueError(f"{text!r} is not an amount, such as 1000.00")
    return amount


def _days(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"{text!r} is not a number of days")
    return int(text)


def _psycopg(url: str) -> str:
    """PostgreSQL URLs as people write them, with the driver we ship."""
    for scheme in ("postgresql://", "postgres://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    return url
