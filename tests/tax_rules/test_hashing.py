"""A kept hash is that of equal facts, and does not travel to another process."""

import pickle
from dataclasses import replace
from datetime import date

import pytest

from tax_rules.calculate import calculate
from tax_rules.facts import Situation
from tax_rules.rulebook import RuleBook
from tests.tax_rules.factories import make_customer, make_sale, make_seller

ON = date(2026, 3, 1)


def situation() -> Situation:
    return Situation(seller=make_seller(), customer=make_customer(), on=ON)


def test_equal_facts_have_one_hash_before_and_after_it_is_kept() -> None:
    asked, again = situation(), situation()
    assert hash(asked) == hash(asked) == hash(again)
    assert asked == again


def test_changed_facts_do_not_take_the_hash_with_them() -> None:
    asked = situation()
    hash(asked)
    assert hash(replace(asked, on=date(2026, 3, 2))) != hash(asked)


def test_a_kept_hash_is_not_pickled() -> None:
    """Strings hash otherwise in another process."""
    asked = situation()
    hash(asked)
    sent = pickle.loads(pickle.dumps(asked))  # noqa: S301 - our own bytes
    assert sent == asked
    with pytest.raises(AttributeError):
        _ = sent._kept_hash


def test_a_decision_that_is_remembered_is_the_same_object(book: RuleBook) -> None:
    first, second = (calculate(make_sale(tax_date=ON), book) for _ in range(2))
    assert first.lines[0].treatment is second.lines[0].treatment
