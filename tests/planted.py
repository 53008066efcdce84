"""A seller whose numbers are found nowhere else: whoever sees one of them outside its document has found a leak."""

from pathlib import Path
from typing import Any

from app.actor import SYSTEM
from app.desk import Desk
from app.schemas.orders import OrderSchema
from app.services.compose_fact_sheet import fact_sheet_issue
from app.services.issue_document import issue_document
from app.services.put_order import put_order
from app.services.read_order import read_order
from app.services.read_sellers import seller_in_force
from app.store.documents import StoredDocument
from app.store.orders import StoredOrder
from tests.api.conftest import FRENCH_ORDER, changed

EIN, SSN = "98-7654321", "219-09-9998"
IBAN, BIC = "MT84MALT011000012345MTLCAST001S", "MALTMTMT"
ACCOUNT = "555000111222333"
SECRETS = (EIN, SSN, IBAN, ACCOUNT)
SECRET_FORMS = tuple({form for number in SECRETS for form in (number, number.replace("-", ""))})
SELLERS = f"""
sellers:
  - code: planted
    legal_name: Planted Software Inc.
    trade_name: Planted
    country: US
    country_of_incorporation: US
    address: {{line1: 1 Seed Street, city: Austin, state: TX, postal_code: "78701", country: US}}
    registrations:
      - {{kind: sales_tax, country: US, state: NY, number: NY-1, from: 2020-01-01}}
      - {{kind: vat, country: DE, number: DE136695976, from: 2020-01-01, to: 2025-12-31}}
      - {{kind: vat, country: FR, number: FR40303265045, from: 2020-01-01}}
      - {{kind: sales_tax, country: US, state: TX, number: TX-1, from: 2020-01-01}}
      - {{kind: oss_non_union, country: IE, number: EU372000041, from: 2020-01-01}}
      - {{kind: gst, country: AU, number: "18123456789", from: 2020-01-01}}
    tax_form: {{kind: w9, revision: 2024-03, answers: {{name: Planted Software Inc., tin: {{kind: ein, number: {EIN}}}}}}}
    bank_accounts:
      - {{currency: EUR, iban: {IBAN}, bic: {BIC}, bank_name: Example Bank, holder: Planted Software Inc.}}
      - {{currency: USD, account: "{ACCOUNT}", routing: "123456780", bank_name: Example NA, holder: Planted Software Inc.}}
    contact: {{email: desk@planted.example, phone: +1 512 555 0100}}
    contacts: [{{role: tax, name: Ann Onym, email: tax@planted.example}}]
  - code: planted-person
    legal_name: Ann Onym
    country: US
    address: {{line1: 2 Seed Street, city: Austin, state: TX, postal_code: "78701", country: US}}
    registrations: []
    tax_form: {{kind: w9, revision: 2024-03, answers: {{name: Ann Onym, tin: {{kind: ssn, number: {SSN}}}}}}}
"""  # noqa: E501 - rows of YAML


def sellers_file(folder: Path) -> Path:
    file = folder / "planted.yaml"
    file.write_text(SELLERS, "utf-8")
    return file


def planted_order(desk: Desk, reference: str = "P-1", **changes: Any) -> StoredOrder:
    """An order of the planted seller, by a French company unless ``changes`` say something else."""
    order = OrderSchema().load(changed(FRENCH_ORDER, seller="planted", **changes))
    put_order(desk, SYSTEM, reference, order, may_change=lambda _: None, describe=lambda _: {})
    return read_order(desk, SYSTEM, reference).order


def issue_fact_sheet(desk: Desk, order: StoredOrder, language: str | None = None) -> StoredDocument:
    """The fact sheet of an order, issued; it is drawn by a job."""
    with desk.database.writing() as session:
        seller = seller_in_force(session, order.seller)
        issue = fact_sheet_issue(
            order, seller, idempotency=f"sheet:{order.reference}:{language}", actor=SYSTEM.name, language=language
        )
        return issue_document(desk, session, issue)
