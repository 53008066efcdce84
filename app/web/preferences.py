"""What a reader chose for the pages: theme, language, keys. Cookies keep it that name nobody: no session is needed."""

from dataclasses import dataclass

from flask import Response, current_app, g, request

from app.i18n import SHIPPED

THEMES = ("auto", "light", "dark")
LANGUAGES = ("en", "de")
PUBLIC_LANGUAGES = SHIPPED
YEAR = 365 * 24 * 3600
THEME, LANGUAGE, KEYS = "taxdesk_theme", "taxdesk_language", "taxdesk_keys"


@dataclass(frozen=True, slots=True)
class Preferences:
    """The choices in force for this request."""

    theme: str
    language: str
    keys: bool


def preferences(*, languages: tuple[str, ...] = LANGUAGES) -> Preferences:
    """The reader's choices: the cookie's, else the user's record, else the browser's, else English."""
    user = g.get("user")
    wanted = (
        request.cookies.get(LANGUAGE),
        user.language if user else None,
        request.accept_languages.best_match(languages),
    )
    theme = request.cookies.get(THEME, "auto")
    return Preferences(
        theme=theme if theme in THEMES else "auto",
        language=next((tag for tag in wanted if tag in languages), "en"),
        keys=request.cookies.get(KEYS) != "off",
    )


def keep(response: Response, name: str, value: str) -> None:
    """Remember one choice for a year."""
    secure = current_app.extensions["desk"].settings.base_url.startswith("https://")
    response.set_cookie(name, value, max_age=YEAR, path="/", secure=secure, httponly=True, samesite="Lax")
