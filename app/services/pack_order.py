"""Everything of an order in one ZIP for an auditor: documents, events, decision, and a manifest of hashes."""

import io
from typing import Any

from app import clock
from app.actor import Actor
from app.archives import Archive, document_name, readable_json
from app.desk import Desk
from app.facts import as_json
from app.services.read_document import genuine_bytes
from app.services.read_order import OrderView, read_order
from app.store import audit
from app.store.audit import hashed_part, read_events


def pack_order(desk: Desk, actor: Actor, reference: str) -> bytes:
    """The ZIP of an order; every file in it stands in ``manifest.json`` with its SHA-256.

    Raises:
        NotFound: no such order. BlobDamaged: a stored document changed; nothing is given out.
    """
    view = read_order(desk, actor, reference)
    files = {document_name(d.number): genuine_bytes(desk, actor, d) for d in view.documents if d.sha256}
    with desk.database.reading() as session:
        events = read_events(session, order_reference=reference, limit=100_000)
    files["events.json"] = readable_json([hashed_part(e) | {"previous": e.previous, "hash": e.hash} for e in events])
    files["order.json"] = readable_json(_order(view))
    if view.decision:
        files["decision.json"] = readable_json(view.decision)
    with desk.database.writing() as session:
        audit.record(
            session,
            actor=actor.name,
            action="order.packed",
            subject=view.order.id,
            order_reference=reference,
            files=len(files) + 1,
        )
    return _zip(files, order=reference, not_ready=[d.number for d in view.documents if not d.sha256])


def _order(view: OrderView) -> dict[str, Any]:
    order = view.order
    return {
        "reference": order.reference,
        "client": order.client,
        "seller": order.seller,
        "status": order.status,
        "currency": order.currency,
        "ordered_at": clock.rfc3339(order.ordered_at),
        "supply_date": order.supply_date.isoformat(),
        "customer": as_json(order.customer),
        "invoices": [as_json(invoice) for invoice in order.invoices],
        "lines": [as_json(line) for line in order.lines],
        "payments": [as_json(payment) for payment in view.payments],
        "adjustments": [as_json(adjustment) for adjustment in view.adjustments],
        "tax_id_checks": [as_json(check) for check in view.checks],
    }


def _zip(files: dict[str, bytes], **members: Any) -> bytes:
    packed = io.BytesIO()
    with Archive(packed) as archive:
        for name in sorted(files):
            archive.add(name, files[name])
        archive.close(**members)
    return packed.getvalue()
