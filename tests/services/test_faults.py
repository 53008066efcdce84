"""What we stand on fails: a damaged file, a missing font, a lost connection, a huge document (F5, F11, F20, F21)."""

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import create_engine, select, text

from app import i18n
from app.actor import SYSTEM, Scope
from app.config import Settings
from app.desk import Desk, open_desk
from app.documents import fonts
from app.factory import create_app
from app.models.audit import CounterRow
from app.models.documents import DocumentRow
from app.reference.load import reference
from app.registers.double import RegisterDouble
from app.services.grant_access import create_api_key
from app.services.load_sellers import store_sellers
from tests.api.conftest import FRENCH_ID, FRENCH_ORDER, Caller
from tests.torture.installation import wait_for
from tests.torture.refunds import add_order, confirmed_check, refund
from tests.working import work, working


@pytest.fixture
def desk(settings: Settings) -> Iterator[Desk]:
    """A desk with the example sellers and a register that answers."""
    with RegisterDouble() as double:
        opened = open_desk(replace(settings, vies_url=double.vies_url))
        store_sellers(opened)
        yield opened
        opened.close()


@pytest.fixture
def client(desk: Desk) -> FlaskClient:
    return create_app(desk.settings, desk).test_client()


@pytest.fixture
def call(desk: Desk, client: FlaskClient) -> Caller:
    scopes = [str(scope) for scope in (Scope.BILLING, Scope.PAYMENTS, Scope.AUDITOR)]
    return Caller(client, create_api_key(desk, SYSTEM, name="test", scopes=scopes))


@pytest.fixture
def check_id(desk: Desk) -> str:
    """A check that the register confirmed."""
    with working(desk):
        return confirmed_check(desk)


def refund_body(check_id: str) -> dict[str, Any]:
    return {"reason": "vat_id_provided", "tax_id": {"number": FRENCH_ID, "check_id": check_id}}


def stored_file(desk: Desk, document: dict[str, Any]) -> Path:
    sha256 = document["sha256"]
    return desk.settings.data_dir / "blobs" / sha256[:2] / sha256[2:4] / sha256


def test_a_damaged_file_is_not_given_out_and_heals_when_it_is_restored(desk: Desk, call: Caller, check_id: str) -> None:
    """F11."""
    add_order(desk, "A-1", lines=1)
    refund(desk, "A-1", check_id)
    work(desk)
    document = call("GET", "/v1/orders/A-1").json["documents"][0]
    file = stored_file(desk, document)
    whole = file.read_bytes()
    file.chmod(0o640)
    file.write_bytes(whole[:1000] + bytes([whole[1000] ^ 1]) + whole[1001:])

    answer = call("GET", document["links"]["content"])
    assert (answer.status_code, answer.json["code"]) == (500, "stored_file_damaged")
    assert answer.content_type == "application/problem+json"
    assert b"%PDF" not in answer.data
    damage = call("GET", "/v1/orders/A-1").json["timeline"][-1]
    assert (damage["action"], damage["subject"]) == ("document.damaged", document["id"])

    file.write_bytes(whole)
    assert call("GET", document["links"]["content"]).data == whole


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The fonts, in a place where one may be taken away."""
    copy = tmp_path / "fonts"
    shutil.copytree(fonts.FONTS, copy)
    monkeypatch.setattr(fonts, "FONTS", copy)
    monkeypatch.setattr(fonts, "SUMS", copy / "SHA256SUMS")
    monkeypatch.setattr(fonts, "CONFIGURATION", copy / "fonts.conf")
    return copy


def faults_of(client: FlaskClient) -> list[str]:
    answer = client.get("/readyz")
    assert answer.status_code == (503 if answer.json["faults"] else 200)
    faults: list[str] = answer.json["faults"]
    return faults


def test_readiness_is_given_when_nothing_is_missing(client: FlaskClient) -> None:
    assert faults_of(client) == []


def test_readiness_names_a_missing_font(client: FlaskClient, bundle: Path) -> None:
    """F20."""
    (bundle / "NotoSans-Regular.ttf").unlink()
    assert faults_of(client) == ["font NotoSans-Regular.ttf: missing under templates/fonts"]


def test_readiness_names_the_missing_subset_library(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """F20."""
    fonts.prepare()
    from weasyprint.text import ffi

    monkeypatch.setattr(ffi, "harfbuzz_subset", None)
    (fault,) = faults_of(client)
    assert "libharfbuzz-subset0" in fault


def test_readiness_names_every_missing_catalogue(
    client: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F20."""
    monkeypatch.setattr(i18n, "LOCALE", tmp_path / "nowhere")
    i18n.language.cache_clear()
    i18n.translations.cache_clear()
    assert [fault.split(":")[0] for fault in faults_of(client)] == [
        f"language {spoken.code}" for spoken in reference().languages
    ]


def issued(desk: Desk) -> tuple[int, int]:
    """How many documents there are, and how many numbers were taken for credit notes and invoices."""
    with desk.database.reading() as session:
        documents = session.scalars(select(DocumentRow).where(DocumentRow.adjustment_id.is_not(None))).all()
        counters = session.scalars(select(CounterRow).where(CounterRow.series.not_like("%EV%"))).all()
    return len(documents), sum(counter.value for counter in counters)


