"""The line to PostgreSQL breaks within a refund: all of it is stored or nothing, and the caller may ask again."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from sqlalchemy import event, make_url, select

from app.actor import SYSTEM, Scope
from app.clock import now
from app.desk import Desk, open_desk
from app.factory import create_app
from app.models.audit import AuditEventRow, CounterRow
from app.models.decisions import AdjustmentRow
from app.models.documents import DocumentRow
from app.models.jobs import Job
from app.models.mails import Mail
from app.models.orders import OrderRow
from app.registers.double import RegisterDouble
from app.services.grant_access import create_api_key
from app.services.idempotency import TAKEN_OVER_AFTER
from app.services.load_sellers import store_sellers
from app.store.audit import verify_chains
from tests.api.conftest import FRENCH_ID, Caller
from tests.conftest import POSTGRES, _empty_database, make_settings
from tests.kit.fault_proxy import FaultProxy
from tests.kit.faults import PASS, REFUSE, Mode, cut_after, reset_after
from tests.torture.refunds import add_order, confirmed_check
from tests.working import working

BUSINESS = (AdjustmentRow, DocumentRow, AuditEventRow, CounterRow, Job, Mail)


@pytest.fixture
def postgres_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return _empty_database(request, tmp_path, "postgresql")


@pytest.fixture
def line(postgres_url: str) -> Iterator[FaultProxy]:
    with FaultProxy(POSTGRES, port=5432) as running:
        yield running


@pytest.fixture
def desk(postgres_url: str, line: FaultProxy, tmp_path: Path) -> Iterator[Desk]:
    """A desk that reaches its database through the line, in the clear, so that the line can find its places."""
    url = make_url(postgres_url).set(host="127.0.0.1", port=line.port)
    url = url.update_query_dict({"sslmode": "disable", "gssencmode": "disable", "connect_timeout": "5"})
    with RegisterDouble() as double:
        database_url = url.render_as_string(hide_password=False)
        opened = open_desk(make_settings(tmp_path, database_url=database_url, vies_url=double.vies_url))
        store_sellers(opened)
        yield opened
        opened.close()


@pytest.fixture
def refund(desk: Desk) -> Callable[[], Any]:
    """Asks for the refund of one order, always under the same key."""
    with working(desk):
        check_id = confirmed_check(desk)
    add_order(desk, "A-1", lines=1)
    key = create_api_key(desk, SYSTEM, name="test", scopes=[str(Scope.BILLING), str(Scope.PAYMENTS)])
    call = Caller(create_app(desk.settings, desk).test_client(), key)
    body = {"reason": "vat_id_provided", "tax_id": {"number": FRENCH_ID, "check_id": check_id}}
    return lambda: call("POST", "/v1/orders/A-1/tax-refunds", body, Idempotency_Key="once")


def stored(desk: Desk) -> dict[str, int]:
    """How many rows of each kind there are, and the sum of the numbers taken; the audit chains are whole."""
    with desk.database.reading() as session:
        rows = {table.__tablename__: len(session.scalars(select(table)).all()) for table in BUSINESS}
        taken = sum(session.scalars(select(CounterRow.value)))
        assert [fault for _, _, fault in verify_chains(session) if fault] == []
    return rows | {"numbers": taken}


def assert_unavailable(answer: Any) -> None:
    assert (answer.status_code, answer.json["code"]) == (503, "unavailable")
    assert answer.content_type == "application/problem+json"
    assert int(answer.headers["Retry-After"]) >= 1


@pytest.mark.parametrize("fault", [cut_after, reset_after])
@pytest.mark.parametrize(
    ("place", "to"),
    [
        (b"FOR UPDATE", "server"),
        (b"INSERT INTO adjustments", "server"),
        (b"INSERT INTO documents", "server"),
        (b"INSERT INTO audit_events", "server"),
        (b"INSERT INTO outbox", "server"),
        (b"INSERT 0 1", "client"),  # in the middle of an answer
    ],
)
def test_a_line_that_breaks_within_a_refund_leaves_nothing_half_stored(
    desk: Desk, line: FaultProxy, refund: Callable[[], Any], fault: Callable[..., Mode], place: bytes, to: str
) -> None:
    before = stored(desk)
    line.mode = fault(place, to=to)
    assert_unavailable(refund())
    line.mode = PASS
    assert stored(desk) == before

    assert refund().status_code == 201
    after = stored(desk)
    assert (after["adjustments"], after["documents"]) == (before["adjustments"] + 1, before["documents"] + 2)


def test_a_commit_whose_answer_is_lost_is_found_by_the_repeated_request(
    desk: Desk, line: FaultProxy, refund: Callable[[], Any]
) -> None:
    """Nobody can tell the caller whether it was stored; asking again under the same key tells."""
    before = stored(desk)

    @event.listens_for(desk.database.engine, "after_cursor_execute")
    def lose_the_next_commit(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if statement.startswith("INSERT INTO outbox"):
            line.mode = reset_after(b"COMMIT\0", to="server")

    assert_unavailable(refund())
    event.remove(desk.database.engine, "after_cursor_execute", lose_the_next_commit)
    line.mode = PASS
    with desk.database.writing() as session:  # waits for whoever still holds the order
        session.execute(select(OrderRow).with_for_update())
    after = stored(desk)
    assert (after["adjustments"], after["documents"]) == (before["adjustments"] + 1, before["documents"] + 2)

    again = refund()
    assert again.status_code == 201
    assert refund().json == again.json
    assert stored(desk) == after


def test_a_key_whose_taking_was_lost_is_free_again_after_a_minute(
    desk: Desk, line: FaultProxy, refund: Callable[[], Any]
) -> None:
    before = stored(desk)
    line.mode = reset_after(b"COMMIT\0", to="server")  # the first one of a request keeps the key
    assert_unavailable(refund())
    line.mode = PASS
    assert stored(desk) == before
    in_flight = refund()
    assert (in_flight.status_code, in_flight.json["code"]) == (409, "request_in_flight")
    with time_machine.travel(now() + TAKEN_OVER_AFTER + timedelta(seconds=1)):
        assert refund().status_code == 201
    assert stored(desk)["documents"] == before["documents"] + 2


def test_a_database_that_is_away_is_unavailable_and_missed_by_nobody_once_it_is_back(
    desk: Desk, line: FaultProxy, refund: Callable[[], Any]
) -> None:
    before = stored(desk)
    line.mode = REFUSE
    line.drop()
    assert_unavailable(refund())
    assert_unavailable(refund())
    line.mode = PASS
    assert stored(desk) == before
    assert refund().status_code == 201
