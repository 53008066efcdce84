"""Client of VIES, the Commission's VAT information exchange system, over its REST interface.

VIES answers for the present only. What is not a plain yes or no in the documented form is "unavailable":
an error comes with HTTP 200 as well as 400 or 500 and then has no ``valid`` member.
Law: Reg. (EU) 904/2010 Art. 31 (confirmation of VAT numbers); Implementing Reg. (EU) 282/2011 Art. 18(1)(a).
"""

import json
from datetime import datetime
from typing import Any

from app import clock
from app.registers.http import Limits, NoReply, Reply, call
from app.registers.model import (
    LARGEST_EVIDENCE,
    Availability,
    ErrorClass,
    Match,
    Outcome,
    RegisterAnswer,
    RegisterQuery,
    RegisterStatus,
)

LIVE_URL = "https://ec.europa.eu/taxation_customs/vies/rest-api"
NAME = "VIES"
HIDDEN = "---"  # how VIES prints what a member state does not tell
LONGEST_TEXT = 1000  # characters of a name or an address

# Error codes whose meaning is settled; every other one is transient.
ERROR_CLASSES = {
    "INVALID_INPUT": ErrorClass.FINAL,
    "INVALID_REQUESTER_INFO": ErrorClass.CALLER,
    "VAT_BLOCKED": ErrorClass.CALLER,
    "IP_BLOCKED": ErrorClass.CALLER,
}
_OUTCOMES = {
    # the register was reached and says that this is no number of that state: an answer, and a lasting one
    ErrorClass.FINAL: Outcome.INVALID,
    ErrorClass.CALLER: Outcome.REFUSED,
    ErrorClass.TRANSIENT: Outcome.UNAVAILABLE,
}
_MATCHES = {"VALID": Match.MATCH, "INVALID": Match.MISMATCH}
_AVAILABILITIES = {"Available": Availability.AVAILABLE, "Unavailable": Availability.UNAVAILABLE}


class Vies:
    """The register of the EU member states and of Northern Ireland."""

    name = NAME

    def __init__(self, url: str = LIVE_URL, *, limits: Limits | None = None) -> None:
        self.url = url.rstrip("/")
        self._limits = limits or Limits()

    def ask(self, query: RegisterQuery) -> RegisterAnswer:
        """Ask for one number, with our own number as requester and the trader's data where they are given."""
        asked_at = clock.now()
        reply = call("POST", f"{self.url}/check-vat-number", limits=self._limits, json=_body(query))
        return _answer(reply, query, asked_at)

    def status(self) -> RegisterStatus:
        """Which member states answer at present, as VIES sees it."""
        asked_at = clock.now()
        reply = call("GET", f"{self.url}/check-status", limits=self._limits)
        return _status(reply, asked_at)


def _body(query: RegisterQuery) -> dict[str, str]:
    members = {
        "countryCode": query.country,
        "vatNumber": query.number,
        "requesterMemberStateCode": query.requester_country,
        "requesterNumber": query.requester_number,
        "traderName": query.trader_name,
        "traderStreet": query.trader_street,
        "traderPostalCode": query.trader_postal_code,
        "traderCity": query.trader_city,
        "traderCompanyType": query.trader_company_type,
    }
    return {name: value for name, value in members.items() if value}


def _answer(reply: Reply | NoReply, query: RegisterQuery, asked_at: datetime) -> RegisterAnswer:
    if isinstance(reply, NoReply):
        return _failed(reply.code, asked_at)
    said = _json(reply.body)
    evidence = reply.body.decode("utf-8", "replace").replace("\0", "\ufffd")[:LARGEST_EVIDENCE]
    if code := _error_code(said):
        return _failed(code, asked_at, evidence)
    if reply.status != 200:
        return _failed(f"http_{reply.status}", asked_at, evidence)
    if said is None:
        return _failed("not_json", asked_at, evidence)
    if fault := _fault(said, query):
        return _failed(fault, asked_at, evidence)
    return _told(said, asked_at, evidence)


def _told(said: dict[str, Any], asked_at: datetime, evidence: str) -> RegisterAnswer:
    return RegisterAnswer(
        register=NAME,
        outcome=Outcome.VALID if said["valid"] else Outcome.INVALID,
        asked_at=asked_at,
        answered_at=clock.now(),
        consultation_number=_text(said.get("requestIdentifier")),
        trader_name=_text(said.get("name")) or _text(said.get("traderName")),
        trader_address=_text(said.get("address")) or _trader_address(said),
        name_match=_match(said, "traderNameMatch"),
        address_match=_match(said, "traderStreetMatch", "traderPostalCodeMatch", "traderCityMatch"),
        evidence=evidence,
    )


