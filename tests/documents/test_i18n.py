"""Catalogues are complete and fresh, and numbers are written as each language writes them."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from app.documents import labels
from app.documents.facts import Refund
from app.i18n import LOCALE, SHIPPED, UnsupportedLanguage, catalogue, language

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def used() -> set[str | tuple[str, ...]]:
    """Every message of the printed documents' templates and labels."""
    with (LOCALE / "babel.cfg").open(encoding="utf-8") as file:
        method_map, options_map = parse_mapping_cfg(file)
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None}
    found = set()
    for folder in ("app/documents", "templates/print", "templates/parts"):
        patterns = [(p.removeprefix(f"{folder}/"), m) for p, m in method_map if p.startswith(folder)]
        options = {p.removeprefix(f"{folder}/"): o for p, o in options_map.items()}
        messages = extract_from_dir(ROOT / folder, patterns, options, keywords=keywords)
        found |= {message for _, _, message, _, _ in messages}
    assert "Credit note" in found
    return found


def read(tag: str) -> Catalog:
    with catalogue(tag).open("rb") as file:
        return read_po(file, locale=tag.replace("-", "_"))


@pytest.mark.parametrize("tag", SHIPPED)
def test_every_message_is_translated_and_none_is_stale_or_fuzzy(tag: str, used: set[str | tuple[str, ...]]) -> None:
    messages = [message for message in read(tag) if message.id]
    assert {m.id if isinstance(m.id, str) else tuple(m.id) for m in messages} == used
    assert not [m.id for m in messages if m.fuzzy or not all([m.string] if isinstance(m.string, str) else m.string)]
    assert not read(tag).obsolete


@pytest.mark.parametrize("tag", SHIPPED)
def test_translations_keep_every_placeholder(tag: str) -> None:
    assert [error for message in read(tag) for error in message.check()] == []


@pytest.mark.parametrize(
    ("tag", "amount", "rate", "day"),
    [
        ("en", "EUR\u00a01,234,567.50", "8.875%", "3\u00a0October\u00a02026"),
        ("de", "1.234.567,50\u00a0EUR", "8,875\u00a0%", "3.\u00a0Oktober\u00a02026"),
        ("fr", "1\u202f234\u202f567,50\u00a0EUR", "8,875\u00a0%", "3\u00a0octobre\u00a02026"),
        ("es", "1.234.567,50\u00a0EUR", "8,875\u00a0%", "3\u00a0de\u00a0octubre\u00a0de\u00a02026"),
        ("it", "1.234.567,50\u00a0EUR", "8,875%", "3\u00a0ottobre\u00a02026"),
        ("pt-BR", "EUR\u00a01.234.567,50", "8,875%", "3\u00a0de\u00a0outubro\u00a0de\u00a02026"),
        ("pt", "EUR\u00a01.234.567,50", "8,875%", "3\u00a0de\u00a0outubro\u00a0de\u00a02026"),
        ("ja", "EUR\u00a01,234,567.50", "8.875%", "2026年10月3日"),
        ("de-AT", "EUR\u00a01.234.567,50", "8,875\u00a0%", "3.\u00a0Oktober\u00a02026"),
    ],
)
def test_each_language_writes_numbers_its_own_way(tag: str, amount: str, rate: str, day: str) -> None:
    words = language(tag)
    assert words.amount(Decimal("1234567.50"), "EUR").replace("\u202f", "\u202f") == amount
    assert words.percent(Decimal("8.875")) == rate
    assert words.date(date(2026, 10, 3)) == day


@pytest.mark.parametrize(("text", "shown"), [("1234", "1,234"), ("0.000", "0.000"), ("-5.10", "-5.10"), ("2.5", "2.5")])
def test_numbers_keep_the_decimals_they_have(text: str, shown: str) -> None:
    assert language("en").number(Decimal(text)) == shown


def test_moments_are_in_utc_whatever_zone_they_came_in() -> None:
    moment = datetime(2026, 11, 23, 0, 30, tzinfo=timezone(timedelta(hours=2)))
    assert language("en").moment(moment) == "22\u00a0November\u00a02026, 22:30:00\u00a0UTC"
    assert moment.astimezone(UTC).day == 22


def test_vat_codes_of_countries_have_names() -> None:
    assert [language("de").country(code) for code in ("EL", "XI", "FR", "ZZ9")] == [
        "Griechenland",
        "Vereinigtes Königreich",
        "Frankreich",
        "ZZ9",
    ]


@pytest.mark.parametrize("tag", ["tlh", "", "xx-DE"])
def test_a_language_that_is_not_shipped_is_refused(tag: str) -> None:
    with pytest.raises(UnsupportedLanguage):
        language(tag)


@pytest.mark.parametrize(
    ("tag", "first", "last", "sentence"),
    [
        ("en", None, 1, "It usually arrives within 1 business day."),
        ("en", 1, 1, "It usually arrives within 1 business day."),
        ("de", 3, 5, "Der Betrag trifft in der Regel in 3 bis 5 Werktagen ein."),
        ("fr", 0, 1, "Le montant arrive en général en 0 à 1 jour ouvré."),
        ("en", None, None, None),
    ],
)
def test_arrival_agrees_with_its_number(tag: str, first: int | None, last: int | None, sentence: str | None) -> None:
    refund = Refund(amount=Decimal(1), arrives_days_from=first, arrives_days_to=last)
    assert labels.arrival(language(tag), refund) == sentence
