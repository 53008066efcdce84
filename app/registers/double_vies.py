"""What the VIES double answers: the documented contract of VIES, with outcomes that can be chosen.

Three ways to choose, the first that applies wins:

1. a mode, set by ``POST /_double/mode``: for one number, for one country, or for all;
2. a magic number: the number passes its check digits and holds ``99900`` or ``99911`` followed by three digits of
   :data:`OUTCOMES`. With ``99900`` errors come with HTTP 200, with ``99911`` with HTTP 400 or 500, as VIES does both.
   ``DE`` and ``FR`` numbers have room for it: see :func:`magic_number` and ``GET /_double/numbers``;
3. otherwise: a number that passes its check digits is valid and belongs to an invented company made from the number;
   one that fails them is not valid; one of the wrong length or form, or of a country outside VIES, is INVALID_INPUT.

State is kept in memory: it ends with the process.
"""

import base64
import hashlib
import re
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from stdnum.fr import siren
from stdnum.iso7064 import mod_11_10

from app import clock
from app.registers.choose import VIES_COUNTRIES
from app.registers.vies import HIDDEN
from tax_rules.identifiers import IdentifierCheck, check_identifier

# Three digits -> outcome. Up to 601 as the Commission's own test service has them, from 700 on ours.
OUTCOMES = {
    "100": "valid",
    "200": "invalid",
    "201": "INVALID_INPUT",
    "202": "INVALID_REQUESTER_INFO",
    "300": "SERVICE_UNAVAILABLE",
    "301": "MS_UNAVAILABLE",
    "302": "TIMEOUT",
    "400": "VAT_BLOCKED",
    "401": "IP_BLOCKED",
    "500": "GLOBAL_MAX_CONCURRENT_REQ",
    "501": "GLOBAL_MAX_CONCURRENT_REQ_TIME",
    "600": "MS_MAX_CONCURRENT_REQ",
    "601": "MS_MAX_CONCURRENT_REQ_TIME",
    "700": "SERVER_BUSY",
    "701": "VOW-ERR-1",  # a code that nobody documented
    "710": "slow",  # answers valid after the mode's seconds, 30 by default
    "711": "html",  # a maintenance page with HTTP 200
    "712": "reset",  # the connection is torn down
    "713": "flapping",  # MS_UNAVAILABLE and valid in turns
    "714": "empty",  # HTTP 200 without a body
    "715": "wrong_schema",  # ``valid`` is a text
    "716": "wrong_number",  # the answer is about another number
    "717": "down",  # HTTP 503 and plain text
    "718": "huge",  # a megabyte of JSON
    "719": "drip",  # an answer that never ends, a few bytes a second
    "720": "redirect",  # HTTP 302 to somewhere else
    "721": "throttled",  # HTTP 429
}
ERROR_CODES = frozenset(outcome for outcome in OUTCOMES.values() if outcome.isupper())
MODES = frozenset({"ok", *OUTCOMES.values()})
_BAD_REQUESTS = frozenset({"INVALID_INPUT", "INVALID_REQUESTER_INFO"})  # HTTP 400 where VIES does not say 200
_MAGIC = re.compile("999(00|11)([0-9]{3})")
_SILENT_STATES = frozenset({"DE", "ES"})  # tell name and address only to who knows them


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One request to VIES, as it came."""

    country: str
    number: str
    requester_country: str = ""
    requester_number: str = ""
    trader: dict[str, str] = field(default_factory=dict)  # Name, Street, PostalCode, City, CompanyType


@dataclass(frozen=True, slots=True)
class Company:
    """An invented company; nothing in it is real but the shape."""

    name: str
    street: str
    postal_code: str
    city: str

    @property
    def address(self) -> str:
        return f"{self.street}\n{self.postal_code} {self.city}"


@dataclass(frozen=True, slots=True)
class Chosen:
    """An outcome, the HTTP status of an error, and the seconds of a slow answer."""

    outcome: str
    error_status: int = 200
    seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class _Mode:
    chosen: Chosen
    ends: float | None  # time.monotonic()


class ViesDouble:
    """The state of the double: modes, and how often each number was asked."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._modes: dict[tuple[str | None, str | None], _Mode] = {}
        self._asked: Counter[tuple[str, str]] = Counter()

    def set_mode(
        self,
        mode: str,
        *,
        country: str | None = None,
        number: str | None = None,
        seconds: float = 30.0,
        lasts: float | None = None,
        error_status: int = 200,
    ) -> None:
        """Choose the outcome for a number, a country or all; ``ok`` takes the choice back.

        Args:
            seconds: how long a slow answer takes.
            lasts: seconds until the mode ends by itself; None: until it is taken back.
            error_status: HTTP status of an error code: 200, 400 or 500.
        """
        if mode not in MODES:
            raise ValueError(f"no such mode; one of {', '.join(sorted(MODES))}")
        if not all(isinstance(given, (int, float)) for given in (seconds, lasts or 0, error_status)):
            raise ValueError("seconds, lasts and error_status are numbers")
        with self._lock:
            if mode != "ok":
                ends = None if lasts is None else time.monotonic() + lasts
                self._modes[country, number] = _Mode(Chosen(mode, error_status, seconds), ends)
            elif country is None and number is None:
                self._modes.clear()
            else:
                self._modes.pop((country, number), None)

    def times_asked(self, country: str, number: str) -> int:
        """How often a number was asked for."""
        return self._asked[country, number]

    def choose(self, question: Question) -> Chosen:
        """The outcome of this request; counts it."""
        with self._lock:
            self._asked[question.country, question.number] += 1
            turn = self._asked[question.country, question.number]
            chosen = self._mode(question.country, question.number)
        chosen = chosen or self._by_rule(question)
        if chosen.outcome == "flapping":
            chosen = Chosen("MS_UNAVAILABLE" if turn % 2 else "valid", chosen.error_status)
        if chosen.outcome in {"valid", "invalid", "slow"} and not _has_valid_requester(question):
            return Chosen("INVALID_REQUESTER_INFO", chosen.error_status)
        return chosen

    def _mode(self, country: str, number: str) -> Chosen | None:
        for key in ((country, number), (country, None), (None, None)):
            mode = self._modes.get(key)
            if mode and (mode.ends is None or time.monotonic() < mode.ends):
                return mode.chosen
        return None

    def _by_rule(self, question: Question) -> Chosen:
        check = offline(question.country, question.number)
        if check is None or check.reason in {"length", "format", "unsupported"}:
            return Chosen("INVALID_INPUT")
        if not check.valid:
            return Chosen("invalid")
        magic = _MAGIC.search(question.number)
        if not magic or magic[2] not in OUTCOMES:
            return Chosen("valid")
        outcome = OUTCOMES[magic[2]]
        return Chosen(outcome, error_status(outcome) if magic[1] == "11" else 200)

    def status(self) -> dict[str, Any]:
        """The answer of ``GET /check-status``: a state is unavailable while a mode makes it fail."""
        with self._lock:
            chosen = {country: self._mode(country, "") for country in VIES_COUNTRIES}
        down = {c for c, mode in chosen.items() if mode and mode.outcome not in {"valid", "invalid"}}
        rows = [{"countryCode": c, "availability": "Unavailable" if c in down else "Available"} for c in chosen]
        return {
            "vow": {"available": len(down) < len(rows)},
            "countries": sorted(rows, key=lambda row: row["countryCode"]),
        }


