"""Picking what the order page shows out of the order's view; nothing is decided here."""

from typing import Any

from app.services.read_order import OrderView
from app.store.tax_id_checks import StoredCheck
from tax_rules.decision import Step
from tax_rules.explain import step_in_words
from tax_rules.rulebook import RuleBook


def newest_check(view: OrderView) -> StoredCheck | None:
    """The last check of a tax ID for this order."""
    return max(view.checks, key=lambda check: check.id, default=None)


def answers_by_line(decision: dict[str, Any] | None, *, language: str, book: RuleBook) -> dict[str, dict[str, Any]]:
    """What the tax decision says of each line, by the line's reference, its steps in the reader's language."""
    lines = decision["lines"] if decision else []
    return {
        line["reference"]: line | {"steps": [_in_words(s, language, book) for s in line["steps"]]} for line in lines
    }


def _in_words(step: dict[str, Any], language: str, book: RuleBook) -> dict[str, Any]:
    """The step told anew; one whose sentence is no longer in the book keeps the words of its day."""
    try:
        text = step_in_words(
            Step(step["code"], law=step["law"], row=step["row"], facts=tuple(step["facts"].items())), language, book
        )
    except KeyError:
        text = step["text"]
    return step | {"text": text}
