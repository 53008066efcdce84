"""What the Canadian cases do not say: stacks, goods, marketplaces, claims, and words for every code."""

import itertools
from datetime import date
from decimal import Decimal

import pytest

from tax_rules.decision import Outcome, PartRounding, Reason
from tax_rules.explain import caution_in_words, step_in_words
from tax_rules.facts import Address, Exemption, ProductKind, Situation, TaxId
from tax_rules.rulebook import RuleBook
from tax_rules.sales_tax.canada.decide import decide_canadian_tax
from tax_rules.treatment import decide_treatment
from tests.tax_rules.factories import make_customer, make_seller

ON = date(2026, 7, 1)
EVERYWHERE = ("gst CA", "qst CA QC", "pst CA BC", "pst CA SK", "rst CA MB")
CLAIMS = (
    None,
    Exemption(reason="resale", country="CA"),
    Exemption(reason="other", country="CA"),
    Exemption(reason="other", country="CA", is_accepted=False),
)
PROVINCES = ("AB", "BC", "MB", "NB", "NL", "NS", "NT", "NU", "ON", "PE", "QC", "SK", "YT")


def situation(state: str | None = "QC", registrations: tuple[str, ...] = EVERYWHERE, **changed: object) -> Situation:
    facts = {"seller": make_seller("DE", registrations), "customer": make_customer("consumer", "CA", state=state)}
    return Situation(**({"on": ON} | facts | changed))  # type: ignore[arg-type]


def test_a_stack_names_each_tax_with_its_row_and_is_rounded_each_on_its_own(book: RuleBook) -> None:
    found = decide_treatment(situation(), ProductKind.SAAS, book)
    assert found.part_rounding is PartRounding.EACH
    assert [(part.tax_type, part.rate, part.jurisdiction.level) for part in found.parts] == [
        ("gst", Decimal("5"), "country"),
        ("qst", Decimal("9.975"), "province"),
    ]
    assert found.rate == Decimal("14.975")
    assert {part.row for part in found.parts} <= {row.id for row in found.rows}
    assert found.jurisdiction.state == "QC"


def test_goods_follow_where_they_are_delivered_and_services_the_customer(book: RuleBook) -> None:
    asked = situation("QC", ship_to=Address(country="CA", state="ON"))
    assert decide_treatment(asked, ProductKind.GENERAL_GOODS, book).tax_type == "hst"
    assert len(decide_treatment(asked, ProductKind.SAAS, book).parts) == 2


def test_goods_that_leave_canada_are_not_decided_by_its_rules(book: RuleBook) -> None:
    asked = situation("QC", ship_to=Address(country="DE"))
    assert decide_treatment(asked, ProductKind.GENERAL_GOODS, book).rule != "CA"


def test_goods_that_come_to_canada_are_decided_by_its_rules(book: RuleBook) -> None:
    asked = situation(customer=make_customer("consumer", "DE"), ship_to=Address(country="CA", state="AB"))
    assert decide_treatment(asked, ProductKind.GENERAL_GOODS, book).tax_type == "gst"


def test_a_marketplace_that_collects_leaves_nothing_to_collect(book: RuleBook) -> None:
    found = decide_treatment(situation(is_collected_by_marketplace=True), ProductKind.SAAS, book)
    assert (found.outcome, found.rate, found.parts) == (Outcome.MARKETPLACE_COLLECTED, Decimal(0), ())


def test_a_registered_buyer_is_charged_and_the_regime_is_to_be_looked_at(book: RuleBook) -> None:
    number = TaxId(kind="gst", number="123456782RT0001", country="CA")
    buyer = make_customer("business", "CA", state="ON", tax_ids=(number,))
    found = decide_treatment(situation(customer=buyer), ProductKind.SAAS, book)
    assert [warning.code for warning in found.warnings] == ["ca_registered_buyer"]
    assert found.rate == Decimal(13)


def test_an_accepted_exemption_frees_of_every_tax_and_says_whose_word_it_is(book: RuleBook) -> None:
    found = decide_treatment(situation(exemption=Exemption(reason="other", country="CA")), ProductKind.SAAS, book)
    assert (found.outcome, found.reason, found.rate) == (Outcome.EXEMPT, Reason.CUSTOMER_EXEMPT, Decimal(0))
    assert found.law[-1] == "exemption accepted by the seller (asserted)"
    assert found.confidence == "low"
    assert {warning.code for warning in found.warnings} == {"ca_exemption_asserted"}


