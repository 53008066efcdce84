"""Products that no rule tells apart are decided once, and answered exactly as if each had been asked for itself."""

from datetime import date

import pytest

from tax_rules.facts import ProductKind, Situation
from tax_rules.rulebook import RuleBook
from tax_rules.treatment import decide_treatment, decide_treatments
from tests.tax_rules.factories import make_customer, make_seller, make_tax_id

ON = date(2026, 3, 1)
REGISTRATIONS = ("vat DE", "oss_union DE", "vat GB", "vat CH", "vat NO", "gst AU", "gst CA", "sales_tax US TX")


@pytest.mark.parametrize("on", [ON, date(2010, 3, 1)], ids=str)
@pytest.mark.parametrize("registrations", [REGISTRATIONS, ("vat DE",), ()], ids=len)
def test_a_product_is_taxed_the_same_in_company_as_alone(
    book: RuleBook, on: date, registrations: tuple[str, ...]
) -> None:
    seller = make_seller("DE", registrations)
    for country in sorted(book.countries):
        customer = make_customer("business", country, tax_ids=(make_tax_id(book, "FR12345678901", home=country),))
        for buyer in (customer, make_customer("consumer", country)):
            situation = Situation(seller=seller, customer=buyer, on=on)
            together = decide_treatments(situation, ProductKind, book)
            assert together == {kind: decide_treatment(situation, kind, book) for kind in ProductKind}


def test_electronic_services_without_a_rate_of_their_own_share_one_treatment(book: RuleBook) -> None:
    found = decide_treatments(Situation(seller=make_seller(), customer=make_customer(), on=ON), ProductKind, book)
    assert found[ProductKind.SAAS] is found[ProductKind.SUPPORT]
    assert found[ProductKind.EBOOK].rate != found[ProductKind.SAAS].rate
    assert found[ProductKind.CLOTHING] is found[ProductKind.SOFTWARE_PHYSICAL]
    assert found[ProductKind.BOOK].rate != found[ProductKind.CLOTHING].rate
