"""The pages about the API: every problem's ``type`` leads to one, and ``/docs`` shows what ``/openapi.json`` says."""

from dataclasses import replace
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from app import errors
from app.actor import SYSTEM
from app.config import Environment, RegisterMode, Settings
from app.desk import Desk, open_desk
from app.factory import create_app
from app.problems import HTTP_PROBLEMS, INTERNAL, PROBLEMS, every_problem
from app.services.grant_access import create_api_key

SELLERS = Path(__file__).parents[2] / "app/examples/sellers.yaml"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    folder = tmp_path_factory.mktemp("pages")
    return create_app(Settings(data_dir=folder).completed()).test_client()


@pytest.mark.parametrize("code", every_problem())
def test_every_problem_code_has_a_page(pages: FlaskClient, code: str) -> None:
    problem, meaning = every_problem()[code]
    answer = pages.get(f"/problems/{code}")
    assert (answer.status_code, answer.content_type) == (200, "text/html; charset=utf-8")
    text = unescape(answer.text)
    for part in (problem.code, problem.title, str(problem.status), meaning, problem.next_step):
        assert part
        assert part in text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_every_error_and_every_http_code_is_among_them() -> None:
    kinds = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.DomainError)}
    assert kinds - {errors.DomainError} <= set(PROBLEMS)
    codes = {p.code for p in (*PROBLEMS.values(), *HTTP_PROBLEMS.values(), INTERNAL)}
    assert set(every_problem()) == codes


def test_the_type_of_a_problem_leads_to_its_page(pages: FlaskClient) -> None:
    for problem in (pages.get("/v1/orders").json, pages.get("/v1/nowhere").json, pages.delete("/v1/orders").json):
        page = pages.get(urlsplit(problem["type"]).path)
        assert page.status_code == 200
        assert problem["title"] in unescape(page.text)


def test_an_unknown_code_has_no_page(pages: FlaskClient) -> None:
    assert pages.get("/problems/no_such").status_code == 404
    assert pages.get("/problems/<script>").status_code == 404


def test_the_docs_show_every_operation_with_parameters_and_members(pages: FlaskClient) -> None:
    text = unescape(pages.get("/docs").text)
    spec = pages.get("/openapi.json").json
    for path, item in spec["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                assert f"{method.upper()} {path}" in text
                assert operation["summary"] in text
                assert f'id="{operation["operationId"]}"' in text
    for member in (
        "customer.address.country",
        "lines[].tax.rate_percent",
        "Idempotency-Key",
        "If-Match",
        "lines[].amount",
    ):
        assert f"<code>{member}</code>" in text
    assert "<script" not in text
    assert "http://" not in text.replace("http://127.0.0.1", "")


def test_the_docs_need_a_key_in_production(desk: Desk) -> None:
    settings = replace(
        desk.settings,
        env=Environment.PRODUCTION,
        base_url="https://taxdesk.example",
        secret_keys=("kX2vT9qLr8WmZp4Yc7Nd1Gh6Bs3Fj5Ea0UoQiXw",),
        field_keys=("Yt4nBq8sKd2wHx6mRf0pLz3vCj7gAe1uNiOo5T9I",),
        registers=RegisterMode.OFF,
        sellers=SELLERS,
        vies_url="",
    ).completed()
    opened = open_desk(settings)
    client = create_app(settings, opened).test_client()
    for path in ("/docs", "/openapi.json", "/metrics"):
        assert client.get(path).status_code == 401
        for scope, status in (("billing", 403), ("admin", 200)):
            key = create_api_key(opened, SYSTEM, name="x", scopes=[scope])
            assert client.get(path, headers={"Authorization": f"Bearer {key}"}).status_code == status
    for path in ("/problems/not_found", "/livez", "/version"):
        assert client.get(path).status_code == 200
    opened.close()
