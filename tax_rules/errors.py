"""What can go wrong in a rule: plain exceptions with data, no personal data in any text."""

from dataclasses import dataclass
from datetime import date


class TaxRuleError(Exception):
    """The rules cannot answer; every child says what is missing."""


class NoRuleInForce(TaxRuleError):
    """No row of this parameter is in force in this jurisdiction on this date: unknown, never zero."""

    def __init__(self, parameter: str, jurisdiction: str, on: date) -> None:
        super().__init__(f"{parameter} has no row in force for {jurisdiction} on {on.isoformat()}")
        self.parameter = parameter
        self.jurisdiction = jurisdiction
        self.on = on


class UnknownCode(TaxRuleError):
    """A code that the book's code lists do not have, such as a currency that never was."""

    def __init__(self, kind: str, code: str) -> None:
        super().__init__(f"{code!r} is not a known {kind}")
        self.kind = kind
        self.code = code


class BadFacts(TaxRuleError):
    """The facts contradict themselves, such as a discount above the amount it is taken off."""


@dataclass(frozen=True, slots=True)
class DataFault:
    """One thing wrong in a data file; ``line`` counts from 1."""

    file: str
    line: int
    detail: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.detail}"


class InvalidRuleBook(TaxRuleError):
    """The data files break the loader's rules; ``faults`` has all of them."""

    def __init__(self, faults: tuple[DataFault, ...]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults
