"""The words on the invoice."""

from datetime import date

import pytest

from tax_rules.rulebook import RuleBook
from tax_rules.vat.mentions import mentions

ON = date(2026, 3, 1)
CODES = ("intra_community_supply", "export", "outside_scope", "import_scheme", "reverse_charge_uk")


@pytest.mark.parametrize("code", CODES)
def test_a_mention_is_there_in_the_seven_languages_of_our_documents(book: RuleBook, code: str) -> None:
    assert set(book.jurisdictions(f"vat.{code}_mention")) == {"de", "en", "es", "fr", "it", "ja", "pt"}


def test_the_customer_the_seller_and_english_readers_find_their_words(book: RuleBook) -> None:
    found = mentions("intra_community_supply", "FR", "DE", ON, book)
    assert [notice.language for notice in found] == ["fr", "de", "en"]
    assert "138" in found[1].text


def test_a_language_without_words_is_left_out(book: RuleBook) -> None:
    assert [notice.language for notice in mentions("export", "NO", None, ON, book)] == ["en"]


def test_words_are_dated(book: RuleBook) -> None:
    assert mentions("import_scheme", "FR", "FR", date(2021, 6, 30), book) == ()
    assert [n.language for n in mentions("import_scheme", "FR", "FR", date(2021, 7, 1), book)] == ["fr", "en"]
