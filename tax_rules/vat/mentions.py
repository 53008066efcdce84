"""The words that the law wants on an invoice, as dated rows by language."""

from datetime import date

from tax_rules.decision import Notice, unique
from tax_rules.rulebook import RuleBook


def mentions(code: str, customer_state: str, seller_state: str | None, on: date, book: RuleBook) -> tuple[Notice, ...]:
    """The words in the customer's and the seller's language and in English, where the book has them.

    Law:
        Directive 2006/112/EC Art. 226(11), 226(11a); each row names its own.
    """
    countries = book.countries
    languages = [countries.get(state or "", {}).get("language", "en") for state in (customer_state, seller_state)]
    found = ((language, book.find(f"vat.{code}_mention", language, on)) for language in unique((*languages, "en")))
    return tuple(Notice(code, language, str(row.value)) for language, row in found if row is not None)
