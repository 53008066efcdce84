"""Issuing a document: its number, its code and its facts are fixed in the transaction of the change it documents.

Drawing follows by a job. A number that was taken stays taken, and none is left out.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app import clock
from app.desk import Desk
from app.documents import facts
from app.documents.check import check
from app.documents.errors import DrawingFailed, InvalidFacts
from app.documents.tax_form import SEALED, TaxFormFacts, check_form
from app.errors import InvalidInput
from app.i18n import Language, language, shipped
from app.ids import new_code, new_id
from app.models.documents import DocumentRow
from app.postal import address_lines
from app.sellers import SellerEntity
from app.services.jobs import enqueue
from app.services.read_sellers import seller_in_force
from app.store import audit
from app.store.counters import Number, next_numbers
from app.store.documents import StoredDocument, document_record
from app.store.orders import StoredOrder
from app.store.sealed import masked_json, sealed_json
from app.store.tax_id_checks import StoredCheck
from tax_rules.facts import RegistrationKind

DEFAULT_LANGUAGE = "en"
# Forms that are filled in; everything else is a letter.
TAX_FORMS = frozenset({"w9"})
# The letters of a series where the seller names none of its own.
SERIES = {
    "credit_note": "CN",
    "invoice": "IN",
    "corrected_invoice": "CI",
    "tax_id_evidence": "EV",
    "vendor_fact_sheet": "FS",
    "quote": "QU",
    "pro_forma": "PF",
    "tax_statement": "TS",
    "refund_statement": "RS",
    "invoice_copy": "IC",
    "w9": "W9",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """What is issued: the kind, for which order, why, and how its facts are made once its header is known.

    ``series``: which numbers it counts in, where these are not its kind's.
    """

    kind: str
    order: StoredOrder
    language: Language
    facts: Callable[[facts.Header], facts.Facts | TaxFormFacts]
    idempotency: str
    adjustment_id: str | None = None
    check_id: str | None = None
    actor: str = "system"
    series: str | None = None


def issue_document(desk: Desk, session: Session, issue: Issue, *, wake: bool = True) -> StoredDocument:
    """Take the number, fix the facts, and ask for the drawing, in the caller's transaction.

    Args:
        wake: tell a worker; False: the caller runs the job of :func:`drawing_key` after its commit.
    """
    draft_facts(desk, issue)  # what cannot be drawn is refused before a number is taken
    (document,) = fix_documents(desk, session, [issue])
    ask_for_drawing(session, document.id, wake=wake)
    return document


def fix_documents(desk: Desk, session: Session, issues: Sequence[Issue]) -> list[StoredDocument]:
    """Take the numbers of documents and fix their facts, in the caller's transaction, which sees to their drawing.

    Their drafts (:func:`draft_facts`) were made before: of what cannot be drawn no number is taken.
    """
    rows = [
        _fixed(desk, session, issue, number) for issue, number in zip(issues, _numbers(session, issues), strict=True)
    ]
    session.add_all(rows)
    session.flush()
    for issue, row in zip(issues, rows, strict=True):
        audit.record(
            session,
            actor=issue.actor,
            action="document.issued",
            subject=row.id,
            order_reference=issue.order.reference,
            kind=issue.kind,
            number=row.number,
        )
    return [document_record(row) for row in rows]


def ask_for_drawing(session: Session, document_id: str, *, wake: bool = True) -> None:
    """Enqueue the drawing of a document, once."""
    enqueue(session, "draw_document", {"document_id": document_id}, idem_key=drawing_key(document_id), wake=wake)


def _numbers(session: Session, issues: Sequence[Issue]) -> list[Number]:
    """The number of each document, the counter of each series moved once."""
    sellers = {code: seller_in_force(session, code) for code in {issue.order.seller for issue in issues}}
    patterns = [series_pattern(sellers[issue.order.seller], issue.series or issue.kind) for issue in issues]
    counts = sorted(Counter(patterns).items())  # in one order, so that two transactions never wait for each other
    taken = {pattern: iter(next_numbers(session, pattern, clock.today(), count)) for pattern, count in counts}
    return [next(taken[pattern]) for pattern in patterns]


def _fixed(desk: Desk, session: Session, issue: Issue, number: Number) -> DocumentRow:
    document_id, code = new_id("doc"), new_code()
    header = _header(desk, issue, document_id=document_id, number=number.text, code=code, issued_on=number.issued_on)
    row = DocumentRow(
        id=document_id,
        idempotency=issue.idempotency,
        kind=issue.kind,
        order_id=issue.order.id,
        client_code=issue.order.client,
        order_reference=issue.order.reference,
        adjustment_id=issue.adjustment_id,
        check_id=issue.check_id,
        number=number.text,
        code=code,
        language=issue.language.tag,
        issued_on=number.issued_on,
        facts={},
        status="queued",
        sha256=None,
        size=None,
        pages=None,
        error=None,
        created_at=clock.now(),
        drawn_at=None,
        superseded_by=None,
    )
    row.facts, _ = sealed_json(session, row, _checked(desk, issue, header), sealed_members(issue.kind))
    return row


def sealed_members(kind: str) -> tuple[str, ...]:
    """JSON Pointers of what is sealed in the facts of a kind of document."""
    return SEALED if kind in TAX_FORMS else facts.SEALED.get(kind, ())


def drawing_key(document_id: str) -> str:
    """The idempotency key of the job that draws a document."""
    return f"draw:{document_id}"


def draft_facts(desk: Desk, issue: Issue) -> dict[str, Any]:
    """What :func:`issue_document` would fix now, but for number, id and code; what will be sealed is masked."""
    header = _header(desk, issue, document_id="doc_draft", number="—", code="draft", issued_on=clock.today())
    return masked_json(_checked(desk, issue, header), sealed_members(issue.kind))


def issue_tax_id_evidence(desk: Desk, session: Session, order: StoredOrder, check: StoredCheck) -> str:
    """Issue the evidence of an answered check for its order; returns the document's id."""
    seller, words = seller_in_force(session, order.seller), document_language(DEFAULT_LANGUAGE)

    def evidence(header: facts.Header) -> facts.TaxIdEvidence:
        return facts.TaxIdEvidence(
            header=header,
            seller=seller_block(seller, words, order.supply_date, seller.country),
            check_id=check.id,
            tax_id=facts.TaxId(kind="vat", number=check.number, country=check.country),
            asked_name=check.asked_with["name"],
            asked_address=check.asked_with["address"],
            asked_at=check.created_at,
            offline=facts.OfflineCheck(
                valid=check.format["valid"], reason=check.format["reason"], expected=check.format["expected"]
            ),
            status=check.status,  # type: ignore[arg-type] - the same words
            answer=_register_answer(check),
            law=("Regulation (EU) No 282/2011 Art. 18", "Regulation (EU) No 904/2010 Art. 31"),
        )

    issue = Issue(
        kind="tax_id_evidence",
        order=order,
        language=words,
        facts=evidence,
        idempotency=f"evidence:{check.id}",
        check_id=check.id,
    )
    return issue_document(desk, session, issue).id