def _failed(code: str, asked_at: datetime, evidence: str = "") -> RegisterAnswer:
    error_class = ERROR_CLASSES.get(code, ErrorClass.TRANSIENT)
    return RegisterAnswer(
        register=NAME,
        outcome=_OUTCOMES[error_class],
        asked_at=asked_at,
        answered_at=clock.now(),
        error_code=code,
        error_class=error_class,
        evidence=evidence,
    )


def _json(body: bytes) -> dict[str, Any] | None:
    """The answer as an object, or None when it is anything else."""
    try:
        said = json.loads(body, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def _once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """The members of an object; one that says two things of the same name says nothing."""
    said = dict(members)
    if len(said) != len(members):
        raise ValueError("a member stands twice")
    return said


def _error_code(said: dict[str, Any] | None) -> str | None:
    """The first error that the answer names, if it names one."""
    wrappers = said.get("errorWrappers") if said else None
    if not isinstance(wrappers, list):
        return "unnamed_error" if said and said.get("actionSucceed") is False else None
    codes = [w["error"] for w in wrappers if isinstance(w, dict) and isinstance(w.get("error"), str)]
    return _safe_code(codes[0]) if codes else "unnamed_error"


def _safe_code(code: str) -> str:
    """An error code as records and logs may hold it; what does not look like one is not repeated."""
    looks_like_one = 0 < len(code) <= 40 and code.isascii() and code.replace("-", "_").isidentifier()
    return code if looks_like_one else "unnamed_error"


def _fault(said: dict[str, Any], query: RegisterQuery) -> str | None:
    """Why an answer cannot be believed: not in the documented form, or about another number."""
    country, number = said.get("countryCode"), said.get("vatNumber")
    if not (isinstance(said.get("valid"), bool) and isinstance(country, str) and isinstance(number, str)):
        return "wrong_schema"
    is_ours = (country, number.replace(" ", "").upper()) == (query.country, query.number.upper())
    return None if is_ours else "answer_for_another_number"


def _text(value: object) -> str | None:
    """A text of the answer; None where the state hides it or it is empty. What no table can hold becomes U+FFFD."""
    text = value.strip()[:LONGEST_TEXT] if isinstance(value, str) else ""
    return None if text in {"", HIDDEN} else "".join(s if s.isprintable() or s == "\n" else "\ufffd" for s in text)


def _trader_address(said: dict[str, Any]) -> str | None:
    street, postal_code, city = (_text(said.get(f"trader{part}")) for part in ("Street", "PostalCode", "City"))
    place = " ".join(filter(None, (postal_code, city)))
    return "\n".join(filter(None, (street, place))) or None


def _match(said: dict[str, Any], *members: str) -> Match:
    """One word for several comparisons: a mismatch outweighs a match, a match what was not compared."""
    found = {_MATCHES.get(word, Match.NOT_COMPARED) for m in members if isinstance(word := said.get(m), str)}
    return next((word for word in (Match.MISMATCH, Match.MATCH) if word in found), Match.NOT_COMPARED)


def _status(reply: Reply | NoReply, asked_at: datetime) -> RegisterStatus:
    said = _json(reply.body) if isinstance(reply, Reply) and reply.status == 200 else None
    overall = said.get("vow") if said else None
    if not (said and isinstance(overall, dict) and isinstance(overall.get("available"), bool)):
        code = reply.code if isinstance(reply, NoReply) else _error_code(_json(reply.body)) or "wrong_schema"
        return RegisterStatus(register=NAME, availability=Availability.UNAVAILABLE, asked_at=asked_at, error_code=code)
    rows = said.get("countries")
    return RegisterStatus(
        register=NAME,
        availability=Availability.AVAILABLE if overall["available"] else Availability.UNAVAILABLE,
        asked_at=asked_at,
        countries={
            row["countryCode"]: _AVAILABILITIES.get(str(row.get("availability")), Availability.UNKNOWN)
            for row in (rows if isinstance(rows, list) else [])
            if isinstance(row, dict) and isinstance(row.get("countryCode"), str)
        },
    )