def test_an_order_of_more_rows_than_a_document_has_is_refused_before_anything_is_stored(call: Caller) -> None:
    """F21."""
    line = FRENCH_ORDER["lines"][0]
    rows = [line | {"reference": str(number)} for number in range(501)]
    answer = call("PUT", "/v1/orders/A-1", FRENCH_ORDER | {"lines": rows})
    assert (answer.status_code, answer.json["code"]) == (422, "invalid_input")
    assert answer.json["errors"][0]["pointer"] == "/lines"
    assert call("GET", "/v1/orders/A-1").status_code == 404


def test_a_word_of_a_million_letters_is_refused_before_anything_is_stored(call: Caller) -> None:
    """F21."""
    line = FRENCH_ORDER["lines"][0] | {"description": "a" * 1_000_000}
    answer = call("PUT", "/v1/orders/A-1", FRENCH_ORDER | {"lines": [line]})
    assert (answer.status_code, answer.json["code"]) == (422, "invalid_input")
    assert answer.json["errors"][0]["pointer"] == "/lines/0/description"
    assert call("GET", "/v1/orders/A-1").status_code == 404


def test_a_document_that_could_take_too_many_pages_is_refused_before_a_number_is_taken(
    desk: Desk, call: Caller, check_id: str
) -> None:
    """F21."""
    line = FRENCH_ORDER["lines"][0] | {"description": ("lorem ipsum dolor " * 30)[:479]}
    rows = [line | {"reference": str(number)} for number in range(500)]
    assert call("PUT", "/v1/orders/A-1", FRENCH_ORDER | {"lines": rows}).status_code == 201
    answer = call("POST", "/v1/orders/A-1/tax-refunds", refund_body(check_id))
    assert (answer.status_code, answer.json["code"]) == (422, "invalid_input")
    assert [error["code"] for error in answer.json["errors"]] == ["too_many_pages"]
    assert issued(desk) == (0, 0)


def test_what_no_font_can_draw_is_refused_before_a_number_is_taken(desk: Desk, call: Caller, check_id: str) -> None:
    """An issued number never lacks its document."""
    customer = FRENCH_ORDER["customer"] | {"name": "Maison \U00013000 SARL"}  # a hieroglyph
    assert call("PUT", "/v1/orders/A-1", FRENCH_ORDER | {"customer": customer}).status_code == 201
    for body in (refund_body(check_id) | {"dry_run": True}, refund_body(check_id)):
        answer = call("POST", "/v1/orders/A-1/tax-refunds", body)
        assert (answer.status_code, answer.json["code"]) == (422, "invalid_input")
        assert [(fault["pointer"], fault["code"]) for fault in answer.json["errors"]] == [
            ("/customer/name", "glyph_missing")
        ]
    assert issued(desk) == (0, 0)


@pytest.fixture
def cut(desk: Desk) -> Iterator[Callable[..., int]]:
    """Ends the server's connections of this database, but one; how many."""
    if desk.database.is_sqlite:
        pytest.skip("SQLite has no connections that could be ended")
    admin = create_engine(desk.database.url, isolation_level="AUTOCOMMIT")

    def end(*, spare: int = 0, waiting: bool = False) -> int:
        query = (
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid NOT IN (pg_backend_pid(), :spare) AND (NOT :waiting OR wait_event_type = 'Lock')"
        )
        with admin.connect() as connection:
            return int(connection.execute(text(query), {"spare": spare, "waiting": waiting}).scalar_one())

    yield end
    admin.dispose()


def test_ended_connections_that_nobody_was_using_are_not_noticed(
    call: Caller, cut: Callable[..., int], desk: Desk
) -> None:
    assert call("GET", "/v1/orders").status_code == 200
    assert cut() >= 1
    assert call("GET", "/v1/orders").status_code == 200


def test_a_connection_that_ends_within_a_refund_gives_503_and_the_repeated_request_refunds_once(
    desk: Desk, call: Caller, check_id: str, cut: Callable[..., int]
) -> None:
    """F5: the transaction is gone as a whole, and the same key may be used again."""
    add_order(desk, "A-1", lines=1)
    answers: list[Any] = []

    def ask() -> None:
        answers.append(call("POST", "/v1/orders/A-1/tax-refunds", refund_body(check_id), Idempotency_Key="once"))

    holder = create_engine(desk.database.url)
    with holder.connect() as connection:
        connection.execute(text("SELECT id FROM orders WHERE reference = 'A-1' FOR UPDATE"))
        spare = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        request = threading.Thread(target=ask)
        request.start()
        wait_for(lambda: cut(spare=spare, waiting=True) == 1, seconds=20, what=lambda: "nobody waits for the lock")
        request.join(30)
    holder.dispose()
    (broken,) = answers
    assert (broken.status_code, broken.json["code"]) == (503, "unavailable")
    assert int(broken.headers["Retry-After"]) >= 1
    assert issued(desk) == (0, 0)

    again = call("POST", "/v1/orders/A-1/tax-refunds", refund_body(check_id), Idempotency_Key="once")
    assert again.status_code == 201
    assert issued(desk) == (2, 2)
