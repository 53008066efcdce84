"""Whether this process can serve: database, schema, field keys, storage, fonts.

Registers and mail may be down: they are not asked.
"""

import hashlib

from app.desk import Desk
from app.documents.health import missing_parts
from app.services.rotate_keys import missing_keys
from app.store.schema import current_revision, newest_revision

PROBE = b"taxdesk readiness probe"


def faults_of_readiness(desk: Desk) -> list[str]:
    """What is missing, one sentence each; empty when ready. Holds no secret and no personal data."""
    return [*_database_faults(desk), *_storage_faults(desk), *missing_parts()]


def _database_faults(desk: Desk) -> list[str]:
    try:
        found, needed = current_revision(desk.database), newest_revision()
    except Exception as error:
        return [f"the database does not answer ({type(error).__name__})"]
    if found != needed:
        return [f"the database schema is at {found or 'nothing'}, this code needs {needed}: run `taxdesk migrate`"]
    try:
        with desk.database.reading() as session:
            missing = missing_keys(session)
    except Exception as error:
        return [f"the database does not answer ({type(error).__name__})"]
    return [f"values are sealed with field key {key_id}, which is not in TAXDESK_FIELD_KEYS" for key_id in missing]


def _storage_faults(desk: Desk) -> list[str]:
    try:
        digest = desk.blobs.put(PROBE)
        genuine = digest == hashlib.sha256(PROBE).hexdigest() and desk.blobs.get(digest) == PROBE
    except Exception as error:
        return [f"the document storage cannot be written and read ({type(error).__name__})"]
    return [] if genuine else ["the document storage gave back something else than was written"]
