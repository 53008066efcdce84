"""Checking a tax ID: offline at once, then in the register, in the background when that is slow.

"Nobody answered" is a state of its own: the check stays ``pending`` or ``unavailable``, is asked again by itself, and
what waits for it goes on when it is answered.
"""

import time
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from app import clock
from app.actor import Actor
from app.desk import Desk
from app.errors import Fault, InvalidInput, NotFound
from app.facts import TaxIdAsked
from app.ids import new_id
from app.models.decisions import RegisterAnswerRow, TaxIdCheckRow
from app.registers.choose import VIES_COUNTRIES
from app.registers.model import ErrorClass, RegisterAnswer, RegisterQuery, next_attempt_after, split_address
from app.sellers import SellerEntity
from app.services.issue_document import issue_tax_id_evidence
from app.services.jobs import Lease, enqueue, error_code
from app.services.read_sellers import seller_in_force
from app.services.webhooks import emit
from app.store import audit
from app.store.adjustments import list_waiting_for_check
from app.store.orders import find_order
from app.store.tax_id_checks import (
    StoredCheck,
    check_record,
    find_check,
    find_check_by_idempotency,
    find_fresh_check,
    list_checks,
    number_digest,
)
from tax_rules.facts import RegistrationKind
from tax_rules.identifiers import IdentifierCheck, check_identifier

FRESH_FOR = timedelta(hours=24)
WAIT_SECONDS = 2.0
POLL_SECONDS = 0.05
OPEN = frozenset({"pending", "unavailable"})
ANSWERED = frozenset({"verified", "unverified"})


def check_tax_id(
    desk: Desk, actor: Actor, asked: TaxIdAsked, *, idempotency: str | None = None, wait_seconds: float = WAIT_SECONDS
) -> StoredCheck:
    """Check a tax ID and keep the check.

    An answer of the register to the same question that is less than 24 hours old is used again.

    Returns:
        The check; its status is ``pending`` when the register did not answer within ``wait_seconds``.
    Raises:
        NotFound: ``order_reference`` names no order that the caller may know of.
        InvalidInput: mode ``register`` where no register of ours answers.
    """
    offline = check_identifier(asked.country, asked.number, kind=asked.kind)
    with desk.database.writing() as session:
        if known := find_check_by_idempotency(session, idempotency):
            check = known
        else:
            check = _begin(desk, session, actor, asked, offline, idempotency)
    return wait_for_answer(desk, check, wait_seconds)


def wait_for_answer(desk: Desk, check: StoredCheck, seconds: float) -> StoredCheck:
    """The check once it is answered or was tried, or as it stands after ``seconds``."""
    until = time.monotonic() + seconds
    while check.status == "pending" and time.monotonic() < until:
        time.sleep(POLL_SECONDS)
        with desk.database.reading() as session:
            check = find_check(session, check.id) or check
    return check


def read_check(desk: Desk, actor: Actor, check_id: str) -> StoredCheck:
    """The check, if the caller may know of it; raises NotFound otherwise."""
    with desk.database.reading() as session:
        return visible_check(session, actor, check_id)


def visible_check(session: Session, actor: Actor, check_id: str, *, lock: bool = False) -> StoredCheck:
    """The check within a transaction; raises NotFound where the caller may not know of it.

    ``lock`` keeps its answer from being written until the transaction ends: who begins to wait now is not overlooked.
    """
    check = find_check(session, check_id, lock=lock)
    if check is None or not actor.may_see(check.client):
        raise NotFound("There is no such tax ID check.")
    return check


def find_checks(
    desk: Desk,
    actor: Actor,
    *,
    order_reference: str | None = None,
    number: str | None = None,
    before: str | None = None,
    limit: int = 20,
) -> list[StoredCheck]:
    """Checks newest first, up to ``limit + 1``."""
    with desk.database.reading() as session:
        return list_checks(
            session, client=actor.client, order_reference=order_reference, number=number, before=before, limit=limit
        )


