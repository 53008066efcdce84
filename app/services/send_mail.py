"""Mail: queued in the transaction that promises it, sent by a job, tried for three days."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTPUTF8
from email.utils import format_datetime, parseaddr
from typing import Any

import idna
import structlog
from sqlalchemy.orm import Session

from app.clock import now
from app.desk import Desk
from app.errors import DomainError, NotFound
from app.ids import new_id
from app.mailer import MailDelayed, MailRefused, open_mailer
from app.services.jobs import Lease, enqueue
from app.store import mails as store

log = structlog.get_logger(__name__)

TRIED_FOR = timedelta(days=3)
FIRST_WAIT_SECONDS = 30.0
LONGEST_WAIT_SECONDS = 3600.0


class MailAddressInvalid(DomainError):
    """The e-mail address cannot receive mail; ask for another."""


class MailHeaderInvalid(DomainError):
    """A subject or file name holds a line break or control character, which could forge a header."""


class MailUndeliverable(DomainError):
    """The mail server refused the mail for good, or for three days."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A stored document that goes with a mail."""

    document_id: str
    sha256: str
    filename: str


def queue_mail(
    session: Session,
    *,
    to: str,
    subject: str,
    body_text: str,
    language: str,
    purpose: str,
    idem_key: str,
    body_html: str | None = None,
    order_reference: str | None = None,
    attachments: Sequence[Attachment] = (),
) -> str:
    """Write a mail and the job that sends it in the caller's transaction; the same key again gives the same mail.

    Args:
        to: one address, without a display name; an international domain may stand in its own letters.
        language: BCP 47, of the text.
        purpose: what the mail is for, such as ``credit_note``.
    Returns:
        The mail's id, which is its delivery id.
    Raises:
        MailAddressInvalid, MailHeaderInvalid: nothing was written.
    """
    checked = check_address(to)
    for text in (subject, *(attachment.filename for attachment in attachments)):
        _refuse_control_characters(text)
    mail_id = new_id("mail")
    added = store.add_mail(
        session, id=mail_id, idem_key=idem_key, to=checked, subject=subject, body_text=body_text, body_html=body_html,
        language=language, purpose=purpose, order_reference=order_reference,
        attachments=[asdict(attachment) for attachment in attachments], created_at=now(),
    )  # fmt: skip
    if not added:
        known = store.find_mail_by_key(session, idem_key)
        if known is None:
            raise LookupError("the mail of this key vanished")
        return known.id
    enqueue(session, "send_mail", {"mail_id": mail_id}, idem_key=f"mail:{mail_id}")
    return mail_id


def send_mail(desk: Desk, lease: Lease, payload: dict[str, Any]) -> None:
    """Send one mail; the job handler of ``send_mail``.

    A file is written once. An SMTP server may see a mail twice when a worker dies between its "250" and our commit;
    both carry the same Message-ID, by which receivers drop the second.
    """
    with desk.database.reading() as session:
        mail = store.find_mail(session, payload["mail_id"])
    if mail is None:
        raise NotFound("There is no such mail.")
    if mail.state != "queued":
        return
    try:
        open_mailer(desk.settings).deliver(compose(desk, mail), delivery_id=mail.id)
    except MailDelayed as reason:
        _wait(desk, lease, mail, str(reason))
    except MailRefused as refusal:
        raise MailUndeliverable(f"The mail server refused the mail with code {refusal.code}.") from None
    with desk.database.writing() as session:
        store.change_mail(session, mail.id, state="sent", sent_at=now(), attempts=mail.attempts + 1, error_code=None)
        lease.commit(session)
    log.info("mail_sent", mail_id=mail.id, purpose=mail.purpose)


def note_failed_mail(desk: Desk, session: Session, payload: dict[str, Any], code: str) -> None:  # noqa: ARG001
    """Mark the mail of a failed job as failed."""
    store.change_mail(session, payload["mail_id"], state="failed", error_code=code)


def compose(desk: Desk, mail: store.MailRecord) -> EmailMessage:
    """The message as it goes out: text, HTML beside it where there is some, and the stored documents.

    Raises:
        BlobMissing, BlobDamaged: a document is not what was issued; the mail is not sent.
    """
    name, sender = parseaddr(desk.settings.mail_from)
    message = EmailMessage(policy=SMTPUTF8)
    message["From"] = Address(display_name=name, addr_spec=sender)
    local, _, domain = mail.to.rpartition("@")
    message["To"] = Address(username=local, domain=domain)
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.created_at)
    message["Message-ID"] = f"<{mail.id}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.body_text)
    if mail.body_html is not None:
        message.add_alternative(mail.body_html, subtype="html")
    for attachment in mail.attachments:
        content = desk.blobs.get(attachment["sha256"])
        message.add_attachment(content, maintype="application", subtype="pdf", filename=attachment["filename"])
    message["Content-Language"] = mail.language  # last: whoever sets content takes the content headers along
    return message


def check_address(address: str) -> str:
    """The address with its domain in ASCII (IDNA 2008).

    Raises:
        MailAddressInvalid: not one address; what was given is not repeated in the text.
    """
    try:
        _refuse_control_characters(address)
        local, _, domain = address.strip(" ").rpartition("@")
        ascii_domain = idna.encode(domain, uts46=True).decode()
        # the standard library's parser knows no letters outside ASCII: it judges the address with an x for each
        Address(addr_spec=re.sub(r"[^\x00-\x7f]", "x", f"{local}@{ascii_domain}"))
    except (ValueError, IndexError, MessageError, DomainError):  # the standard library raises the first three
        raise MailAddressInvalid("This is not an e-mail address that can receive mail.") from None
    if '"' in local or "." not in ascii_domain:  # quoted local parts are legal, and nobody delivers them
        raise MailAddressInvalid("This is not an e-mail address that can receive mail.")
    return f"{local}@{ascii_domain}"


def _refuse_control_characters(text: str) -> None:
    if any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in text):
        raise MailHeaderInvalid("A mail header may not hold line breaks or control characters.")


def _wait(desk: Desk, lease: Lease, mail: store.MailRecord, reason: str) -> None:
    if now() - mail.created_at > TRIED_FOR:
        raise MailUndeliverable("The mail server did not take the mail for three days.")
    with desk.database.writing() as session:
        lease.hold(session)
        store.change_mail(session, mail.id, attempts=mail.attempts + 1, error_code="delayed")
    log.warning("mail_delayed", mail_id=mail.id, reason=reason, attempts=mail.attempts + 1)
    lease.retry_later(min(FIRST_WAIT_SECONDS * 2**mail.attempts, LONGEST_WAIT_SECONDS))
