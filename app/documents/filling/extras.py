"""What an HTML form of ours says beyond what WeasyPrint can write into a PDF form, read from ``data-*`` attributes."""

from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser

_ALIGNED = {"left": 0, "center": 1, "right": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra:
    """What one field is, besides its type, name, ``maxlength`` and value; None leaves it as the PDF has it.

    From ``data-comb="9"`` (number of cells), ``data-align="left|center|right"``, ``data-readonly``, ``data-required``
    and ``data-label="..."`` (the tooltip, /TU).
    """

    comb: int | None = None
    align: int | None = None
    read_only: bool | None = None
    required: bool | None = None
    label: str | None = None


def extras_of(html: str) -> Mapping[str, Extra]:
    """Field name to what the ``data-*`` of that input, textarea or select say; fields without any are left out.

    Raises:
        ValueError: an attribute has a value that is not one of its values, or ``data-`` is followed by another name.
    """
    found = _Inputs()
    found.feed(html)
    found.close()
    return found.extras


class _Inputs(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.extras: dict[str, Extra] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("name")
        data = {key.removeprefix("data-"): value or "" for key, value in attrs if key.startswith("data-")}
        if tag in ("input", "textarea", "select") and name and data:
            self.extras.setdefault(name, _extra(name, data))


def _extra(name: str, data: dict[str, str]) -> Extra:
    if unknown := data.keys() - {"comb", "align", "readonly", "required", "label"}:
        raise ValueError(f"field {name}: data-{min(unknown)} means nothing here")
    comb, align = data.get("comb"), data.get("align")
    if comb is not None and not (comb.isascii() and comb.isdigit() and int(comb) > 0):
        raise ValueError(f"field {name}: data-comb must be a number of cells")
    if align is not None and align not in _ALIGNED:
        raise ValueError(f"field {name}: data-align must be left, center or right")
    return Extra(
        comb=None if comb is None else int(comb),
        align=None if align is None else _ALIGNED[align],
        read_only=True if "readonly" in data else None,
        required=True if "required" in data else None,
        label=data.get("label"),
    )
