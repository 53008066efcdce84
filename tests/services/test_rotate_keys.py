"""Field keys in a running house: what is sealed, sealing what was plain, and moving to a new key without losing any."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text, update

from app.actor import SYSTEM
from app.config import Settings
from app.desk import Desk, open_desk
from app.models.documents import DocumentRow
from app.models.orders import SellerRow
from app.sellers import load_sellers, seller_from_json
from app.services import rotate_keys as service
from app.services.check_health import faults_of_readiness
from app.services.idempotency import begin_attempt, finish_attempt
from app.services.load_sellers import store_sellers
from app.services.rotate_keys import list_keys, rotate_keys, seal_plain_rows
from app.services.webhooks import register_endpoint
from app.store.audit import read_events, verify_chains
from app.store.parties import seller_version
from app.store.webhooks import secret_of
from app.vault import UnknownKey, Vault
from tests.app.test_vault import NEW, OLD
from tests.planted import IBAN, SECRET_FORMS, issue_fact_sheet, planted_order, sellers_file
from tests.working import work

OLD_ID, NEW_ID = Vault([OLD]).newest, Vault([NEW]).newest
ANSWER = b'{"secret": "whsec_x"}'


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    return replace(settings, field_keys=(OLD,), sellers=sellers_file(tmp_path))


@pytest.fixture
def desk(settings: Settings) -> Iterator[Desk]:
    opened = open_desk(settings)
    store_sellers(opened)
    yield opened
    opened.close()


def reopened(desk: Desk, *keys: str) -> Desk:
    return open_desk(replace(desk.settings, field_keys=keys))


def fill(desk: Desk) -> tuple[str, str, str]:
    """One of everything that is sealed: a webhook endpoint, its secret, and the id of a document."""
    endpoint, secret = register_endpoint(desk, SYSTEM, url="http://127.0.0.1:9/hook")
    attempt = begin_attempt(desk, principal="key_1", key="once", fingerprint="f")
    finish_attempt(desk, attempt, status=201, headers=[("X", "1")], body=ANSWER)
    document = issue_fact_sheet(desk, planted_order(desk))
    return endpoint.id, secret, document.id


def everything_opens(desk: Desk, endpoint_id: str, secret: str) -> None:
    with desk.database.reading() as session:
        for code, seller in load_sellers(desk.settings.sellers).items():
            assert seller_from_json(seller_version(session, code, 1)) == seller
        assert secret_of(session, endpoint_id) == secret
    again = begin_attempt(desk, principal="key_1", key="once", fingerprint="f")
    assert again.answer
    assert again.answer.body == ANSWER


def used(desk: Desk) -> dict[str, dict[str, int]]:
    return {key.id: key.values for key in list_keys(desk)}


def actions(desk: Desk, action: str) -> list[dict[str, Any]]:
    with desk.database.reading() as session:
        return [event.facts for event in read_events(session) if event.action == action]


FILLED = {"documents": 2, "idempotency_keys": 1, "sellers": 4, "webhook_endpoints": 1}


def test_everything_is_sealed_anew_and_the_old_key_can_go(desk: Desk) -> None:
    endpoint, secret, document = fill(desk)
    assert used(desk) == {OLD_ID: FILLED}
    both = reopened(desk, NEW, OLD)
    everything_opens(both, endpoint, secret)
    rotation = rotate_keys(both, SYSTEM)
    assert (rotation.key_id, rotation.values, rotation.faults) == (NEW_ID, FILLED, ())
    assert used(both) == {NEW_ID: FILLED, OLD_ID: {}}
    both.close()
    new = reopened(desk, NEW)
    everything_opens(new, endpoint, secret)
    assert used(new) == {NEW_ID: FILLED}
    assert work(new).count("done") >= 1
    with new.database.reading() as session:
        assert session.get_one(DocumentRow, document).status == "ready"
    facts = actions(new, "field_key.rotated")
    assert {(f["from_key"], f["to_key"]) for f in facts} == {(OLD_ID, NEW_ID)}
    assert sum(f["values"] for f in facts) == sum(FILLED.values())
    new.close()


def test_rotating_again_changes_nothing_and_writes_nothing(desk: Desk) -> None:
    fill(desk)
    both = reopened(desk, NEW, OLD)
    rotate_keys(both, SYSTEM)
    before = len(actions(both, "field_key.rotated"))
    again = rotate_keys(both, SYSTEM)
    assert (again.rows, again.values, again.faults) == ({}, {}, ())
    assert len(actions(both, "field_key.rotated")) == before
    both.close()


def test_an_interrupted_rotation_goes_on_where_it_stopped(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(7):
        register_endpoint(desk, SYSTEM, url=f"http://127.0.0.1:9/{n}")
    both = reopened(desk, NEW, OLD)
    done, seal_anew = [], service._seal_anew

    def until_killed(session: Any, row: Any) -> int:
        if len(done) == 5:
            raise KeyboardInterrupt
        done.append(row)
        return seal_anew(session, row)

    monkeypatch.setattr(service, "_seal_anew", until_killed)
    with pytest.raises(KeyboardInterrupt):
        rotate_keys(both, SYSTEM, batch=2)
    monkeypatch.undo()
    kept = used(both)
    assert 0 < sum(kept[OLD_ID].values()) < 11
    assert sum(kept[OLD_ID].values()) + sum(kept[NEW_ID].values()) == 11
    rest = rotate_keys(both, SYSTEM, batch=2)
    assert sum(rest.values.values()) == sum(kept[OLD_ID].values())
    assert used(both)[OLD_ID] == {}
    both.close()


def test_what_is_written_with_the_old_key_meanwhile_is_found_by_the_next_run(desk: Desk) -> None:
    both = reopened(desk, NEW, OLD)
    rotate_keys(both, SYSTEM)
    register_endpoint(desk, SYSTEM, url="http://127.0.0.1:9/late")  # a process that was not restarted yet
    assert used(both)[OLD_ID] == {"webhook_endpoints": 1}
    assert rotate_keys(both, SYSTEM).values == {"webhook_endpoints": 1}
    both.close()


def test_keys_are_rotated_while_others_write_and_read(desk: Desk) -> None:
    """Processes that know both keys, some of which still seal with the old one, work on during a rotation."""
    writer, rotator = reopened(desk, OLD, NEW), reopened(desk, NEW, OLD)
    secrets: dict[str, str] = {}
    unreadable: list[Exception] = []
    stop = threading.Event()

    def write() -> None:
        for n in range(30):
            endpoint, secret = register_endpoint(writer, SYSTEM, url=f"http://127.0.0.1:9/{n}")
            secrets[endpoint.id] = secret

    def read() -> None:
        while not stop.is_set():
            for endpoint_id, secret in list(secrets.items()):
                try:
                    with writer.database.reading() as session:
                        assert secret_of(session, endpoint_id) == secret
                except Exception as error:
                    unreadable.append(error)

    threads = [threading.Thread(target=write), threading.Thread(target=read)]
    for thread in threads:
        thread.start()
    while threads[0].is_alive():
        rotate_keys(rotator, SYSTEM, batch=3)
    threads[0].join()
    assert rotate_keys(rotator, SYSTEM, batch=3).faults == ()
    stop.set()
    threads[1].join()
    assert unreadable == []
    assert used(rotator) == {NEW_ID: {"sellers": 4, "webhook_endpoints": 30}, OLD_ID: {}}
    with rotator.database.reading() as session:
        assert {endpoint: secret_of(session, endpoint) for endpoint in secrets} == secrets
    writer.close()
    rotator.close()


def test_what_does_not_open_is_named_and_left_and_the_rest_is_done(desk: Desk) -> None:
    endpoint, _, _ = fill(desk)
    with desk.database.writing() as session:
        session.execute(text("UPDATE webhook_endpoints SET secret = 'v1.' || key_id || '.AAAAAAAAAAAAAAAA.AAAA'"))
    both = reopened(desk, NEW, OLD)
    rotation = rotate_keys(both, SYSTEM, batch=1)
    assert rotation.values == {name: n for name, n in FILLED.items() if name != "webhook_endpoints"}
    assert len(rotation.faults) == 1
    assert f"webhook_endpoints {endpoint} secret" in rotation.faults[0]
    both.close()


def test_a_missing_key_is_named_everywhere_it_matters(desk: Desk) -> None:
    endpoint, _, _ = fill(desk)
    without = reopened(desk, NEW)
    with without.database.reading() as session, pytest.raises(UnknownKey, match=OLD_ID):
        secret_of(session, endpoint)
    with pytest.raises(UnknownKey, match=OLD_ID):
        store_sellers(without)
    assert [(key.id, key.is_known, key.is_newest) for key in list_keys(without)] == [
        (NEW_ID, True, True), (OLD_ID, False, False),
    ]  # fmt: skip
    assert any(OLD_ID in fault and "TAXDESK_FIELD_KEYS" in fault for fault in faults_of_readiness(without))
    assert not any("FIELD_KEYS" in fault for fault in faults_of_readiness(desk))
    assert set(rotate_keys(without, SYSTEM).values) == set()
    without.close()


def test_a_job_waits_for_a_forgotten_key_and_is_done_when_it_is_back(desk: Desk) -> None:
    _, _, document = fill(desk)
    without = reopened(desk, NEW)
    assert "done" not in work(without)
    with without.database.reading() as session:
        assert session.get_one(DocumentRow, document).status == "queued"
        attempts = session.scalar(text("SELECT max(attempts) FROM jobs WHERE kind = 'draw_document'"))
    assert attempts <= 1
    without.close()


def test_plain_rows_are_sealed_once(desk: Desk) -> None:
    """The state that the release before left: plain data, plain digests, plain secrets, no key."""
    given = load_sellers(desk.settings.sellers)
    endpoint, secret, _ = fill(desk)
    with desk.database.writing() as session:
        for code, seller in given.items():
            plain = {"data": seller.as_json(), "fingerprint": "0" * 64, "key_id": None}
            session.execute(update(SellerRow).where(SellerRow.code == code).values(**plain))
        session.execute(text("UPDATE webhook_endpoints SET key_id = NULL, secret = :s"), {"s": secret})
        session.execute(text("UPDATE idempotency_keys SET key_id = NULL, body = :b"), {"b": ANSWER})
    begin_attempt(desk, principal="key_1", key="in flight", fingerprint="f")
    assert seal_plain_rows(desk, SYSTEM, batch=1) == 4
    everything_opens(desk, endpoint, secret)
    assert used(desk) == {OLD_ID: FILLED}
    assert seal_plain_rows(desk, SYSTEM) == 0
    assert store_sellers(desk) == dict.fromkeys(given, 1), "a sealed seller is not a changed one"
    assert sum(facts["rows"] for facts in actions(desk, "field_key.sealed_plain")) == 4


def test_a_changed_number_makes_a_new_version_whatever_key_made_the_fingerprint(desk: Desk) -> None:
    assert store_sellers(desk) == {"planted": 1, "planted-person": 1}
    both = reopened(desk, NEW, OLD)
    assert store_sellers(both) == {"planted": 1, "planted-person": 1}
    rotate_keys(both, SYSTEM)
    assert store_sellers(both) == {"planted": 1, "planted-person": 1}
    file = Path(str(both.settings.sellers))
    file.write_text(file.read_text("utf-8").replace(IBAN, "DE87123456781234567890"), "utf-8")
    assert store_sellers(both) == {"planted": 2, "planted-person": 1}
    with both.database.reading() as session:
        assert not [fault for _, _, fault in verify_chains(session) if fault]
        rows = session.scalars(text("SELECT data FROM sellers")).all()
        fingerprints = [event.facts["fingerprint"] for event in read_events(session) if "seller." in event.action]
    assert all(fingerprint.startswith("f1.") for fingerprint in fingerprints)
    assert not [form for form in SECRET_FORMS if form in json.dumps(rows, default=str)]
    both.close()
