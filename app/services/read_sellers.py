"""The seller entities as they are in force."""

from collections.abc import Mapping

from sqlalchemy import URL
from sqlalchemy.orm import Session

from app.desk import Desk
from app.errors import InvalidInput
from app.sellers import SellerEntity, seller_from_json
from app.store.parties import newest_versions, seller_version

_VERSIONS: dict[tuple[URL, str, int], SellerEntity] = {}


def sellers_in_force(desk: Desk) -> Mapping[str, SellerEntity]:
    """Every seller entity, by code."""
    with desk.database.reading() as session:
        return read_sellers(session)


def read_sellers(session: Session) -> Mapping[str, SellerEntity]:
    """Every seller entity by code, in the caller's transaction."""
    return {code: _entity(session, code, version) for code, version in newest_versions(session).items()}


def seller_in_force(session: Session, code: str) -> SellerEntity:
    """The seller entity as it is in force.

    Raises:
        InvalidInput: it was never loaded.
    """
    version = newest_versions(session).get(code)
    if version is None:
        raise InvalidInput(f"There is no seller {code}; load it with `taxdesk migrate` from TAXDESK_SELLERS.")
    return _entity(session, code, version)


def _entity(session: Session, code: str, version: int) -> SellerEntity:
    """One version of an entity; it never changes, so each process reads it once from each database."""
    key = (session.get_bind().engine.url, code, version)
    if key not in _VERSIONS:
        _VERSIONS[key] = seller_from_json(seller_version(session, code, version))
    return _VERSIONS[key]
