"""Economic nexus: whether sales into a state oblige a seller without presence there to register."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tax_rules.decision import Confidence, weakest
from tax_rules.rulebook import RuleBook
from tax_rules.rulefiles import Row
from tax_rules.sales_tax.us.state import COUNTRY

REACHED, NOT_REACHED, UNKNOWN, NO_TAX = (
    "nexus_threshold_reached",
    "nexus_threshold_not_reached",
    "nexus_unknown",
    "no_sales_tax",
)
BOTH, EITHER = "and", "or"


@dataclass(frozen=True, slots=True, kw_only=True)
class EconomicNexus:
    """The answer for one state. ``is_reached`` None: what is in ``missing`` decides. Amounts are US dollars.

    ``sales_test`` and ``transactions_test`` say whether the threshold itself reaches it (at_least) or not (more_than).
    """

    code: str
    is_reached: bool | None
    sales_threshold: Decimal | None = None
    sales_test: str | None = None
    transactions_threshold: int | None = None
    transactions_test: str | None = None
    logic: str | None = None
    period: str | None = None
    law: str | None = None
    row: str | None = None
    valid_from: date | None = None
    source: str | None = None
    confidence: Confidence = Confidence.LOW
    missing: tuple[str, ...] = ()


def economic_nexus(
    state: str, on: date, sales: Decimal | None, transactions: int | None, book: RuleBook
) -> EconomicNexus:
    """Compare the sales of a period with the thresholds of a state.

    Args:
        state: two letters.
        on: the civil date whose thresholds are asked for.
        sales: into the state in its measurement period, US dollars; None where they are not known.
        transactions: how many separate sales; None where they are not known.
    Law:
        South Dakota v. Wayfair, Inc., 585 U.S. 162 (2018); the states' acts as the rows name them.
    """
    row = book.find("us.nexus", f"{COUNTRY}-{state}", on)
    none = book.find("us.no_state_tax", f"{COUNTRY}-{state}", on)
    if row is None and none is not None:
        return EconomicNexus(
            code=NO_TAX, is_reached=False, law=none.law, row=none.id, valid_from=none.valid_from,
            source=none.source, confidence=weakest(none.confidence),
        )  # fmt: skip
    if row is None:
        return EconomicNexus(code=UNKNOWN, is_reached=None, missing=("thresholds",))
    by_sales = _passes(sales, Decimal(str(row.value)), row.attribute("sales_test"))
    count = row.attribute("transactions")
    by_count = _passes(transactions, int(count), row.attribute("transactions_test")) if count else None
    is_reached = _combine(row, by_sales, by_count)
    missing = () if is_reached is not None else _missing(sales, transactions)
    return EconomicNexus(
        code=UNKNOWN if is_reached is None else REACHED if is_reached else NOT_REACHED,
        is_reached=is_reached,
        sales_threshold=Decimal(str(row.value)),
        sales_test=row.attribute("sales_test"),
        transactions_threshold=int(count) if count else None,
        transactions_test=row.attribute("transactions_test"),
        logic=row.attribute("logic"),
        period=row.attribute("period"),
        law=row.law,
        row=row.id,
        valid_from=row.valid_from,
        source=row.source,
        confidence=weakest(row.confidence),
        missing=missing,
    )


def _passes(value: Decimal | int | None, threshold: Decimal | int, test: str | None) -> bool | None:
    if value is None:
        return None
    return value >= threshold if test == "at_least" else value > threshold


def _combine(row: Row, by_sales: bool | None, by_count: bool | None) -> bool | None:
    """One test, either of two, or both; what is not known decides only where the other test does not."""
    logic = row.attribute("logic")
    if logic not in (BOTH, EITHER):
        return by_sales
    decisive = logic == EITHER
    if decisive in (by_sales, by_count):
        return decisive
    return None if None in (by_sales, by_count) else not decisive


def _missing(sales: Decimal | None, transactions: int | None) -> tuple[str, ...]:
    return tuple(name for name, value in (("sales", sales), ("transactions", transactions)) if value is None)
