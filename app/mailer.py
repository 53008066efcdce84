"""Handing a finished mail over: to an SMTP server, or to a folder of ``.eml`` files where none is named."""

import smtplib
import ssl
from email.message import EmailMessage
from email.policy import SMTPUTF8
from ipaddress import ip_address
from pathlib import Path
from typing import Protocol
from urllib.parse import SplitResult, unquote, urlsplit

from app.config import Settings

SMTP_SECONDS = 20.0


class MailRefused(Exception):
    """The server will never take this mail; ``code`` is its reply code, its words are not kept."""

    def __init__(self, code: int) -> None:
        super().__init__(f"refused with {code}")
        self.code = code


class MailDelayed(Exception):
    """The server cannot take the mail now, or did not answer."""


class Mailer(Protocol):
    """Takes mails."""

    def deliver(self, message: EmailMessage, *, delivery_id: str) -> None:
        """Hand the mail over; raises MailRefused or MailDelayed."""


def open_mailer(settings: Settings) -> Mailer:
    """The mailer that the settings name."""
    if settings.mail_url:
        return SmtpMailer(settings.mail_url, plain_login=not settings.is_production)
    return FileMailer(settings.data_dir / "mail")


class FileMailer:
    """Each mail is a file named by its delivery id; delivering it twice leaves one file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def deliver(self, message: EmailMessage, *, delivery_id: str) -> None:
        draft = self.folder / f".{delivery_id}.draft"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(message.as_bytes(policy=SMTPUTF8))
            draft.rename(self.folder / f"{delivery_id}.eml")
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise MailDelayed(type(error).__name__) from error


class SmtpMailer:
    """``smtp://user:password@host:port`` (STARTTLS where offered) or ``smtps://`` (TLS from the first byte).

    A password is only sent over TLS, or to this machine in development.
    """

    def __init__(self, url: str, *, plain_login: bool) -> None:
        self._url = urlsplit(url)
        self._plain_login = plain_login

    def deliver(self, message: EmailMessage, *, delivery_id: str) -> None:  # noqa: ARG002 - it stands in the Message-ID
        try:
            with self._connect() as server:
                self._log_in(server)
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            raise _verdict(max(code for code, _ in error.recipients.values())) from None
        except smtplib.SMTPAuthenticationError as error:
            raise MailDelayed(f"login refused with {error.smtp_code}") from None  # ours to repair, not the mail's fault
        except smtplib.SMTPResponseException as error:
            raise _verdict(error.smtp_code) from None
        except smtplib.SMTPNotSupportedError:
            raise MailRefused(553) from None  # an address in other letters than ASCII, and a server that has none
        except (OSError, smtplib.SMTPException) as error:
            raise MailDelayed(type(error).__name__) from None

    def _connect(self) -> smtplib.SMTP:
        host, tls = self._url.hostname or "localhost", ssl.create_default_context()
        if self._url.scheme == "smtps":
            return smtplib.SMTP_SSL(host, self._url.port or 465, timeout=SMTP_SECONDS, context=tls)
        server = smtplib.SMTP(host, self._url.port or 25, timeout=SMTP_SECONDS)
        server.ehlo_or_helo_if_needed()
        if server.has_extn("starttls"):
            server.starttls(context=tls)
            server.ehlo()
        return server

    def _log_in(self, server: smtplib.SMTP) -> None:
        if not self._url.username:
            return
        if not isinstance(server.sock, ssl.SSLSocket) and not (self._plain_login and _is_here(self._url)):
            raise MailDelayed("the server offers no TLS, the password was not sent")
        server.login(unquote(self._url.username), unquote(self._url.password or ""))


def _verdict(code: int) -> MailRefused | MailDelayed:
    return MailRefused(code) if 500 <= code < 600 else MailDelayed(f"answered {code}")


def _is_here(url: SplitResult) -> bool:
    host = url.hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
