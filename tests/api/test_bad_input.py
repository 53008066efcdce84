"""Bad input over the API: a clear problem with its pointers, no 5xx, and nothing stored, on both databases."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.test import TestResponse

from app.limits import MAX_BODY
from tests.api.conftest import CALCULATION, CHECK, FRENCH_ORDER, PAYMENT, REFUND, SharedApi, changed

JSON_POSTS = {
    "payments": ("POST", "/v1/orders/A-1/payments", changed(PAYMENT, reference="P-2")),
    "tax-refunds": ("POST", "/v1/orders/A-1/tax-refunds", REFUND),
    "tax-id-checks": ("POST", "/v1/tax-id-checks", CHECK),
    "calculations": ("POST", "/v1/tax/calculations", CALCULATION),
}
JSON_DOORS = {"orders": ("PUT", "/v1/orders/B-1", FRENCH_ORDER)} | JSON_POSTS


@pytest.fixture(autouse=True)
def _nothing_is_stored(shared: SharedApi) -> Iterator[None]:
    before = shared.stored()
    yield
    assert shared.stored() == before


def faults(answer: TestResponse) -> list[tuple[str, str]]:
    """The problem's faults as (pointer, code), after checking that it is one in form."""
    assert 400 <= answer.status_code < 500, (answer.status_code, answer.text)
    assert answer.content_type == "application/problem+json"
    problem = answer.json
    assert problem["status"] == answer.status_code
    assert problem["type"].endswith(f"/problems/{problem['code']}")
    assert problem["title"]
    assert problem["detail"]
    assert problem["request_id"] == answer.headers["X-Request-Id"]
    assert all(fault["detail"] for fault in problem["errors"])
    return [(fault["pointer"], fault["code"]) for fault in problem["errors"]]


def pointers(answer: TestResponse) -> set[str]:
    return {pointer for pointer, _ in faults(answer)}


def send(shared: SharedApi, door: str, body: Any, **headers: str) -> TestResponse:
    method, path, _ = JSON_DOORS[door]
    return shared.call(method, path, body, **headers)


def good(door: str) -> dict[str, Any]:
    return JSON_DOORS[door][2]


# --- bodies that are not JSON as we take it


def nested(depth: int) -> bytes:
    return b'{"a":' + b"[" * depth + b"]" * depth + b"}"


UNREADABLE = {
    "nothing": (b"", "empty"),
    "blanks": (b" \n", "empty"),
    "not JSON": (b"currency: EUR", "not_json"),
    "trailing comma": (b'{"currency": "EUR",}', "not_json"),
    "a comment": (b'{"currency": "EUR" /* euro */}', "not_json"),
    "single quotes": (b"{'currency': 'EUR'}", "not_json"),
    "two values": (b"{} {}", "not_json"),
    "cut off": (b'{"currency": "EU', "not_json"),
    "a raw newline in a string": (b'{"currency": "E\nUR"}', "not_json"),
    "NaN": (b'{"amount": NaN}', "not_json"),
    "Infinity": (b'{"amount": Infinity}', "not_json"),
    "-Infinity": (b'{"amount": -Infinity}', "not_json"),
    "a byte order mark": (b"\xef\xbb\xbf{}", "byte_order_mark"),
    "UTF-16 with a mark": ('{"currency": "EUR"}'.encode("utf-16"), "byte_order_mark"),
    "UTF-16 without a mark": ('{"currency": "EUR"}'.encode("utf-16-le"), "not_json"),
    "Latin-1": ('{"name": "Æther"}'.encode("latin-1"), "not_utf8"),
    "a surrogate in UTF-8": (b'{"name": "\xed\xa0\x80"}', "not_utf8"),
    "a key twice": (b'{"currency": "EUR", "currency": "USD"}', "duplicate_key"),
    "a key twice, once escaped": (b'{"currency": "EUR", "curr\\u0065ncy": "USD"}', "duplicate_key"),
    "a key twice, deep": (b'{"customer": {"name": "A", "name": "B"}}', "duplicate_key"),
    "10,000 lists": (nested(10_000), "too_deep"),
    "10,000 objects": (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "too_deep"),
    "10,000 open brackets": (b"[" * 10_000, "too_deep"),
    "a number of 5,000 digits": (b'{"payment_terms_days": ' + b"9" * 5_000 + b"}", "number_too_long"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_a_body_that_is_not_strict_json_is_refused(shared: SharedApi, case: str) -> None:
    for door in JSON_DOORS:
        body, code = UNREADABLE[case]
        answer = send(shared, door, body)
        assert (answer.status_code, answer.json["code"]) == (400, "malformed_body")
        assert faults(answer) == [("", code)]


@pytest.mark.parametrize("body", [b"[]", b"[{}]", b'"text"', b"12", b"1.5", b"true", b"null"])
def test_a_body_that_is_no_object_is_refused(shared: SharedApi, body: bytes) -> None:
    for door in JSON_DOORS:
        answer = send(shared, door, body)
        assert answer.status_code == 422
        assert pointers(answer) == {""}


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/xml",
        "application/jsonp",
        "",
    ],
)
def test_another_content_type_is_415(shared: SharedApi, kind: str) -> None:
    for door in JSON_DOORS:
        answer = send(shared, door, json.dumps(good(door)).encode(), Content_Type=kind)
        assert (answer.status_code, answer.json["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "gzip, gzip", "x-unknown"])
def test_a_packed_body_is_415(shared: SharedApi, coding: str) -> None:
    for door in JSON_DOORS:
        answer = send(shared, door, b"\x1f\x8b\x08\x00", Content_Encoding=coding)
        assert (answer.status_code, answer.json["code"]) == (415, "unsupported_media_type")


def test_a_huge_body_is_413_although_files_may_be_larger(shared: SharedApi) -> None:
    for door in JSON_DOORS:
        answer = send(shared, door, b'{"a":"' + b"x" * MAX_BODY + b'"}')
        assert (answer.status_code, answer.json["code"]) == (413, "body_too_large")


@pytest.mark.parametrize("door", JSON_DOORS)
def test_every_unknown_field_is_named(shared: SharedApi, door: str) -> None:
    body = good(door) | {"__proto__": {"admin": True}, "constructor": 1, "a/b~c": None, "\ud800": 1, "": 0}
    answer = send(shared, door, body)
    assert answer.status_code == 422
    found = set(faults(answer))
    assert found == {
        (pointer, "unknown_field") for pointer in ("/__proto__", "/constructor", "/a~1b~0c", "/\ud800", "/")
    }


@pytest.mark.parametrize("door", JSON_DOORS)
def test_an_empty_object_names_everything_that_is_missing(shared: SharedApi, door: str) -> None:
    required = {
        "orders": {"client", "seller", "currency", "ordered_at", "customer", "lines"},
        "payments": {"kind", "amount", "currency", "option", "occurred_at", "reference"},
        "tax-refunds": {"reason"},
        "tax-id-checks": {"country", "number"},
        "calculations": {"currency", "tax_date", "seller", "customer", "lines"},
    }[door]
    answer = send(shared, door, {})
    assert set(faults(answer)) == {(f"/{name}", "missing") for name in required}


WRONG_KINDS = [True, 7, 1.5, [], ["x"], {}, {"x": {}}, "\ud800", "a\u202eb", "x" * 1_000_000]


@pytest.mark.parametrize("door", JSON_DOORS)
@pytest.mark.parametrize("wrong", WRONG_KINDS, ids=lambda value: ascii(value)[:16])
def test_no_field_takes_a_value_of_another_kind(shared: SharedApi, door: str, wrong: Any) -> None:
    for path in leaves(good(door)):
        if (door, path) == ("tax-id-checks", "number") and isinstance(wrong, str) and len(wrong) < 200:
            continue  # takes any text: telling what is wrong with it is its purpose
        answer = send(shared, door, changed(good(door), **{path: wrong}))
        pointer = "/" + path.replace("__", "/")
        assert any(f"{found}/".startswith(f"{pointer}/") for found in pointers(answer)), (path, answer.json)


def leaves(body: Any, path: str = "") -> Iterator[str]:
    """The dotted path of every value in a body that holds no other."""
    for name, value in body.items() if isinstance(body, dict) else enumerate(body):
        here = f"{path}__{name}" if path else str(name)
        if isinstance(value, (dict, list)):
            yield from leaves(value, here)
        else:
            yield here


# --- numbers

NOT_AN_AMOUNT = [
    "1e5", "1E5", "1_000", "NaN", "Infinity", "-Infinity", "٣٤", "１２", "1,5", "1.234,56", "1,234.56", ".5", "5.",
    "+5",
    "05", "00.10", " 5", "5 ", "5\n", "5 EUR", "0x10", "--5", "5-", "", "9" * 16, "9" * 30, "0.00001", "²", "5\x00",
]  # fmt: skip
AMOUNTS = [
    ("orders", "lines__0__amount"),
    ("orders", "lines__0__tax__amount"),
    ("payments", "amount"),
    ("payments", "cost"),
    ("calculations", "lines__0__amount"),
]


@pytest.mark.parametrize("text", NOT_AN_AMOUNT, ids=ascii)
def test_what_is_no_plain_decimal_is_no_amount(shared: SharedApi, text: str) -> None:
    for door, path in AMOUNTS:
        answer = send(shared, door, changed(good(door), **{path: text}))
        assert pointers(answer) == {"/" + path.replace("__", "/")}


@pytest.mark.parametrize(("door", "path"), AMOUNTS)
@pytest.mark.parametrize("written", ["100.0", "1e2", "100", "1E+400", "-0.0", "true", "[100]", "{}"])
def test_a_json_number_is_no_amount(shared: SharedApi, door: str, path: str, written: str) -> None:
    body = json.dumps(changed(good(door), **{path: "HERE"})).replace('"HERE"', written).encode()
    assert pointers(send(shared, door, body)) == {"/" + path.replace("__", "/")}


@pytest.mark.parametrize(("currency", "amount"), [("EUR", "1.001"), ("JPY", "1.0"), ("JPY", "1.50"), ("KWD", "1.0001")])
def test_more_decimals_than_the_currency_has_are_refused(shared: SharedApi, currency: str, amount: str) -> None:
    for door, path in AMOUNTS:
        whole = {"JPY": {"100.00": "100", "20.00": "20", "120.00": "120", "2.10": "2"}}.get(currency, {})
        body = json.loads("".join(json.dumps(good(door)).split("\n")))
        for name in leaves(body):
            value = read(body, name)
            if value in whole:
                body = changed(body, **{name: whole[value]})
        answer = send(shared, door, changed(body, currency=currency, **{path: amount}))
        expected = {"/" + path.replace("__", "/")}
        assert pointers(answer) - {"/currency"} == expected


def read(body: Any, path: str) -> Any:
    for name in path.split("__"):
        body = body[int(name) if name.isdigit() else name]
    return body


@pytest.mark.parametrize("rate", ["-1", "100.1", "1.19e1", "19%", "nan", "19.1234567", 19, 19.0])
def test_a_rate_is_a_percentage_written_as_a_string(shared: SharedApi, rate: Any) -> None:
    answer = send(shared, "orders", changed(FRENCH_ORDER, lines__0__tax__rate_percent=rate))
    assert pointers(answer) == {"/lines/0/tax/rate_percent"}


@pytest.mark.parametrize("days", [-1, 366, "30", 30.0, 1e3, True, [30], 10**29])
def test_payment_terms_are_a_json_integer_of_at_most_a_year(shared: SharedApi, days: Any) -> None:
    answer = send(shared, "orders", FRENCH_ORDER | {"payment_terms_days": days})
    assert pointers(answer) == {"/payment_terms_days"}


@pytest.mark.parametrize("quantity", ["0", "-1", "0.0000001", "1e3", 2, True])
def test_a_quantity_is_above_zero(shared: SharedApi, quantity: Any) -> None:
    for door in ("orders", "calculations"):
        answer = send(shared, door, changed(good(door), lines__0__quantity=quantity))
        assert pointers(answer) == {"/lines/0/quantity"}


@pytest.mark.parametrize("amount", ["0", "0.00", "-0", "-0.01"])
def test_a_payment_of_nothing_is_refused(shared: SharedApi, amount: str) -> None:
    assert pointers(send(shared, "payments", good("payments") | {"amount": amount})) == {"/amount"}


@pytest.mark.parametrize("value", [1, 0, "true", "yes", "1", None, 1.0, []])
def test_only_a_boolean_says_whether_a_refund_is_a_dry_run(shared: SharedApi, value: Any) -> None:
    assert pointers(send(shared, "tax-refunds", REFUND | {"dry_run": value})) == {"/dry_run"}


# --- texts, references, dates, codes

DECEIVING = [
    "Nul\x00l", "Bell\x07", "Line\nbreak", "Carriage\rreturn", "\ud800", "evil\u202egnp.exe", "zero\u200bwidth",
    "join\u2060er", "\ufeffmark", "iso\u2066late", "a" + "\u0301" * 60, "", "   ", "\u2028",
    "\ue000private", "\u0378none",
]  # fmt: skip


@pytest.mark.parametrize("text", DECEIVING, ids=ascii)
def test_a_text_that_cannot_be_printed_or_deceives_is_refused(shared: SharedApi, text: str) -> None:
    paths = ("customer__name", "customer__address__city", "lines__0__description", "invoices__0__number")
    answer = send(shared, "orders", changed(FRENCH_ORDER, **dict.fromkeys(paths, text)))
    assert pointers(answer) == {"/" + path.replace("__", "/") for path in paths}
    assert pointers(send(shared, "tax-refunds", REFUND | {"note": text})) == {"/note"}


@pytest.mark.parametrize(
    "reference",
    ["", " ", "a b", "a/b", "../etc", "-a", ".a", "ä", "a\n", "a" * 65, "a\x00", "А-1", "=1+1", "{{7*7}}", "a%20b"],
    ids=ascii,
)  # fmt: skip
def test_a_reference_is_1_to_64_plain_signs(shared: SharedApi, reference: str) -> None:
    for path in ("client", "seller", "customer__reference", "lines__0__reference"):
        answer = send(shared, "orders", changed(FRENCH_ORDER, **{path: reference}))
        assert pointers(answer) == {"/" + path.replace("__", "/")}
    assert pointers(send(shared, "payments", good("payments") | {"reference": reference})) == {"/reference"}


@pytest.mark.parametrize(
    "reference", ["a%00b", "a%0Ab", "a" * 65, "-a", "a b", "%F0%9F%92%A9", "%ED%A0%80", "%FF", "a,b"]
)
def test_a_reference_in_the_path_that_none_can_be_is_refused(shared: SharedApi, reference: str) -> None:
    answer = shared.call("PUT", f"/v1/orders/{reference}", FRENCH_ORDER)
    assert answer.status_code in {404, 422}
    faults(answer)
    for path in ("", "/documents"):
        assert shared.call("GET", f"/v1/orders/{reference}{path}").status_code == 404
    for path, body in (("payments", PAYMENT), ("tax-refunds", REFUND)):
        assert shared.call("POST", f"/v1/orders/{reference}/{path}", body).status_code == 404
    for resource in ("tax-id-checks", "tax/calculations", "documents"):
        assert shared.call("GET", f"/v1/{resource}/{reference}").status_code == 404


@pytest.mark.parametrize(
    "email",
    ["", "a", "a@", "@b.example", "a@b", "a@b.example\nBcc: c@d.example", "a@b.example\r\n", "a b@c.example",
     "a@b..example", "A <a@b.example>", "a@b.example,c@d.example", "\ud800@b.example", "a@\ud800.example",
     "a\x00@b.example", "x" * 250 + "@b.example"],
    ids=lambda text: ascii(text)[:30],
)  # fmt: skip
def test_an_address_that_no_mail_reaches_is_refused(shared: SharedApi, email: str) -> None:
    assert pointers(send(shared, "orders", changed(FRENCH_ORDER, customer__email=email))) == {"/customer/email"}


@pytest.mark.parametrize(
    "day",
    ["2024-02-30", "2023-02-29", "2026-13-01", "2026-00-10", "0001-01-01", "9999-12-31", "1989-12-31", "2101-01-01",
     "2026-1-1", "20260101", "01.01.2026", "2026-W01-1", "2026-01-01T00:00:00Z", "２０２６-01-01", "", 20260101],
    ids=ascii,
)  # fmt: skip
def test_a_day_that_there_is_not_is_refused(shared: SharedApi, day: Any) -> None:
    for door, path in (("orders", "supply_date"), ("orders", "invoices__0__issued_on"), ("calculations", "tax_date")):
        assert pointers(send(shared, door, changed(good(door), **{path: day}))) == {"/" + path.replace("__", "/")}
    refund = {"reason": "vat_id_provided", "tax_id": {"number": "FR29999001001", "valid_from": day}}
    assert pointers(send(shared, "tax-refunds", refund)) == {"/tax_id/valid_from"}


@pytest.mark.parametrize(
    "moment",
    ["2026-10-05", "2026-10-05T09:14:00", "2026-10-05 09:14:00Z", "2026-10-05T25:00:00Z", "2026-10-05T09:14:00+99:00",
     "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2026-02-29T09:14:00Z", "1759655640", 1759655640, ""],
    ids=ascii,
)  # fmt: skip
def test_a_moment_needs_its_offset_and_must_exist(shared: SharedApi, moment: Any) -> None:
    assert pointers(send(shared, "orders", FRENCH_ORDER | {"ordered_at": moment})) == {"/ordered_at"}
    assert pointers(send(shared, "payments", good("payments") | {"occurred_at": moment})) == {"/occurred_at"}


@pytest.mark.parametrize("country", ["ZZ", "AN", "YU", "fr", "Fr", "FRA", "UK", "EU", "", "F", "ФР", "FR "])
def test_a_country_that_there_is_not_is_refused(shared: SharedApi, country: str) -> None:
    for door, path in (
        ("orders", "customer__address__country"),
        ("calculations", "customer__country"),
        ("tax-id-checks", "country"),
    ):
        assert pointers(send(shared, door, changed(good(door), **{path: country}))) == {"/" + path.replace("__", "/")}


@pytest.mark.parametrize("currency", ["eur", "EURO", "XXX", "ZZZ", "HRK", "BGN", "VEF", "DEM", "XAU", "€", "", "978"])
def test_a_currency_that_nobody_pays_in_is_refused(shared: SharedApi, currency: str) -> None:
    for door in ("orders", "payments", "calculations"):
        assert "/currency" in pointers(send(shared, door, good(door) | {"currency": currency}))


@pytest.mark.parametrize("language", ["", "french", "FR", "fr_FR", "fr-fr", "x", "fr-FRA-x", "../fr"])
def test_a_language_that_is_no_tag_is_refused(shared: SharedApi, language: str) -> None:
    assert pointers(send(shared, "orders", changed(FRENCH_ORDER, customer__language=language))) == {
        "/customer/language"
    }


@pytest.mark.parametrize(
    ("door", "path", "word"),
    [
        ("orders", "status", "shipped"), ("orders", "customer__kind", "Business"),
        ("orders", "lines__0__product_kind", "SaaS"),
        ("orders", "lines__0__product_kind", "shipping"), ("payments", "kind", "transfer"),
        ("payments", "option", "gold"),
        ("tax-refunds", "reason", "because"), ("tax-refunds", "reason", "goodwill"), ("tax-id-checks", "mode", "fast"),
        ("tax-id-checks", "kind", "VAT"), ("calculations", "customer__kind", "BUSINESS"),
        ("calculations", "lines__0__product_kind", "x"),
    ],
)  # fmt: skip
def test_a_word_outside_its_list_is_refused(shared: SharedApi, door: str, path: str, word: str) -> None:
    assert pointers(send(shared, door, changed(good(door), **{path: word}))) == {"/" + path.replace("__", "/")}


# --- rules between fields, and all faults at once


def test_all_faults_of_an_order_are_told_at_once(shared: SharedApi) -> None:
    line = FRENCH_ORDER["lines"][0]
    body = changed(
        FRENCH_ORDER,
        surprise=1,
        currency="JPY",
        ordered_at="yesterday",
        customer__email="nobody",
        customer__address__country="ZZ",
        lines=[
            line,
            line | {"amount": "-1", "tax": None},
            line | {"reference": "3", "amount": "1e5", "tax": {"amount": "0.5", "rate_percent": "1900"}},
        ],
        charged_tax="1.5",
    )
    assert pointers(send(shared, "orders", body)) == {
        "/surprise", "/ordered_at", "/customer/email", "/customer/address/country", "/lines/0/amount",
        "/lines/0/tax/amount", "/lines/1/reference", "/lines/1/amount", "/lines/1/tax", "/lines/2/amount",
        "/lines/2/tax/amount", "/lines/2/tax/rate_percent", "/charged_tax",
    }  # fmt: skip


def test_all_faults_of_a_payment_are_told_at_once(shared: SharedApi) -> None:
    body = good("payments") | {"amount": "1.005", "cost": "-0.001", "kind": "gift", "option": "no such"}
    assert pointers(send(shared, "payments", body)) == {"/amount", "/cost", "/kind", "/option"}
    body = good("payments") | {"amount": "-1.00", "cost": "-0.01", "option": "gold", "currency": "USD"}
    assert pointers(send(shared, "payments", body)) == {"/amount", "/cost", "/option", "/currency"}


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"lines": []}, "/lines"),
        ({"lines": [FRENCH_ORDER["lines"][0] | {"reference": f"L{n}"} for n in range(501)]}, "/lines"),
        ({"lines__0__tax__amount": "-1.00"}, "/lines/0/tax/amount"),
        ({"lines__0__tax_behavior": "inclusive", "lines__0__tax__amount": "100.01"}, "/lines/0/tax/amount"),
        ({"charged_tax": "19.99"}, "/charged_tax"),
        ({"charged_tax": "-1.00", "lines__0__tax": None}, "/charged_tax"),
        ({"seller": "nobody"}, "/seller"),
        ({"customer__tax_ids": [{"number": "FR1"}] * 11}, "/customer/tax_ids"),
    ],
)
def test_a_rule_of_the_order_that_is_broken_is_named(shared: SharedApi, changes: dict[str, Any], pointer: str) -> None:
    assert pointers(send(shared, "orders", changed(FRENCH_ORDER, **changes))) == {pointer}


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"tax_id": None}, "/tax_id"),
        ({"tax_id": {}}, "/tax_id/number"),
        ({"lines": ["9"]}, "/lines/0"),
        ({"lines": ["1", "1"]}, "/lines"),
        ({"reason": "wrong_rate"}, "/tax_id"),
        ({"tax_id": {"number": "FR00999001001"}}, "/tax_id/number"),
        ({"tax_id": {"number": "FR29999001001" + "А"}}, "/tax_id/number"),
        ({"tax_id": {"number": "DE123456789"}}, "/tax_id/number"),
    ],
)
def test_a_refund_that_cannot_be_is_named(shared: SharedApi, changes: dict[str, Any], pointer: str) -> None:
    assert pointers(send(shared, "tax-refunds", REFUND | changes)) == {pointer}


# --- queries

LISTS = ("/v1/orders", "/v1/documents", "/v1/tax-id-checks", "/v1/audit-events")


@pytest.mark.parametrize(
    "limit", ["0", "101", "-1", "abc", "", "1e2", "1.0", "1_0", "+5", " 5", "٣", "9" * 5000, "%00"]
)
def test_a_page_has_1_to_100_rows(shared: SharedApi, limit: str) -> None:
    for path in LISTS:
        answer = shared.call("GET", f"{path}?limit={limit.replace('+', '%2B')}")
        assert answer.status_code == 422
        assert pointers(answer) == {"?limit"}


@pytest.mark.parametrize("cursor", ["", "x", "abc.def", "%00", "ImRvY18wMSI.forged", "null", "é", "A" * 8000])
def test_a_forged_cursor_is_refused(shared: SharedApi, cursor: str) -> None:
    for path in LISTS:
        answer = shared.call("GET", f"{path}?cursor={cursor}")
        assert answer.status_code == 422
        assert pointers(answer) == {"?cursor"}


@pytest.mark.parametrize(
    "path", [*LISTS, "/v1/orders/A-1", "/v1/registers", "/v1/reference/countries", "/livez", "/version"]
)
def test_an_unknown_parameter_is_refused(shared: SharedApi, path: str) -> None:
    answer = shared.call("GET", f"{path}?colour=red&page=2")
    assert (answer.status_code, answer.json["code"]) == (400, "unknown_parameter")
    assert pointers(answer) == {"?colour", "?page"}


