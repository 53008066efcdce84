"""The API over Flask's test client, with a key of each scope, a register that answers, and a worker on request."""

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, literal, select, union_all
from werkzeug.test import TestResponse

from app.actor import SYSTEM, Scope
from app.config import Settings
from app.desk import Desk, open_desk
from app.factory import create_app
from app.ids import new_id
from app.models import Base
from app.registers.double import RegisterDouble
from app.services.grant_access import create_api_key
from app.services.load_sellers import store_sellers
from tests.conftest import _empty_database as empty_database
from tests.conftest import make_settings

FRENCH_ORDER: dict[str, Any] = {
    "client": "pixelforge",
    "seller": "de",
    "status": "paid",
    "currency": "EUR",
    "ordered_at": "2026-10-05T09:14:00Z",
    "invoices": [{"number": "DE-2026-104233", "issued_on": "2026-10-05"}],
    "customer": {
        "reference": "C-1",
        "kind": "business",
        "name": "Éditions du Pré-Vert SARL",
        "email": "compta@pre-vert.example",
        "language": "fr",
        "address": {"line1": "14 rue de l'Œuvre", "postal_code": "69002", "city": "Lyon", "country": "FR"},
    },
    "lines": [
        {
            "reference": "1",
            "description": "Drawing studio, one year",
            "product_kind": "saas",
            "quantity": "2",
            "amount": "100.00",
            "tax": {"rate_percent": "20", "amount": "20.00"},
        }
    ],
}
PAYMENT: dict[str, Any] = {
    "kind": "payment",
    "amount": "120.00",
    "currency": "EUR",
    "option": "visa",
    "cost": "2.10",
    "occurred_at": "2026-10-05T09:15:00Z",
    "reference": "P-1",
}
REFUND: dict[str, Any] = {"reason": "vat_id_provided", "tax_id": {"number": "FR29999001001"}}
CHECK: dict[str, Any] = {"country": "FR", "number": "FR29999001001", "mode": "offline"}
CALCULATION: dict[str, Any] = {
    "reference": "CALC-1",
    "currency": "EUR",
    "tax_date": "2026-10-05",
    "seller": "de",
    "customer": {"kind": "consumer", "country": "FR"},
    "lines": [{"reference": "1", "product_kind": "saas", "amount": "100.00"}],
}
FRENCH_ID = "FR29999001001"  # the double confirms it
UNKNOWN_ID = "FR46999002009"  # the double does not know it
SILENT_ID = "FR57999003015"  # the member state does not answer


class Caller:
    """Calls the API with one key."""

    def __init__(self, client: FlaskClient, key: str) -> None:
        self.client, self.key = client, key

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        sent = {"Authorization": f"Bearer {self.key}"} | {n.replace("_", "-"): v for n, v in headers.items()}
        if method == "POST":
            sent.setdefault("Idempotency-Key", new_id("idem"))
        data = None
        if body is not None:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        return self.client.open(path, method=method, data=data, headers=sent)


@pytest.fixture(scope="session")
def double() -> Iterator[RegisterDouble]:
    """A register that answers over real HTTP."""
    with RegisterDouble() as running:
        yield running


@pytest.fixture
def settings(settings: Settings, double: RegisterDouble) -> Settings:
    """The settings, with the double as register."""
    return replace(settings, vies_url=double.vies_url)


@pytest.fixture
def desk(settings: Settings) -> Iterator[Desk]:
    """A desk that knows the example sellers."""
    opened = open_desk(settings)
    store_sellers(opened)
    yield opened
    opened.close()


@pytest.fixture
def client(desk: Desk) -> FlaskClient:
    """The application."""
    return create_app(desk.settings, desk).test_client()


@pytest.fixture
def call_as(client: FlaskClient, desk: Desk) -> Callable[..., Caller]:
    """A caller with the given scopes, bound to a client or not."""

    def make(*scopes: Scope, client_code: str | None = None) -> Caller:
        key = create_api_key(desk, SYSTEM, name="test", scopes=[str(s) for s in scopes], client=client_code)
        return Caller(client, key)

    return make


@pytest.fixture
def call(call_as: Callable[..., Caller]) -> Caller:
    """A caller who may do everything but administer."""
    return call_as(Scope.BILLING, Scope.PAYMENTS, Scope.AUDITOR)


@dataclass(frozen=True)
class SharedApi:
    """One application that all tests of a module call, for tests after which nothing may be stored."""

    desk: Desk
    client: FlaskClient
    call: Caller
    admin: Caller

    def stored(self) -> dict[str, int]:
        """How many rows each table holds."""
        counts = [select(literal(table.name), func.count()).select_from(table) for table in Base.metadata.sorted_tables]
        with self.desk.database.reading() as session:
            return dict([*session.execute(union_all(*counts))])  # type: ignore[arg-type] - rows are pairs


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, double: RegisterDouble
) -> Iterator[SharedApi]:
    """An application on each database with the French order ``A-1`` in it, paid, and a key that may do all."""
    folder = tmp_path_factory.mktemp("shared")
    url = empty_database(request, folder, request.param)
    opened = open_desk(make_settings(folder, database_url=url, vies_url=double.vies_url))
    store_sellers(opened)
    client = create_app(opened.settings, opened).test_client()
    scopes = [str(scope) for scope in (Scope.BILLING, Scope.PAYMENTS, Scope.AUDITOR)]
    call = Caller(client, create_api_key(opened, SYSTEM, name="test", scopes=scopes))
    admin = Caller(client, create_api_key(opened, SYSTEM, name="admin", scopes=["admin"]))
    assert call("PUT", "/v1/orders/A-1", FRENCH_ORDER).status_code == 201
    assert call("POST", "/v1/orders/A-1/payments", PAYMENT).status_code == 201
    yield SharedApi(opened, client, call, admin)
    opened.close()


@pytest.fixture
def make_order() -> Callable[..., dict[str, Any]]:
    """The French order, with members replaced by dotted path."""

    def make(**changes: Any) -> dict[str, Any]:
        return changed(FRENCH_ORDER, **changes)

    return make


def changed(body: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A copy of a body with members replaced by dotted path: ``lines__0__amount="1.00"``."""
    copied = copy.deepcopy(body)
    for path, value in changes.items():
        place: Any = copied
        *parents, last = path.split("__")
        for name in parents:
            place = place[int(name) if name.isdigit() else name]
        place[int(last) if last.isdigit() else last] = value
    return copied
