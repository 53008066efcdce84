"""Every code that a decision can carry has a sentence in every language."""

from datetime import date
from pathlib import Path
from string import Formatter

import pytest

import tax_rules
from tax_rules.decision import Caution
from tax_rules.explain import caution_in_words, step_in_words
from tax_rules.facts import ProductKind, Situation
from tax_rules.rulebook import RuleBook
from tax_rules.treatment import decide_treatment
from tests.tax_rules.factories import make_customer, make_seller, make_tax_id

COUNTRIES = ("DE", "FR", "GB", "XI", "CH", "LI", "NO", "US", "CA", "AU", "BR", "HK", "AX", "MC", "JE", "GH", "LV", "ZA")
REGISTRATIONS = (
    "vat DE",
    "oss_union DE",
    "vat GB",
    "vat CH",
    "vat NO",
    "gst AU",
    "vat JE",
    "sales_tax US TX",
    "vat GH",
    "vat BR",
)


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("country", COUNTRIES)
def test_every_step_and_warning_of_a_decision_can_be_said(book: RuleBook, country: str, language: str) -> None:
    for registrations in (REGISTRATIONS, ("vat DE",), ()):
        for status in (None, "verified", "pending", "unverified"):
            ids = (make_tax_id(book, "FR12345678901", home=country, status=status),) if status else ()
            customer = make_customer("business", country, tax_ids=ids)
            for product in ProductKind:
                seller = make_seller("DE", registrations)
                situation = Situation(seller=seller, customer=customer, on=date(2026, 3, 1))
                treatment = decide_treatment(situation, product, book)
                said = [step_in_words(step, language, book) for step in treatment.steps]
                said += [caution_in_words(warning, language, book) for warning in treatment.warnings]
                assert said
                assert all(sentence and "{" not in sentence for sentence in said)


def test_the_languages_have_the_same_codes_and_ask_for_the_same_facts(book: RuleBook) -> None:
    def fields(sentence: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(sentence) if name}

    for section, sentences in book.wording("en").items():
        german = book.wording("de")[section]
        assert {code: fields(text) for code, text in sentences.items()} == {c: fields(t) for c, t in german.items()}


def test_every_sentence_belongs_to_a_code_in_the_rules(book: RuleBook) -> None:
    source = "\n".join(path.read_text("utf-8") for path in Path(tax_rules.__file__).parent.rglob("*.py"))
    cautions = {row.attribute("caution") for row in book.rows()}
    made_of_parts = ("rule_", "business", "refund", "us_shipping", "us_threshold")
    for section in ("steps", "warnings"):
        for code in book.wording("en")[section]:
            assert f'"{code}"' in source or code in cautions or code.startswith(made_of_parts), code


def test_an_unknown_language_falls_back_to_english(book: RuleBook) -> None:
    warning = Caution("not_registered", (("country", "FR"), ("seller_country", "DE")))
    assert caution_in_words(warning, "xx", book) == caution_in_words(warning, "en", book)
