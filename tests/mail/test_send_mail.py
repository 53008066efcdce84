"""Mail: queued with its promise, sent once, tried for three days, never with forged headers."""

import dataclasses
import email
import email.policy
import logging
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from app.clock import now
from app.mailer import MailDelayed, SmtpMailer
from app.models.jobs import Job
from app.models.mails import Mail
from app.services.jobs import Outcome, run_job
from app.services.send_mail import (
    Attachment,
    MailAddressInvalid,
    MailHeaderInvalid,
    check_address,
    queue_mail,
)
from app.store.mails import find_mail, list_mails_of_order
from app.tasks.handlers import register_handlers
from tests.kit.fault_proxy import FaultProxy
from tests.kit.faults import PASS, cut_after, reset_after
from tests.mail.smtp_double import SmtpDouble, serve_smtp

ADDRESS = "comptes@client.example"
PDF = b"%PDF-1.7 a credit note"

register_handlers()


@pytest.fixture
def smtp():
    with serve_smtp() as server:
        yield server


@pytest.fixture
def smtp_desk(desk, smtp):
    return dataclasses.replace(desk, settings=dataclasses.replace(desk.settings, mail_url=smtp.url))


def put(desk, **changed) -> tuple[str, str]:
    """Queue a mail; its id and its job's."""
    given = {
        "to": ADDRESS,
        "subject": "Votre avoir n° 12 – Société Générale",
        "body_text": "Bonjour,\n\nvoici votre avoir.\n",
        "language": "fr",
        "purpose": "credit_note",
        "idem_key": "credit-note-12",
        "order_reference": "R-1",
    }
    with desk.database.writing() as session:
        mail_id = queue_mail(session, **given | changed)
        job_id = session.scalars(select(Job.id).where(Job.idem_key == f"mail:{mail_id}")).one()
    return mail_id, job_id


def read(desk, mail_id):
    with desk.database.reading() as session:
        return find_mail(session, mail_id)


def parse(raw: bytes):
    return email.message_from_bytes(raw, policy=email.policy.default)


def test_without_a_server_the_mail_is_a_file_named_by_its_delivery_id_only(desk):
    attachment = Attachment("doc_1", desk.blobs.put(PDF), "Avoir n° 12.pdf")
    mail_id, job_id = put(desk, body_html="<p>Bonjour</p>", attachments=[attachment])
    assert run_job(desk, job_id, "w") is Outcome.DONE
    (path,) = (desk.settings.data_dir / "mail").iterdir()
    assert path.name == f"{mail_id}.eml"
    message = parse(path.read_bytes())
    assert message["To"] == ADDRESS
    assert message["Subject"] == "Votre avoir n° 12 – Société Générale"
    assert message["Message-ID"] == f"<{mail_id}@taxdesk.example>"
    assert message["Content-Language"] == "fr"
    assert message.get_body(("plain",)).get_content().replace("\r\n", "\n") == "Bonjour,\n\nvoici votre avoir.\n"
    assert message.get_body(("html",)).get_content().strip() == "<p>Bonjour</p>"
    (sent,) = message.iter_attachments()
    assert (sent.get_filename(), sent.get_content_type(), sent.get_content()) == (
        "Avoir n° 12.pdf", "application/pdf", PDF,
    )  # fmt: skip
    mail = read(desk, mail_id)
    assert mail.state == "sent"
    assert mail.sent_at is not None


def test_the_same_key_queues_one_mail(desk):
    assert put(desk) == put(desk, subject="Changed")
    with desk.database.reading() as session:
        assert len(list_mails_of_order(session, "R-1")) == 1


def test_a_mail_goes_over_smtp_once(smtp_desk, smtp):
    mail_id, job_id = put(smtp_desk)
    assert run_job(smtp_desk, job_id, "w") is Outcome.DONE
    assert run_job(smtp_desk, job_id, "w") is Outcome.NOT_TAKEN
    assert len(smtp.mails) == 1
    assert parse(smtp.mails[0])["Message-ID"] == f"<{mail_id}@taxdesk.example>"
    assert smtp.recipients == [f"rcpt TO:<{ADDRESS}>"]


