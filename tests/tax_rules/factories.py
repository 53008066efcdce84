"""Facts for tests: complete by default, so that a test names only what matters to it."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from tax_rules.facts import (
    Address,
    Customer,
    CustomerKind,
    DatedFlag,
    ProductKind,
    Registration,
    RegistrationKind,
    Sale,
    SaleLine,
    SellerFacts,
    TaxId,
    TaxIdStatus,
)
from tax_rules.rulebook import RuleBook
from tax_rules.vat.evidence import number_country

LONG_AGO = date(2000, 1, 1)


def make_registration(words: str, **changed: Any) -> Registration:
    """``vat DE`` or ``sales_tax US TX``, in force since long ago."""
    kind, country, *state = words.split()
    facts = {"number": "1", "valid_from": LONG_AGO, "state": state[0] if state else None} | changed
    return Registration(kind=RegistrationKind(kind), country=country, **facts)


def make_seller(
    country: str = "DE", registrations: Sequence[str] = ("vat DE", "oss_union DE"), *, below_eu_threshold: bool = False
) -> SellerFacts:
    """A seller in Germany that is registered at home and in the Union scheme."""
    flags = (DatedFlag(value=True),) if below_eu_threshold else ()
    return SellerFacts(
        code=country.lower(),
        country=country,
        registrations=tuple(map(make_registration, registrations)),
        below_eu_threshold=flags,
    )


def make_tax_id(
    book: RuleBook,
    number: str,
    *,
    status: str = "verified",
    kind: str = "vat",
    home: str = "FR",
    on: date = date(2026, 3, 1),
    **facts: Any,
) -> TaxId:
    """A verified number, of the country that its prefix names."""
    country = number_country(number, customer_country=home, on=on, book=book)
    return TaxId(kind=kind, number=number, country=country, status=TaxIdStatus(status), **facts)


def make_customer(kind: str = "consumer", country: str = "FR", **facts: Any) -> Customer:
    """A consumer in France."""
    place = {name: facts.pop(name) for name in ("postal_code", "city", "state") if name in facts}
    return Customer(kind=CustomerKind(kind), address=Address(country=country, **place), **facts)


def make_line(reference: str = "1", *, product: str = "saas", amount: str = "100.00", **facts: Any) -> SaleLine:
    """A line of a cloud service at 100.00."""
    return SaleLine(reference=reference, product_kind=ProductKind(product), amount=Decimal(amount), **facts)


def make_sale(**changed: Any) -> Sale:
    """A German seller sells a cloud service to a consumer in France on 2026-03-01."""
    facts: dict[str, Any] = {
        "seller": make_seller(),
        "customer": make_customer(),
        "currency": "EUR",
        "tax_date": date(2026, 3, 1),
        "lines": (make_line(),),
    }
    return Sale(**(facts | changed))
