"""What runs here."""

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

try:
    VERSION = version("taxdesk")
except PackageNotFoundError:  # run from a checkout that was never installed
    VERSION = "0+unknown"


def commit() -> str | None:
    """The commit that the image was built from, as the build wrote it; None in a checkout."""
    stamp = Path(__file__).parents[1] / "COMMIT"
    return stamp.read_text("utf-8").strip() if stamp.is_file() else None
