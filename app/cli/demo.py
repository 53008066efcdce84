"""``taxdesk demo``: the main job end to end, without a hand on it, on a database of its own."""

import shutil
import sys
import time
from pathlib import Path

import click

from app import clock
from app.actor import SYSTEM
from app.cli.answers import EXIT_NO, answer, json_option
from app.config import RegisterMode, Settings
from app.desk import Desk, open_desk
from app.examples.situations import situations
from app.facts import RefundReason, TaxId, TaxRefundAsked
from app.logs import configure_logs
from app.registers.double import RegisterDouble
from app.schemas.calculation_answers import calculation_answer
from app.services.give_document import DocumentAsked, give_document, offered_kinds
from app.services.issue_document import TAX_FORMS
from app.services.jobs import Outcome, process_name, run_job
from app.services.read_document import find_documents
from app.services.read_order import read_order
from app.services.refund_tax import refund_tax
from app.services.seed import Situation, seed_orders
from app.services.verify_document import Result, verify_document
from app.store.audit import verify_chains
from app.store.documents import StoredDocument
from app.store.jobs import due_jobs
from app.store.schema import upgrade
from app.tasks.handlers import register_handlers

LONGEST_SECONDS = 120.0
OF_THE_SELLER = frozenset({"vendor_fact_sheet"}) | TAX_FORMS
# Order, kind, and language where it is not the customer's.
GIVEN = (
    ("JP-CONSUMER-YEN", "invoice", None),
    ("FR-LATE-VAT-ID", "tax_statement", "fr"),
    ("DE-BUYER-DETAILS", "tax_statement", "de"),
    ("FR-LATE-VAT-ID", "refund_statement", None),
)


@click.command()
@json_option
def demo(*, as_json: bool) -> None:
    """Refund the VAT of the example orders, give forms, invoices and statements; PDFs in DATA_DIR/demo, a line each."""
    settings = Settings.from_environment()
    configure_logs(settings, quiet=True)
    folder = settings.data_dir / "demo"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with RegisterDouble() as double:
        own = _settings_of_demo(settings, folder, double.vies_url)
        desk = open_desk(own)
        try:
            rows = _run(desk, folder)
        finally:
            desk.close()
    shutil.rmtree(own.data_dir)
    lines = [f"{row['file']}  {row['kind']:<18} {row['language']}  {row['about']}" for row in rows]
    answer("\n".join([*lines, f"{len(rows)} documents in {folder}"]), {"documents": rows}, as_json=as_json)
    if not rows or any(row["result"] != Result.GENUINE for row in rows):
        sys.exit(EXIT_NO)


def _settings_of_demo(settings: Settings, folder: Path, vies_url: str) -> Settings:
    """A development installation of its own, beside what is there: a demo changes nothing."""
    return Settings(
        data_dir=folder / "work",
        base_url=settings.base_url,
        registers=RegisterMode.DOUBLE,
        vies_url=vies_url,
        log_format=settings.log_format,
        forms_dir=settings.forms_dir,
    ).completed()


def _run(desk: Desk, folder: Path) -> list[dict[str, str]]:
    upgrade(desk.database)
    register_handlers()
    examples = situations()
    seed_orders(desk, examples, lambda calculation: calculation_answer(calculation, desk.book))
    for example in examples:
        if example.tax_id:
            _refund(desk, example)
    _work(desk)
    _give(desk, examples)
    _work(desk)
    with desk.database.reading() as session:
        faults = [fault for _, _, fault in verify_chains(session) if fault]
    if faults:
        raise click.ClickException("the audit chain does not verify")
    abouts = {example.reference: example.about for example in examples}
    documents = reversed(find_documents(desk, SYSTEM, limit=100))
    return [_written(desk, folder, document, abouts) for document in documents]


def _refund(desk: Desk, example: Situation) -> None:
    """Ask as an agent would; jobs are worked on here, since a demo has no worker."""
    assert example.tax_id is not None  # noqa: S101 - the caller looked
    asked = TaxRefundAsked(reason=RefundReason.VAT_ID_PROVIDED, tax_id=TaxId(number=example.tax_id))
    refund_tax(desk, SYSTEM, example.reference, asked, dry_run=True, idempotency=None)
    refund_tax(
        desk, SYSTEM, example.reference, asked, dry_run=False, idempotency=f"demo:{example.reference}", wait_seconds=0
    )


def _give(desk: Desk, examples: list[Situation]) -> None:
    """What each seller gives to customers, for the first of its orders, and what is said of single orders."""
    asked = list(GIVEN)
    for example in {example.order.seller: example for example in reversed(examples)}.values():
        offered = offered_kinds(desk, read_order(desk, SYSTEM, example.reference).order)
        asked += [(example.reference, kind, None) for kind in offered if kind in OF_THE_SELLER]
    for reference, kind, language in asked:
        key = f"demo:{reference}:{kind}:{language}"
        give_document(desk, SYSTEM, reference, DocumentAsked(kind=kind, language=language), idempotency=key)


def _work(desk: Desk) -> None:
    """Do every job that is due, those that they enqueue included."""
    until = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < until:
        with desk.database.reading() as session:
            due = due_jobs(session, now=clock.now())
        if not due:
            return
        for job_id in due:
            if run_job(desk, job_id, process_name()) is Outcome.FAILED:
                raise click.ClickException(f"job {job_id} failed")
    raise click.ClickException("the demo did not finish")


def _written(desk: Desk, folder: Path, document: StoredDocument, abouts: dict[str, str]) -> dict[str, str]:
    pdf = desk.blobs.get(document.sha256 or "")
    path = folder / f"{document.number}.pdf"
    path.write_bytes(pdf)
    return {
        "file": str(path),
        "kind": document.kind,
        "language": document.language,
        "number": document.number,
        "result": str(verify_document(desk, pdf).result),
        "about": abouts.get(document.order_reference or "", ""),
    }
