"""One request, as a process that a failpoint can kill: ``python -m tests.torture.request KEY``."""

import sys

from app.config import Settings
from app.desk import open_desk
from app.services.send_mail import queue_mail

desk = open_desk(Settings.from_environment(None))
with desk.database.writing() as session:
    queue_mail(
        session,
        to="accounts@customer.example",
        subject="Credit note",
        body_text="Attached.",
        language="en",
        purpose="credit_note",
        idem_key=sys.argv[1],
    )