def test_a_parameter_given_twice_is_refused(shared: SharedApi) -> None:
    for path in LISTS:
        answer = shared.call("GET", f"{path}?limit=1&limit=2")
        assert (answer.status_code, faults(answer)) == (400, [("?limit", "duplicate_parameter")])


@pytest.mark.parametrize("name", ["query", "status", "client", "seller"])
@pytest.mark.parametrize("value", ["%00", "a%0Ab", "x" * 201])
def test_a_search_for_what_cannot_be_is_refused(shared: SharedApi, name: str, value: str) -> None:
    assert pointers(shared.call("GET", f"/v1/orders?{name}={value}")) == {f"?{name}"}


@pytest.mark.parametrize("text", ["%25", "_", "%27%20OR%201=1--", "%FF", "%ED%A0%80", "%F0%9F%92%A9", "{{7*7}}"])
def test_a_search_takes_signs_for_themselves(shared: SharedApi, text: str) -> None:
    answer = shared.call("GET", f"/v1/orders?query={text}")
    assert (answer.status_code, answer.json["data"]) == (200, [])


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_parameters_of_a_changing_call_are_refused(shared: SharedApi, method: str) -> None:
    path = "/v1/orders/B-1" if method == "PUT" else "/v1/orders/A-1/payments" if method == "POST" else None
    if path is None:
        answer = shared.admin("DELETE", "/v1/webhook-endpoints/whe_1?force=1")
    else:
        answer = shared.call(method, f"{path}?dry_run=true", FRENCH_ORDER)
    assert (answer.status_code, answer.json["code"]) == (400, "unknown_parameter")


