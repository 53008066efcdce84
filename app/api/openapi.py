"""The OpenAPI 3.1 description: what flask-smorest derives from the code, with the house rules written into it."""

import re
from typing import Any

from apispec import APISpec
from flask import Flask
from flask_smorest import Api

from app.actor import Scope
from app.api.house import IDEMPOTENCY
from app.auth import GUARD
from app.config import Settings
from app.problems import every_problem
from app.version import VERSION

PROBLEM_SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail", "errors", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "documentation of the code"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {
            "type": "string",
            "description": "stable; may grow: " + ", ".join(every_problem()),
        },
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON Pointer into the body, or ?name of a parameter"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
        "request_id": {"type": "string"},
    },
}


IDEMPOTENCY_KEY = (
    "Idempotency-Key",
    "The same key with the same request gives the first answer again, for 31 days",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
)
IF_NONE_MATCH = ("If-None-Match", "The ETag that the caller has; 304 when it is still the same", {"type": "string"})
IF_MATCH = (
    "If-Match",
    "The ETag of the order as it was read; needed to change one, not to send the same again",
    {"type": "string"},
)
PREFER = (
    "Prefer",
    "`wait=N`: how many seconds may be waited for the result, at most 10; other preferences are passed over",
    {"type": "string"},
)
HEADERS = {
    "putOrder": (IF_MATCH,),
    "getOrder": (IF_NONE_MATCH,),
    "getDocument": (IF_NONE_MATCH,),
    "getCalculation": (IF_NONE_MATCH,),
    "getTaxIdCheck": (IF_NONE_MATCH,),
    "getAdjustment": (IF_NONE_MATCH,),
    "getCertificate": (IF_NONE_MATCH,),
    "getAuditExport": (IF_NONE_MATCH,),
    "exportAudit": (PREFER,),
    "giveDocumentsInBulk": (PREFER,),
    "getBulkRun": (PREFER, IF_NONE_MATCH),
    "checkTaxId": (PREFER,),
}


def openapi_options() -> dict[str, Any]:
    """flask-smorest's settings."""
    return {
        "API_TITLE": "taxdesk",
        "API_VERSION": "v1",
        "OPENAPI_VERSION": "3.1.0",
        "API_SPEC_OPTIONS": {
            "info": {
                "version": VERSION,
                "description": "Tax decisions, tax ID checks, orders, adjustments and issued documents. Money is a "
                "string beside its currency; every error is an RFC 9457 problem that lists all faults at once.",
            },
            "security": [{"key": []}],
        },
    }


def describe(api: Api, settings: Settings) -> None:
    """Complete the description once all blueprints are registered."""
    spec = api.spec
    assert spec is not None  # noqa: S101 - made by Api(app)
    spec.components.security_scheme(
        "key", {"type": "http", "scheme": "bearer", "bearerFormat": "tdk_<env>_<id>_<secret>"}
    )
    spec.components.schema("Problem", PROBLEM_SCHEMA)
    spec.options["servers"] = [{"url": settings.base_url}]
    _say_problems(spec)
    assert api._app is not None  # noqa: S101 - made by Api(app)
    _say_house_rules(spec, api._app)


def _say_problems(spec: APISpec) -> None:
    """Every error answer is a problem document; every operation can answer 400, 401, 403, 415 and 429 or less."""
    answer = {
        "description": "A problem (RFC 9457)",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    spec.components.responses["DEFAULT_ERROR"] = answer
    spec.components.responses["UNPROCESSABLE_CONTENT"] = answer
    spec.components.responses["UNPROCESSABLE_ENTITY"] = answer
    spec.components.schemas.pop("Error", None)
    for path in spec._paths.values():
        for method, operation in path.items():
            if method not in {"get", "put", "post", "patch", "delete"}:
                continue
            responses = operation.setdefault("responses", {})
            for status, found in list(responses.items()):
                if str(status)[0] in "45d":
                    responses[status] = {"$ref": "#/components/responses/DEFAULT_ERROR"} if found else answer
            responses.setdefault("default", {"$ref": "#/components/responses/DEFAULT_ERROR"})


def _say_house_rules(spec: APISpec, app: Flask) -> None:
    """What the decorators of app/api/house.py ask for: scopes, idempotency keys, conditional headers, preferences."""
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        path = spec._paths.get(re.sub("<([a-z_]+)>", r"{\1}", rule.rule), {})
        for method in (rule.methods or set()) & {"GET", "PUT", "POST", "DELETE"}:
            operation = path.get(method.lower())
            if operation is None:
                continue
            scopes = [*scopes_of(view), str(Scope.ADMIN)]
            operation["security"] = [{"key": []}]
            operation["description"] = f"Needs one of the scopes: {', '.join(dict.fromkeys(scopes))}."
            headers = [_header(*IDEMPOTENCY_KEY, required=getattr(view, IDEMPOTENCY, "") == "required")]
            parameters = operation.setdefault("parameters", [])
            parameters += headers if hasattr(view, IDEMPOTENCY) else []
            parameters += [_header(*named) for named in HEADERS.get(operation["operationId"], ())]
            if IF_NONE_MATCH in HEADERS.get(operation["operationId"], ()):
                operation["responses"]["304"] = {"description": "The caller has this state already"}


def _header(name: str, description: str, schema: dict[str, Any], *, required: bool = False) -> dict[str, Any]:
    return {"in": "header", "name": name, "required": required, "description": description, "schema": schema}


def scopes_of(view: Any) -> list[str]:
    """The scopes that a view's guard asks for."""
    guard = getattr(view, GUARD, None)
    return sorted(guard.scopes) if guard else []
