"""Opening the database and the two kinds of transaction: reading and writing.

On SQLite a writing transaction begins with ``BEGIN IMMEDIATE``, so that two writers queue instead of failing half-way;
on PostgreSQL rows are locked by ``SELECT … FOR UPDATE`` where a service asks for it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Engine, create_engine, event, make_url, text
from sqlalchemy.orm import Session

from app.vault import Vault

log = structlog.get_logger(__name__)

_WRITE = "taxdesk_write"
_BEFORE_COMMIT = "taxdesk_before_commit"
_AFTER_COMMIT = "taxdesk_after_commit"
_VAULT = "taxdesk_vault"
SQLITE_BUSY_MS = 30_000


class Database:
    """One engine, and the only two ways to open a session on it; ``vault`` opens the sealed values in it."""

    def __init__(self, url: str, *, pool_size: int = 10, vault: Vault | None = None) -> None:
        self.url = make_url(url)
        self.vault = vault
        self.engine = _sqlite_engine(url) if self.is_sqlite else _server_engine(url, pool_size)
        self._write_engine = self.engine.execution_options(**{_WRITE: True})

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one state of the database and is rolled back at the end."""
        with Session(self.engine, expire_on_commit=False, info={_VAULT: self.vault}) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session that is committed when the block ends and rolled back when it raises.

        What was registered by :func:`before_commit` runs as the last part of the transaction. What was registered by
        :func:`after_commit` runs once the commit is durable; its failures are logged, never raised, because the truth
        is already stored and a sweeper repeats what was missed.
        """
        with Session(self._write_engine, expire_on_commit=False, info={_VAULT: self.vault}) as session:
            with session.begin():
                yield session
                for last in session.info.pop(_BEFORE_COMMIT, []):
                    last()
            callbacks: list[Callable[[], None]] = session.info.pop(_AFTER_COMMIT, [])
        for callback in callbacks:
            try:
                callback()
            except Exception:
                log.exception("after_commit_failed")

    def ping(self) -> None:
        """Raise when the database does not answer."""
        with self.engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        self.engine.dispose()


def vault_of(session: Session) -> Vault:
    """The vault of the session's database; a database that was opened without one has no business with sealed values.

    Raises:
        LookupError: it was opened without.
    """
    vault: Vault | None = session.info.get(_VAULT)
    if vault is None:
        raise LookupError("the database was opened without field keys")
    return vault


def before_commit(session: Session, callback: Callable[[], None]) -> None:
    """Run ``callback`` as the last part of the transaction: the place for locks that everybody needs, held shortest."""
    session.info.setdefault(_BEFORE_COMMIT, []).append(callback)


def after_commit(session: Session, callback: Callable[[], None]) -> None:
    """Run ``callback`` once the writing transaction of ``session`` is committed; never if it is rolled back."""
    session.info.setdefault(_AFTER_COMMIT, []).append(callback)


def _server_engine(url: str, pool_size: int) -> Engine:
    return create_engine(
        url, pool_size=pool_size, max_overflow=pool_size, pool_pre_ping=True, pool_timeout=30, hide_parameters=True
    )


def _sqlite_engine(url: str) -> Engine:
    path = make_url(url).database
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    connect_args = {"timeout": SQLITE_BUSY_MS / 1000, "check_same_thread": False}
    engine = create_engine(url, connect_args=connect_args, hide_parameters=True)  # they are names and numbers of people

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself: we say how a transaction begins
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",  # what was answered to a caller survives a power cut
            f"busy_timeout={SQLITE_BUSY_MS}",
            "foreign_keys=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Any) -> None:
        write = connection.get_execution_options().get(_WRITE, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine
