"""Fields of all schemas: what arrives wrong is refused with words that say what would be right."""

import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import Schema, ValidationError, fields

from app.schemas.fields import (
    Amount,
    CivilDate,
    CountryCode,
    CurrencyCode,
    LanguageTag,
    Percent,
    Quantity,
    Reference,
    StrictSchema,
    Text,
    UtcMoment,
    amounts_fit,
    faults_of,
)
from app.schemas.strict_json import parse


def load(field: fields.Field[Any], value: object) -> Any:
    return field.deserialize(value)


@pytest.mark.parametrize(
    ("text", "amount"),
    [("0", "0"), ("100.00", "100.00"), ("-5.5", "-5.5"), ("999999999999999.99", "999999999999999.99"), ("-0", "0")],
)
def test_an_amount_is_a_plain_decimal_string(text: str, amount: str) -> None:
    assert load(Amount(), text) == Decimal(amount)
    assert not load(Amount(), text).is_signed() or text.startswith("-5")


@pytest.mark.parametrize(
    "value",
    [
        1, 1.5, True, None, [], {}, "", " 1", "1 ", "1e5", "1E5", "1_000", "1,5", "1.234,56", ".5", "5.", "+1", "--1",
        "NaN", "Infinity", "-Infinity", "sNaN", "0x1F", "١٢", "１２", "1.00000", "1234567890123456", "9" * 30, "01",
        "1\n",
    ],
    ids=repr,
)  # fmt: skip
def test_anything_else_is_no_amount(value: object) -> None:
    with pytest.raises(ValidationError):
        load(Amount(), value)


def test_a_json_number_with_a_fraction_is_no_amount_however_it_looks() -> None:
    body = parse(b'{"a": 12.50, "b": 1e2, "c": 12}')
    for value in body.values():
        with pytest.raises(ValidationError):
            load(Amount(), value)


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=2))
@settings(deadline=None, database=None)
def test_an_amount_survives_writing_and_reading(amount: Decimal) -> None:
    written = Amount()._serialize(amount, None, None)
    assert load(Amount(), written) == amount


@pytest.mark.parametrize(
    ("currency", "amount", "fits"),
    [
        ("EUR", "1.00", True), ("EUR", "1.005", False),
        ("EUR", "1", True), ("JPY", "1", True), ("JPY", "1.00", False), ("JPY", "1.50", False),
        ("KWD", "1.25", True), ("KWD", "1.255", True), ("KWD", "1.2555", False),
    ],
)  # fmt: skip
def test_an_amount_has_no_more_decimals_than_its_currency(currency: str, amount: str, fits: bool) -> None:
    faults: dict[str, Any] = {}
    amounts_fit(currency, faults, {"amount": Decimal(amount), "absent": None})
    assert (faults == {}) is fits


@pytest.mark.parametrize("value", ["0", "19", "8.875", "100"])
def test_a_rate_is_percent(value: str) -> None:
    assert load(Percent(), value) == Decimal(value)


@pytest.mark.parametrize("value", ["-1", "100.01", "119", 19, "19%", "0.19.1"])
def test_a_rate_outside_percent_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        load(Percent(), value)


@pytest.mark.parametrize("value", ["0", "-1", 1, "1e1"])
def test_a_quantity_is_above_zero_and_a_string(value: object) -> None:
    with pytest.raises(ValidationError):
        load(Quantity(), value)


@pytest.mark.parametrize(
    "value",
    ["2024-02-30", "0001-01-01", "9999-12-31", "1989-12-31", "2101-01-01", "2024-1-1", "20240101",
     "2024-01-01T00:00:00Z", "2024-W01-1", " 2024-01-01", "२०२४-०१-०१", 20240101, None, "yesterday"],
)  # fmt: skip
def test_a_date_is_a_plausible_day_in_one_form(value: object) -> None:
    with pytest.raises(ValidationError):
        load(CivilDate(), value)


def test_a_leap_day_is_a_day() -> None:
    assert load(CivilDate(), "2024-02-29") == date(2024, 2, 29)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-12-31T23:59:59Z", datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("2027-01-01T00:30:00+01:00", datetime(2026, 12, 31, 23, 30, tzinfo=UTC)),
        ("2026-01-01T00:00:00.123456Z", datetime(2026, 1, 1, 0, 0, 0, 123456, tzinfo=UTC)),
    ],
)
def test_a_moment_is_kept_in_utc(text: str, moment: datetime) -> None:
    found = load(UtcMoment(), text)
    assert found == moment
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    "value",
    ["2026-01-01T00:00:00", "2026-01-01", "2026-01-01 00:00:00Z", "2026-02-30T00:00:00Z", "2026-01-01T24:00:01Z",
     "2026-01-01T00:00:00+99:00", "1970-01-01T00:00:00Z", 1767225600],
)  # fmt: skip
def test_a_moment_without_offset_or_day_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        load(UtcMoment(), value)


