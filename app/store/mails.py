"""Queries on mails."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.models.mails import Mail


@dataclass(frozen=True, slots=True)
class MailRecord:
    """A mail as it was read."""

    id: str
    to: str
    subject: str
    body_text: str
    body_html: str | None
    language: str
    purpose: str
    attachments: tuple[dict[str, str], ...]
    order_reference: str | None
    state: str
    attempts: int
    error_code: str | None
    created_at: datetime
    sent_at: datetime | None


def add_mail(session: Session, **values: Any) -> bool:
    """Insert a queued mail unless one has its key; whether it was inserted."""
    insert = (postgresql if session.get_bind().dialect.name == "postgresql" else sqlite).insert
    row = {"to_address" if name == "to" else name: value for name, value in values.items()}
    made = insert(Mail.__table__).values(state="queued", attempts=0, **row)
    made = made.on_conflict_do_nothing(index_elements=[Mail.idem_key])
    return session.scalar(made.returning(Mail.id)) is not None


def find_mail(session: Session, mail_id: str) -> MailRecord | None:
    """The mail of that id."""
    mail = session.get(Mail, mail_id, populate_existing=True)
    return None if mail is None else _record(mail)


def find_mail_by_key(session: Session, idem_key: str) -> MailRecord | None:
    """The mail that was queued under the key."""
    mail = session.scalars(select(Mail).where(Mail.idem_key == idem_key)).one_or_none()
    return None if mail is None else _record(mail)


def list_mails_of_order(session: Session, order_reference: str) -> Sequence[MailRecord]:
    """The mails of an order, oldest first."""
    mails = session.scalars(select(Mail).where(Mail.order_reference == order_reference).order_by(Mail.id))
    return tuple(_record(mail) for mail in mails)


def change_mail(session: Session, mail_id: str, **values: Any) -> None:
    """Change a mail's state."""
    session.execute(
        update(Mail).where(Mail.id == mail_id).values(**values).execution_options(synchronize_session=False)
    )


def _record(mail: Mail) -> MailRecord:
    values = {name: getattr(mail, name) for name in MailRecord.__slots__}
    return MailRecord(**values | {"attachments": tuple(mail.attachments)})
