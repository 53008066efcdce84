"""What people read of the API: ``/problems/{code}``, where every problem's ``type`` leads, and ``/docs``."""

from typing import Any

from flask import Blueprint, Response, current_app, g

from app.actor import Scope
from app.auth import open_in_development, public
from app.errors import NotFound
from app.problems import every_problem

bp = Blueprint("readable", __name__)
METHODS = ("get", "put", "post", "patch", "delete")


@bp.get("/problems/<code>")
@public
def problem(code: str) -> Response:
    """What a code means and what to do."""
    known = every_problem().get(code)
    if known is None:
        raise NotFound("There is no such problem code.")
    found, meaning = known
    return _page("problem_code", problem=found, meaning=meaning)


@bp.get("/docs")
@open_in_development(Scope.ADMIN)
def docs() -> Response:
    """The API's description for readers, from the same source as ``/openapi.json``."""
    spec = current_app.extensions["openapi"].to_dict()
    problems = [found for found, _ in every_problem().values()]
    return _page("api_docs", groups=operations_by_tag(spec), info=spec["info"], problems=problems)


def operations_by_tag(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """The operations of an OpenAPI description, grouped as its tags are, each with its parameters and members."""
    groups = {tag["name"]: tag | {"operations": []} for tag in spec.get("tags", ())}
    for path, item in spec["paths"].items():
        for method in METHODS:
            if method in item:
                operation = _operation(spec, path, method, item[method], item.get("parameters", []))
                groups[item[method]["tags"][0]]["operations"].append(operation)
    return [group for group in groups.values() if group["operations"]]


def _operation(
    spec: dict[str, Any], path: str, method: str, operation: dict[str, Any], shared: list[dict[str, Any]]
) -> dict[str, Any]:
    parameters = [_resolved(spec, p) for p in [*shared, *operation.get("parameters", [])]]
    responses = {status: _resolved(spec, answer) for status, answer in operation["responses"].items()}
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": operation["summary"],
        "description": operation.get("description", ""),
        "parameters": [
            {
                "name": p["name"],
                "place": p["in"],
                "required": p.get("required", False),
                "kind": _kind(p.get("schema", {})),
                "description": p.get("description") or p.get("schema", {}).get("description", ""),
            }
            for p in parameters
        ],
        "body": _members(spec, operation.get("requestBody", {})),
        "responses": [
            {"status": status, "description": answer.get("description", ""), "members": _members(spec, answer)}
            for status, answer in responses.items()
            if status != "default"
        ],
    }


def _members(spec: dict[str, Any], holder: dict[str, Any]) -> list[dict[str, Any]]:
    """The members of a body's object, those of nested objects with dotted names."""
    for content in holder.get("content", {}).values():
        return _flat(spec, content.get("schema", {}), "", ())
    return []


def _flat(spec: dict[str, Any], schema: dict[str, Any], prefix: str, above: tuple[str, ...]) -> list[dict[str, Any]]:
    reference = schema.get("$ref", "")
    if reference in above:
        return []
    whole = _resolved(spec, schema)
    found: list[dict[str, Any]] = []
    for name, member in whole.get("properties", {}).items():
        here, inner = f"{prefix}{name}", _resolved(spec, member)
        required = name in whole.get("required", ())
        found.append(
            {"name": here, "kind": _kind(inner), "required": required, "description": inner.get("description", "")}
        )
        items = _resolved(spec, inner.get("items", {}))
        deeper = (*above, reference)
        found += _flat(spec, member, f"{here}.", deeper) if "properties" in inner else []
        found += _flat(spec, inner["items"], f"{here}[].", deeper) if "properties" in items else []
    return found


def _resolved(spec: dict[str, Any], thing: dict[str, Any]) -> dict[str, Any]:
    """The thing itself where a reference stands; of alternatives with null the other one."""
    for alternatives in (thing.get("anyOf", ()), thing.get("oneOf", ()), thing.get("allOf", ())):
        for one in alternatives:
            if one.get("type") != "null":
                return _resolved(spec, one)
    if "$ref" not in thing:
        return thing
    found: Any = spec
    for part in thing["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return found  # type: ignore[no-any-return]


def _kind(schema: dict[str, Any]) -> str:
    """A member's type in a few words."""
    if "enum" in schema:
        return " | ".join(str(word) for word in schema["enum"] if word is not None)
    kinds = schema.get("type", "any")
    words = " or ".join(kinds) if isinstance(kinds, list) else str(kinds)
    return f"{words} ({schema['format']})" if "format" in schema else words


def _page(template: str, **context: Any) -> Response:
    screens = current_app.extensions["screens"]
    html = screens.get_template(f"screen/{template}.html").render(request_id=g.request_id, **context)
    return Response(html, content_type="text/html; charset=utf-8", headers={"Content-Language": "en"})
