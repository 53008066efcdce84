"""Putting exemption certificates on file, reading and revoking them."""

from sqlalchemy.orm import Session

from app import clock
from app.actor import Actor
from app.desk import Desk
from app.errors import Conflict, Forbidden, NotFound
from app.facts import CertificateGiven
from app.ids import new_id
from app.models.certificates import ExemptionCertificateRow
from app.store import audit
from app.store.certificates import (
    StoredCertificate,
    certificate_record,
    find_by_idempotency,
    find_certificate,
    list_certificates,
)
from app.store.sealed import sealed_json


def file_certificate(
    desk: Desk, actor: Actor, given: CertificateGiven, *, idempotency: str | None
) -> StoredCertificate:
    """Put a certificate on file: ``valid`` when it is filled in completely, else ``pending`` with what is missing.

    Who puts it on file has reviewed it.

    Raises:
        Forbidden: a key bound to a client names another one.
    """
    if not actor.may_see(given.client):
        raise Forbidden("The key is bound to another client.")
    with desk.database.writing() as session:
        if known := find_by_idempotency(session, idempotency):
            return known
        return keep_certificate(session, actor, given, idempotency=idempotency)


def keep_certificate(
    session: Session, actor: Actor, given: CertificateGiven, *, idempotency: str | None = None
) -> StoredCertificate:
    """The same in the caller's transaction."""
    row = certificate_row(session, actor, given, idempotency=idempotency)
    session.add(row)
    session.flush()
    audit.record(
        session,
        actor=actor.name,
        action="certificate.filed",
        subject=row.id,
        order_reference=row.order_reference,
        status=row.status,
        form=row.form,
        reason=row.reason,
        states=row.states,
        sha256=row.document_sha256,
    )
    return certificate_record(session, row)


def certificate_row(
    session: Session, actor: Actor, given: CertificateGiven, *, idempotency: str | None = None
) -> ExemptionCertificateRow:
    """The row of a certificate, not added to anything; numbers are sealed.

    Law: Streamlined Sales and Use Tax Agreement Sec. 317(A) (what a certificate must say).
    """
    text, missing = given.text, _missing(given)
    row = ExemptionCertificateRow(
        id=new_id("cert"),
        idempotency=idempotency,
        client_code=given.client,
        customer_reference=given.customer,
        form=text.form,
        reason=text.reason,
        kind=text.kind,
        order_reference=given.order_reference,
        states=[named.state for named in text.states],
        product_kinds=list(text.product_kinds),
        numbers={},
        signed_on=text.signed_on,
        effective_from=text.effective_from or text.signed_on,
        expires_on=text.expires_on,
        document_sha256=text.document_sha256,
        status="pending" if missing else "valid",
        missing=missing,
        reviewed_by=None if missing else actor.name,
        created_by=actor.name,
        created_at=clock.now(),
        revoked_at=None,
        note=None,
    )
    numbers = {named.state: named.number for named in text.states if named.number}
    row.numbers, _ = sealed_json(session, row, numbers, [f"/{state}" for state in numbers])
    return row


def read_certificate(desk: Desk, actor: Actor, certificate_id: str) -> StoredCertificate:
    """The certificate; raises NotFound where the caller may not know of it."""
    with desk.database.reading() as session:
        return visible_certificate(session, actor, certificate_id)


def visible_certificate(session: Session, actor: Actor, certificate_id: str) -> StoredCertificate:
    """The certificate, if the caller may know of it; raises NotFound otherwise."""
    found = find_certificate(session, certificate_id)
    if found is None or not actor.may_see(found.client):
        raise NotFound("There is no such certificate.")
    return found


def find_filed_certificates(
    desk: Desk, actor: Actor, *, client: str | None, customer: str | None, before: str | None, limit: int
) -> list[StoredCertificate]:
    """Certificates newest first, those of the caller's client only; up to ``limit + 1``."""
    if client is not None and not actor.may_see(client):
        return []
    with desk.database.reading() as session:
        wanted = actor.client or client
        return list_certificates(session, client=wanted, customer=customer, before=before, limit=limit)


def revoke_certificate(desk: Desk, actor: Actor, certificate_id: str, note: str) -> StoredCertificate:
    """Revoke a certificate: it counts for no sale that is decided from now on; what was decided stays.

    Raises:
        NotFound. Conflict: it was revoked before.
    """
    with desk.database.writing() as session:
        known = visible_certificate(session, actor, certificate_id)
        row = session.get_one(ExemptionCertificateRow, known.id, with_for_update=True, populate_existing=True)
        if row.status == "revoked":
            raise Conflict("The certificate was revoked before.")
        row.status, row.revoked_at, row.note = "revoked", clock.now(), note
        audit.record(
            session, actor=actor.name, action="certificate.revoked", subject=row.id, order_reference=row.order_reference
        )
        session.flush()
        return certificate_record(session, row)


def _missing(given: CertificateGiven) -> list[str]:
    """What a certificate needs to be accepted and lacks."""
    needed = {
        "signed_on": given.text.signed_on,
        "states": given.text.states,
        "order_reference": given.order_reference or given.text.kind != "single",
    }
    return [name for name, value in needed.items() if not value]
