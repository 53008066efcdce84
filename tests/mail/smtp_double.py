"""A small SMTP server that takes mails over a real connection and answers as a test tells it."""

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class SmtpDouble(socketserver.ThreadingTCPServer):
    """Knows EHLO, MAIL, RCPT, DATA, RSET, QUIT; ``answers`` replaces the reply to a verb, a list is used up in turn."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.mails: list[bytes] = []
        self.recipients: list[str] = []
        self.answers: dict[str, list[str]] = {}
        self.extensions: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.server_address[1]}"

    def answer_to(self, verb: str, usual: str) -> str:
        waiting = self.answers.get(verb)
        return waiting.pop(0) if waiting else usual


class _Session(socketserver.StreamRequestHandler):
    server: SmtpDouble

    def handle(self) -> None:
        self._say("220 double ready")
        for line in self.rfile:
            verb = line.split(None, 1)[0].upper().decode() if line.strip() else ""
            if verb == "EHLO":
                for offer in ("double", *self.server.extensions):
                    self._say(f"250-{offer}")
                self._say("250 SIZE 10000000")
            elif verb == "RCPT":
                self.server.recipients.append(line.decode().strip())
                self._say(self.server.answer_to("RCPT", "250 ok"))
            elif verb == "DATA":
                self._take()
            elif verb == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say(self.server.answer_to(verb, "250 ok"))

    def _take(self) -> None:
        self._say("354 go on")
        lines = []
        for line in self.rfile:
            if line == b".\r\n":
                break
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        else:
            return  # the line broke before the end: no mail was taken
        reply = self.server.answer_to("DATA", "250 taken")
        if reply == "(hang up)":
            self.server.mails.append(b"".join(lines))
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if reply.startswith("2"):
            self.server.mails.append(b"".join(lines))
        self._say(reply)

    def _say(self, reply: str) -> None:
        self.wfile.write(reply.encode() + b"\r\n")


@contextmanager
def serve_smtp() -> Iterator[SmtpDouble]:
    """The double, serving."""
    with SmtpDouble() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
