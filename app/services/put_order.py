"""Registering an order with its tax: what the caller charged is kept, what was not given is calculated."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import clock
from app.actor import Actor
from app.desk import Desk
from app.errors import Conflict, Fault, Forbidden, InvalidInput
from app.facts import Customer, Order, as_json
from app.ids import new_id
from app.models.orders import ClientRow, CustomerRow, OrderLineRow, OrderRow
from app.services.decide_order import Describe, decide_order
from app.services.read_order import visible_order
from app.store import audit
from app.store.adjustments import list_adjustments
from app.store.documents import list_documents
from app.store.orders import StoredOrder, find_order_row, order_record
from app.store.parties import newest_versions
from tax_rules.calculate import Calculation
from tax_rules.facts import TaxBehavior
from tax_rules.money import distribute

# What may still change once something was issued on the order: nothing that a document shows.
FREE_AFTER_ISSUE = frozenset({"status", "payment_terms_days"})
PLACES = frozenset({"ship_from", "ship_to"})
TRIES = 3  # of two that register the same reference, client or customer at once, the later one reads the earlier


@dataclass(frozen=True, slots=True)
class PutResult:
    """The order as stored; ``warnings`` say where the charged tax differs from the calculated one."""

    order: StoredOrder
    is_new: bool
    warnings: tuple[dict[str, Any], ...]


def put_order(
    desk: Desk,
    actor: Actor,
    reference: str,
    order: Order,
    *,
    may_change: Callable[[StoredOrder], None],
    describe: Describe,
) -> PutResult:
    """Register the order, or change it while nothing was issued on it.

    Args:
        may_change: called with the stored order before it is changed; raises when the caller did not see this state.
        describe: puts the calculation into the words that are kept with the order.
    Raises:
        NotFound: the reference belongs to a client that the caller may not see.
        Forbidden: a key bound to a client names another one.
        InvalidInput: an unknown seller. TaxUndetermined: no rule gives the tax of a line, and none was stated.
        Conflict: something was issued on the order, so what its documents show stays.
    """
    if not actor.may_see(order.client):
        raise Forbidden("The key is bound to another client.")
    for _ in range(TRIES):
        try:
            return _put(desk, actor, reference, order, may_change=may_change, describe=describe)
        except IntegrityError:
            continue
    raise Conflict("The order is being changed by others; send it again.")


def _put(
    desk: Desk,
    actor: Actor,
    reference: str,
    order: Order,
    *,
    may_change: Callable[[StoredOrder], None],
    describe: Describe,
) -> PutResult:
    body = _body(order)
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    with desk.database.writing() as session:
        known = find_order_row(session, reference, lock=True)
        stored = visible_order(session, actor, reference) if known else None
        if stored and stored.body_sha256 == digest:
            return PutResult(stored, is_new=False, warnings=())
        if order.seller not in newest_versions(session):
            raise InvalidInput(
                "The order was refused.", Fault("/seller", "unknown_seller", "Name a seller of ours, such as de.")
            )
        if stored:
            may_change(stored)
            _refuse_change_of_issued(session, stored, known.body if known else {}, body)
        calculation, decision_id, warnings = decide_order(desk, session, actor, reference, order, describe)
        row = _write(session, known, reference, order, body, digest, decision_id)
        row.lines[:] = _lines(order, calculation)
        session.flush()
        audit.record(
            session,
            actor=actor.name,
            action="order.changed" if stored else "order.registered",
            subject=row.id,
            order_reference=reference,
            version=row.version,
            sha256=digest,
        )
        return PutResult(order_record(row), is_new=stored is None, warnings=warnings)


def _body(order: Order) -> dict[str, Any]:
    """The order as it is kept and compared: places that it does not name are left out, as before they could be."""
    return {name: value for name, value in as_json(order).items() if value is not None or name not in PLACES}


def _lines(order: Order, calculation: Calculation) -> list[OrderLineRow]:
    """The lines as charged: by the line's stated tax, else its share of the order's, else as calculated."""
    currency = calculation.currency
    shares: tuple[Decimal | None, ...] = (None,) * len(order.lines)
    if order.charged_tax is not None and all(line.tax is None for line in order.lines):
        weights = [
            t.amounts.tax if t.amounts else line.amount for line, t in zip(order.lines, calculation.lines, strict=True)
        ]
        if not any(weights):
            weights = [line.amount for line in order.lines]
        shares = distribute(order.charged_tax, weights, currency.unit)
    rows = []
    for n, (line, taxed, share) in enumerate(zip(order.lines, calculation.lines, shares, strict=True)):
        treatment = taxed.treatment
        stated = line.tax.amount if line.tax else share
        tax = stated if stated is not None else (taxed.amounts.tax if taxed.amounts else Decimal(0))
        net = line.amount - tax if line.tax_behavior == TaxBehavior.INCLUSIVE else line.amount
        agrees = taxed.amounts is not None and taxed.amounts.tax == tax
        rate = line.tax.rate_percent if line.tax and line.tax.rate_percent is not None else None
        rows.append(
            OrderLineRow(
                position=n,
                reference=line.reference,
                description=line.description,
                product_kind=line.product_kind,
                quantity=line.quantity,
                net=currency.round(net),
                tax=currency.round(tax),
                gross=currency.round(net + tax),
                rate_percent=rate if rate is not None else treatment.rate if agrees else None,
                vat_category=treatment.vat_category if agrees else ("S" if tax else "O"),
                tax_country=treatment.jurisdiction.country,
                tax_source="calculated" if stated is None else "stated",
            )
        )
    return rows


def _refuse_change_of_issued(
    session: Session, stored: StoredOrder, before: dict[str, Any], after: dict[str, Any]
) -> None:
    if not list_adjustments(session, stored.id) and not list_documents(session, order_id=stored.id, limit=1):
        return
    changed = sorted(name for name in after if after[name] != before.get(name) and name not in FREE_AFTER_ISSUE)
    if changed:
        faults = [
            Fault(f"/{name}", "issued", "A document of ours shows it; correct it by an adjustment.") for name in changed
        ]
        raise Conflict("Something was issued on this order, so what it shows cannot change.", *faults)


def _write(
    session: Session,
    known: OrderRow | None,
    reference: str,
    order: Order,
    body: dict[str, Any],
    digest: str,
    decision_id: str,
) -> OrderRow:
    now = clock.now()
    customer_id = _put_customer(session, order.client, order.customer)
    row = known or OrderRow(id=new_id("ord"), reference=reference, version=0, created_at=now, lines=[])
    row.version += 1
    row.client_code, row.seller_code, row.customer_id = order.client, order.seller, customer_id
    row.status, row.currency, row.ordered_at = str(order.status), order.currency, order.ordered_at
    row.supply_date, row.body, row.body_sha256 = order.supply_date, body, digest
    row.country, row.decision_id, row.updated_at = order.customer.address.country, decision_id, now
    row.search_text = _search_text(reference, order)
    if known is None:
        session.add(row)
    else:
        row.lines.clear()
        session.flush()
    return row


def _put_customer(session: Session, client: str, customer: Customer) -> str:
    """The customer's record, unique per client, as told now; the client exists from its first order on."""
    now = clock.now()
    if session.get(ClientRow, client) is None:
        session.add(ClientRow(code=client, created_at=now))
        session.flush()
    row = session.query(CustomerRow).filter_by(client_code=client, reference=customer.reference).one_or_none()
    if row is None:
        row = CustomerRow(id=new_id("cus"), client_code=client, reference=customer.reference)
        session.add(row)
    row.data, row.updated_at = as_json(customer), now
    row.search_text = " ".join((customer.name, customer.romanised_name or "", customer.email)).casefold()
    session.flush()
    return row.id


def _search_text(reference: str, order: Order) -> str:
    """What an order is found by, case-folded."""
    customer = order.customer
    words = [reference, order.purchase_order_number or "", *(invoice.number for invoice in order.invoices)]
    words += [customer.reference, customer.name, customer.romanised_name or "", customer.email]
    words += ["".join(t.number.split()) for t in customer.tax_ids]
    return " ".join(word for word in words if word).casefold()