def test_an_exempt_customer_of_printed_books_is_exempt_and_not_merely_rebated(book: RuleBook) -> None:
    found = decide_treatment(situation("ON", exemption=Exemption(reason="other", country="CA")), ProductKind.BOOK, book)
    assert (found.reason, found.rate) == (Reason.CUSTOMER_EXEMPT, Decimal(0))


@pytest.mark.parametrize(("state", "left"), [("BC", "gst"), ("SK", "gst"), ("MB", "gst"), ("ON", "hst")])
def test_buying_for_resale_frees_of_pst_and_rst_alone(book: RuleBook, state: str, left: str) -> None:
    claim = Exemption(reason="resale", country="CA", certificate="PST-1")
    found = decide_treatment(situation(state, exemption=claim), ProductKind.GENERAL_GOODS, book)
    assert (found.tax_type, found.parts) == (left, ())
    assert ("(asserted)" in " ".join(found.law)) == (state != "ON")


def test_buying_for_resale_in_quebec_frees_of_nothing(book: RuleBook) -> None:
    found = decide_treatment(
        situation("QC", exemption=Exemption(reason="resale", country="CA")), ProductKind.BOOK, book
    )
    assert found.tax_type == "gst"
    assert found.warnings == ()


@pytest.mark.parametrize(
    "changed",
    [
        {"is_accepted": False},
        {"states": ("ON",)},
        {"products": (ProductKind.EBOOK,)},
        {"valid_from": date(2026, 7, 2)},
        {"valid_to": date(2026, 6, 30)},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_an_exemption_that_does_not_cover_the_sale_changes_nothing(book: RuleBook, changed: dict[str, object]) -> None:
    claim = Exemption(**({"reason": "other", "country": "CA"} | changed))  # type: ignore[arg-type]
    found = decide_treatment(situation(exemption=claim), ProductKind.SAAS, book)
    assert found.rate == Decimal("14.975")
    assert [warning.code for warning in found.warnings] == ["ca_exemption_not_accepted"]


@pytest.mark.parametrize("on", [{"valid_from": ON}, {"valid_to": ON}, {"states": ("QC",)}])
def test_the_first_and_the_last_day_of_an_exemption_belong_to_it(book: RuleBook, on: dict[str, object]) -> None:
    claim = Exemption(**({"reason": "other", "country": "CA"} | on))  # type: ignore[arg-type]
    assert decide_treatment(situation(exemption=claim), ProductKind.SAAS, book).outcome is Outcome.EXEMPT


def test_an_american_exemption_says_nothing_here(book: RuleBook) -> None:
    found = decide_treatment(situation("ON", exemption=Exemption(reason="resale")), ProductKind.SAAS, book)
    assert (found.rate, found.warnings) == (Decimal(13), ())


def test_a_product_that_no_tax_takes_is_exempt(book: RuleBook) -> None:
    class WithoutGst(RuleBook):
        def find(self, parameter: str, jurisdiction: str, on: date):  # type: ignore[no-untyped-def]
            exempt = super().find("qst.taxability.book", "CA-QC", on)
            return exempt if parameter == "gst.taxability.general" else super().find(parameter, jurisdiction, on)

    changed = WithoutGst(
        tuple(book.rows()),
        {name: book.table(name) for name in ("codes.currencies", "codes.countries", "codes.canadian_provinces")},
        {"en": book.wording("en")},
        book.edition,
    )
    found = decide_canadian_tax(situation(), ProductKind.BOOK, changed)
    assert (found.outcome, found.vat_category, found.rate) == (Outcome.EXEMPT, "E", Decimal(0))


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_step_and_warning_can_be_said_in_every_province(book: RuleBook, language: str) -> None:
    for state in (*PROVINCES, None):
        for registrations in (EVERYWHERE, ("gst CA",), ("qst CA QC",), ()):
            for product, claim in itertools.product(ProductKind, CLAIMS):
                found = decide_treatment(situation(state, registrations, exemption=claim), product, book)
                said = [step_in_words(step, language, book) for step in found.steps]
                said += [caution_in_words(warning, language, book) for warning in found.warnings]
                assert said
                assert all(sentence and "{" not in sentence for sentence in said)
                assert (found.rate is None) == (found.outcome is Outcome.UNDETERMINED)
