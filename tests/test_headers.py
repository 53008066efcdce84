"""Every answer, errors and files included, carries its headers; none of the caller's leads elsewhere."""

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app.config import Environment, RegisterMode, Settings
from app.desk import open_desk
from app.factory import create_app
from app.store.schema import upgrade
from tests.conftest import make_settings

SELLERS = Path(__file__).parents[1] / "app/examples/sellers.yaml"
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
CALLS = [
    ("GET", "/livez", 200), ("GET", "/version", 200), ("GET", "/openapi.json", 200), ("GET", "/metrics", 200),
    ("GET", "/docs", 200), ("GET", "/problems/not_found", 200), ("GET", "/login", 200), ("GET", "/orders", 302),
    ("GET", "/v1/orders", 401), ("GET", "/v1/nowhere", 404), ("GET", "/nowhere", 404), ("DELETE", "/v1/orders", 405),
    ("DELETE", "/login", 405), ("GET", "/verify/none", 404), ("POST", "/login", 400), ("GET", "/livez?x=1", 400),
    ("GET", "/v1/orders/%00", 401), ("OPTIONS", "/livez", 200), ("HEAD", "/livez", 200),
]  # fmt: skip


def client_of(settings: Settings) -> FlaskClient:
    desk = open_desk(settings)
    upgrade(desk.database)
    return create_app(settings, desk).test_client()


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    return client_of(make_settings(tmp_path_factory.mktemp("headers"), base_url="http://desk.example"))


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    return client_of(production_settings(tmp_path_factory.mktemp("production")))


def production_settings(folder: Path, **given: object) -> Settings:
    return make_settings(
        folder,
        env=Environment.PRODUCTION,
        base_url="https://desk.example",
        secret_keys=("kX2vT9qLr8WmZp4Yc7Nd1Gh6Bs3Fj5Ea0UoQiXw",),
        field_keys=("Yt4nBq8sKd2wHx6mRf0pLz3vCj7gAe1uNiOo5T9I",),
        registers=RegisterMode.OFF,
        sellers=SELLERS,
        **given,
    )


@pytest.mark.parametrize(("method", "path", "status"), CALLS)
def test_every_answer_has_the_security_headers(client: FlaskClient, method: str, path: str, status: int) -> None:
    answer = client.open(path, method=method)
    assert answer.status_code == status
    for name, value in ALWAYS.items():
        assert answer.headers[name] == value
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["Cache-Control"].startswith("no-store")
    assert re.fullmatch("req_[0-9a-z]{26}", answer.headers["X-Request-Id"])
    assert "Set-Cookie" not in answer.headers or path == "/login"


def test_scripts_need_a_nonce_that_is_new_each_time(client: FlaskClient) -> None:
    policies = {client.get("/login").headers["Content-Security-Policy"] for _ in range(3)}
    assert len(policies) == 3


@pytest.mark.parametrize("given", ["client-4711-abc", "a" * 64, "0af7651916cd43dd8448eb211c80319c", "A.b:c_d-1"])
def test_a_sane_request_id_is_kept(client: FlaskClient, given: str) -> None:
    answer = client.get("/v1/orders", headers={"X-Request-Id": given})
    assert answer.headers["X-Request-Id"] == answer.json["request_id"] == given


@pytest.mark.parametrize("given", ["short", "a" * 65, "a b c d e f", "<script>alert(1)", "ÄÖÜäöüÄÖÜ", "a@b.example"])
def test_any_other_request_id_is_replaced(client: FlaskClient, given: str) -> None:
    answer = client.get("/v1/orders", headers={"X-Request-Id": given.encode().decode("latin-1")})
    assert given not in answer.text
    assert answer.headers["X-Request-Id"].startswith("req_")


FORGED = {
    "Host": "evil.example",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-For": "6.6.6.6",
    "X-Forwarded-Prefix": "/evil",
    "Forwarded": "host=evil.example",
    "X-Original-URL": "/admin",
    "X-Rewrite-URL": "/admin",
}


LINKING = ["/v1/orders", "/v1//orders", "//v1/orders", "/v1/orders/", "/orders", "/orders//x", "/nowhere", "/login"]
LINKING += ["/openapi.json", "/docs", "/problems/not_found", "/verify/none"]


@pytest.mark.parametrize("path", LINKING)
def test_no_header_of_the_caller_reaches_a_link(client: FlaskClient, path: str) -> None:
    answer = client.get(path, headers=FORGED)
    assert "evil" not in answer.text
    assert "evil" not in str(answer.headers)
    assert not answer.headers.get("Location", "/").startswith(("//", "http"))


def test_forwarded_headers_count_from_as_many_proxies_as_are_trusted(tmp_path: Path) -> None:
    seen: list[tuple[str, str]] = []
    for hops in (0, 1, 2):
        app = create_app(production_settings(tmp_path / str(hops), trusted_proxies=hops))

        def tell() -> str:
            from flask import request

            seen.append((request.remote_addr or "", request.scheme))
            return ""

        app.before_request(tell)
        forwarded = {"X-Forwarded-For": "1.1.1.1, 2.2.2.2", "X-Forwarded-Proto": "https, https"}
        app.test_client().get("/livez", headers=forwarded)
        app.extensions["desk"].close()
    assert seen == [("127.0.0.1", "http"), ("2.2.2.2", "https"), ("1.1.1.1", "https")]


def test_production_asks_browsers_for_https_only(production: FlaskClient, client: FlaskClient) -> None:
    for path in ("/livez", "/v1/orders", "/nowhere"):
        assert production.get(path).headers["Strict-Transport-Security"].startswith("max-age=31536000")
        assert "Strict-Transport-Security" not in client.get(path).headers


def test_nothing_tells_what_serves_it(client: FlaskClient) -> None:
    for name in ("Server", "X-Powered-By"):
        assert name not in client.get("/livez").headers
