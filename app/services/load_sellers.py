"""Bringing the seller entities of the YAML file into the database: versioned, each change audited."""

from app import clock
from app.actor import SYSTEM
from app.desk import Desk
from app.models.orders import SellerRow
from app.sellers import load_sellers
from app.store import audit
from app.store.parties import is_same_seller, keep_seller, newest_fingerprints


def store_sellers(desk: Desk) -> dict[str, int]:
    """Write a new version of every seller entity that changed; the versions in force, by code.

    An entity that the file no longer names stays as it was: its orders still need it.

    Raises:
        InvalidSellers: the file cannot be used; nothing was written.
        UnknownKey: an entity was stored with a field key that is not among the settings.
    """
    given = load_sellers(desk.settings.sellers)
    with desk.database.writing() as session:
        known = newest_fingerprints(session)
        versions = {code: version for code, (version, _) in known.items()}
        for code, seller in given.items():
            version, fingerprint = known.get(code, (0, ""))
            members = seller.as_json()
            if version and is_same_seller(session, fingerprint, members):
                continue
            versions[code] = version + 1
            row = SellerRow(code=code, version=version + 1, loaded_at=clock.now())
            keep_seller(session, row, members)
            session.add(row)
            audit.record(
                session,
                actor=SYSTEM.name,
                action="seller.changed" if version else "seller.loaded",
                subject=f"seller_{code}",
                version=version + 1,
                fingerprint=row.fingerprint,
            )
    return versions
