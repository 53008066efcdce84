"""The columns of a table of sales, one sale of one line a row: where each cell belongs in a request, and back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from app.errors import Fault

YES_NO = {"true": True, "yes": True, "1": True, "wahr": True, "false": False, "no": False, "0": False, "falsch": False}
ONLY_LINE = "1"


def _yes_no(text: str) -> Any:
    return YES_NO.get(text.casefold(), text)


@dataclass(frozen=True, slots=True)
class Column:
    """A column: the path of its cells in the request, how a cell is read, and what it means to who fills it in."""

    path: tuple[str | int, ...]
    about: str
    is_required: bool = False
    read: Callable[[str], Any] = str

    @property
    def pointer(self) -> str:
        return "/" + "/".join(map(str, self.path))


def _place(prefix: str, member: str, whose: str) -> dict[str, Column]:
    return {
        f"{prefix}{part}": Column((member, part), f"{whose}: {part.replace('_', ' ')}")
        for part in ("country", "state", "county", "city", "postal_code", "line1")
    }


COLUMNS: dict[str, Column] = {
    "reference": Column(("reference",), "your reference of the sale; it stands in result and errors"),
    "currency": Column(("currency",), "ISO 4217", is_required=True),
    "tax_date": Column(("tax_date",), "YYYY-MM-DD", is_required=True),
    "seller": Column(("seller",), "code of a seller of ours", is_required=True),
    "customer_kind": Column(("customer", "kind"), "business or consumer", is_required=True),
    "business_use": Column(("customer", "business_use"), "false: a business buys for private use", read=_yes_no),
    **_place("", "customer", "the customer"),
    "tax_id": Column(("customer", "tax_ids", 0, "number"), "tax ID of the customer"),
    "tax_id_kind": Column(("customer", "tax_ids", 0, "kind"), "vat unless told"),
    "tax_id_check_id": Column(("customer", "tax_ids", 0, "check_id"), "a check of ours that proves it"),
    "tax_id_status": Column(("customer", "tax_ids", 0, "status"), "your word; it counts with scope admin"),
    **_place("ship_from_", "ship_from", "where goods come from"),
    **_place("ship_to_", "ship_to", "where goods go"),
    "product_kind": Column(("lines", 0, "product_kind"), "what is sold", is_required=True),
    "description": Column(("lines", 0, "description"), "words for people"),
    "quantity": Column(("lines", 0, "quantity"), "1 unless told"),
    "amount": Column(("lines", 0, "amount"), "total after quantity, with a dot: 1234.50", is_required=True),
    "discount": Column(("lines", 0, "discount"), "money taken off the amount"),
    "price_per_item": Column(("lines", 0, "price_per_item"), "of one piece, where a rule looks at it"),
    "line_reference": Column(("lines", 0, "reference"), f"{ONLY_LINE} unless told"),
    "tax_behavior": Column(("tax_behavior",), "exclusive (unless told) or inclusive"),
    "rounding_basis": Column(("rounding_basis",), "line, document_net, document_gross, per_tax or invoice"),
    "shipping_amount": Column(("shipping", "amount"), "carriage"),
    "shipping_separately_stated": Column(("shipping", "separately_stated"), "true unless told", read=_yes_no),
    "exemption_reason": Column(("exemption", "reason"), "why the customer is exempt"),
    "certificate_number": Column(("exemption", "certificate_number"), "number of the certificate"),
    "certificate_ids": Column(("exemption", "certificate_ids"), "certificates that we keep, by blanks", read=str.split),
    "marketplace": Column(("marketplace", "facilitator"), "the marketplace through which the sale runs"),
    "marketplace_collects": Column(("marketplace", "collects"), "true: it collects the tax", read=_yes_no),
}
REQUIRED = tuple(name for name, column in COLUMNS.items() if column.is_required)


def request_of(cells: Mapping[str, str]) -> dict[str, Any]:
    """The request that the filled cells of a row stand for, as a JSON body would hold it."""
    request: dict[str, Any] = {"customer": {}, "lines": {0: {"reference": ONLY_LINE}}}
    for name, text in cells.items():
        *parents, last = COLUMNS[name].path
        place = request
        for step in parents:
            place = place.setdefault(step, {})
        place[last] = COLUMNS[name].read(text)
    request["lines"] = list(request["lines"].values())
    if "tax_ids" in request["customer"]:
        request["customer"]["tax_ids"] = list(request["customer"]["tax_ids"].values())
    return request


def at_column(fault: Fault) -> Fault:
    """A fault of the request, told of the column that its cell stood in."""
    for name, column in COLUMNS.items():
        if column.pointer == fault.pointer or column.pointer.startswith(f"{fault.pointer}/"):
            return replace(fault, pointer=f"/{name}") if fault.pointer else fault
    return fault


def described() -> str:
    """The columns as a table in Markdown, for the description of the API."""
    rows = [f"| `{name}` | {'yes' if c.is_required else ''} | {c.about} |" for name, c in COLUMNS.items()]
    return "\n".join(("| column | needed | what |", "|---|---|---|", *rows))
