"""The fact sheet of an order: what it says of the seller, to whom what is shown first, and its numbers at rest."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from app.actor import SYSTEM
from app.config import Settings
from app.desk import Desk, open_desk
from app.documents import facts
from app.models.documents import DocumentRow
from app.sellers import SellerEntity, load_sellers
from app.services.compose_fact_sheet import MOST_PRODUCTS, fact_sheet_issue, registrations_for
from app.services.issue_document import draft_facts
from app.services.load_sellers import store_sellers
from app.store.documents import StoredDocument
from app.store.orders import StoredOrder
from tests.conftest import make_settings
from tests.planted import ACCOUNT, BIC, EIN, IBAN, SECRET_FORMS, SSN, issue_fact_sheet, planted_order, sellers_file
from tests.working import work

ON = date(2026, 11, 22)


@pytest.fixture
def settings(sqlite_url: str, tmp_path: Path) -> Settings:
    return make_settings(tmp_path, database_url=sqlite_url, sellers=sellers_file(tmp_path))


@pytest.fixture
def desk(settings: Settings) -> Iterator[Desk]:
    opened = open_desk(settings)
    store_sellers(opened)
    yield opened
    opened.close()


@pytest.fixture
def seller(settings: Settings) -> SellerEntity:
    return load_sellers(settings.sellers)["planted"]


def sheet_of(order: StoredOrder, seller: SellerEntity) -> facts.VendorFactSheet:
    issue = fact_sheet_issue(order, seller, idempotency="x", actor=SYSTEM.name)
    header = facts.Header(document_id="doc_1", number="1", code="c", verify_url="http://x", language="en", issued_on=ON)
    made = issue.facts(header)
    assert isinstance(made, facts.VendorFactSheet)
    return made


def text_of(desk: Desk, document: StoredDocument) -> str:
    work(desk)
    with desk.database.reading() as session:
        row = session.get_one(DocumentRow, document.id)
    assert (row.status, row.error) == ("ready", None)
    assert row.pages == 1
    pages = PdfReader(BytesIO(desk.blobs.get(str(row.sha256)))).pages
    return " ".join("".join(page.extract_text() for page in pages).split())


def test_the_sheet_has_its_number_and_says_in_the_customers_language_where_to_pay(desk: Desk) -> None:
    order = planted_order(desk, payment_terms_days=30)
    document = issue_fact_sheet(desk, order)
    assert (document.number, document.kind, document.language) == (
        f"PLANTED-FS-{document.issued_on.year}-000001", "vendor_fact_sheet", "fr",
    )  # fmt: skip
    text = text_of(desk, document)
    grouped = " ".join(IBAN[n : n + 4] for n in range(0, len(IBAN), 4))
    for part in ("Fiche fournisseur", grouped, BIC, EIN, order.reference, "30 jours nets", "États-Unis", "W-9"):
        assert part in text, part
    assert ACCOUNT not in text, "an account of another currency"


def test_the_numbers_are_sealed_where_the_facts_are_kept(desk: Desk) -> None:
    document = issue_fact_sheet(desk, planted_order(desk))
    with desk.database.reading() as session:
        row = session.get_one(DocumentRow, document.id)
        assert row.facts["bank_account"]["iban"].keys() == {"sealed"}
        assert row.facts["tax_form"]["ein"].keys() == {"sealed"}
        assert row.facts["bank_account"]["account"] is None
        assert row.key_id
    assert not [form for form in SECRET_FORMS if form in str(row.facts) or form in str(document)]


def test_a_draft_shows_the_last_four(desk: Desk, seller: SellerEntity) -> None:
    issue = fact_sheet_issue(planted_order(desk), seller, idempotency="x", actor=SYSTEM.name)
    draft = draft_facts(desk, issue)
    assert draft["bank_account"]["iban"] == {"kind": "iban", "last4": "001S"}
    assert draft["tax_form"]["ein"] == {"kind": "ein", "last4": "4321"}
    assert not [form for form in SECRET_FORMS if form in str(draft)]


@pytest.mark.parametrize(
    ("country", "state", "numbers"),
    [
        ("FR", None, ["FR40303265045", "EU372000041", "18123456789"]),
        ("US", "TX", ["TX-1", "NY-1", "FR40303265045", "EU372000041", "18123456789"]),
        ("US", None, ["NY-1", "TX-1", "FR40303265045", "EU372000041", "18123456789"]),
        ("AU", None, ["18123456789", "FR40303265045", "EU372000041"]),
    ],
)
def test_what_the_customers_country_gave_comes_first_and_permits_of_states_stay_at_home(
    seller: SellerEntity, country: str, state: str | None, numbers: list[str]
) -> None:
    assert [r.number for r in registrations_for(seller, country, state, ON)] == numbers


def test_a_registration_is_shown_while_it_is_in_force(seller: SellerEntity) -> None:
    shown = [r.number for r in registrations_for(seller, "DE", None, date(2025, 12, 31))]
    assert shown[0] == "DE136695976"
    assert "DE136695976" not in [r.number for r in registrations_for(seller, "DE", None, date(2026, 1, 1))]


def test_the_account_is_the_one_of_the_orders_currency_or_none(desk: Desk, seller: SellerEntity) -> None:
    order = planted_order(desk)
    in_dollars = sheet_of(replace(order, currency="USD"), seller).bank_account
    assert in_dollars
    assert (in_dollars.account, in_dollars.routing, in_dollars.iban) == (ACCOUNT, "123456780", None)
    assert sheet_of(replace(order, currency="JPY"), seller).bank_account is None


def test_a_sheet_without_an_account_says_so_and_can_be_drawn(desk: Desk) -> None:
    order = planted_order(desk, currency="GBP", customer__language="en")
    assert "We have no account in GBP." in text_of(desk, issue_fact_sheet(desk, order))


def test_a_persons_own_number_is_never_on_it(desk: Desk, settings: Settings) -> None:
    person = load_sellers(settings.sellers)["planted-person"]
    sheet = sheet_of(planted_order(desk), person)
    assert sheet.tax_form
    assert (sheet.tax_form.kind, sheet.tax_form.ein) == ("w9", None)
    assert SSN not in str(sheet.to_json())
    assert sheet.contacts == ()


def test_many_products_are_counted_after_the_first_ones_and_none_is_named_twice(
    desk: Desk, seller: SellerEntity
) -> None:
    order = planted_order(desk)
    lines = tuple(replace(order.lines[0], description=f"Product {n % 11}") for n in range(30))
    sheet = sheet_of(replace(order, lines=lines), seller)
    assert sheet.products == tuple(f"Product {n}" for n in range(MOST_PRODUCTS))
    assert sheet.further_products == 11 - MOST_PRODUCTS


@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_the_shipped_sellers_get_their_sheet_on_one_page(desk: Desk, language: str, tmp_path: Path) -> None:
    shipped = open_desk(replace(desk.settings, sellers=None))
    store_sellers(shipped)
    for code, currency in (("de", "EUR"), ("us", "USD")):
        order = planted_order(shipped, f"S-{code}", currency=currency)
        document = issue_fact_sheet(shipped, replace(order, seller=code), language)
        assert document.language == language
        assert document.number.startswith(f"{code.upper()}-FS-")
        assert order.reference in text_of(shipped, document)
    shipped.close()
