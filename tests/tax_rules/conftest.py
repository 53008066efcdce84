"""The shipped rule book, read once for all tests of the rules; generated examples without a clock."""

import pytest
from hypothesis import settings

from tax_rules.rulebook import RuleBook, load_rulebook

settings.register_profile("house", deadline=None, database=None)  # a busy machine is no fault, and no files are left
settings.load_profile("house")


@pytest.fixture(scope="session")
def book() -> RuleBook:
    return load_rulebook()
