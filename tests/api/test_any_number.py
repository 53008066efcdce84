"""A tax ID may be any text: it is checked, stored and answered, whatever signs it holds, on both databases."""

import pytest

from tests.api.conftest import FRENCH_ORDER, SharedApi, changed

TYPED = [
    "\x00", "FR\x0029999001001", "\ud800", "FR\ud800", "FR29999001001\n", "А" * 10, "１２３４５６７８９", "GR123456783",
    "IE1234567+A", "CHE-123.456.788 MWST", "VAT: FR29 999 001 001", "🙂", "\u202e1", "a" * 200, "000-00-0000", "=1+1",
    "<b>", "{{7*7}}", "../../x", "'; --", "a\u0301" * 50,
]  # fmt: skip


@pytest.mark.parametrize("number", TYPED, ids=ascii)
def test_any_text_is_checked_or_clearly_refused(shared: SharedApi, number: str) -> None:
    for country in ("FR", "GR", "XI", "IE", "CH", "US", "IN", "MC"):
        answer = shared.call("POST", "/v1/tax-id-checks", {"country": country, "number": number, "mode": "offline"})
        assert answer.status_code in {201, 422}, (country, answer.json)
        if answer.status_code == 201:
            assert answer.json["status"] in {"malformed", "not_checked"}
            assert shared.call("GET", answer.headers["Location"]).json == answer.json
        else:
            assert {e["pointer"] for e in answer.json["errors"]} == {"/number"}
        order = changed(FRENCH_ORDER, customer__address__country=country, customer__tax_ids=[{"number": number}])
        stored = shared.call("PUT", f"/v1/orders/T-{country}-{TYPED.index(number)}", order)
        assert stored.status_code in {201, 422}, (country, stored.json)
