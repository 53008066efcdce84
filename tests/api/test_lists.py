"""Lists: cursors lead through everything once."""

from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.api.conftest import FRENCH_ORDER, Caller, SharedApi, changed

ORDERS = 250


@pytest.fixture
def many(shared: SharedApi) -> list[str]:
    """250 orders, registered once for the module; every fifth is a quote."""
    references = [f"M-{n:03d}" for n in range(ORDERS)]
    if shared.call("GET", f"/v1/orders/{references[-1]}").status_code == 404:
        for n, reference in enumerate(references):
            order = changed(FRENCH_ORDER, client="many", status="open" if n % 5 else "quote")
            assert shared.call("PUT", f"/v1/orders/{reference}", order).status_code == 201
    return references


def walk(call: Caller, path: str) -> list[str]:
    """The references of all pages."""
    found: list[str] = []
    pages = 0
    following: str | None = path
    while following is not None:
        answer = call("GET", following, Host="evil.example", X_Forwarded_Host="evil.example")
        assert answer.status_code == 200, answer.json
        page = answer.json
        assert set(page) == {"data", "next"}
        found += [row.get("reference") or row["id"] for row in page["data"]]
        following = page["next"]
        if following is None:
            assert "Link" not in answer.headers
        else:
            assert answer.headers["Link"] == f'<{following}>; rel="next"'
            assert following.startswith("/v1/")
            assert "evil" not in answer.text
        pages += 1
        assert pages <= 400
    return found


@pytest.mark.parametrize("limit", [1, 7, 20, 50, 100])
def test_every_order_comes_once_newest_first(shared: SharedApi, many: list[str], limit: int) -> None:
    query = "status=quote&" if limit == 1 else ""
    expected = many[::5] if limit == 1 else many
    assert walk(shared.call, f"/v1/orders?{query}client=many&query=M-&limit={limit}") == expected[::-1]


def test_pages_keep_the_question(shared: SharedApi, many: list[str]) -> None:
    following = shared.call("GET", "/v1/orders?status=quote&query=M-&limit=10").json["next"]
    asked = parse_qs(urlsplit(following).query)
    assert (asked["status"], asked["query"], asked["limit"]) == (["quote"], ["M-"], ["10"])


def test_an_order_that_comes_meanwhile_moves_no_page(shared: SharedApi, many: list[str]) -> None:
    first = shared.call("GET", "/v1/orders?client=many&query=M-&limit=10").json
    order = changed(FRENCH_ORDER, client="many", status="cancelled")
    assert shared.call("PUT", "/v1/orders/LATE-1", order).status_code in {200, 201}
    second = shared.call("GET", first["next"]).json
    assert [o["reference"] for o in second["data"]] == many[::-1][10:20]


def test_the_audit_trail_comes_once_in_the_order_of_its_chain(shared: SharedApi, many: list[str]) -> None:
    events = []
    following: str | None = "/v1/audit-events?limit=100"
    while following:
        page = shared.call("GET", following).json
        events += page["data"]
        following = page["next"]
    assert len({e["id"] for e in events}) == len(events) >= ORDERS
    assert all(later["previous"] == earlier["hash"] for earlier, later in pairwise(events))


def test_a_cursor_of_one_list_is_none_of_another(shared: SharedApi, many: list[str]) -> None:
    following = shared.call("GET", "/v1/orders?limit=1").json["next"]
    cursor = parse_qs(urlsplit(following).query)["cursor"][0]
    answer = shared.call("GET", f"/v1/audit-events?cursor={cursor}")
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "?cursor")
    assert shared.call("GET", f"/v1/orders?cursor={cursor[:-1]}").status_code == 422
