"""Answers to a W-9 that are in order, for tests to change."""

from datetime import date
from typing import Any

from forms.check import Checked, check
from forms.load import find_definition
from forms.model import FormDefinition

TODAY = date(2026, 11, 22)


def w9() -> FormDefinition:
    found = find_definition("w9", "2024-03")
    assert found is not None
    return found


def company(**changed: Any) -> dict[str, Any]:
    """A corporation with everything that is asked; ``tin``, ``address`` and ``signature`` are replaced as a whole."""
    return {
        "name": "Example Commerce Inc.",
        "classification": "c_corporation",
        "exempt_payee_code": "5",
        "address": {
            "line1": "1 Example Way",
            "city": "Wilmington",
            "state": "DE",
            "postal_code": "19801",
            "country": "US",
        },
        "tin": {"kind": "ein", "number": "91-1144442"},
        "signature": {"name": "Jane Doe", "signed_on": "2026-01-15", "method": "electronic"},
    } | changed


def person(**changed: Any) -> dict[str, Any]:
    """A sole proprietor with an SSN."""
    answers = company(name="Jordan Example", classification="individual", tin={"kind": "ssn", "number": "536-90-4399"})
    return {name: answer for name, answer in answers.items() if name != "exempt_payee_code"} | changed


def llc(letter: str = "P", **changed: Any) -> dict[str, Any]:
    """An LLC that is taxed as its letter says."""
    answers = person(name="Example Partners LLC", classification="llc", llc_classification=letter)
    return answers | {"tin": {"kind": "ein", "number": "91-1144442"}} | changed


def checked(answers: dict[str, Any]) -> Checked:
    return check(w9(), answers, today=TODAY)


def faults(answers: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Severity, path and code of every fault."""
    return [(fault.severity, fault.path, fault.code) for fault in checked(answers).faults]
