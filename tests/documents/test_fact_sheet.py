"""The supplier fact sheet: everything on it is read back, and the fullest one has two pages."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from app.documents.errors import InvalidFacts, ReadBackFailed
from app.documents.examples import vendor_fact_sheet, vendor_fact_sheet_us
from app.documents.facts import SEALED, BankDetails, ContactPoint, FormOnFile, RegistrationShown, load
from app.documents.read_back import read_back
from app.documents.render import draw

KIND = "vendor_fact_sheet"


@pytest.fixture(scope="module")
def pdf() -> bytes:
    return draw(KIND, vendor_fact_sheet_us("de").to_json()).pdf


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda f: replace(f, trade_name="Other"), "trade_name"),
        (lambda f: replace(f, seller=replace(f.seller, name="Other")), "seller/legal_name"),
        (lambda f: replace(f, seller=replace(f.seller, address=("1 Other Way",))), "seller/registered_address"),
        (lambda f: replace(f, mailing_address=f.mailing_address[::-1]), "mailing_address"),
        (lambda f: replace(f, country_of_incorporation="CA"), "country_of_incorporation"),
        (lambda f: replace(f, customer_name="Somebody Else"), "customer_name"),
        (lambda f: replace(f, contacts=(replace(f.contacts[0], phone="+1 1"),)), "contacts/0"),
        (lambda f: replace(f, contacts=(replace(f.contacts[0], role="tax"),)), "contacts/0"),
        (lambda f: replace(f, registrations=(replace(f.registrations[0], number="9"),)), "registrations/0"),
        (lambda f: replace(f, registrations=(replace(f.registrations[0], state="UT"),)), "registrations/0"),
        (lambda f: replace(f, tax_form=replace(f.tax_form, kind="w8bene")), "tax_form/kind"),
        (lambda f: replace(f, tax_form=replace(f.tax_form, revision="2018-10")), "tax_form/revision"),
        (lambda f: replace(f, tax_form=replace(f.tax_form, ein="12-3456780")), "tax_form/ein"),
        (lambda f: replace(f, bank_account=replace(f.bank_account, holder="X")), "bank_account/holder"),
        (lambda f: replace(f, bank_account=replace(f.bank_account, account="000987654322")), "bank_account/account"),
        (lambda f: replace(f, bank_account=replace(f.bank_account, routing="1")), "bank_account/routing"),
        (lambda f: replace(f, bank_account=replace(f.bank_account, iban="DE02")), "bank_account/iban"),
        (lambda f: replace(f, currency="EUR"), "currency"),
        (lambda f: replace(f, payment_terms_days=0), "payment_terms_days"),
        (lambda f: replace(f, client="other"), "client"),
        (lambda f: replace(f, products=("Other",)), "products/0"),
        (lambda f: replace(f, further_products=4), "further_products"),
        (lambda f: replace(f, header=replace(f.header, order_reference="O-2")), "header/payment_reference"),
    ],
)
def test_a_fact_that_is_not_on_the_page_is_named_without_its_value(
    pdf: bytes, change: Callable[[Any], Any], field: str
) -> None:
    with pytest.raises(ReadBackFailed) as raised:
        read_back(pdf, change(vendor_fact_sheet_us("de")))
    assert field in raised.value.missing
    assert not any(value in str(raised.value) for value in ("12-3456789", "000987654321", "DE02"))


def test_an_iban_is_printed_in_groups_of_four_however_it_was_given() -> None:
    facts = vendor_fact_sheet()
    given = replace(facts, bank_account=BankDetails(holder="X", bank_name="Y", iban="DE871234 56781234567890"))
    assert draw(KIND, given.to_json()).pages == 1


@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_the_fullest_sheet_has_two_pages(language: str) -> None:
    facts = vendor_fact_sheet_us(language)
    lines = tuple(f"Line {n} of the address, suite 100" for n in range(4))
    full = replace(
        facts,
        seller=replace(facts.seller, address=lines),
        mailing_address=lines,
        trade_name="A trade name that is rather long, as they are",
        contacts=tuple(
            ContactPoint(role=role, name="A. Person", email=f"{role}@a-long-domain.example", phone="+1 302 555 0100")
            for role in ("accounts_receivable", "tax", "orders")
        ),
        registrations=tuple(
            RegistrationShown(kind="sales_tax", country="US", state=f"{n:02d}", number=f"{n:011d}") for n in range(60)
        ),
        products=tuple(f"Product {n} with a name that takes two lines of the column" for n in range(6)),
    )
    assert draw(KIND, full.to_json()).pages == 2


def test_the_sparest_sheet_can_be_drawn() -> None:
    facts = vendor_fact_sheet("fr")
    spare = replace(
        facts, trade_name=None, contacts=(), registrations=(), tax_form=None, bank_account=None,
        payment_terms_days=None, header=replace(facts.header, purchase_order_number=None),
    )  # fmt: skip
    assert draw(KIND, spare.to_json()).pages == 1


def test_a_revision_that_is_no_month_is_printed_as_given() -> None:
    facts = replace(vendor_fact_sheet(), tax_form=FormOnFile(kind="w8ben", revision="October 2021 (draft)"))
    assert draw(KIND, facts.to_json()).pages == 1


def test_what_is_sealed_at_rest_are_members_of_the_facts() -> None:
    members = vendor_fact_sheet_us().to_json()
    for pointer in SEALED[KIND]:
        _, record, name = pointer.split("/")
        assert name in members[record]


def test_sixty_one_registrations_are_too_many() -> None:
    facts = vendor_fact_sheet_us()
    many = replace(facts, registrations=facts.registrations[:1] * 61)
    with pytest.raises(InvalidFacts) as raised:
        load(KIND, many.to_json())
    assert raised.value.faults[0].pointer == "/registrations"
