"""Economic nexus: thresholds by state and date, and how two tests combine."""

from datetime import date
from decimal import Decimal

import pytest

from tax_rules.rulebook import RuleBook, shipped_rulebook
from tax_rules.sales_tax.us.nexus import decide_nexus


@pytest.fixture(scope="module")
def book() -> RuleBook:
    return shipped_rulebook()


@pytest.mark.parametrize(
    ("state", "on", "sales", "transactions", "reached"),
    [
        ("IN", "2023-12-31", "90000", 300, True),
        ("IN", "2024-01-01", "90000", 300, False),
        ("IL", "2025-12-31", "40000", 200, True),
        ("IL", "2026-01-01", "40000", 200, False),
        ("CT", "2026-07-01", "100000", 150, False),
        ("CT", "2026-07-01", "100000", 200, True),
        ("CA", "2026-07-01", "499999.99", 5000, False),
        ("TX", "2026-07-01", "500000.01", 1, True),
        ("KY", "2026-07-31", "5000", 200, True),
        ("KY", "2026-08-01", "5000", 200, False),
        ("SD", "2023-06-30", "1000", 200, True),
        ("UT", "2025-07-01", "99000", 900, False),
        ("NY", "2026-07-01", "600000", 101, True),
        ("NY", "2026-07-01", "600000", 100, False),
        ("AL", "2026-07-01", "250000", 3, False),
        ("AL", "2026-07-01", "250000.01", 3, True),
        ("NC", "2024-06-30", "2000", 200, True),
        ("OR", "2026-07-01", "9000000", 9000, False),
        ("MD", "2026-07-01", "10", 200, True),
        ("MD", "2026-07-01", "10", 199, False),
    ],
)
def test_sales_reach_nexus_by_the_tests_of_the_state_on_the_date(
    book: RuleBook, state: str, on: str, sales: str, transactions: int, reached: bool
) -> None:
    found = decide_nexus(state, Decimal(sales), transactions, date.fromisoformat(on), book)
    assert found.has_nexus is reached
    assert found.row is not None