def test_a_server_that_hangs_up_after_taking_the_mail_gets_it_again_under_the_same_message_id(smtp_desk, smtp):
    smtp.answers["DATA"] = ["(hang up)"]
    _, job_id = put(smtp_desk)
    assert run_job(smtp_desk, job_id, "w") is Outcome.RETRIED
    with time_machine.travel(now() + timedelta(seconds=31)):
        assert run_job(smtp_desk, job_id, "w") is Outcome.DONE
    assert len({parse(raw)["Message-ID"] for raw in smtp.mails}) == 1
    assert len(smtp.mails) == 2


@pytest.mark.parametrize("fault", [cut_after, reset_after])
@pytest.mark.parametrize(
    ("place", "to", "times_taken"),
    [
        (0, "client", 1),  # before the greeting
        (b"rcpt TO", "server", 1),
        (b"Content-Type", "server", 1),  # in the middle of the mail
        (b"\r\n.\r\n", "server", 2),  # taken, and the answer is lost: nobody can know, so it comes twice
        (b"250 taken\r\n", "client", 1),  # the answer arrived, the farewell is lost
    ],
)
def test_wherever_the_line_breaks_no_mail_is_lost_and_a_second_copy_has_the_same_message_id(
    desk, smtp, fault, place, to, times_taken
):
    with FaultProxy(smtp.url) as line:
        behind = dataclasses.replace(desk, settings=dataclasses.replace(desk.settings, mail_url=line.url))
        mail_id, job_id = put(behind)
        line.mode = fault(place, to=to)
        first = run_job(behind, job_id, "w")
        line.mode = PASS
        if place != b"250 taken\r\n" or first is not Outcome.DONE:  # RST may overtake the answer
            assert first is Outcome.RETRIED
            with time_machine.travel(now() + timedelta(seconds=31)):
                assert run_job(behind, job_id, "w") is Outcome.DONE
            assert line.connections == 2
    assert {parse(raw)["Message-ID"] for raw in smtp.mails} == {f"<{mail_id}@taxdesk.example>"}
    assert len(smtp.mails) == times_taken + (place == b"250 taken\r\n" and first is not Outcome.DONE)


@pytest.mark.parametrize("verb", ["RCPT", "DATA", "MAIL"])
def test_a_temporary_refusal_is_tried_again(smtp_desk, smtp: SmtpDouble, verb):
    smtp.answers[verb] = ["451 try later please"]
    mail_id, job_id = put(smtp_desk)
    assert run_job(smtp_desk, job_id, "w") is Outcome.RETRIED
    assert (read(smtp_desk, mail_id).state, read(smtp_desk, mail_id).attempts) == ("queued", 1)
    with time_machine.travel(now() + timedelta(seconds=31)):
        assert run_job(smtp_desk, job_id, "w") is Outcome.DONE
    assert len(smtp.mails) == 1


@pytest.mark.parametrize("verb", ["RCPT", "DATA", "MAIL"])
def test_a_permanent_refusal_fails_the_mail_without_keeping_the_servers_words(smtp_desk, smtp, verb):
    smtp.answers[verb] = [f"550 no such person {ADDRESS}"]
    mail_id, job_id = put(smtp_desk)
    assert run_job(smtp_desk, job_id, "w") is Outcome.FAILED
    mail = read(smtp_desk, mail_id)
    assert (mail.state, mail.error_code) == ("failed", "mail_undeliverable")
    with smtp_desk.database.reading() as session:
        assert ADDRESS not in session.get(Job, job_id).error_detail
    assert smtp.mails == []


def test_a_server_that_is_down_is_tried_for_three_days_and_then_the_mail_fails(desk):
    down = dataclasses.replace(desk, settings=dataclasses.replace(desk.settings, mail_url="smtp://127.0.0.1:1"))
    mail_id, job_id = put(down)
    start, hours, outcome = now(), 0, Outcome.RETRIED
    while outcome is Outcome.RETRIED:
        hours += 8
        with time_machine.travel(start + timedelta(hours=hours), tick=False):
            outcome = run_job(down, job_id, "w")
    assert outcome is Outcome.FAILED
    assert hours == 72
    assert read(down, mail_id).state == "failed"


