"""A planted tax number and account are printed on their document and are nowhere else: not in any table, log line,
audit event, answer, page, mail, file name or header.
"""

import json
import logging
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
import structlog
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import select
from werkzeug.routing import Rule

from app.actor import SYSTEM, Scope
from app.config import Settings
from app.desk import Desk, open_desk
from app.factory import create_app
from app.logs import configure_logs
from app.models import Base
from app.services.grant_access import create_api_key, create_user
from app.services.load_sellers import store_sellers
from app.services.rotate_keys import rotate_keys
from app.store.audit import read_events
from tests.api.conftest import Caller
from tests.app.test_vault import NEW, OLD
from tests.conftest import make_settings
from tests.planted import SECRET_FORMS, issue_fact_sheet, planted_order, sellers_file
from tests.working import work

PASSWORD = "a-password-of-enough-length-7"
EMAIL = "admin@taxdesk.example"


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Iterator[Settings]:
    """Settings whose sellers are planted; the loggers are put back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield make_settings(
        tmp_path, database_url=database_url, sellers=sellers_file(tmp_path), log_format="json", field_keys=(OLD,)
    )
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def desk(settings: Settings, capsys: pytest.CaptureFixture[str]) -> Iterator[Desk]:
    """A desk with the planted sellers, its log captured."""
    del capsys  # it catches the log when it is there before the log is configured
    configure_logs(settings)
    structlog.configure(cache_logger_on_first_use=False)
    opened = open_desk(settings)
    store_sellers(opened)
    yield opened
    opened.close()


@pytest.fixture
def client(desk: Desk) -> FlaskClient:
    return create_app(desk.settings, desk).test_client()


def sign_in(desk: Desk, client: FlaskClient) -> FlaskClient:
    create_user(desk, SYSTEM, email=EMAIL, role="admin", password=PASSWORD)
    browser = client.application.test_client()
    page = browser.get("/login").text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token
    answer = browser.post("/login", data={"csrf_token": token[1], "email": EMAIL, "password": PASSWORD})
    assert answer.status_code == 303
    return browser


def found(text: str) -> list[str]:
    return [form for form in SECRET_FORMS if form in text]


def printed(pdf: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)


def beside_documents(archive: bytes) -> str:
    """What an archive holds beside the documents themselves."""
    with zipfile.ZipFile(BytesIO(archive)) as files:
        names = [name for name in files.namelist() if not name.endswith(".pdf")]
        assert names
        return "".join(name + files.read(name).decode() for name in names)


def every_cell(desk: Desk) -> Iterator[tuple[str, str]]:
    """Every value in every table, as text."""
    with desk.database.reading() as session:
        for table in Base.metadata.sorted_tables:
            for row in session.execute(select(table)):
                for name, value in row._mapping.items():
                    text = value.decode("latin-1") if isinstance(value, bytes) else json.dumps(value, default=str)
                    yield f"{table.name}.{name}", text


def addresses(client: FlaskClient, known: dict[str, str]) -> list[str]:
    """Every address that answers a GET and whose parts we know."""
    rules: list[Rule] = [rule for rule in client.application.url_map.iter_rules() if "GET" in (rule.methods or ())]
    made = []
    for rule in rules:
        if rule.arguments <= known.keys():
            built = rule.build({name: known[name] for name in rule.arguments})
            assert built
            made.append(built[1])
    return made


def test_a_planted_number_is_on_its_document_and_nowhere_else(
    desk: Desk, capsys: pytest.CaptureFixture[str], client: FlaskClient
) -> None:
    order = planted_order(desk)
    document = issue_fact_sheet(desk, order)
    assert "done" in work(desk)
    with desk.database.reading() as session:
        events = [json.dumps(event.facts) + event.subject for event in read_events(session)]
    assert len(events) > 4
    assert not [event for event in events if found(event)]

    names = {"reference": order.reference, "document_id": document.id, "code": document.code, "name": "desk.css"}
    call = Caller(client, create_api_key(desk, SYSTEM, name="x", scopes=[str(scope) for scope in Scope]))
    signed_in = sign_in(desk, client)
    answered = 0
    for address in addresses(client, names):
        for answer in (call("GET", address), signed_in.get(address)):
            answered += answer.status_code == 200
            assert not found(str(answer.headers)), address
            if answer.mimetype == "application/pdf":
                assert found(printed(answer.data).replace(" ", "")), address
            elif answer.mimetype == "application/zip":
                assert not found(beside_documents(answer.data)), address
            else:
                assert not found(answer.get_data().decode("latin-1")), address
    assert answered > 20

    desk.close()
    again = open_desk(replace(desk.settings, field_keys=(NEW, OLD)))
    rotate_keys(again, SYSTEM)
    seen = list(every_cell(again))
    again.close()
    assert len(seen) > 200
    assert sorted({place for place, text in seen if found(text)}) == []
    assert any("v1." in text for place, text in seen if place == "documents.facts")

    written = capsys.readouterr()
    assert "document" in written.err
    assert not found(written.err + written.out)
    files = [path for path in desk.settings.data_dir.rglob("*") if path.is_file()]
    assert not found(" ".join(map(str, files)))
    plain = [path for path in files if path.suffix in {".eml", ".json"} and found(path.read_text("utf-8", "ignore"))]
    assert plain == []
