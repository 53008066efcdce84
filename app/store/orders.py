"""Orders, payments and what hangs on them: queries in, frozen records out."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app import clock
from app.facts import Address, Customer, Invoice
from app.models.orders import OrderRow, PaymentRow


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """A line as charged; amounts in the order's currency, ``net + tax = gross``."""

    reference: str
    description: str
    product_kind: str
    quantity: Decimal
    net: Decimal
    tax: Decimal
    gross: Decimal
    rate_percent: Decimal | None
    vat_category: str | None
    tax_country: str
    tax_source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredOrder:
    """An order as it stands; ``customer`` is the copy of the day of the order."""

    id: str
    reference: str
    version: int
    client: str
    seller: str
    status: str
    currency: str
    ordered_at: datetime
    supply_date: date
    purchase_order_number: str | None
    payment_terms_days: int | None
    invoices: tuple[Invoice, ...]
    customer: Customer
    ship_from: Address | None
    ship_to: Address | None
    lines: tuple[OrderLine, ...]
    decision_id: str | None
    body_sha256: str
    created_at: datetime
    updated_at: datetime

    @property
    def net(self) -> Decimal:
        return sum((line.net for line in self.lines), Decimal(0))

    @property
    def tax(self) -> Decimal:
        return sum((line.tax for line in self.lines), Decimal(0))

    @property
    def gross(self) -> Decimal:
        return sum((line.gross for line in self.lines), Decimal(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPayment:
    """A payment as recorded."""

    id: str
    reference: str
    kind: str
    amount: Decimal
    currency: str
    option: str
    cost: Decimal | None
    occurred_at: datetime


def find_order(session: Session, reference: str, *, lock: bool = False) -> StoredOrder | None:
    """The order with this reference; ``lock`` keeps every other change of it waiting until the transaction ends."""
    row = find_order_row(session, reference, lock=lock)
    return row and order_record(row)


def find_order_row(session: Session, reference: str, *, lock: bool = False) -> OrderRow | None:
    """The row itself, for the services that write it."""
    query = select(OrderRow).where(OrderRow.reference == reference)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return session.scalar(query)


def lock_orders(session: Session, references: Collection[str]) -> dict[str, StoredOrder]:
    """The orders of these references, those that there are, locked like :func:`find_order` does, in one order."""
    query = select(OrderRow).where(OrderRow.reference.in_(references)).order_by(OrderRow.id)
    query = query.with_for_update().execution_options(populate_existing=True)
    return {row.reference: order_record(row) for row in session.scalars(query)}


def touch_order(session: Session, reference: str) -> OrderRow:
    """Note on an order, which the caller has locked, that something it shows changed; its ETag changes with that."""
    return touch_orders(session, [reference])[0]


def touch_orders(session: Session, references: Collection[str]) -> list[OrderRow]:
    """Like :func:`touch_order`, of several orders; each changes once."""
    rows = list(session.scalars(select(OrderRow).where(OrderRow.reference.in_(references)).order_by(OrderRow.id)))
    if {row.reference for row in rows} != set(references):
        raise LookupError("an order vanished while it was locked")
    for row in rows:
        row.version += 1
        row.updated_at = clock.now()
    return rows


def find_order_by_id(session: Session, order_id: str) -> StoredOrder | None:
    """The order with this internal id."""
    row = session.get(OrderRow, order_id)
    return row and order_record(row)


def list_orders(
    session: Session,
    *,
    client: str | None,
    status: str | None = None,
    seller: str | None = None,
    text: str | None = None,
    before: str | None = None,
    limit: int,
) -> list[StoredOrder]:
    """Orders newest first; up to ``limit + 1``, so that the caller sees whether there are more.

    ``text`` is looked for in reference, purchase order and invoice numbers, customer's name, e-mail and tax IDs.
    """
    query: Select[tuple[OrderRow]] = select(OrderRow).order_by(OrderRow.id.desc()).limit(limit + 1)
    if client is not None:
        query = query.where(OrderRow.client_code == client)
    if status is not None:
        query = query.where(OrderRow.status == status)
    if seller is not None:
        query = query.where(OrderRow.seller_code == seller)
    if before is not None:
        query = query.where(OrderRow.id < before)
    for word in (text or "").casefold().split():
        query = query.where(OrderRow.search_text.contains(word, autoescape=True))
    return [order_record(row) for row in session.scalars(query)]


def list_payments(session: Session, order_id: str) -> list[StoredPayment]:
    """The payments of an order in the order they happened."""
    query = select(PaymentRow).where(PaymentRow.order_id == order_id).order_by(PaymentRow.occurred_at, PaymentRow.id)
    return [
        StoredPayment(
            id=row.id,
            reference=row.reference,
            kind=row.kind,
            amount=row.amount,
            currency=row.currency,
            option=row.option,
            cost=row.cost,
            occurred_at=row.occurred_at,
        )
        for row in session.scalars(query)
    ]


def order_record(row: OrderRow) -> StoredOrder:
    """The record of a row."""
    body = row.body
    return StoredOrder(
        id=row.id,
        reference=row.reference,
        version=row.version,
        client=row.client_code,
        seller=row.seller_code,
        status=row.status,
        currency=row.currency,
        ordered_at=row.ordered_at,
        supply_date=row.supply_date,
        purchase_order_number=body["purchase_order_number"],
        payment_terms_days=body["payment_terms_days"],
        invoices=tuple(
            Invoice(number=i["number"], issued_on=date.fromisoformat(i["issued_on"])) for i in body["invoices"]
        ),
        customer=Customer.from_json(body["customer"]),
        ship_from=_address(body.get("ship_from")),  # an order of an earlier version names no places
        ship_to=_address(body.get("ship_to")),
        lines=tuple(
            OrderLine(
                reference=line.reference,
                description=line.description,
                product_kind=line.product_kind,
                quantity=line.quantity,
                net=line.net,
                tax=line.tax,
                gross=line.gross,
                rate_percent=line.rate_percent,
                vat_category=line.vat_category,
                tax_country=line.tax_country,
                tax_source=line.tax_source,
            )
            for line in row.lines
        ),
        decision_id=row.decision_id,
        body_sha256=row.body_sha256,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _address(members: dict[str, Any] | None) -> Address | None:
    return Address(**members) if members else None