@pytest.mark.parametrize("code", ["DE", "XI", "XK", "EL", "GR", "IM", "MC", "AX"])
def test_a_country_is_taken_as_the_standard_or_tax_law_writes_it(code: str) -> None:
    assert load(CountryCode(), code) == code


@pytest.mark.parametrize("value", ["de", "DEU", "ZZ", "AN", "YU", "UK", "EU", "", " DE", 12, None, "D\u200bE"])
def test_other_countries_are_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        load(CountryCode(), value)


@pytest.mark.parametrize(("typed", "hint"), [("de", "Did you mean DE?"), ("AN", "BQ CW SX"), ("UK", "GB")])
def test_a_refused_country_is_told_with_what_would_be_right(typed: str, hint: str) -> None:
    with pytest.raises(ValidationError) as refused:
        load(CountryCode(), typed)
    assert hint in str(refused.value)


@pytest.mark.parametrize("value", ["HRK", "BGN", "VEF", "XAU", "XXX", "eur", "EURO", "", 978, None])
def test_a_currency_that_ended_or_never_was_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        load(CurrencyCode(), value)


def test_an_ended_currency_is_told_with_its_successor() -> None:
    with pytest.raises(ValidationError) as refused:
        load(CurrencyCode(), "BGN")
    assert "2025-12-31; use EUR" in str(refused.value)
    assert load(CurrencyCode(former=True), "BGN") == "BGN"


@pytest.mark.parametrize("value", ["fr", "pt-BR", "zh-Hant", "es-419"])
def test_a_language_is_a_tag(value: str) -> None:
    assert load(LanguageTag(), value) == value


@pytest.mark.parametrize("value", ["FR", "french", "pt_BR", "", 1, "fr\n"])
def test_other_languages_are_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        load(LanguageTag(), value)


@pytest.mark.parametrize(
    "value",
    ["a\x00b", "a\x07", "a\tb", "a\nb", "\ud800", "\u202eevil", "a\u2066b", "a\u200bb", "\ufeffa", "a\u2028b",
     "e" + "\u0301" * 6, "   ", "", "x" * 21, 5, None],
    ids=ascii,
)  # fmt: skip
def test_text_that_cannot_be_printed_or_deceives_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        load(Text(max_length=20), value)


@pytest.mark.parametrize("value", [" Müller & Söhne ", "株式会社", "שלום", "O'Brien", "<b>", "{{7*7}}", "=1+1", "👍"])
def test_text_of_any_script_is_kept_as_written(value: str) -> None:
    assert load(Text(max_length=20), value) == value


def test_text_is_composed() -> None:
    assert load(Text(max_length=20), unicodedata.normalize("NFD", "Köln")) == "Köln"


@pytest.mark.parametrize("value", ["a", "ORDER-1", "2026.11:22_x-y", "A" * 64])
def test_a_reference_is_safe_in_a_url(value: str) -> None:
    assert load(Reference(), value) == value


@pytest.mark.parametrize(
    "value", ["", "A" * 65, "a b", "../x", "-a", ".a", "a/b", "é", "a\n", "a%2f", 1, None, "a?b#c"]
)
def test_other_references_are_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        load(Reference(), value)


class _Line(StrictSchema):
    amount = Amount(required=True)


class _Sale(StrictSchema):
    on = CivilDate(required=True)
    lines = fields.List(fields.Nested(_Line))


def messages(schema: Schema, data: object) -> list[tuple[str, str]]:
    with pytest.raises(ValidationError) as refused:
        schema.load(data)
    return [(fault.pointer, fault.code) for fault in faults_of(refused.value.normalized_messages())]


def test_all_faults_are_told_at_once_with_their_pointers() -> None:
    data = {"lines": [{"amount": "1"}, {"amount": 2}, {"a/b~c": 1}], "__proto__": {}}
    assert messages(_Sale(), data) == [
        ("/on", "missing"),
        ("/lines/1/amount", "invalid"),
        ("/lines/2/amount", "missing"),
        ("/lines/2/a~1b~0c", "unknown_field"),
        ("/__proto__", "unknown_field"),
    ]


@pytest.mark.parametrize("data", [[], "x", 1, None, True])
def test_something_else_than_an_object_is_told_for_the_whole_body(data: object) -> None:
    assert messages(_Sale(), data) == [("", "invalid")]
