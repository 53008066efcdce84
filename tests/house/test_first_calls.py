"""The first API calls of the README, made as they stand there, against a register double that answers."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.test import Client, TestResponse

from app.actor import SYSTEM, Scope
from app.config import Settings
from app.factory import create_app
from app.registers.double import RegisterDouble
from app.services.grant_access import create_api_key
from app.services.load_sellers import store_sellers
from tests.conftest import make_settings
from tests.house.test_docs import shell_commands
from tests.working import working


@pytest.fixture
def settings(sqlite_url: str, tmp_path: Path) -> Iterator[Settings]:
    with RegisterDouble() as double:
        yield make_settings(tmp_path, database_url=sqlite_url, vies_url=double.vies_url)


@pytest.fixture
def client(settings: Settings) -> Client:
    return create_app(settings).test_client()


@pytest.fixture
def variables(client: Client) -> dict[str, str]:
    """What the README tells to export."""
    desk = client.application.extensions["desk"]  # type: ignore[attr-defined]
    store_sellers(desk)
    return {"KEY": create_api_key(desk, SYSTEM, name="first calls", scopes=[Scope.BILLING]), "API": "/v1"}


def readme_calls() -> list[list[str]]:
    return [words[1:] for words in shell_commands() if words[0] == "curl"]


def call(client: Client, words: list[str], variables: dict[str, str]) -> TestResponse:
    """What curl would send."""
    method, headers, body, path = "GET", {}, None, ""
    words = [re.sub(r"\$(\w+)", lambda match: variables[match[1]], word) for word in words]
    while words:
        word = words.pop(0)
        if word == "-X":
            method = words.pop(0)
        elif word == "-H":
            name, value = words.pop(0).split(": ", 1)
            headers[name] = value
        elif word == "-d":
            body = words.pop(0)
        else:
            path = word
    return client.open(path, method=method, headers=headers, data=body)


def kinds(answer: TestResponse) -> list[str]:
    return [document["kind"] for document in json.loads(answer.text)["data"]]


def test_the_first_calls_of_the_readme_do_what_it_says(client: Client, variables: dict[str, str]) -> None:
    put, check, preview, refund, sheet, documents = readme_calls()

    order = call(client, put, variables)
    assert order.status_code == 201, order.text
    assert json.loads(order.text)["totals"]["tax"] == "20.00"

    with working(client.application.extensions["desk"]):  # type: ignore[attr-defined]
        checked = call(client, check, variables)
    assert checked.status_code == 201, checked.text
    assert json.loads(checked.text)["status"] == "verified"

    previewed = call(client, preview, variables)
    assert previewed.status_code == 200, previewed.text
    assert json.loads(previewed.text)["adjustment"]["tax_refund"] == "20.00"
    assert "credit_note" not in kinds(call(client, documents, variables))

    refunded = call(client, refund, variables)
    assert refunded.status_code == 201, refunded.text
    again = call(client, refund, variables)
    assert json.loads(again.text) == json.loads(refunded.text)

    given = call(client, sheet, variables)
    assert given.status_code == 202, given.text

    of_order = kinds(call(client, documents, variables))
    assert (of_order.count("credit_note"), of_order.count("vendor_fact_sheet")) == (1, 1)


def test_the_description_lies_where_the_readme_says(client: Client) -> None:
    assert client.get("/openapi.json").status_code == 200
