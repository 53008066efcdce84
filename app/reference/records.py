"""What the reference data is once it is read: frozen records, looked up by code."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Generic, Protocol, TypeVar

from app.errors import InvalidInput


class UnknownReferenceCode(InvalidInput):
    """A code that is not in the reference data; ``extra`` names the known ones."""


@dataclass(frozen=True, slots=True)
class Names:
    """A name in the languages we have; others read the English one."""

    en: str
    de: str
    fr: str

    def in_language(self, language: str) -> str:
        """The name in ``language`` (BCP 47; the region does not matter), else in English."""
        return {"de": self.de, "fr": self.fr}.get(language.split("-")[0].lower(), self.en)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A kind of proof of payment that a customer can send."""

    code: str
    names: Names


@dataclass(frozen=True, slots=True)
class PaymentOption:
    """An accepted way to pay.

    ``refundable`` says whether money can go back the way it came; otherwise it goes to a bank account that the customer
    names. ``refund_days`` are the fewest and most business days that usually takes: an estimate, not a promise.
    Empty ``currencies`` or ``countries`` mean no restriction. ``valid_from`` and ``valid_to`` are the first and last
    day on which a new order can use the option; older payments keep it.
    """

    code: str
    family: str
    names: Names
    refundable: bool
    refund_days: tuple[int, int]
    evidence: tuple[str, ...]
    currencies: tuple[str, ...]
    countries: tuple[str, ...]
    valid_from: date | None
    valid_to: date | None
    note: str

    def is_open(self, on: date) -> bool:
        """Whether a new order of that day can use the option."""
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or on <= self.valid_to)

    def accepts(self, currency: str) -> bool:
        """Whether the option settles in ``currency``."""
        return not self.currencies or currency in self.currencies


@dataclass(frozen=True, slots=True)
class ProductKind:
    """What is sold, as the tax rules tell it apart; ``delivery`` is electronic, physical or service.

    ``aliases`` are other codes for it; ``exempt_aliases`` mean the same goods sold under an exemption.
    """

    code: str
    delivery: str
    names: Names
    aliases: tuple[str, ...]
    exempt_aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why money goes back."""

    code: str
    names: Names


@dataclass(frozen=True, slots=True)
class Country:
    """A country code that is taken on input.

    ``standing``: ``iso`` (ISO 3166-1), ``user_assigned`` (XK) or ``vat_only`` (EL, XI: VAT law's own codes);
    ``iso_code`` is the code that addresses and Babel know it by.
    """

    code: str
    iso_code: str
    standing: str
    note: str


@dataclass(frozen=True, slots=True)
class Language:
    """A language of customer pages and documents; ``internal``: of our own pages too. ``locale`` is Babel's."""

    code: str
    locale: str
    native_name: str
    internal: bool


class Coded(Protocol):
    """Anything with a code."""

    @property
    def code(self) -> str: ...


T = TypeVar("T", bound=Coded)


class CodeList(Generic[T]):
    """Records in their order of listing, looked up by code."""

    __slots__ = ("_by_code", "what")

    def __init__(self, what: str, records: tuple[T, ...]) -> None:
        self.what = what
        self._by_code = {record.code: record for record in records}

    def __iter__(self) -> Iterator[T]:
        return iter(self._by_code.values())

    def __len__(self) -> int:
        return len(self._by_code)

    def __contains__(self, code: object) -> bool:
        return code in self._by_code

    def __getitem__(self, code: str) -> T:
        try:
            return self._by_code[code]
        except KeyError:
            raise UnknownReferenceCode(f"This {self.what} is not known.", known=list(self._by_code)) from None

    def get(self, code: str) -> T | None:
        """The record of that code, or None."""
        return self._by_code.get(code)

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes in their order of listing."""
        return tuple(self._by_code)


@dataclass(frozen=True, slots=True)
class Reference:
    """All reference data."""

    evidence: CodeList[Evidence]
    payment_options: CodeList[PaymentOption]
    product_kinds: CodeList[ProductKind]
    tax_refund_reasons: CodeList[Reason]
    refund_reasons: CodeList[Reason]
    countries: CodeList[Country]
    languages: CodeList[Language]

    def product_kind(self, code_or_alias: str) -> tuple[ProductKind, bool]:
        """The kind that a code or alias stands for, and whether the alias says the sale is exempt."""
        for kind in self.product_kinds:
            if code_or_alias in kind.exempt_aliases:
                return kind, True
            if code_or_alias in (kind.code, *kind.aliases):
                return kind, False
        raise UnknownReferenceCode("This product kind is not known.", known=list(self.product_kinds.codes))
