"""The worked cases of what happens after a sale, through the order and refund API."""

from collections.abc import Callable
from typing import Any

import pytest

from app.actor import Scope
from tests.api.conftest import Caller
from tests.cases.test_cases import cases

Make = Callable[..., dict[str, Any]]
PATHS = {"tax": "tax-refunds", "price": "refunds"}


def order_of(make_order: Make, sale: dict[str, Any]) -> dict[str, Any]:
    """A paid order of a consumer with one line, taxed as the case says."""
    address = {"country": sale["country"], "state": sale.get("state"), "postal_code": sale.get("zip")}
    return make_order(
        seller=sale["seller"],
        currency=sale["currency"],
        ordered_at=f"{sale['date']}T10:00:00Z",
        invoices=[{"number": "R-1", "issued_on": str(sale["date"])}],
        customer__kind="consumer",
        customer__address=address,
        lines__0__product_kind=sale["product"],
        lines__0__amount=sale["net"],
        lines__0__tax={"rate_percent": sale["rate"], "amount": sale["tax"]},
    )


@pytest.mark.parametrize("case", cases("adjustments.yaml"))
def test_an_event_after_the_sale_comes_to_what_the_case_says(
    call_as: Callable[..., Caller], make_order: Make, case: dict[str, Any]
) -> None:
    call, expect = call_as(Scope.ADMIN), case["expect"]
    stored = call("PUT", "/v1/orders/A-1", order_of(make_order, case["sale"]))
    assert stored.status_code == 201, stored.json
    *before, last = case["events"]
    for event in before:
        ((kind, asked),) = event.items()
        assert call("POST", f"/v1/orders/A-1/{PATHS[kind]}", asked).status_code == 201
    ((kind, asked),) = last.items()
    if "valid_from" in asked.get("tax_id", {}):
        asked["tax_id"]["valid_from"] = str(asked["tax_id"]["valid_from"])
    answer = call("POST", f"/v1/orders/A-1/{PATHS[kind]}", asked)
    if "code" in expect:
        assert (answer.status_code, answer.json["code"]) == (422, expect["code"])
        return
    assert answer.status_code == 201, answer.json
    adjustment = answer.json["adjustment"]
    amounts = {name: value for name, value in expect.items() if name != "documents"}
    assert {name: adjustment[name] for name in amounts} == amounts
    assert [document["kind"] for document in answer.json["documents"]] == expect["documents"]
