"""Putting codes into words: steps, warnings and notices in the languages that the book has sentences for."""

from collections.abc import Mapping

from tax_rules.decision import Caution, Step
from tax_rules.rulebook import RuleBook


def step_in_words(step: Step, language: str, book: RuleBook) -> str:
    """One step of the reasoning as a sentence; the law and the row are told beside it, not in it."""
    return _filled(book.wording(language)["steps"], step.code, dict(step.facts))


def caution_in_words(caution: Caution, language: str, book: RuleBook) -> str:
    """A warning as one or two sentences that say what happens next."""
    return _filled(book.wording(language)["warnings"], caution.code, dict(caution.facts))


def _filled(sentences: Mapping[str, str], code: str, facts: Mapping[str, str]) -> str:
    return sentences[code].format_map(facts)