def answer(question: Question, chosen: Chosen) -> dict[str, Any]:
    """The JSON of a yes or no, in the form of ``POST /check-vat-number``."""
    valid = chosen.outcome in {"valid", "slow"}
    company = company_of(question.country, question.number) if valid else None
    matches = {part: _compared(question, company, part) for part in ("Name", "Street", "PostalCode", "City")}
    told = company if company and (question.country not in _SILENT_STATES or matches["Name"] == "VALID") else None
    return {
        "countryCode": question.country,
        "vatNumber": question.number,
        "requestDate": clock.rfc3339(clock.now()),
        "valid": valid,
        "requestIdentifier": consultation_number(question) if question.requester_number else "",
        "name": told.name if told else HIDDEN,
        "address": told.address if told else HIDDEN,
        **{f"trader{part}": question.trader.get(part) or HIDDEN for part in (*matches, "CompanyType")},
        **{f"trader{part}Match": word for part, word in matches.items()},
        "traderCompanyTypeMatch": "NOT_PROCESSED",
    }


def error(code: str) -> dict[str, Any]:
    """The JSON of an error; it has no ``valid`` member."""
    return {"actionSucceed": False, "errorWrappers": [{"error": code, "message": f"{code} (double)"}]}


def error_status(code: str) -> int:
    """The HTTP status of an error where VIES does not answer 200."""
    return 400 if code in _BAD_REQUESTS else 500


def offline(country: str, number: str) -> IdentifierCheck | None:
    """The offline check of a number as VIES takes it (country as VIES names it, no prefix); None outside VIES."""
    return check_identifier(country, country + number) if country in VIES_COUNTRIES else None


