"""Where to go after the sign-in: only to a page of ours."""

from urllib.parse import urlsplit

HOME = "/"


def safe_next(target: str | None) -> str:
    """``target`` if it is a path on this site, else the home page.

    Browsers drop tabs and line breaks in a URL and read a backslash as a slash, so ``/\\evil.example`` and
    ``/<tab>/evil.example`` would leave the site: neither may occur.
    """
    if not target or not target.startswith("/") or target.startswith("//"):
        return HOME
    if "\\" in target or any(sign <= " " or sign == "\x7f" for sign in target):
        return HOME
    parts = urlsplit(target)
    return HOME if parts.scheme or parts.netloc else target