def ask_without_keeping(desk: Desk, asked: TaxIdAsked) -> tuple[str, dict[str, Any] | None]:
    """Status and register's answer for a dry run: nothing is stored."""
    offline = check_identifier(asked.country, asked.number, kind=asked.kind)
    if offline.valid is False:
        return "malformed", None
    with desk.database.reading() as session:
        question = _question(session, asked)
        fresh = find_fresh_check(session, offline.number, asked_with=question, after=clock.now() - FRESH_FOR)
    if fresh:
        return fresh.status, fresh.register
    register = desk.registers.for_country(offline.country) if offline.valid else None
    if register is None:
        return "not_checked", None
    answer = register.ask(_query(offline.country, offline.register_number, question))
    return answer.status, answer.members()


def _begin(
    desk: Desk,
    session: Session,
    actor: Actor,
    asked: TaxIdAsked,
    offline: IdentifierCheck,
    idempotency: str | None,
) -> StoredCheck:
    client = actor.client
    if asked.order_reference:
        order = find_order(session, asked.order_reference)
        if order is None or not actor.may_see(order.client):
            raise NotFound("There is no such order.")
        client = order.client
    row = TaxIdCheckRow(
        id=new_id("tic"),
        idempotency=idempotency,
        client_code=client,
        order_reference=asked.order_reference,
        country=offline.country,
        kind=offline.kind,
        number=offline.number,
        number_sha256=number_digest(offline.number),
        asked_with=_question(session, asked),
        format=format_member(offline),
        status="not_checked",
        register=None,
        valid_from=None,
        attempts=0,
        created_at=clock.now(),
        answered_at=None,
        evidence_document_id=None,
    )
    session.add(row)
    row.status = _first_status(desk, session, row, asked, offline)
    session.flush()
    _record(session, actor.name, "tax_id_check.asked", row)
    if row.status == "pending":
        enqueue(session, "ask_register", {"check_id": row.id}, idem_key=f"ask:{row.id}")
    elif row.status in ANSWERED:
        _tell(desk, session, row)
    return check_record(row)


def _first_status(desk: Desk, session: Session, row: TaxIdCheckRow, asked: TaxIdAsked, offline: IdentifierCheck) -> str:
    if offline.valid is False:
        return "malformed"
    register = desk.registers.for_country(offline.country) if offline.valid else None
    if asked.mode == "offline":
        return "not_checked"
    if register is None:
        if asked.mode == "register":
            raise InvalidInput(
                "The tax ID was not checked.",
                Fault(
                    "/mode", "no_register", "No register of ours answers for this country; use register_if_possible."
                ),
            )
        return "not_checked"
    fresh = find_fresh_check(session, offline.number, asked_with=row.asked_with, after=clock.now() - FRESH_FOR)
    if fresh:
        row.register, row.valid_from, row.answered_at = fresh.register, fresh.valid_from, fresh.answered_at
        if fresh.order_reference == row.order_reference:  # the evidence of that answer is there already
            row.evidence_document_id = fresh.evidence_document_id
        return fresh.status
    return "pending"


def ask_register(desk: Desk, lease: Lease, payload: dict[str, Any]) -> None:
    """Ask the register for one check (a job): write its answer down, or that it gave none, and tell who waits.

    Every answer is kept as evidence. A register that is down is asked again after 5, 10, 20, 40 minutes, then hourly.
    """
    with desk.database.reading() as session:
        check = find_check(session, payload["check_id"])
    if check is None or check.status not in OPEN:
        return
    register = desk.registers.for_country(check.country)
    if register is None:
        lease.retry_later(next_attempt_after(check.attempts + 1))
    offline = check_identifier(check.country, check.number, kind=check.kind)
    answer = register.ask(_query(offline.country, offline.register_number, check.asked_with))
    final = answer.status in ANSWERED
    with desk.database.writing() as session:
        (lease.commit if final or answer.error_class is ErrorClass.CALLER else lease.hold)(session)
        row = session.get_one(TaxIdCheckRow, check.id, with_for_update=True)
        _keep_answer(session, row, answer)
        row.attempts += 1
        row.status = answer.status
        row.register = answer.members()
        if final:
            row.answered_at, row.valid_from = answer.answered_at, answer.valid_from
        session.flush()
        _record(session, "system", f"tax_id_check.{row.status}", row, error_code=answer.error_code)
        if final:
            _tell(desk, session, row)
        attempts = row.attempts
    if not final and answer.error_class is not ErrorClass.CALLER:
        lease.retry_later(next_attempt_after(attempts))


