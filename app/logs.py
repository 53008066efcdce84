"""Structured logs: one line a step, ids as fields, UTC; personal data is removed in one place."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from app.config import Settings

# Field names that may hold personal data or secrets: their values never reach a log line.
PERSONAL = frozenset(
    {"name", "romanised_name", "email", "address", "line1", "line2", "city", "postal_code", "number", "tax_id"}
    | {"tax_ids", "vat_id", "tin", "ssn", "ein", "iban", "bic", "account", "password", "secret", "key", "authorization"}
    | {"cookie", "token", "body", "payload", "customer", "trader_name", "trader_address"}
)
REDACTED = "[redacted]"
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_SUSPICIOUS = (
    re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}"),  # e-mail
    re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b"),  # IBAN
    re.compile(r"\b(?:[A-Z]{2,3})[ -]?[A-Z0-9]{0,2}\d{7,12}[A-Z0-9]{0,3}\b"),  # VAT ID
    re.compile(r"\b\d{3}-\d{2}-\d{4}\b|\b\d{2}-\d{7}\b"),  # SSN, EIN
    re.compile(r"\btdk_[A-Za-z]+_[A-Za-z0-9]+_[A-Za-z0-9-]+"),  # our API keys
    re.compile(r"://[^/\s:@]+:[^/\s@]+@"),  # credentials in a URL
    re.compile(r"(?<=DETAIL:)[^\n]+"),  # PostgreSQL tells the values of the row that it refuses
)


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Remove personal data from a log line: by field name, and by shape from every text, a traceback's included."""
    for name, value in event.items():
        event[name] = REDACTED if name in PERSONAL else _redacted(value)
    return event


def one_line(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Write control characters as escapes, so that no value begins a line of its own; tracebacks keep their lines."""
    for name, value in event.items():
        if isinstance(value, str) and name not in {"exception", "stack"} and not value.isprintable():
            event[name] = _UNPRINTABLE.sub(lambda sign: sign.group().encode("unicode_escape").decode(), value)
    return event


def _redacted(value: Any) -> Any:
    if isinstance(value, str):
        for pattern in _SUSPICIOUS:
            value = pattern.sub(REDACTED, value)
        return value
    if isinstance(value, dict):
        return {n: REDACTED if n in PERSONAL else _redacted(v) for n, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_redacted(inner) for inner in value]
    return value


def configure_logs(settings: Settings, *, quiet: bool = False) -> None:
    """Send our own and the libraries' log lines to standard error, redacted, as JSON or for a reader.

    ``quiet`` leaves out what is not at least a warning: for commands whose answer is on standard output.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last = structlog.processors.JSONRenderer() if settings.log_format == "json" else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                redact,
                one_line,
                last,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING if quiet else logging.INFO)
    for noisy in ("alembic", "weasyprint", "fontTools", "httpx", "httpcore", "botocore", "kombu", "pypdf"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
