"""The register double: a small real server that speaks VIES's REST contract, for development, demos and tests.

``taxdesk registers double`` runs it; tests embed it with ``with RegisterDouble() as double``. It answers

    POST /vies/check-vat-number          GET  /vies/check-status
    POST /vies/check-vat-test-service    GET  /vies/ms/{country}/vat/{number}
    GET  /_double/numbers   the table of magic numbers
    POST /_double/mode      {"mode": "down", "country"?, "number"?, "seconds"?, "lasts"?, "error_status"?}

with or without ``/vies``. Which number answers what: :mod:`app.registers.double_vies`. It logs nothing: what it is
asked are tax IDs. It listens on the loopback interface and trusts whoever reaches it.
"""

import json
import re
import socket
import struct
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from app.registers.choose import DOUBLE_HOST
from app.registers.double_vies import (
    ERROR_CODES,
    OUTCOMES,
    Chosen,
    Question,
    ViesDouble,
    answer,
    error,
    error_status,
    magic_numbers,
)

LARGEST_REQUEST = 64 * 1024
_MS_PATH = re.compile("/ms/([A-Za-z]{2})/vat/([^/]+)")
_TRADER_PARTS = ("Name", "Street", "PostalCode", "City", "CompanyType")
_PAGE = b"<!doctype html><title>Maintenance</title><h1>The service is under maintenance</h1>"


