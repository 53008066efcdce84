"""Health, version and the API's description: for machines that keep us running or call us."""

from typing import Any

from flask import Blueprint, Flask, Response, current_app, jsonify

from app.actor import Scope
from app.api import readable
from app.api.house import desk
from app.auth import open_in_development, public
from app.version import VERSION, commit

bp = Blueprint("system", __name__)


@bp.get("/livez")
@public
def livez() -> Any:
    """The process answers."""
    return {"status": "ok"}


@bp.get("/readyz")
@public
def readyz() -> Any:
    """Everything that a request needs is there; otherwise 503 and what is missing, in words."""
    from app.services.check_health import faults_of_readiness  # Alembic and fontTools cost the start 0.3 s

    faults = faults_of_readiness(desk())
    return jsonify({"status": "faults" if faults else "ok", "faults": faults}), 503 if faults else 200


@bp.get("/version")
@public
def version() -> Any:
    """What runs here: code, rule book."""
    book = desk().book
    return {"version": VERSION, "commit": commit(), "rulebook": {"version": book.version, "sha256": book.sha256}}


@bp.get("/openapi.json")
@open_in_development(Scope.ADMIN)
def openapi() -> Response:
    """The API's description."""
    return jsonify(current_app.extensions["openapi"].to_dict())


def install_system(app: Flask) -> None:
    """Register the routes."""
    app.register_blueprint(bp)
    app.register_blueprint(readable.bp)
