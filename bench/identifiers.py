"""Offline check of VAT numbers against python-stdnum alone on the same numbers: ``python -m bench.identifiers``.

Prints the ratio; both are measured in turns in the same run, the best of each counts. At most 2.0 is wanted.
"""

import sys
from time import perf_counter

from stdnum.eu import vat

from tax_rules.identifiers import check_identifier

NUMBERS = (
    ("DE", "DE136695976"),
    ("FR", "FR 40 391 895 109"),
    ("NL", "NL001545668B01"),
    ("BE", "BE 0897.223.571"),
    ("IT", "IT00571320076"),
    ("AT", "ATU39364503"),
    ("ES", "ES-B58378431"),
    ("SE", "SE556464687401"),
)
ROUNDS, REPEATS, WANTED = 500, 9, 2.0


def bare() -> None:
    """python-stdnum's own check of EU numbers."""
    for _, number in NUMBERS:
        assert vat.validate(number)


def ours() -> None:
    """The same with country, canonical form, reason and expected shape."""
    for country, number in NUMBERS:
        assert check_identifier(country, number).valid


def best_seconds() -> tuple[float, float]:
    """The best time of ``ROUNDS`` rounds, of python-stdnum and of ours, measured in turns."""
    best = {bare: float("inf"), ours: float("inf")}
    for _ in range(REPEATS):
        for check in best:
            began = perf_counter()
            for _ in range(ROUNDS):
                check()
            best[check] = min(best[check], perf_counter() - began)
    return best[bare], best[ours]


def main() -> int:
    """Measure and print; exit 1 when slower than wanted."""
    baseline, own = best_seconds()
    each = ROUNDS * len(NUMBERS)
    print(
        f"identifiers: python-stdnum {baseline / each * 1e6:.1f} µs, ours {own / each * 1e6:.1f} µs a number, "
        f"ratio {own / baseline:.2f} (wanted <= {WANTED})"
    )
    return 0 if own / baseline <= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
