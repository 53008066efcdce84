"""Giving back the tax of an order, above all after a late VAT ID: one transaction from the decision to the numbers.

Rules A1 to A4, A6 and A8 to A11 decide (``tax_rules/adjust/``). A number that nobody confirmed refunds nothing: the
adjustment waits as ``pending_check`` and finishes by itself when the register answers.
"""

from dataclasses import replace

from app.actor import Actor
from app.desk import Desk
from app.errors import Fault, InvalidInput
from app.facts import RefundReason, TaxId, TaxIdAsked, TaxRefundAsked
from app.services.charged_lines import refuse_unadjustable
from app.services.check_tax_id import OPEN, WAIT_SECONDS, ask_without_keeping, check_tax_id, visible_check
from app.services.correct_tax import correct_tax
from app.services.decide_refund import TaxIdEvidence, asserted_evidence, check_offline, decide_refund
from app.services.issue_refund import (
    Refund,
    Wish,
    draft_refund,
    draft_row,
    issue_refund,
    refund_as_issued,
    wait_for_register,
)
from app.services.read_order import view_order, visible_order
from app.store.adjustments import adjustment_record, find_by_idempotency
from app.store.tax_id_checks import StoredCheck
from tax_rules.identifiers import IdentifierCheck


def refund_tax(
    desk: Desk,
    actor: Actor,
    reference: str,
    asked: TaxRefundAsked,
    *,
    dry_run: bool,
    idempotency: str | None,
    wait_seconds: float = WAIT_SECONDS,
) -> Refund:
    """Refund the tax of an order, or show what that would be.

    Args:
        wait_seconds: how long the register may take before the adjustment waits for it.

    Returns:
        The adjustment: ``issued`` with its documents, or ``pending_check`` with amounts of zero while nobody has
        confirmed the number. A dry run changes nothing; its ids and numbers are None.
    Raises:
        NotFound, TaxIdMalformed, TaxIdNotVerified, OriginalInvoiceMissing, NothingToRefund, NotRefundable, Conflict.
    """
    if asked.reason is not RefundReason.VAT_ID_PROVIDED:
        return correct_tax(desk, actor, reference, asked, dry_run=dry_run, idempotency=idempotency)
    if asked.tax_id is None:
        raise InvalidInput("The refund was refused.", Fault("/tax_id", "missing", "Give the customer's tax ID."))
    with desk.database.reading() as session:
        if known := find_by_idempotency(session, idempotency):
            return refund_as_issued(session, known)
        view = view_order(session, visible_order(session, actor, reference))
    offline = check_offline(desk, asked.tax_id, view.order)
    refuse_unadjustable(view, asked.lines)
    asserted = asserted_evidence(actor, asked.tax_id, offline)
    if dry_run:
        evidence = asserted or _evidence_of_dry_run(desk, actor, reference, asked.tax_id, offline)
        return _dry_run(desk, actor, reference, asked, evidence)
    evidence = asserted or _evidence(desk, actor, reference, asked.tax_id, offline, wait_seconds)
    with desk.database.writing() as session:
        if known := find_by_idempotency(session, idempotency):
            return refund_as_issued(session, known)
        view = view_order(session, visible_order(session, actor, reference, lock=True))
        if evidence.check:  # the register may have answered since: what is stored now decides
            check = visible_check(session, actor, evidence.check.id, lock=True)
            evidence = replace(evidence, check=check, status=check.status, register=check.register)
        wish = wish_of(actor, asked, evidence, idempotency)
        if evidence.check and evidence.status in OPEN:
            return Refund(wait_for_register(session, view, wish, asked.lines), ())
        case, warnings = decide_refund(desk, session, actor, view, asked, evidence)
        adjustment, documents = issue_refund(desk, session, case, wish)
        return Refund(adjustment, documents, warnings)


def _evidence_of_dry_run(
    desk: Desk, actor: Actor, reference: str, tax_id: TaxId, offline: IdentifierCheck
) -> TaxIdEvidence:
    """What is known, asked without being kept."""
    if tax_id.check_id:
        with desk.database.reading() as session:
            return _named_evidence(visible_check(session, actor, tax_id.check_id), offline)
    asked = TaxIdAsked(country=offline.country, number=offline.number, kind=tax_id.kind, order_reference=reference)
    status, register = ask_without_keeping(desk, asked)
    return TaxIdEvidence(offline=offline, status=status, register=register, check=None)


def _evidence(
    desk: Desk, actor: Actor, reference: str, tax_id: TaxId, offline: IdentifierCheck, wait_seconds: float
) -> TaxIdEvidence:
    """The check that the caller names, or one made now; a fresh answer of the register is used again."""
    if tax_id.check_id:
        with desk.database.reading() as session:
            return _named_evidence(visible_check(session, actor, tax_id.check_id), offline)
    asked = TaxIdAsked(country=offline.country, number=offline.number, kind=tax_id.kind, order_reference=reference)
    check = check_tax_id(desk, actor, asked, wait_seconds=wait_seconds)
    return TaxIdEvidence(offline=offline, status=check.status, register=check.register, check=check)


def _named_evidence(check: StoredCheck, offline: IdentifierCheck) -> TaxIdEvidence:
    if check.number != offline.number:
        raise InvalidInput(
            "The refund was refused.", Fault("/tax_id/check_id", "other_number", "That check was of another number.")
        )
    return TaxIdEvidence(offline=offline, status=check.status, register=check.register, check=check)


def _dry_run(desk: Desk, actor: Actor, reference: str, asked: TaxRefundAsked, evidence: TaxIdEvidence) -> Refund:
    with desk.database.reading() as session:
        view = view_order(session, visible_order(session, actor, reference))
        wish = wish_of(actor, asked, evidence)
        if evidence.asserted_by is None and evidence.status in OPEN:
            return Refund(adjustment_record(draft_row(wish, view, status="pending_check")), ())
        case, warnings = decide_refund(desk, session, actor, view, asked, evidence)
    adjustment, documents = draft_refund(desk, case, wish)
    return Refund(adjustment, documents, warnings)


def wish_of(actor: Actor, asked: TaxRefundAsked, evidence: TaxIdEvidence, idempotency: str | None = None) -> Wish:
    """The wish for a tax refund that rests on a tax ID."""
    check_id = evidence.check.id if evidence.check else None
    return Wish(actor=actor, asked=asked, evidence=evidence.members(), check_id=check_id, idempotency=idempotency)