# --- keys of POSTs


@pytest.mark.parametrize("key", ["", "x" * 256, "ключ", "a\tb"], ids=ascii)
@pytest.mark.parametrize("door", ["payments", "tax-refunds", "tax-id-checks"])
def test_a_post_needs_a_usable_idempotency_key(shared: SharedApi, door: str, key: str) -> None:
    raw = key.encode().decode("latin-1")
    answer = send(shared, door, good(door), Idempotency_Key=raw)
    assert (answer.status_code, answer.json["code"]) == (400, "idempotency_key_missing")


@pytest.mark.parametrize("wait", ["wait=-1", "wait=x", "wait=99999", "respond-async; wait=0", "wait=" + "9" * 400])
def test_a_preference_that_cannot_be_followed_is_ignored(shared: SharedApi, wait: str) -> None:
    answer = send(shared, "tax-id-checks", CHECK | {"country": "ZZ"}, Prefer=wait)
    assert answer.status_code == 422


# --- endpoints


@pytest.mark.parametrize(
    "url",
    ["", "x", "ftp://a.example", "https://user:pass@a.example/", "https://a.example/ä", "javascript:alert(1)",
     "https://a.example/\x00", "https://\ud800.example/",
     "https://a.example/\r\nX: 1", "file:///etc/passwd", 5],
    ids=ascii,
)  # fmt: skip
def test_an_address_that_may_not_be_called_is_refused(shared: SharedApi, url: Any) -> None:
    answer = shared.admin("POST", "/v1/webhook-endpoints", {"url": url, "events": ["document.ready"]})
    assert pointers(answer) == {"/url"}


def test_every_unknown_event_is_named(shared: SharedApi) -> None:
    body = {"url": "https://a.example/hook", "events": ["document.ready", "x", "y"], "client": "../"}
    assert pointers(shared.admin("POST", "/v1/webhook-endpoints", body)) == {"/events/1", "/events/2", "/client"}
