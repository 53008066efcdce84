"""Picking what the order page shows out of the order's view; nothing is decided here."""

from app.services.explain_decision import Explanation, explain_decision
from app.services.read_order import OrderView
from app.store.tax_id_checks import StoredCheck
from tax_rules.rulebook import RuleBook


def newest_check(view: OrderView) -> StoredCheck | None:
    """The last check of a tax ID for this order."""
    return max(view.checks, key=lambda check: check.id, default=None)


def explained(view: OrderView, *, language: str, book: RuleBook) -> Explanation | None:
    """The order's tax decision in the reader's language; None where we decided nothing."""
    if view.decision is None:
        return None
    return explain_decision(view.decision | {"id": view.order.decision_id}, language=language, book=book)
