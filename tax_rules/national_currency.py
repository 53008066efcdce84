"""The tax of a state in that state's own currency, where its law wants it on the invoice."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tax_rules.decision import Caution, Jurisdiction
from tax_rules.facts import ExchangeRate
from tax_rules.money import EXACT, ZERO
from tax_rules.rulebook import RuleBook


@dataclass(frozen=True, slots=True)
class NationalTax:
    """A tax of the document in ``currency``, rounded half up to its unit, with the rate that made it so."""

    jurisdiction: Jurisdiction
    currency: str
    tax: Decimal
    rate: ExchangeRate
    law: str


def national_taxes(
    taxes: Iterable[tuple[Jurisdiction, Decimal]],
    currency: str,
    rates: Iterable[ExchangeRate],
    on: date,
    book: RuleBook,
) -> tuple[tuple[NationalTax, ...], tuple[Caution, ...]]:
    """The sum of tax of each state whose currency is not that of the document, and what is missing to state it.

    Args:
        taxes: whose tax, and how much of it, in ``currency``.
        rates: units of the other currency for one of ``currency``; which day's rate it is the law of the state says.
    Law:
        Directive 2006/112/EC Art. 91, 230; the rows name the law of each state.
    """
    sums: dict[str, tuple[Jurisdiction, Decimal]] = {}
    for place, tax in taxes:
        first, total = sums.get(place.country, (place, ZERO))
        sums[place.country] = (first, total + tax)
    by_currency = {rate.currency: rate for rate in rates}
    found, missing = [], []
    for country, (place, tax) in sums.items():
        row = book.find("vat.national_currency", country, on)
        if row is None or row.value == currency or not tax:
            continue
        wanted = str(row.value)
        rate = by_currency.get(wanted)
        if rate is None:
            missing.append(Caution("national_currency_missing", (("country", country), ("currency", wanted))))
        else:
            amount = book.currency(wanted).round(EXACT.multiply(tax, rate.rate))
            found.append(NationalTax(place, wanted, amount, rate, row.law))
    return tuple(found), tuple(missing)
