"""What a service works with: settings, database, files, queue, rule book and registers, opened once a process."""

from dataclasses import dataclass

from app.blobs import Blobs
from app.config import Settings
from app.queue import JobQueue, attach_queue
from app.registers.choose import Registers, open_registers
from app.storage import open_blobs
from app.store.database import Database
from app.vault import Vault
from tax_rules.rulebook import RuleBook, shipped_rulebook


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything a use case may touch; handed to it as its first argument, so that nothing is global."""

    settings: Settings
    database: Database
    blobs: Blobs
    queue: JobQueue
    book: RuleBook
    registers: Registers

    def close(self) -> None:
        """Give back connections; the desk is not used afterwards."""
        self.queue.close()
        self.database.close()


def open_desk(settings: Settings) -> Desk:
    """Open what the settings name; nothing is asked of a network before it is needed."""
    database, queue = Database(settings.database_url, vault=Vault(settings.field_keys)), JobQueue(settings)
    attach_queue(database, queue)
    return Desk(
        settings=settings,
        database=database,
        queue=queue,
        blobs=open_blobs(settings.storage_url, settings.s3_endpoint),
        book=shipped_rulebook(),
        registers=open_registers(settings),
    )
