"""Exemption certificates: queries in, frozen records out. Of identification numbers they show the last four."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.certificates import ExemptionCertificateRow
from app.store.sealed import opened_json
from app.vault import last_four


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCertificate:
    """A certificate as it stands; ``numbers`` are the last four characters of the customer's number by state.

    ``status``: ``pending`` while ``missing`` names what is not filled in, ``valid``, ``rejected`` or ``revoked``.
    """

    id: str
    client: str
    customer: str
    form: str
    reason: str
    kind: str
    order_reference: str | None
    states: tuple[str, ...]
    numbers: dict[str, str]
    product_kinds: tuple[str, ...]
    signed_on: date | None
    effective_from: date | None
    expires_on: date | None
    document_sha256: str | None
    status: str
    missing: tuple[str, ...]
    reviewed_by: str | None
    created_at: datetime
    revoked_at: datetime | None
    note: str | None

    def status_on(self, today: date) -> str:
        """The status on a civil date: a valid one whose last day is over is ``expired``."""
        is_over = self.expires_on is not None and self.expires_on < today
        return "expired" if self.status == "valid" and is_over else self.status


def find_certificate(session: Session, certificate_id: str) -> StoredCertificate | None:
    """The certificate with this id."""
    row = session.get(ExemptionCertificateRow, certificate_id)
    return row and certificate_record(session, row)


def find_certificates(session: Session, ids: Collection[str]) -> list[StoredCertificate]:
    """The certificates with these ids, those that there are, oldest first."""
    query = select(ExemptionCertificateRow).where(ExemptionCertificateRow.id.in_(ids))
    return [certificate_record(session, row) for row in session.scalars(query.order_by(ExemptionCertificateRow.id))]


def find_by_idempotency(session: Session, token: str | None) -> StoredCertificate | None:
    """The certificate that this request put on file before, if it did."""
    row = token and session.scalar(select(ExemptionCertificateRow).where(ExemptionCertificateRow.idempotency == token))
    return certificate_record(session, row) if row else None


def list_certificates(
    session: Session, *, client: str | None, customer: str | None, before: str | None, limit: int
) -> list[StoredCertificate]:
    """Certificates newest first; up to ``limit + 1``."""
    query = select(ExemptionCertificateRow).order_by(ExemptionCertificateRow.id.desc()).limit(limit + 1)
    if client is not None:
        query = query.where(ExemptionCertificateRow.client_code == client)
    if customer is not None:
        query = query.where(ExemptionCertificateRow.customer_reference == customer)
    if before is not None:
        query = query.where(ExemptionCertificateRow.id < before)
    return [certificate_record(session, row) for row in session.scalars(query)]


def certificate_record(session: Session, row: ExemptionCertificateRow) -> StoredCertificate:
    """The record of a row."""
    numbers = opened_json(session, row, row.numbers)
    return StoredCertificate(
        id=row.id,
        client=row.client_code,
        customer=row.customer_reference,
        form=row.form,
        reason=row.reason,
        kind=row.kind,
        order_reference=row.order_reference,
        states=tuple(row.states),
        numbers={state: last_four(number) for state, number in numbers.items()},
        product_kinds=tuple(row.product_kinds),
        signed_on=row.signed_on,
        effective_from=row.effective_from,
        expires_on=row.expires_on,
        document_sha256=row.document_sha256,
        status=row.status,
        missing=tuple(row.missing),
        reviewed_by=row.reviewed_by,
        created_at=row.created_at,
        revoked_at=row.revoked_at,
        note=row.note,
    )
