"""The API's description: valid, complete, and the same as the committed snapshot.

``python -m tests.api.test_openapi`` writes the snapshot anew; the difference is for a reviewer.
"""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from openapi_spec_validator import validate

from app.factory import create_app
from tests.conftest import make_settings

SNAPSHOT = Path(__file__).with_name("openapi.json")
METHODS = {"get", "put", "post", "patch", "delete"}


def describe(folder: Path) -> dict[str, Any]:
    client = create_app(make_settings(folder, base_url="http://127.0.0.1:8000")).test_client()
    description: dict[str, Any] = client.get("/openapi.json").json
    return description


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return describe(tmp_path_factory.mktemp("spec"))


def operations(spec: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in spec["paths"].items():
        for method in METHODS & set(item):
            yield method, path, item[method]


def test_it_is_valid_openapi_31(spec: dict[str, Any]) -> None:
    assert spec["openapi"].startswith("3.1.")
    validate(spec)


def test_it_is_the_committed_snapshot(spec: dict[str, Any]) -> None:
    committed = json.loads(SNAPSHOT.read_text())
    assert spec == committed, "run `python -m tests.api.test_openapi` and look at the difference"


def test_every_operation_is_named_guarded_and_answers(spec: dict[str, Any]) -> None:
    seen = set()
    tags = {tag["name"] for tag in spec["tags"]}
    for method, path, operation in operations(spec):
        where = f"{method} {path}"
        assert operation["operationId"] not in seen, where
        seen.add(operation["operationId"])
        assert operation["summary"], where
        assert operation["security"] == [{"key": []}], where
        assert set(operation["tags"]) <= tags, where
        assert operation["responses"]["default"] == {"$ref": "#/components/responses/DEFAULT_ERROR"}, where
        success = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
        assert success, where
        assert all(answer.get("content") or "204" in operation["responses"] for answer in success), where
        for answer in success:
            for content in answer.get("content", {}).values():
                assert content["schema"], where
    assert len(seen) == len(list(operations(spec)))


def test_every_api_route_is_described(spec: dict[str, Any], client: FlaskClient) -> None:
    routes = {
        (method.lower(), rule.rule.replace("<", "{").replace(">", "}"))
        for rule in client.application.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/v1")
    }
    assert {(method, path) for method, path, _ in operations(spec)} == routes


def test_headers_that_a_caller_must_or_may_send_are_described(spec: dict[str, Any]) -> None:
    found = {
        operation["operationId"]: {
            p["name"]: p["required"] for p in operation.get("parameters", ()) if p["in"] == "header"
        }
        for _, _, operation in operations(spec)
    }
    for name in ("recordPayment", "refundTax", "createWebhookEndpoint", "replayWebhookDelivery"):
        assert found[name] == {"Idempotency-Key": True}
    assert found["checkTaxId"] == {"Idempotency-Key": True, "Prefer": False}
    assert found["calculateTax"] == {"Idempotency-Key": False}
    assert found["putOrder"] == {"If-Match": False}
    for name in ("getOrder", "getDocument", "getCalculation", "getTaxIdCheck"):
        assert found[name] == {"If-None-Match": False}


def test_bounds_are_numbers(spec: dict[str, Any]) -> None:
    def walk(thing: Any, where: str) -> None:
        if isinstance(thing, dict):
            for name, inner in thing.items():
                if name in {"minimum", "maximum", "exclusiveMinimum", "minLength", "maxLength", "minItems", "maxItems"}:
                    assert not isinstance(inner, str), f"{where}/{name}"
                walk(inner, f"{where}/{name}")
        elif isinstance(thing, list):
            for inner in thing:
                walk(inner, where)

    walk(spec, "")


def test_the_problem_schema_is_what_problems_are(spec: dict[str, Any], client: FlaskClient) -> None:
    schema = spec["components"]["schemas"]["Problem"]
    problem = client.get("/v1/orders").json
    assert set(problem) == set(schema["required"]) == set(schema["properties"])
    answer = spec["components"]["responses"]["DEFAULT_ERROR"]
    assert set(answer["content"]) == {"application/problem+json"}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        SNAPSHOT.write_text(json.dumps(describe(Path(folder)), indent=1, sort_keys=True, ensure_ascii=False) + "\n")
