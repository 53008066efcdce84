"""Economic nexus: from which sales on a seller without presence must collect a state's sales tax."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tax_rules.decision import Confidence
from tax_rules.rulebook import RuleBook
from tax_rules.rulefiles import Row


@dataclass(frozen=True, slots=True)
class Nexus:
    """Whether the thresholds of a state are reached; ``has_nexus`` None: the state's rule is not known for the date.

    ``sales_threshold`` in US dollars. ``logic``: sales, or (either reaches), and (both must). ``period``: over which
    time sales and transactions count.
    """

    state: str
    has_nexus: bool | None
    logic: str | None
    sales_threshold: Decimal | None
    transactions_threshold: int | None
    period: str | None
    sales_reached: bool | None
    transactions_reached: bool | None
    reason: str
    row: Row | None
    confidence: Confidence


def decide_nexus(state: str, sales: Decimal, transactions: int, on: date, book: RuleBook) -> Nexus:
    """Compare a seller's sales into a state with its thresholds on a civil date.

    Args:
        state: two letters.
        sales: gross, in US dollars, over the state's measurement period.
    Law:
        South Dakota v. Wayfair, 585 U.S. 162 (2018); the statutes of the states as the rows name them.
    """
    jurisdiction = f"US-{state}"
    none = book.find("us.no_general_tax", jurisdiction, on)
    if none is not None:
        return _without(state, False, "no_general_tax", none)
    row = book.find("us.economic_nexus", jurisdiction, on)
    if row is None:
        history = book.history("us.economic_nexus", jurisdiction)
        is_before = bool(history) and on < history[0].valid_from
        return _without(state, False if is_before else None, "before_the_rule" if is_before else "unknown", None)
    threshold = Decimal(str(row.attribute("sales")))
    count = row.attribute("transactions")
    most = int(count) if count else None
    by_sales = sales > threshold if row.attribute("sales_over") == "true" else sales >= threshold
    by_count = _is_reached(row, transactions, most)
    has_nexus = {"sales": by_sales, "or": by_sales or bool(by_count), "and": by_sales and bool(by_count)}[
        str(row.value)
    ]
    return Nexus(
        state, has_nexus, str(row.value), threshold, most, row.attribute("period"), by_sales, by_count,
        "threshold_reached" if has_nexus else "below_threshold", row, Confidence(row.confidence),
    )  # fmt: skip


def _is_reached(row: Row, transactions: int, most: int | None) -> bool | None:
    if most is None:
        return None
    return transactions > most if row.attribute("transactions_over") == "true" else transactions >= most


def _without(state: str, has_nexus: bool | None, reason: str, row: Row | None) -> Nexus:
    level = Confidence(row.confidence) if row else Confidence.LOW if has_nexus is None else Confidence.MEDIUM
    return Nexus(state, has_nexus, None, None, None, None, None, None, reason, row, level)
