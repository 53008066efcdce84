"""What every test stands on: temporary data, a real database of each kind, a summary of what ran and what did not."""

import os
import socket
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import hypothesis
import pytest
from sqlalchemy import create_engine, text

from app.config import Settings
from app.desk import Desk, open_desk
from app.models import Base
from app.store.database import Database
from app.store.schema import upgrade

POSTGRES = os.environ.get("TAXDESK_TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
REDIS = os.environ.get("TAXDESK_TEST_REDIS_URL", "redis://127.0.0.1:6379/0")
AMQP = os.environ.get("TAXDESK_TEST_AMQP_URL", "amqp://guest:guest@127.0.0.1:5672//")
SERVERS = {"postgresql": (POSTGRES, 5432), "redis": (REDIS, 6379), "rabbitmq": (AMQP, 5672)}
STACKS = {
    "sqlite+files": ("sqlite", "filesystem"),
    "postgresql+redis": ("postgresql", "redis"),
    "postgresql+rabbitmq": ("postgresql", "rabbitmq"),
}
IRS_BLANKS = os.environ.get("TAXDESK_TEST_FORMS_DIR", "")
_SKIPPED: set[str] = set()
hypothesis.settings.register_profile("house", deadline=None, database=None)  # a loaded machine is no failure
hypothesis.settings.load_profile("house")
OURS = ("TAXDESK_TEST_", "TAXDESK_TORTURE_", "TAXDESK_SCHEMATHESIS_")
for name in [name for name in os.environ if name.startswith("TAXDESK_") and not name.startswith(OURS)]:
    del os.environ[name]  # a developer's settings must not leak into a test


def is_reachable(server: str) -> bool:
    """Whether something listens where the server should be."""
    url, default_port = SERVERS[server]
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "127.0.0.1", parts.port or default_port), timeout=1).close()
    except OSError:
        return False
    return True


def need(server: str) -> None:
    """Skip the test where the server is not reachable; fail where CI says that it must be."""
    if is_reachable(server):
        return
    if os.environ.get("TAXDESK_TEST_REQUIRE"):
        required = os.environ["TAXDESK_TEST_REQUIRE"].split(",")
        if server in required:
            pytest.fail(f"{server} must be reachable here and is not")
    pytest.skip(f"{server} is not reachable")


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty migrated SQLite file that every test copies."""
    path = tmp_path_factory.mktemp("template") / "taxdesk.sqlite3"
    database = Database(f"sqlite:///{path}")
    upgrade(database)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


@pytest.fixture(scope="session")
def _postgres_url() -> Iterator[str]:
    """A database of this test process on the server, migrated, dropped at the end."""
    need("postgresql")
    name = f"taxdesk_test_{uuid.uuid4().hex[:12]}"
    admin = create_engine(_psycopg(POSTGRES), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    url = admin.url.set(database=name).render_as_string(hide_password=False)
    database = Database(url)
    upgrade(database)
    database.close()
    yield url
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    admin.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty migrated database; each test that uses it runs on SQLite and on PostgreSQL."""
    return _empty_database(request, tmp_path, request.param)


@pytest.fixture
def sqlite_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty migrated SQLite database, for tests in which the kind of database does not matter."""
    return _empty_database(request, tmp_path, "sqlite")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty migrated database."""
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings of a development machine with its data in a temporary folder."""
    return make_settings(tmp_path, database_url=database_url)


@pytest.fixture
def desk(settings: Settings) -> Iterator[Desk]:
    """A desk on an empty database; jobs wait until somebody runs them."""
    opened = open_desk(settings)
    yield opened
    opened.close()


@pytest.fixture(params=STACKS)
def stack(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings of each supported pair of database and broker, for tests that start real processes."""
    database_kind, broker = STACKS[request.param]
    url = _empty_database(request, tmp_path, database_kind)
    if broker == "filesystem":
        return make_settings(tmp_path, database_url=url)
    need(broker)
    return make_settings(tmp_path, database_url=url, broker_url=SERVERS[broker][0])


def make_settings(tmp_path: Path, **given: object) -> Settings:
    """Complete settings whose data lie in a temporary folder."""
    return Settings(data_dir=tmp_path / "var", **({"lease_seconds": 2} | given)).completed()  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def irs_blanks() -> Path:
    """The folder with the IRS's blanks, which are never committed; skips where nobody gave one."""
    if not _has_irs_blanks():
        pytest.skip("no IRS blanks (TAXDESK_TEST_FORMS_DIR)")
    return Path(IRS_BLANKS)


def _has_irs_blanks() -> bool:
    return bool(IRS_BLANKS) and (Path(IRS_BLANKS) / "fw9.pdf").is_file()


def _empty_database(request: pytest.FixtureRequest, tmp_path: Path, kind: str) -> str:
    if kind == "sqlite":
        path = tmp_path / "var" / "taxdesk.sqlite3"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(request.getfixturevalue("_sqlite_template").read_bytes())
        return f"sqlite:///{path}"
    url: str = request.getfixturevalue("_postgres_url")
    engine = create_engine(url)
    with engine.begin() as connection:
        tables = ", ".join(f'"{table.name}"' for table in Base.metadata.sorted_tables)
        connection.execute(text("SET session_replication_role = replica"))  # the audit trail's guards stand aside
        connection.execute(text(f"TRUNCATE {tables}"))
    engine.dispose()
    return url


def _psycopg(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and isinstance(report.longrepr, tuple):
        _SKIPPED.add(report.longrepr[2].removeprefix("Skipped: "))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name what ran and what was skipped: silence would look like success."""
    here = {server: is_reachable(server) for server in SERVERS}
    ran = [
        name
        for name, (database_kind, broker) in STACKS.items()
        if all(here.get(part, True) for part in (database_kind, broker))
    ]
    terminalreporter.write_line(f"ran on: {', '.join(ran)}")
    terminalreporter.write_line(f"IRS blanks: {'used' if _has_irs_blanks() else 'none (TAXDESK_TEST_FORMS_DIR)'}")
    for reason in sorted(_SKIPPED):
        terminalreporter.write_line(f"skipped: {reason}")


def pytest_configure(config: pytest.Config) -> None:
    """Take WeasyPrint as it is: it leaves the file of its colour profile to the garbage collector."""
    config.addinivalue_line("filterwarnings", "ignore:unclosed file .*sRGB2014.icc:ResourceWarning")
    unraisable = "ignore:Exception ignored in. <_io.FileIO .*sRGB2014.icc:pytest.PytestUnraisableExceptionWarning"
    config.addinivalue_line("filterwarnings", unraisable)
