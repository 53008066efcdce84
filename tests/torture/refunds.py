"""Tax refunds for an installation under torture: orders, one confirmed tax ID, and what must be true at the end."""

from collections import Counter
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app.actor import SYSTEM
from app.desk import Desk
from app.facts import RefundReason, TaxId, TaxIdAsked, TaxRefundAsked
from app.models.audit import AuditEventRow
from app.models.decisions import AdjustmentRow
from app.models.documents import DocumentRow
from app.models.jobs import Job
from app.models.mails import Mail
from app.schemas.orders import OrderSchema
from app.services.check_tax_id import check_tax_id
from app.services.put_order import put_order
from app.services.refund_tax import refund_tax
from app.store.audit import verify_chains
from tests.api.conftest import FRENCH_ID, FRENCH_ORDER
from tests.torture.installation import Installation

DOCUMENTS_A_REFUND = 2  # the credit note and the new invoice


def add_order(desk: Desk, reference: str, *, lines: int) -> None:
    """A paid French order of so many lines, at 20.00 tax each."""
    line = FRENCH_ORDER["lines"][0]
    rows = [line | {"reference": str(n), "description": f"Drawing studio, seat {n}"} for n in range(1, lines + 1)]
    customer = FRENCH_ORDER["customer"] | {"reference": reference}
    order = OrderSchema().load(FRENCH_ORDER | {"lines": rows, "customer": customer})
    put_order(desk, SYSTEM, reference, order, may_change=lambda _: None, describe=lambda _: {})


def confirmed_check(desk: Desk) -> str:
    """The id of a check that the register confirmed; a worker must be running."""
    asked = TaxIdAsked(country="FR", number=FRENCH_ID)
    check = check_tax_id(desk, SYSTEM, asked, wait_seconds=60)
    assert check.status == "verified"
    return check.id


def refund(desk: Desk, reference: str, check_id: str) -> None:
    """Refund the order's tax as a request would."""
    asked = TaxRefundAsked(reason=RefundReason.VAT_ID_PROVIDED, tax_id=TaxId(number=FRENCH_ID, check_id=check_id))
    refund_tax(desk, SYSTEM, reference, asked, dry_run=False, idempotency=f"torture:{reference}")


def drawing_processes(installation: Installation) -> set[int]:
    """The process ids that are drawing a document now."""
    query = select(Job.lease_owner).where(Job.state == "running", Job.kind == "draw_document")
    with installation.desk.database.reading() as session:
        owners = session.scalars(query).all()
    return {int(owner.partition("/")[0].rpartition(":")[2]) for owner in owners if owner}


def statuses(desk: Desk) -> Counter[str]:
    """How many documents are in each status."""
    with desk.database.reading() as session:
        return Counter(session.scalars(select(DocumentRow.status)))


def check_every_document_became_ready_once(installation: Installation, *, refunds: int) -> None:
    """Everything that was promised about documents, numbers, mails, events and jobs, read from the stores."""
    desk = installation.desk
    with desk.database.reading() as session:
        documents = list(session.scalars(select(DocumentRow).where(DocumentRow.adjustment_id.is_not(None))))
        adjustments = list(session.scalars(select(AdjustmentRow)))
        mails = list(session.scalars(select(Mail)))
        events = Counter(tuple(row) for row in session.execute(select(AuditEventRow.action, AuditEventRow.subject)))
        every_digest = set(session.scalars(select(DocumentRow.sha256)))
        faults = [fault for _, _, fault in verify_chains(session) if fault]
    assert len(adjustments) == refunds
    assert len(documents) == refunds * DOCUMENTS_A_REFUND
    for document in documents:
        assert document.status == "ready"
        assert len(desk.blobs.get(document.sha256 or "")) == document.size
        assert events["document.issued", document.id] == 1
        assert events["document.ready", document.id] == 1
    assert _files(desk.settings.data_dir / "blobs") == every_digest
    check_numbers(documents)
    assert {mail.idem_key for mail in mails} == {f"adjustment:{adjustment.id}" for adjustment in adjustments}
    assert {mail.state for mail in mails} == {"sent"}
    assert _files(desk.settings.data_dir / "mail") == {f"{mail.id}.eml" for mail in mails}
    assert faults == []
    assert set(installation.states()) == {"done"}
    assert installation.unsettled() == 0


def check_numbers(documents: list[Any]) -> None:
    """In every series 1 to n, none missing and none twice, and no date before that of a smaller number."""
    for kind in {document.kind for document in documents}:
        series = sorted((int(d.number.rpartition("-")[2]), d.issued_on) for d in documents if d.kind == kind)
        assert [number for number, _ in series] == list(range(1, len(series) + 1))
        dates = [day for _, day in series]
        assert dates == sorted(dates)


def _files(folder: Path) -> set[str]:
    """The finished files below a folder; a killed writer may leave a draft, whose name begins with a dot."""
    return {path.name for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")}
