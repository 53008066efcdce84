"""Deciding and computing the tax of a sale against bare decimal arithmetic on the same lines.

``python -m bench.rules``. The baseline multiplies and rounds every line and knows neither law nor place. Both are
measured in turns in the same run in processor time, the best of each counts.
"""

import sys
from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from time import process_time

from tax_rules.calculate import calculate
from tax_rules.facts import (
    Address,
    Customer,
    CustomerKind,
    ProductKind,
    Registration,
    RegistrationKind,
    Sale,
    SaleLine,
    SellerFacts,
    TaxId,
    TaxIdStatus,
)
from tax_rules.rulebook import load_rulebook

ROUNDS, REPEATS, LINES = 20, 25, 10
WANTED = 150  # times the bare arithmetic of ten lines, for ten lines
BOOK = load_rulebook()
CENT, RATE = Decimal("0.01"), Decimal(20)
SELLER = SellerFacts(
    code="de",
    country="DE",
    registrations=tuple(
        Registration(kind=kind, country=country, number="1", valid_from=date(2015, 1, 1))
        for kind, country in (
            (RegistrationKind.VAT, "DE"),
            (RegistrationKind.OSS_UNION, "DE"),
            (RegistrationKind.VAT, "GB"),
        )
    ),
)
KINDS = (ProductKind.SAAS, ProductKind.EBOOK)
SALE_LINES = tuple(
    SaleLine(reference=str(n), product_kind=KINDS[n % 2], amount=Decimal(999 + 7 * n).scaleb(-2)) for n in range(LINES)
)
NUMBER = TaxId(kind="vat", number="FR40303265045", country="FR", status=TaxIdStatus.VERIFIED)


def _sale(country: str, *tax_ids: TaxId) -> Sale:
    kind = CustomerKind.BUSINESS if tax_ids else CustomerKind.CONSUMER
    customer = Customer(kind=kind, address=Address(country=country, postal_code="75001"), tax_ids=tax_ids)
    return Sale(seller=SELLER, customer=customer, currency="EUR", tax_date=date(2026, 3, 1), lines=SALE_LINES)


SALES = (_sale("FR"), _sale("FR", NUMBER), _sale("DE"), _sale("GB"), _sale("BR"))


def bare() -> None:
    """Multiply and round every line."""
    for _ in SALES:
        for line in SALE_LINES:
            assert (line.amount * RATE / 100).quantize(CENT, ROUND_HALF_UP) >= 0


def ours() -> None:
    """Decide the treatment, compute every line, sum the document."""
    for sale in SALES:
        assert calculate(sale, BOOK).gross is not None


def best_seconds(calls: tuple[Callable[[], None], ...]) -> list[float]:
    """The best time of ``ROUNDS`` rounds of each call, measured in turns."""
    best = [float("inf")] * len(calls)
    for _ in range(REPEATS):
        for n, call in enumerate(calls):
            began = process_time()
            for _ in range(ROUNDS):
                call()
            best[n] = min(best[n], process_time() - began)
    return best


def main() -> int:
    """Measure and print; exit 1 when slower than wanted."""
    baseline, own = best_seconds((bare, ours))
    began = process_time()
    load_rulebook()
    reading = process_time() - began
    sales = ROUNDS * len(SALES)
    print(
        f"rules: {sales / own:.0f} sales of {LINES} lines a second ({own / sales * 1e6:.0f} µs each), bare arithmetic "
        f"{baseline / sales * 1e6:.1f} µs, ratio {own / baseline:.1f} (wanted <= {WANTED}); "
        f"reading the book {reading * 1e3:.0f} ms"
    )
    return 0 if own / baseline <= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
