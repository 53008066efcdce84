"""An error as a page: what happened, what to do, and the id that operators find it by."""

import secrets

import structlog
from flask import Response, g, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from app.ids import new_id
from app.problems import INTERNAL, Problem, problem_of
from app.web.preferences import PUBLIC_LANGUAGES
from app.web.render import render

log = structlog.get_logger(__name__)
N_ = str  # marks a text for the catalogue

# The titles and steps of app/problems.py speak to programs; these say the same to people.
FOR_PEOPLE = {
    "forbidden": (N_("Your role may not do this"), N_("Ask an administrator if you need it for your work.")),
    "not_found": (N_("There is nothing here"), N_("Check the reference or search for it; it may have been mistyped.")),
    "method_not_allowed": (N_("This page cannot be used that way"), N_("Go back and use the page's own buttons.")),
    "body_too_large": (N_("The file is too large"), N_("A PDF of at most 10 MiB is taken here.")),
    "too_many_requests": (N_("Too many tries"), N_("Wait a minute, then try again. Nothing was changed.")),
    "not_ready": (N_("The document is not drawn yet"), N_("Its number is fixed. Reload the page in a moment.")),
    "unknown_parameter": (N_("The address of this page is not right"), N_("Start again from the list or the search.")),
    "unavailable": (N_("A part of the service is down"), N_("Nothing was changed. Try again in a few seconds.")),
    "stored_file_damaged": (
        N_("The stored file is damaged"),
        N_("It is not given out. Tell the operators the number below; they restore it from the backup."),
    ),
    "form_expired": (
        N_("The form is no longer valid"),
        N_("You were signed out or in meanwhile. Go back, reload the page and send it again; nothing was changed."),
    ),
    "internal_error": (
        N_("Something went wrong on our side"),
        N_("It was written down. Tell the operators the number below."),
    ),
}


def problem_page(error: Exception) -> Response:
    """The answer of a page that failed. What we did not foresee is logged with its id and told by that id alone."""
    g.setdefault("request_id", new_id("req"))
    g.setdefault("nonce", secrets.token_urlsafe(16))
    problem, members = problem_of(error)
    code = "form_expired" if isinstance(error, CSRFError) else problem.code
    if problem is INTERNAL:
        log.error("request_failed", exc_info=error)
    elif problem.status >= 500:
        log.error("request_failed", code=problem.code, error=type(error).__name__)
    title, step = FOR_PEOPLE.get(code, (problem.title, problem.next_step))
    response = render(
        "problem",
        problem.status,
        languages=PUBLIC_LANGUAGES,
        title=title,
        step=step,
        detail="" if code in FOR_PEOPLE else members.get("detail", ""),
        code=code,
    )
    _copy_headers(error, problem, response)
    return response


def _copy_headers(error: Exception, problem: Problem, response: Response) -> None:
    if isinstance(error, HTTPException):
        for name, value in error.get_headers(request.environ):
            if name not in {"Content-Type", "Content-Length"}:
                response.headers[name] = value
    retry_after = getattr(error, "retry_after", 5 if problem.status == 503 else None)
    if isinstance(retry_after, int):
        response.headers["Retry-After"] = str(retry_after)