def document_language(tag: str) -> Language:
    """The language of a customer's documents: theirs where we ship it, English otherwise."""
    return language(tag if shipped(tag) else DEFAULT_LANGUAGE)


def series_pattern(seller: SellerEntity, kind: str) -> str:
    """The pattern of the seller's series for a kind of document."""
    return seller.series.get(kind) or f"{seller.code.upper()}-{SERIES[kind]}-{{year}}-{{n:06d}}"


def seller_block(seller: SellerEntity, words: Language, on: date, country: str) -> facts.Seller:
    """The seller as it stands on a document about tax of ``country``: with the registration used there."""
    return facts.Seller(
        name=seller.legal_name,
        address=address_lines(seller.address, words),
        country=seller.country,
        tax_ids=tuple(
            facts.TaxId(
                kind="gst" if registration.kind is RegistrationKind.GST else "vat",
                number=registration.number,
                country=registration.country,
            )
            for registration in seller.registrations_shown(country, on)
        ),
        email=seller.contact.email,
        phone=seller.contact.phone,
        website=seller.contact.website,
    )


def _checked(desk: Desk, issue: Issue, header: facts.Header) -> dict[str, Any]:
    """The facts as they are kept, once it is sure that they can be drawn: an issued number never lacks its document.

    Raises:
        InvalidInput: they cannot be, with a pointer into the document for every reason.
    """
    members = issue.facts(header).to_json()
    try:
        if issue.kind in TAX_FORMS:
            check_form(members, desk.settings.forms_dir)
        else:
            check(facts.template_of(issue.kind, members), members)
    except (InvalidFacts, DrawingFailed) as refusal:
        detail = f"The {issue.kind} cannot be drawn from what is stored; nothing was issued. {refusal.detail}"
        raise InvalidInput(detail, *refusal.faults, document_kind=issue.kind) from refusal
    return members


def _header(desk: Desk, issue: Issue, *, document_id: str, number: str, code: str, issued_on: date) -> facts.Header:
    return facts.Header(
        document_id=document_id,
        number=number,
        code=code,
        verify_url=f"{desk.settings.base_url}/verify/{code}",
        language=issue.language.tag,
        issued_on=issued_on,
        order_reference=issue.order.reference,
        purchase_order_number=issue.order.purchase_order_number,
    )


def _register_answer(check: StoredCheck) -> facts.RegisterAnswer | None:
    said = check.register
    if said is None:
        return None
    return facts.RegisterAnswer(
        register=said["name"],
        asked_at=clock.parse_rfc3339(said["asked_at"]),
        answered_at=clock.parse_rfc3339(said["answered_at"]) if said["answered_at"] else None,
        requester=check.asked_with["requester"],
        consultation_number=said["consultation_number"],
        trader_name=said["trader_name"],
        trader_address=said["trader_address"],
        name_matches=_MATCH.get(said["match"]["name"]),
        address_matches=_MATCH.get(said["match"]["address"]),
        valid_from=check.valid_from,
    )


_MATCH = {"match": True, "mismatch": False}