def _tell(desk: Desk, session: Session, row: TaxIdCheckRow) -> None:
    """Everything that follows from an answer: the evidence document, the waiting adjustments, the webhook."""
    order = find_order(session, row.order_reference) if row.order_reference else None
    if order and row.evidence_document_id is None:
        try:
            row.evidence_document_id = issue_tax_id_evidence(desk, session, order, check_record(row))
        except InvalidInput as fault:  # the register's text cannot be drawn; its answer counts all the same
            _record(session, "system", "tax_id_check.evidence_not_drawn", row, error_code=error_code(fault))
    for adjustment_id in list_waiting_for_check(session, row.id):
        enqueue(
            session, "settle_adjustment", {"adjustment_id": adjustment_id}, idem_key=f"settle:{adjustment_id}:{row.id}"
        )
    emit(session, "tax_id_check.completed", {"id": row.id, "status": row.status}, client_code=row.client_code)


def _keep_answer(session: Session, row: TaxIdCheckRow, answer: RegisterAnswer) -> None:
    session.add(
        RegisterAnswerRow(
            id=new_id("ans"),
            check_id=row.id,
            register=answer.register,
            outcome=str(answer.outcome),
            error_code=answer.error_code,
            consultation_number=answer.consultation_number,
            asked_at=answer.asked_at,
            answered_at=answer.answered_at,
            evidence=answer.evidence,
        )
    )


def _question(session: Session, asked: TaxIdAsked) -> dict[str, Any]:
    """What the register is told beside the number; the requester is the order's seller unless another is named."""
    question: dict[str, Any] = {"requester": asked.requester, "name": asked.name, "address": asked.address}
    if asked.requester is None and asked.order_reference and (order := find_order(session, asked.order_reference)):
        question["requester"] = _eu_number(seller_in_force(session, order.seller))
    return question


def _eu_number(seller: SellerEntity) -> str | None:
    """The seller's own VAT number, that VIES wants of who asks for a consultation number."""
    home = seller.facts().registration(RegistrationKind.VAT, seller.country, clock.today())
    return home.number if home else None


def _query(country: str, register_number: str, question: dict[str, Any]) -> RegisterQuery:
    requester = question["requester"]
    own = check_identifier(requester[:2], requester) if requester else None
    usable = own if own and own.valid and own.country in VIES_COUNTRIES else None
    return RegisterQuery(
        country=country,
        number=register_number,
        requester_country=usable.country if usable else None,
        requester_number=usable.register_number if usable else None,
        trader_name=question["name"],
        **split_address(question["address"]),
    )


def format_member(offline: IdentifierCheck) -> dict[str, Any]:
    """The ``format`` member of a check's answer."""
    return {
        "valid": offline.valid,
        "reason": str(offline.reason) if offline.reason else None,
        "expected": offline.expected,
        "suggestion": offline.suggestion,
        "suggestion_country": offline.suggestion_country,
        "confidence": offline.confidence,
    }


def _record(session: Session, actor: str, action: str, row: TaxIdCheckRow, **facts: Any) -> None:
    audit.record(
        session,
        actor=actor,
        action=action,
        subject=row.id,
        order_reference=row.order_reference,
        country=row.country,
        status=row.status,
        **facts,
    )