def magic_number(country: str, code: str, *, as_http_200: bool = True) -> str:
    """The number, without prefix, that makes the double answer ``OUTCOMES[code]``. For ``DE`` and ``FR``."""
    digits = ("99900" if as_http_200 else "99911") + code
    if country == "DE":
        return digits + mod_11_10.calc_check_digit(digits)
    if country == "FR":
        number = next(n for n in (f"{digits}{last}" for last in range(10)) if siren.is_valid(n))
        return f"{(int(number) * 100 + 12) % 97:02d}{number}"
    raise ValueError("magic numbers are made for DE and FR")


def magic_numbers() -> list[dict[str, str]]:
    """The table of magic numbers, for people."""
    return [
        {
            "outcome": outcome,
            "DE": "DE" + magic_number("DE", code),
            "FR": "FR" + magic_number("FR", code),
            "with HTTP 400 or 500": "FR" + magic_number("FR", code, as_http_200=False) if outcome.isupper() else "",
        }
        for code, outcome in OUTCOMES.items()
    ]


def consultation_number(question: Question) -> str:
    """Sixteen characters that nobody got before: from both numbers and the moment."""
    seed = f"{question.requester_country}{question.requester_number}{question.country}{question.number}{time.time_ns()}"
    letters = base64.b32encode(hashlib.sha256(seed.encode()).digest()).decode()
    return f"WAPIDOUB{letters[:8]}"


def company_of(country: str, number: str) -> Company:
    """The invented company that a number belongs to; the same number always gives the same company."""
    seed = hashlib.sha256(f"{country}{number}".encode()).digest()
    forms, city, postal_code, street = _PLACES.get(country, _ELSEWHERE)
    first, second = _FIRST[seed[0] % len(_FIRST)], _SECOND[seed[1] % len(_SECOND)]
    form = forms.split("|")[seed[2] % len(forms.split("|"))]
    return Company(f"{first} {second} {form}", f"{street} {1 + seed[3] % 120}", postal_code, city)


def _compared(question: Question, company: Company | None, part: str) -> str:
    given = question.trader.get(part)
    if not given or company is None:
        return "NOT_PROCESSED"
    known = {"Name": company.name, "Street": company.street, "PostalCode": company.postal_code, "City": company.city}
    return "VALID" if _folded(given) == _folded(known[part]) else "INVALID"


def _folded(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum())


def _has_valid_requester(question: Question) -> bool:
    if not (question.requester_country or question.requester_number):
        return True  # none is needed; then there is no consultation number
    check = offline(question.requester_country, question.requester_number)
    return bool(check and check.valid)


_FIRST = ("Nord", "Alba", "Vento", "Linden", "Kestrel", "Orbis", "Marin", "Sierra", "Tilia", "Corvus", "Atlas", "Bruma")
_SECOND = ("Software", "Data", "Systems", "Media", "Logistik", "Studio", "Digital", "Analytics", "Print", "Networks")
_ELSEWHERE = ("Ltd", "Exampletown", "10000", "Example Street")
_PLACES = {  # country -> legal forms, city, postal code, street; all addresses are invented
    "AT": ("GmbH|AG", "Wien", "1010", "Beispielgasse"),
    "BE": ("NV|SRL", "Bruxelles", "1000", "Rue de l'Exemple"),
    "DE": ("GmbH|AG", "Berlin", "10115", "Musterstraße"),
    "DK": ("ApS|A/S", "København", "1050", "Eksempelvej"),
    "EL": ("A.E.|E.P.E.", "Athina", "10431", "Odos Paradeigmatos"),
    "ES": ("S.L.|S.A.", "Madrid", "28013", "Calle del Ejemplo"),
    "FI": ("Oy|Oyj", "Helsinki", "00100", "Esimerkkikatu"),
    "FR": ("SARL|SAS", "Paris", "75001", "Rue de l'Exemple"),
    "IE": ("Ltd|DAC", "Dublin", "D02 X285", "Example Street"),
    "IT": ("S.r.l.|S.p.A.", "Roma", "00184", "Via dell'Esempio"),
    "LU": ("S.à r.l.|S.A.", "Luxembourg", "1111", "Rue de l'Exemple"),
    "NL": ("B.V.|N.V.", "Amsterdam", "1012 AB", "Voorbeeldstraat"),
    "PL": ("Sp. z o.o.|S.A.", "Warszawa", "00-001", "ul. Przykładowa"),
    "PT": ("Lda|S.A.", "Lisboa", "1100-001", "Rua do Exemplo"),
    "SE": ("AB|HB", "Stockholm", "111 20", "Exempelgatan"),
    "XI": ("Ltd|LLP", "Belfast", "BT1 1AA", "Example Street"),
}