def test_a_password_is_not_sent_without_tls_in_production(desk, smtp):
    url = smtp.url.replace("smtp://", "smtp://user:secret@").replace("127.0.0.1", "localhost")
    smtp.extensions = ("AUTH PLAIN",)
    with pytest.raises(MailDelayed, match="no TLS"):
        SmtpMailer(url, plain_login=False).deliver(email.message.EmailMessage(), delivery_id="mail_1")
    assert smtp.mails == []


def test_a_damaged_attachment_is_not_sent(desk):
    sha256 = desk.blobs.put(PDF)
    (path,) = (path for path in (desk.settings.data_dir / "blobs").rglob("*") if path.is_file())
    path.chmod(0o600)
    path.write_bytes(b"%PDF-1.7 another thing")
    mail_id, job_id = put(desk, attachments=[Attachment("doc_1", sha256, "a.pdf")])
    assert run_job(desk, job_id, "w") is Outcome.FAILED
    assert read(desk, mail_id).error_code == "blob_damaged"


@pytest.mark.parametrize(
    "subject", ["a\r\nBcc: all@example.com", "a\nb", "a\rb", "a\x00b", "a\u2028b", "a\x85b", "a\x0bb", "\ud800"]
)
def test_a_subject_cannot_add_a_header(desk, subject):
    with pytest.raises(MailHeaderInvalid):
        put(desk, subject=subject)
    with desk.database.reading() as session:
        assert session.scalars(select(Mail)).all() == []


def test_a_file_name_cannot_add_a_header(desk):
    with pytest.raises(MailHeaderInvalid):
        put(desk, attachments=[Attachment("doc_1", "0" * 64, "a.pdf\r\nX: y")])


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a@example.com", "a@example.com"),
        ("käufer@example.com", "käufer@example.com"),
        ("a@münchen.example", "a@xn--mnchen-3ya.example"),
        ("a@straße.example", "a@xn--strae-oqa.example"),
        ("a@例え.example", "a@xn--r8jz45g.example"),
    ],
)
def test_an_address_is_kept_with_its_domain_in_ascii(given, kept):
    assert check_address(given) == kept


@pytest.mark.parametrize(
    "given",
    [
        "",
        "a",
        "a@",
        "@example.com",
        "a@b",
        "a@example.com, b@example.com",
        "A <a@example.com>",
        "a@example.com\r\nBcc: b@c.de",
        "a@example.com\n",
        "a b@example.com",
        '"a b"@example.com',
        "a@-example.com",
        "a@exa mple.com",
        "a@@example.com",
        "a@[127.0.0.1]",
        "\ud800@example.com",
    ],
)
def test_what_is_not_one_address_is_refused_without_repeating_it(given):
    with pytest.raises(MailAddressInvalid) as refused:
        check_address(given)
    assert len(given) < 2 or given not in refused.value.detail


def test_no_address_or_subject_reaches_the_log(smtp_desk, smtp, caplog):
    smtp.answers["RCPT"] = [f"451 later {ADDRESS}"]
    with caplog.at_level(logging.DEBUG):
        _, job_id = put(smtp_desk)
        run_job(smtp_desk, job_id, "w")
        with time_machine.travel(now() + timedelta(seconds=31)):
            run_job(smtp_desk, job_id, "w")
    assert "client.example" not in caplog.text
    assert "Générale" not in caplog.text


def test_a_mail_to_an_address_in_other_letters_reaches_a_server_that_knows_them_and_fails_at_one_that_does_not(
    smtp_desk, smtp
):
    _, first = put(smtp_desk, to="käufer@münchen.example")
    assert run_job(smtp_desk, first, "w") is Outcome.FAILED
    smtp.extensions = ("SMTPUTF8", "8BITMIME")
    _, second = put(smtp_desk, to="käufer@münchen.example", idem_key="second")
    assert run_job(smtp_desk, second, "w") is Outcome.DONE
    assert smtp.recipients == ["rcpt TO:<käufer@xn--mnchen-3ya.example>"]
