"""What every answer carries: request id, security headers, and no caching by default."""

import re
import secrets
import time

import structlog
from flask import Flask, Response, g, request

from app.config import Settings
from app.ids import new_id

log = structlog.get_logger(__name__)
_REQUEST_ID = re.compile(r"[A-Za-z0-9_.:-]{8,64}")
FIXED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
}


def install_headers(app: Flask, settings: Settings) -> None:
    """Give each request an id and each answer, errors and files included, its headers."""
    app.url_map.merge_slashes = False  # its redirect would name the host that the caller's Host header says

    @app.before_request
    def begin() -> None:
        given = request.headers.get("X-Request-Id", "")
        g.request_id = given if _REQUEST_ID.fullmatch(given) else new_id("req")
        g.nonce = secrets.token_urlsafe(16)
        g.began = time.monotonic()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    @app.after_request
    def finish(response: Response) -> Response:
        for header, value in FIXED.items():
            response.headers.setdefault(header, value)
        response.headers["X-Request-Id"] = g.get("request_id", "")
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("Content-Security-Policy", content_security_policy(g.get("nonce", "")))
        if settings.is_production:
            response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        log.info(
            "answered",
            method=request.method,
            route=request.url_rule.rule if request.url_rule else None,  # the rule, not the path: paths name things
            status=response.status_code,
            ms=round((time.monotonic() - g.get("began", time.monotonic())) * 1000, 1),
            actor=g.actor.name if g.get("actor") else None,
        )
        return response


def content_security_policy(nonce: str) -> str:
    """Nothing from anywhere but ourselves; scripts only with this answer's nonce."""
    return (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
