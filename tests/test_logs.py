"""Personal data never reaches a log line, a URL, a file name or an error text; a value never begins a line."""

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import structlog

from app.actor import SYSTEM
from app.config import Settings
from app.desk import open_desk
from app.factory import create_app
from app.logs import configure_logs
from app.registers.double import RegisterDouble
from app.services.grant_access import create_api_key
from app.services.load_sellers import store_sellers
from tests.api.conftest import FRENCH_ID, FRENCH_ORDER, PAYMENT, Caller, changed
from tests.conftest import make_settings
from tests.working import work, working

CANARIES = {
    "customer__name": "Canaria Kanarienvogel SARL",
    "customer__email": "canary.bird@canary-mail.example",
    "customer__address__line1": "77 Canarystrasse",
    "customer__address__city": "Canaryville",
    "purchase_order_number": "FR7630006000011234567890189",
}


@pytest.fixture(params=["json", "console"])
def settings(request: pytest.FixtureRequest, sqlite_url: str, tmp_path: Path) -> Iterator[Settings]:
    """Settings with each kind of log; the loggers are put back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield make_settings(tmp_path, database_url=sqlite_url, log_format=request.param)
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def configured(settings: Settings) -> None:
    configure_logs(settings)
    structlog.configure(cache_logger_on_first_use=False)


def test_the_whole_story_leaves_no_personal_data_where_it_does_not_belong(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    configured(settings)
    with RegisterDouble() as double:
        desk = open_desk(replace(settings, vies_url=double.vies_url))
        store_sellers(desk)
        call = Caller(
            create_app(desk.settings, desk).test_client(),
            create_api_key(desk, SYSTEM, name="canary", scopes=["billing", "payments", "auditor"]),
        )
        answers = [call("PUT", "/v1/orders/A-1", changed(FRENCH_ORDER, **CANARIES, customer__tax_ids=[]))]
        assert answers[0].status_code == 201, answers[0].json
        call("POST", "/v1/orders/A-1/payments", PAYMENT)
        with working(desk):
            refund = {"reason": "vat_id_provided", "tax_id": {"number": FRENCH_ID}, "note": CANARIES["customer__name"]}
            assert call("POST", "/v1/orders/A-1/tax-refunds", refund).status_code == 201
        work(desk)
        documents = call("GET", "/v1/orders/A-1/documents").json["data"]
        contents = [call("GET", d["links"]["content"]) for d in documents]
        refusals = [
            call("GET", f"/v1/orders/{CANARIES['customer__name']}"),
            call("PUT", "/v1/orders/A-2", changed(FRENCH_ORDER, **CANARIES, customer__language="x")),
            call("GET", f"/v1/orders?query={CANARIES['customer__email']}&nonsense=1"),
            call("POST", "/v1/orders/A-1/payments", {"name": CANARIES["customer__name"]}),
        ]
        desk.close()
    written = capsys.readouterr()
    lines = written.err + written.out
    assert "answered" in lines
    files = [str(path) for path in settings.data_dir.rglob("*")]
    assert any("mail" in name for name in files)
    headers = [str(a.headers) for a in contents] + [str(d["links"]) for d in documents]
    for secret in (*CANARIES.values(), FRENCH_ID, FRENCH_ID[2:], call.key, call.key.split("_")[3]):
        assert secret not in lines
        assert not [name for name in files if secret in name]
        assert not [text for text in headers if secret in text]
        assert not [a for a in refusals if secret in a.text]


def test_what_was_not_foreseen_is_told_by_its_number_alone(
    settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    configured(settings)
    desk = open_desk(settings)
    client = create_app(settings, desk).test_client()
    call = Caller(client, create_api_key(desk, SYSTEM, name="x", scopes=["billing"]))

    def fail(*_args: object, **_given: object) -> None:
        raise RuntimeError("broke on canary.bird@canary-mail.example FR29999001001 tdk_dev_abc_secret-of-the-key")

    monkeypatch.setattr("app.api.orders.find_orders", fail)
    answer = call("GET", "/v1/orders")
    assert (answer.status_code, answer.content_type) == (500, "application/problem+json")
    problem = answer.json
    assert (problem["code"], problem["errors"]) == ("internal_error", [])
    assert problem["request_id"] == answer.headers["X-Request-Id"]
    lines = capsys.readouterr().err
    assert problem["request_id"] in lines
    assert "RuntimeError" in lines
    assert "in list_orders" in lines
    for secret in ("canary", "FR29999001001", "secret-of-the-key"):
        assert secret not in lines
        assert secret not in answer.text
    assert "broke on" not in answer.text
    assert "Traceback" not in answer.text
    desk.close()


@pytest.mark.parametrize(
    "value",
    ["first\nsecond", "first\r\nsecond", "a\x1b[31mred", "a\x00b", "a\u2028b", "a\x85b", "a\x7fb"],
    ids=ascii,
)
def test_a_value_never_begins_a_line_or_steers_a_terminal(
    settings: Settings, capsys: pytest.CaptureFixture[str], value: str
) -> None:
    configured(settings)
    structlog.get_logger("test").info(value, route=value)
    logging.getLogger("library").info("said %s", value)
    lines = capsys.readouterr().err
    assert lines.count("\n") == 2
    assert len(lines.splitlines()) == 2
    if settings.log_format == "json":
        events = [json.loads(line) for line in lines.splitlines()]
        assert all(event["event"].isprintable() for event in events)
        assert events[0]["route"].isprintable()
    assert value not in lines


@pytest.mark.parametrize(
    "text",
    ["jane@doe.example", "DE89 3704 0044 0532 0130 00", "DE89370400440532013000", "FR40391895109", "DE123456789",
     "123-45-6789",
     "12-3456789", "tdk_live_abc_def-ghi", "postgresql://user:hunter2@db.example/x",
     "DETAIL:  Failing row contains (cus_1, Jane Doe, 5 High Street)."],
)  # fmt: skip
def test_personal_data_is_recognised_by_its_shape_wherever_it_stands(
    settings: Settings, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    configured(settings)
    log = structlog.get_logger("test")
    log.info(f"saw {text} there", where=text, deep={"inner": [text, {"more": text}]})
    log.info("fields", email=text, customer={"anything": text}, token=text)
    try:
        raise ValueError(text)
    except ValueError:
        log.exception("failed")
    lines = capsys.readouterr().err
    assert "failed" in lines
    for part in (text, "hunter2", "Jane Doe", "High Street"):
        assert part not in lines
