"""Which handler does which kind of job, and the scheduler's chores: the one table of both."""

from functools import partial

from app.schemas.bulk_calculations import answer_row
from app.services.bulk import purge_runs
from app.services.bulk_calculations import calculate_chunk, chunk_of_calculations_failed
from app.services.bulk_documents import chunk_of_documents_failed, give_chunk_of_documents
from app.services.check_tax_id import ask_register
from app.services.draw_document import draw_document, drawing_failed
from app.services.export_audit import export_failed, make_export, purge_exports
from app.services.jobs import HANDLERS, Handler
from app.services.purge import purge_answers, purge_sessions
from app.services.send_mail import note_failed_mail, send_mail
from app.services.settle_adjustment import settle_adjustment
from app.services.sweep import CHORES, Chore, purge_outbox
from app.services.webhooks import deliver_webhook, dispatch_event, note_failed_delivery


def register_handlers() -> None:
    """Fill the tables; called once by every process that works on jobs or schedules them."""
    HANDLERS.update(
        {
            "ask_register": Handler(ask_register),
            "bulk_calculations": Handler(
                partial(calculate_chunk, answer=answer_row), failed=chunk_of_calculations_failed
            ),
            "bulk_documents": Handler(give_chunk_of_documents, failed=chunk_of_documents_failed),
            "draw_document": Handler(draw_document, failed=drawing_failed),
            "settle_adjustment": Handler(settle_adjustment),
            "send_mail": Handler(send_mail, failed=note_failed_mail),
            "dispatch_event": Handler(dispatch_event),
            "deliver_webhook": Handler(deliver_webhook, failed=note_failed_delivery),
            "export_audit": Handler(make_export, failed=export_failed),
        }
    )
    CHORES.update(
        {
            "purge_outbox": Chore("purge_outbox", 3600.0, purge_outbox),
            "purge_answers": Chore("purge_answers", 3600.0, purge_answers),
            "purge_bulk": Chore("purge_bulk", 3600.0, purge_runs),
            "purge_exports": Chore("purge_exports", 3600.0, purge_exports),
            "purge_sessions": Chore("purge_sessions", 3600.0, purge_sessions),
        }
    )
