"""Which rates are in force at a place on a date, whoever sells there: rows of the book, and stacks of the engines."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tax_rules.decision import Caution, Confidence, Jurisdiction, Treatment, weakest
from tax_rules.facts import (
    Address,
    Customer,
    CustomerKind,
    LocalStack,
    ProductKind,
    Registration,
    RegistrationKind,
    SellerFacts,
    Situation,
)
from tax_rules.rulebook import RuleBook
from tax_rules.rulefiles import Row
from tax_rules.sales_tax.us.place import find_us_place
from tax_rules.treatment import decide_treatment
from tax_rules.vat.territory import TaxPlace, jurisdiction_of, tax_place

STACKED = {
    "US": (RegistrationKind.SALES_TAX,),
    "CA": (RegistrationKind.GST, RegistrationKind.QST, RegistrationKind.PST, RegistrationKind.RST),
}
"""Where several taxes lie on one price, and the registrations under which a seller collects all of them."""
LEVIED_ON = ProductKind.GENERAL_GOODS
"""What stacks are told for: goods without any rule of their own."""
_VAT_RATE = re.compile(r"vat\.(\w+)_rate")


@dataclass(frozen=True, slots=True, kw_only=True)
class RateInForce:
    """One rate in percent. ``kind`` is standard, reduced, ebook and so on; None of ``rate``: no tax is levied.

    ``row`` and ``valid_from`` are None only where a local rate's table does not say them.
    """

    jurisdiction: Jurisdiction
    kind: str
    tax_type: str
    rate: Decimal | None
    tax_name: str | None = None
    law: str | None = None
    source: str | None = None
    confidence: str = Confidence.LOW
    row: str | None = None
    valid_from: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RatesFound:
    """The rates of a place. ``combined`` is the sum of a stack; ``undetermined`` says what is not known, never zero."""

    jurisdiction: Jurisdiction
    rates: tuple[RateInForce, ...]
    combined: Decimal | None = None
    address_level: str | None = None
    warnings: tuple[Caution, ...] = ()
    undetermined: tuple[Caution, ...] = ()

    @property
    def confidence(self) -> Confidence:
        """That of the weakest rate; low where something is not known."""
        return Confidence.LOW if self.undetermined else weakest(*(rate.confidence for rate in self.rates))


def find_rates(address: Address, on: date, book: RuleBook, local: LocalStack | None = None) -> RatesFound:
    """The rates in force at an address on a civil date.

    Args:
        local: what an imported table says of a US address.
    Returns:
        VAT and the like: the standard rate and those of products. US and Canada: the taxes on goods without any rule of
        their own, for a seller that is registered for all of them.
    """
    place = tax_place(address, on, book)
    if address.country in STACKED:
        return _stack(address, on, book, local)
    jurisdiction = jurisdiction_of(place, book)
    rates = tuple(_vat_rates(place, jurisdiction, on, book))
    if rates:
        return RatesFound(jurisdiction=jurisdiction, rates=rates)
    facts = (("parameter", "vat.standard_rate"), ("jurisdiction", place.rates), ("date", on.isoformat()))
    missing = Caution("no_rule_in_force", facts)
    return RatesFound(jurisdiction=jurisdiction, rates=(), undetermined=(missing,))


def _vat_rates(place: TaxPlace, jurisdiction: Jurisdiction, on: date, book: RuleBook) -> Iterator[RateInForce]:
    """Every kind of rate by the row of the place, else by that of its state; the standard rate first."""
    kinds = sorted(match[1] for name in book.parameters if (match := _VAT_RATE.fullmatch(name)))
    for kind in sorted(kinds, key=lambda kind: kind != "standard"):
        rows = (book.find(f"vat.{kind}_rate", code, on) for code in dict.fromkeys((place.rates, place.state)) if code)
        row = next((row for row in rows if row is not None), None)
        if row is not None and isinstance(row.value, Decimal):
            yield _of_row(row, kind, row.value, jurisdiction)
    none = book.find("vat.not_levied", place.rates, on)
    if none is not None:
        yield _of_row(none, "not_levied", None, jurisdiction)


def _of_row(row: Row, kind: str, rate: Decimal | None, jurisdiction: Jurisdiction) -> RateInForce:
    return RateInForce(
        jurisdiction=jurisdiction,
        kind=kind,
        tax_type=row.tax_type or "vat",
        tax_name=row.tax_name,
        rate=rate,
        law=row.law,
        source=row.source,
        confidence=row.confidence,
        row=row.id,
        valid_from=row.valid_from,
    )


def _stack(address: Address, on: date, book: RuleBook, local: LocalStack | None) -> RatesFound:
    """The stack that an engine finds for a seller with every registration there."""
    found = decide_treatment(_everywhere_registered(address, on, book, local), LEVIED_ON, book)
    rates = tuple(_of_treatment(found, local))
    undetermined = found.warnings if found.rate is None else ()
    return RatesFound(
        jurisdiction=found.jurisdiction,
        rates=rates,
        combined=found.rate,
        address_level=found.address_level,
        warnings=() if undetermined else found.warnings,
        undetermined=undetermined,
    )


def _everywhere_registered(address: Address, on: date, book: RuleBook, local: LocalStack | None) -> Situation:
    state = find_us_place(address, book).state if address.country == "US" else None
    registrations = tuple(
        Registration(kind=kind, country=address.country, state=state, number="", valid_from=date.min)
        for kind in STACKED[address.country]
    )
    seller = SellerFacts(code="", country="", registrations=registrations)
    customer = Customer(kind=CustomerKind.CONSUMER, address=address)
    return Situation(seller=seller, customer=customer, on=on, local=local)


def _of_treatment(found: Treatment, local: LocalStack | None) -> Iterator[RateInForce]:
    """Each tax of a stack with the row it was read from: of the book, or of the imported table."""
    rows = {row.id: row for row in found.rows}
    taxes = {tax.row: tax for tax in local.taxes} if local else {}
    for part in found.parts:
        read, tax = rows.get(part.row or ""), taxes.get(part.row or "")
        yield RateInForce(
            jurisdiction=part.jurisdiction,
            kind=part.jurisdiction.level,
            tax_type=part.tax_type,
            tax_name=part.tax_name,
            rate=part.rate,
            law=read.law if read else None,
            source=read.source if read else tax.source if tax else None,
            confidence=read.confidence if read else tax.confidence if tax else found.confidence,
            row=part.row,
            valid_from=read.valid_from if read else tax.valid_from if tax else None,
        )
    if not found.parts and found.tax_type is not None and found.rate is not None:
        yield _single(found, found.tax_type)


def _single(found: Treatment, tax_type: str) -> RateInForce:
    """The one tax of a treatment without parts, with the first row that holds its rate."""
    read = next((row for row in found.rows if row.value == found.rate), None)
    return RateInForce(
        jurisdiction=found.jurisdiction,
        kind=found.jurisdiction.level,
        tax_type=tax_type,
        tax_name=found.tax_name,
        rate=found.rate,
        law=read.law if read else None,
        source=read.source if read else None,
        confidence=found.confidence,
        row=read.id if read else None,
        valid_from=read.valid_from if read else None,
    )
