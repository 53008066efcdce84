"""Certificates on file as the rules want them: the exemption that a customer claims by naming them."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy.orm import Session

from app.actor import Actor
from app.errors import Fault, InvalidInput
from app.store.certificates import StoredCertificate, find_certificates
from tax_rules.facts import Exemption, ProductKind


def exemption_of(session: Session, actor: Actor, ids: Sequence[str], on: date) -> Exemption:
    """The exemption that certificates on file give on a civil date.

    Those that are accepted and in force count together for all the states they name, by the reason of the first; where
    none is, the first is told with ``is_accepted`` False, so that the rules can say so.

    Raises:
        InvalidInput: an id that the caller may not know of, or that there is not.
    """
    found = {c.id: c for c in find_certificates(session, ids) if actor.may_see(c.client)}
    unknown = [
        Fault(f"/exemption/certificate_ids/{n}", "unknown_certificate", "There is no such certificate.")
        for n, given in enumerate(ids)
        if given not in found
    ]
    if unknown or not ids:
        raise InvalidInput("The certificates were refused.", *unknown)
    named = [found[given] for given in ids]
    first, *others = [c for c in named if _counts_on(c, on)] or named[:1]
    one = as_exemption(first)
    alike = [as_exemption(c) for c in others if c.reason == first.reason and c.product_kinds == first.product_kinds]
    states = tuple(dict.fromkeys((*one.states, *(state for other in alike for state in other.states))))
    return Exemption(
        reason=one.reason,
        certificate=one.certificate,
        states=states,
        products=one.products,
        valid_from=max((e.valid_from for e in (one, *alike) if e.valid_from), default=None),
        valid_to=min((e.valid_to for e in (one, *alike) if e.valid_to), default=None),
        is_accepted=one.is_accepted,
    )


def as_exemption(certificate: StoredCertificate) -> Exemption:
    """One certificate as the rules see it."""
    return Exemption(
        reason=certificate.reason,
        certificate=certificate.id,
        states=certificate.states,
        products=tuple(ProductKind(kind) for kind in certificate.product_kinds),
        valid_from=certificate.effective_from,
        valid_to=certificate.expires_on,
        is_accepted=certificate.status == "valid",
    )


def _counts_on(certificate: StoredCertificate, on: date) -> bool:
    begins, ends = certificate.effective_from, certificate.expires_on
    return certificate.status == "valid" and (begins is None or begins <= on) and (ends is None or on <= ends)
