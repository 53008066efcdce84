"""Mailing issued documents to the customer of their order."""

from sqlalchemy.orm import Session

from app.desk import Desk
from app.i18n import language
from app.models.documents import DocumentRow
from app.services.send_mail import Attachment, MailAddressInvalid, queue_mail
from app.store import audit
from app.store.orders import find_order_by_id

DOMAIN = "mails"


def mail_documents(desk: Desk, session: Session, documents: list[DocumentRow], *, idem_key: str) -> None:
    """Queue one mail with these documents of one order, in the documents' language, in the caller's transaction.

    An address that cannot receive mail does not undo what was issued: it is written on the order's timeline.
    """
    del desk
    first = documents[0]
    order = find_order_by_id(session, first.order_id) if first.order_id else None
    if order is None:
        return
    words = language(first.language, DOMAIN)
    subject = words.gettext("Documents for your order {order}").format(order=order.reference)
    body = "\n\n".join(
        (
            words.gettext("Dear {name},").format(name=order.customer.name),
            words.gettext("Please find attached the documents for your order {order}.").format(order=order.reference),
            words.gettext("You can check at any time that they are genuine at the address printed on each of them."),
            words.gettext("Kind regards"),
        )
    )
    attachments = [Attachment(d.id, d.sha256 or "", f"{d.number}.pdf") for d in documents]
    try:
        mail_id = queue_mail(
            session,
            to=order.customer.email,
            subject=subject,
            body_text=body,
            language=first.language,
            purpose=first.kind,
            idem_key=idem_key,
            order_reference=order.reference,
            attachments=attachments,
        )
        facts = {"mail_id": mail_id, "documents": [document.number for document in documents]}
        action = "mail.queued"
    except MailAddressInvalid:
        facts, action = {"documents": [document.number for document in documents]}, "mail.no_valid_address"
    audit.record(session, actor="system", action=action, subject=first.id, order_reference=order.reference, **facts)
