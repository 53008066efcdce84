"""Who may call what: every route has a guard, every scope opens what it should and nothing else."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.actor import SYSTEM, Scope
from app.auth import guard_of
from app.desk import Desk
from app.factory import create_app
from app.services.grant_access import create_api_key, revoke_api_key
from tests.api.conftest import Caller, SharedApi

OPEN = {"system.livez", "system.readyz", "system.version", "assets.show", "login.show", "login.enter"}
OPEN |= {"verify.show", "verify.compare", "readable.problem", "login.leave"}
ALL = {Scope.BILLING, Scope.PAYMENTS, Scope.AUDITOR}
MATRIX = {
    ("POST", "/v1/tax-id-checks"): {Scope.BILLING, Scope.PAYMENTS},
    ("GET", "/v1/tax-id-checks"): ALL,
    ("GET", "/v1/tax-id-checks/<check_id>"): ALL,
    ("GET", "/v1/registers"): ALL,
    ("POST", "/v1/tax/calculations"): {Scope.BILLING, Scope.PAYMENTS},
    ("GET", "/v1/tax/calculations/<calculation_id>"): ALL,
    ("GET", "/v1/tax/calculations/<calculation_id>/explanation"): ALL,
    ("GET", "/v1/tax/rates"): ALL,
    ("GET", "/v1/orders"): ALL,
    ("PUT", "/v1/orders/<reference>"): {Scope.BILLING},
    ("GET", "/v1/orders/<reference>"): ALL,
    ("GET", "/v1/orders/<reference>/explanation"): ALL,
    ("POST", "/v1/orders/<reference>/payments"): {Scope.BILLING, Scope.PAYMENTS},
    ("POST", "/v1/orders/<reference>/tax-refunds"): {Scope.BILLING, Scope.PAYMENTS},
    ("POST", "/v1/orders/<reference>/refunds"): {Scope.BILLING, Scope.PAYMENTS},
    ("POST", "/v1/orders/<reference>/documents"): {Scope.BILLING, Scope.PAYMENTS},
    ("GET", "/v1/orders/<reference>/documents"): ALL,
    ("GET", "/v1/adjustments/<adjustment_id>"): ALL,
    ("POST", "/v1/adjustments/<adjustment_id>/approve"): {Scope.PAYMENTS},
    ("POST", "/v1/adjustments/<adjustment_id>/reject"): {Scope.PAYMENTS},
    ("POST", "/v1/exemption-certificates"): {Scope.BILLING, Scope.PAYMENTS},
    ("GET", "/v1/exemption-certificates"): ALL,
    ("GET", "/v1/exemption-certificates/<certificate_id>"): ALL,
    ("POST", "/v1/exemption-certificates/<certificate_id>/revoke"): {Scope.PAYMENTS},
    ("GET", "/v1/documents"): ALL,
    ("GET", "/v1/documents/<document_id>"): ALL,
    ("GET", "/v1/documents/<document_id>/content"): ALL,
    ("POST", "/v1/documents/verify"): ALL,
    ("POST", "/v1/bulk/documents"): {Scope.BILLING, Scope.PAYMENTS},
    ("POST", "/v1/bulk/tax/calculations"): {Scope.BILLING, Scope.PAYMENTS},
    ("GET", "/v1/bulk/<run_id>"): ALL,
    ("GET", "/v1/bulk/<run_id>/result"): ALL,
    ("GET", "/v1/bulk/<run_id>/errors"): ALL,
    ("GET", "/v1/audit-events"): {Scope.AUDITOR},
    ("POST", "/v1/audit-exports"): {Scope.AUDITOR},
    ("GET", "/v1/audit-exports"): {Scope.AUDITOR},
    ("GET", "/v1/audit-exports/<export_id>"): {Scope.AUDITOR},
    ("GET", "/v1/audit-exports/<export_id>/content"): {Scope.AUDITOR},
    ("POST", "/v1/webhook-endpoints"): set(),
    ("GET", "/v1/webhook-endpoints"): set(),
    ("DELETE", "/v1/webhook-endpoints/<endpoint_id>"): set(),
    ("POST", "/v1/webhook-deliveries/<delivery_id>/replay"): set(),
} | {
    ("GET", f"/v1/reference/{name}"): ALL
    for name in ("currencies", "countries", "languages", "payment-options", "product-kinds", "reasons")
}


def api_routes(app: Flask) -> set[tuple[str, str]]:
    return {
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/v1")
    }


def test_every_route_has_a_guard_and_only_the_named_ones_are_open(shared: SharedApi) -> None:
    app = shared.client.application
    guards = {rule.endpoint: guard_of(app, rule.endpoint) for rule in app.url_map.iter_rules()}
    assert [endpoint for endpoint, guard in guards.items() if guard is None] == []
    assert {endpoint for endpoint, guard in guards.items() if guard and guard.door == "open"} == OPEN


def test_a_route_without_a_guard_answers_nobody(desk: Desk) -> None:
    app = create_app(desk.settings, desk)
    app.add_url_rule("/v1/forgotten", view_func=lambda: {"secret": 1})
    assert app.test_client().get("/v1/forgotten").status_code == 404


def test_the_matrix_names_every_route(shared: SharedApi) -> None:
    assert api_routes(shared.client.application) == set(MATRIX)


@pytest.mark.parametrize("scope", Scope)
def test_a_scope_opens_its_routes_and_no_other(shared: SharedApi, scope: Scope) -> None:
    call = Caller(shared.client, create_api_key(shared.desk, SYSTEM, name=f"only {scope}", scopes=[str(scope)]))
    for (method, rule), scopes in MATRIX.items():
        path = rule.replace("<", "").replace(">", "")
        answer = call(method, path)
        allowed = scope is Scope.ADMIN or scope in scopes
        assert (answer.status_code == 403) is not allowed, (method, rule, answer.status_code)
        assert answer.status_code not in {401, 405}
        assert answer.status_code < 500
        if not allowed:
            assert answer.json["code"] == "forbidden"
            assert all(str(needed) in answer.json["detail"] for needed in scopes)


def test_without_a_key_every_route_is_401_and_says_how(shared: SharedApi) -> None:
    for method, rule in MATRIX:
        answer = shared.client.open(rule.replace("<", "").replace(">", ""), method=method)
        assert (answer.status_code, answer.json["code"]) == (401, "unauthenticated")
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="taxdesk"'


@pytest.mark.parametrize(
    "sent",
    [
        "", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "Bearer x", "Bearer tdk", "Bearer tdk_dev", "Bearer tdk_dev_x",
        "Bearer tdk_dev_x_y", "Bearer tdk_dev_x_y_z", "Bearer ___", "Bearer tdk___", "Bearer tdk_dev__" + "a" * 43,
        "Bearer " + "a" * 10_000, "Bearer tdk_dev_\x00_y", "Bearer tdk_dev_é_é", "Bearer \xff\xfe",
        "Bearer ' OR 1=1 --", "Bearer tdk_dev_%_%", "Bearer null",
        "Token {key}", "{key}", "Bearer {key}x", "Bearer {cut}", "Bearer {upper}",
        "Bearer {key}, Bearer {key}", "Bearer {key} {key}",
    ],
    ids=ascii,
)  # fmt: skip
def test_what_is_no_key_in_force_is_401(shared: SharedApi, sent: str) -> None:
    key = shared.call.key
    header = sent.replace("{key}", key).replace("{cut}", key[:-1]).replace("{upper}", key.upper())
    answer = shared.client.get("/v1/orders", headers={"Authorization": header})
    assert (answer.status_code, answer.json["code"]) == (401, "unauthenticated")
    assert key not in answer.text


def test_the_secret_of_one_key_does_not_open_another(shared: SharedApi) -> None:
    first = create_api_key(shared.desk, SYSTEM, name="a", scopes=["billing"]).split("_")
    second = create_api_key(shared.desk, SYSTEM, name="b", scopes=["billing"]).split("_")
    mixed = "_".join((*first[:3], second[3]))
    assert Caller(shared.client, mixed)("GET", "/v1/orders").status_code == 401


def test_a_revoked_key_opens_nothing_from_then_on(
    client: FlaskClient, desk: Desk, call_as: Callable[..., Caller]
) -> None:
    call = call_as(Scope.BILLING)
    assert call("GET", "/v1/orders").status_code == 200
    revoke_api_key(desk, SYSTEM, call.key.split("_")[2])
    assert call("GET", "/v1/orders").status_code == 401


def test_a_key_in_the_address_or_a_cookie_is_none(shared: SharedApi) -> None:
    key = shared.call.key
    assert shared.client.get(f"/v1/orders?api_key={key}").status_code == 401
    shared.client.set_cookie("Authorization", f"Bearer {key}")
    assert shared.client.get("/v1/orders").status_code == 401


def test_an_api_key_does_not_open_pages(shared: SharedApi) -> None:
    answer = shared.call("GET", "/orders")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/login")


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "POST"])
def test_a_method_that_there_is_not_names_those_there_are(shared: SharedApi, method: str) -> None:
    answer = shared.call(method, "/v1/orders/A-1", {})
    assert (answer.status_code, answer.json["code"]) == (405, "method_not_allowed")
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "PUT"}


@pytest.mark.parametrize("override", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_no_header_changes_the_method(shared: SharedApi, override: str) -> None:
    answer = shared.call("GET", "/v1/orders/A-1", **{override: "DELETE"})
    assert answer.status_code == 200


def test_trace_is_not_answered(shared: SharedApi) -> None:
    assert shared.client.open("/v1/orders", method="TRACE").status_code == 405


def test_head_answers_like_get_without_a_body(shared: SharedApi) -> None:
    got, head = shared.call("GET", "/v1/orders/A-1"), shared.call("HEAD", "/v1/orders/A-1")
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["ETag"] == got.headers["ETag"]
    assert head.headers["Content-Length"] == got.headers["Content-Length"]


def test_options_names_the_methods(shared: SharedApi) -> None:
    answer = shared.call("OPTIONS", "/v1/orders/A-1")
    assert answer.status_code == 200
    assert {"GET", "PUT"} <= set(answer.headers["Allow"].split(", "))
    assert "Access-Control-Allow-Origin" not in answer.headers