class RegisterDouble:
    """The double as a server in threads of this process. Port 0 takes a free one."""

    def __init__(self, *, host: str = DOUBLE_HOST, port: int = 0) -> None:
        self.vies = ViesDouble()
        self._server = _Server((host, port), self.vies)
        self.url = f"http://{host}:{self._server.server_port}"
        self.vies_url = f"{self.url}/vies"

    def __enter__(self) -> "RegisterDouble":
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._server.stopping.set()
        self._server.shutdown()
        self._server.server_close()

    def serve_forever(self) -> None:
        """Serve in this thread until interrupted."""
        try:
            self._server.serve_forever(0.1)
        finally:
            self._server.stopping.set()
            self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], vies: ViesDouble) -> None:
        self.vies = vies
        self.stopping = threading.Event()
        super().__init__(address, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is nothing to write about."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 30

    def do_GET(self) -> None:
        """The older form of a check, the status of the member states, and our table of magic numbers."""
        url = urlsplit(self.path)
        path = url.path.removeprefix("/vies")
        if path == "/check-status":
            self._json(200, self.server.vies.status())
        elif path == "/_double/numbers":
            self._json(200, magic_numbers())
        elif found := _MS_PATH.fullmatch(path):
            asked = {name: values[0] for name, values in parse_qs(url.query).items()}
            question = Question(
                country=found[1].upper(),
                number=found[2],
                requester_country=asked.get("requesterMemberStateCode", ""),
                requester_number=asked.get("requesterNumber", ""),
            )
            self._act(question, self.server.vies.choose(question), older_form=True)
        else:
            self._json(404, {"error": "not found"})

    def do_POST(self) -> None:
        """A check, a check by the test service, or a change of mode."""
        body, path = self._body(), urlsplit(self.path).path.removeprefix("/vies")
        if body is None:
            self._json(400, error("INVALID_INPUT"))
        elif path == "/_double/mode":
            self._set_mode(body)
        elif path == "/check-vat-number":
            question = _question(body)
            self._act(question, self.server.vies.choose(question))
        elif path == "/check-vat-test-service":
            question = _question(body)
            known = question.number in OUTCOMES and question.number < "700"
            self._act(question, Chosen(OUTCOMES[question.number] if known else "SERVICE_UNAVAILABLE"), is_test=True)
        else:
            self._json(404, {"error": "not found"})

    def _act(self, question: Question, chosen: Chosen, *, older_form: bool = False, is_test: bool = False) -> None:
        if chosen.outcome in ERROR_CODES:
            status = chosen.error_status
            code = chosen.outcome
            self._json(status, _older_error(question, code) if older_form else error(code))
        elif misbehave := _MISBEHAVIOURS.get(chosen.outcome):
            misbehave(self)
        else:
            if chosen.outcome == "slow" and self.server.stopping.wait(chosen.seconds):
                return
            told = answer(question, chosen)
            if is_test and told["valid"]:
                told |= {"name": "John Doe", "address": "123 Main St, Anytown, UK"}
            told |= _FALSEHOODS.get(chosen.outcome, {})
            self._json(200, _older_answer(told) if older_form else told)

    def _set_mode(self, body: dict[str, Any]) -> None:
        try:
            mode = str(body.pop("mode"))
            if body.get("error_status") == "natural":
                body["error_status"] = error_status(mode)
            self.server.vies.set_mode(mode, **body)
        except (KeyError, TypeError, ValueError) as fault:
            self._json(400, {"error": str(fault)})
        else:
            self._json(200, {"mode": mode, **body})

    def _body(self) -> dict[str, Any] | None:
        try:
            length = int(self.headers.get("Content-Length", ""))
            said = json.loads(self.rfile.read(length)) if 0 < length <= LARGEST_REQUEST else None
        except (ValueError, RecursionError):
            return None
        return said if isinstance(said, dict) else None

    def _json(self, status: int, members: Any) -> None:
        self.send(status, json.dumps(members).encode(), "application/json")

    def send(self, status: int, body: bytes, content_type: str, **headers: str) -> None:
        """Send one whole answer."""
        with suppress(OSError):  # the client may have gone
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    def tear_down(self) -> None:
        """Reset the connection instead of answering."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def drip(self) -> None:
        """Send an answer that never ends, a few bytes a second."""
        with suppress(OSError):
            self.wfile.write(b"HTTP/1.0 200 OK\r\nX-Padding: ")
            while not self.server.stopping.wait(0.2):
                self.wfile.write(b".")
                self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is http.server's
        """Nothing is logged: paths of the older form hold tax IDs."""


# Outcomes that are no answer in the documented form.
_MISBEHAVIOURS = {
    "html": lambda handler: handler.send(200, _PAGE, "text/html"),
    "reset": _Handler.tear_down,
    "empty": lambda handler: handler.send(200, b"", "application/json"),
    "down": lambda handler: handler.send(503, b"Service Unavailable", "text/plain"),
    "huge": lambda handler: handler.send(200, b'{"valid": "' + b"x" * 1024 * 1024 + b'"}', "application/json"),
    "drip": _Handler.drip,
    "redirect": lambda handler: handler.send(302, b"", "text/plain", Location="/vies/check-status"),
    "throttled": lambda handler: handler.send(429, b"Too Many Requests", "text/plain"),
}
_FALSEHOODS: dict[str, dict[str, Any]] = {
    "wrong_schema": {"valid": "yes"},
    "wrong_number": {"vatNumber": "000000000", "valid": True},
}


def _question(body: dict[str, Any]) -> Question:
    def text(name: str) -> str:
        value = body.get(name)
        return value if isinstance(value, str) else ""

    return Question(
        country=text("countryCode").upper(),
        number=text("vatNumber"),
        requester_country=text("requesterMemberStateCode"),
        requester_number=text("requesterNumber"),
        trader={part: given for part in _TRADER_PARTS if (given := text(f"trader{part}"))},
    )


def _older_answer(told: dict[str, Any]) -> dict[str, Any]:
    """The answer in the form of ``GET /ms/{country}/vat/{number}``."""
    parts = {part: told[f"trader{part}"] for part in _TRADER_PARTS}
    matches = {f"match{part}": told[f"trader{part}Match"] for part in _TRADER_PARTS}
    return {
        "isValid": told["valid"],
        "requestDate": told["requestDate"],
        "userError": "VALID" if told["valid"] is True else "INVALID",
        "name": told["name"],
        "address": told["address"],
        "requestIdentifier": told["requestIdentifier"],
        "vatNumber": told["vatNumber"],
        "viesApproximate": {part[0].lower() + part[1:]: value for part, value in parts.items()} | matches,
    }


def _older_error(question: Question, code: str) -> dict[str, Any]:
    told = answer(question, Chosen("invalid"))
    return _older_answer(told) | {"userError": code}
